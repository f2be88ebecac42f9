/** Whose phones there are, and the plan by which they are called. */

export interface Phone {
  readonly user: string
  readonly node: number
  /** Registered before the flows begin, with this in its Contact; `address` is what it says of itself behind a NAT. */
  readonly contact?: { readonly params: string; readonly address?: string }
}

export const DOMAIN = 'pbx.test'
export const PASSWORD = 'correct-horse'

export const PHONES: Readonly<Record<string, Phone>> = {
  alice: { user: 'alice', node: 0 },
  'alice, second try': { user: 'alice', node: 1 },
  bob: { user: 'bob', node: 0, contact: { params: '' } },
  'bob, another line': { user: 'bob', node: 0 },
  carol: { user: 'carol', node: 0, contact: { params: '' } },
  'carol, another line': { user: 'carol', node: 0 },
  music: { user: 'music', node: 0 },
  dora: { user: 'dora', node: 0 },
  // One user with two phones that ring together.
  'erin here': { user: 'erin', node: 0, contact: { params: '' } },
  'erin there': { user: 'erin', node: 0, contact: { params: '' } },
  // One user whose phones ring one after the other.
  'fred first': { user: 'fred', node: 0, contact: { params: ';q=1.0' } },
  'fred second': { user: 'fred', node: 0, contact: { params: ';q=0.5' } },
  'fred third': { user: 'fred', node: 0, contact: { params: ';q=0.2' } },
  // Never answers, and is told of it for half a minute: its port is nobody else's.
  silent: { user: 'silent', node: 0, contact: { params: '' } },
  // Only the node where it registered gets through to it.
  gina: { user: 'gina', node: 1, contact: { params: '', address: '192.0.2.4:5060' } },
}

export const PLAN = `
domains: [${DOMAIN}]
users:
  alice@${DOMAIN}: {}
  nobody@${DOMAIN}: {}
rules:
  - {name: one second, match: silent-briefly, user: silent@${DOMAIN}, seconds: 1}
  - {name: forward always, match: dora, user: carol@${DOMAIN}}
  - {name: forward when busy, match: bob-or-carol, hunt: {order: serial, users: [bob, carol], seconds: 20}}
  - {name: forward without an answer, match: bob-then-carol, hunt: {order: serial, users: [bob, carol], seconds: 2}}
  - {name: find me, match: find-me, hunt: {order: serial, users: [fred, carol], seconds: 2}}
  - {name: screened on the way in, match: bob-screened, from: [alice@${DOMAIN}], reject: {status: 403, reason: Screening Failure (Terminating)}}
  - {name: screened on the way out, match: "00!", reject: {status: 403, reason: Screening Failure (Originating)}}
`
