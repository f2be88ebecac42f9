import test from 'ava'
import type { Entry } from '../../../cluster/raft/types.ts'
import { apply } from '../../../cluster/tables/apply.ts'
import { BANS_MAX } from '../../../cluster/tables/bans.ts'
import type { Bind, Command, Result } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import { encodeMemberChange, type MemberChange } from '../../../cluster/tables/members.ts'
import { applyMembers } from '../../../cluster/tables/members-apply.ts'
import type { BindingRow, CallRow, NodeRow } from '../../../cluster/tables/rows.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState, type State, takeChanges } from '../../../cluster/tables/state.ts'
import { register, user } from '../nodes.ts'

const DUTY = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }

/** Tables with alice in them, and a way to change them. */
function tables(...names: string[]) {
  const state = newState()
  let time = 1000
  const does = (command: Command, at = time): Result => {
    time = at
    return apply(state, DUTY, command, at)!
  }
  for (const name of names) does(user(name))
  return { state, does }
}

function contacts(state: State, name: string): string[] {
  return (state.registrations.get(`${name}@pbx.test`)?.bindings ?? []).map((binding) => binding.contact)
}

const changes = (...list: (readonly [string, number, number?])[]) =>
  list.map(([contact, expires, q = 1]) => ({ contact, expires, q }))

test('a contact is bound until it expires (RFC 3261 §10.3 step 7)', (t) => {
  const { state, does } = tables('alice')
  const result = does(register('alice', 1))
  t.is(result.kind, 'bound')
  t.is(state.registrations.get('alice@pbx.test')?.bindings[0]?.expiresAt, 1000 + 3_600_000)
  t.is(state.bindings, 1)
  does({ type: 'expire', upTo: 2_000_000, limit: 10 }, 2_000_000)
  t.is(state.bindings, 1)
  does({ type: 'expire', upTo: 3_601_000, limit: 10 }, 3_601_000)
  t.is(state.bindings, 0)
  t.false(state.registrations.has('alice@pbx.test'))
})

test('a refresh moves the expiry, and the old time removes nothing', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 1, { changes: changes(['sip:a@192.0.2.1', 60]) }))
  does(register('alice', 2, { changes: changes(['sip:a@192.0.2.1', 60]) }), 50_000)
  does({ type: 'expire', upTo: 61_000, limit: 10 }, 61_000)
  t.is(state.bindings, 1)
  does({ type: 'expire', upTo: 110_000, limit: 10 }, 110_000)
  t.is(state.bindings, 0)
})

test('what ran out is removed only as its node saw it', (t) => {
  const contact = 'sip:a@192.0.2.1'
  const seen = { aor: 'alice@pbx.test', contact, callId: 'call-alice', cseq: 5, expiresAt: 61_000 }
  const after = (more: Partial<typeof seen> = {}, node = 'n1'): number => {
    const { state, does } = tables('alice')
    does(register('alice', 5, { callId: 'call-alice', changes: changes([contact, 60], ['sip:b@192.0.2.2', 60]) }))
    const row = state.registrations.get('alice@pbx.test')!.bindings[0]!
    t.deepEqual({ ...row, ...seen }, row, 'it is as it was seen')
    t.deepEqual(does({ type: 'lapse', node, bindings: [{ ...seen, ...more }] }), { kind: 'done' })
    return state.bindings
  }
  t.is(after(), 1)
  t.is(after({}, 'n2'), 2)
  t.is(after({ aor: 'nobody@pbx.test' }), 2)
  t.is(after({ contact: 'sip:c@192.0.2.1' }), 2)
  t.is(after({ callId: 'other' }), 2)
  t.is(after({ cseq: 4 }), 2)
  t.is(after({ expiresAt: 60_999 }), 2)
})

test('the same Call-ID needs a higher CSeq for a binding it made (RFC 3261 §10.3 step 7)', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 5))
  t.deepEqual(does(register('alice', 5)), { kind: 'out of order', cseq: 5 })
  t.deepEqual(does(register('alice', 4)), { kind: 'out of order', cseq: 5 })
  t.is(does(register('alice', 1, { callId: 'another' })).kind, 'bound', 'another Call-ID counts for itself')
  t.is(
    does(register('alice', 1, { changes: changes(['sip:new@192.0.2.9', 60]) })).kind,
    'bound',
    'a new contact has no order',
  )
  t.is(state.bindings, 2)
})

test('all contacts of a REGISTER land or none (RFC 3261 §10.3 step 7)', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 5, { changes: changes(['sip:a@192.0.2.1', 60]) }))
  const before = stateHash(state)
  const result = does(register('alice', 5, { changes: changes(['sip:b@192.0.2.2', 60], ['sip:a@192.0.2.1', 60]) }))
  t.is(result.kind, 'out of order')
  t.is(stateHash(state), before)
})

test('Contact: * removes every binding, unless one is newer (RFC 3261 §10.3 step 6)', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 5, { changes: changes(['sip:a@192.0.2.1', 60]) }))
  does(register('alice', 9, { callId: 'other', changes: changes(['sip:b@192.0.2.2', 60]) }))
  t.deepEqual(does(register('alice', 5, { changes: 'all' })), { kind: 'out of order', cseq: 5 })
  t.is(state.bindings, 2)
  t.is(does(register('alice', 6, { changes: 'all' })).kind, 'bound')
  t.is(state.bindings, 0)
})

test('expires 0 removes one contact, and no contact asks what is bound (RFC 3261 §10.3 steps 5 and 7)', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 1, { changes: changes(['sip:a@192.0.2.1', 60], ['sip:b@192.0.2.2', 60]) }))
  does(register('alice', 2, { changes: changes(['sip:a@192.0.2.1', 0]) }))
  t.deepEqual(contacts(state, 'alice'), ['sip:b@192.0.2.2'])
  const asked = does(register('alice', 3, { changes: [] }))
  t.is(asked.kind === 'bound' && asked.registration.bindings.length, 1)
})

test('contacts that differ only in what RFC 3261 §19.1.4 ignores are one binding', (t) => {
  const { state, does } = tables('alice')
  const same = [
    'sip:alice@Example.COM;transport=tcp;ob',
    'SIP:alice@example.com;OB;Transport=TCP',
    'sip:%61lice@example.com;ob;transport=tcp',
  ]
  for (const [i, contact] of same.entries()) does(register('alice', i + 1, { changes: changes([contact, 60]) }))
  t.is(state.bindings, 1)
  const others = [
    'sip:Alice@example.com;transport=tcp;ob',
    'sip:alice@example.com:5060;transport=tcp;ob',
    'sip:alice@example.com;ob',
  ]
  for (const [i, contact] of others.entries()) does(register('alice', i + 10, { changes: changes([contact, 60]) }))
  t.is(state.bindings, 4)
})

test('the best contact comes first: by q (RFC 3261 §20.10), then the newest', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 1, { changes: changes(['sip:low@192.0.2.1', 60, 0.1]) }), 2000)
  does(register('alice', 2, { changes: changes(['sip:old@192.0.2.1', 60, 1]) }), 3000)
  does(register('alice', 3, { changes: changes(['sip:new@192.0.2.1', 60, 1]) }), 4000)
  t.deepEqual(contacts(state, 'alice'), ['sip:new@192.0.2.1', 'sip:old@192.0.2.1', 'sip:low@192.0.2.1'])
})

test('more contacts than allowed are refused, and expired ones do not count', (t) => {
  const { state, does } = tables('alice')
  const one = (i: number): Bind =>
    register('alice', i, { contactsMax: 2, changes: changes([`sip:a@192.0.2.${i}`, 60]) })
  does(one(1))
  does(one(2))
  t.deepEqual(does(one(3)), { kind: 'too many contacts', max: 2 })
  t.is(does(one(4), 62_000).kind, 'bound')
  t.deepEqual(contacts(state, 'alice'), ['sip:a@192.0.2.4'])
})

const flow = (contact: string, regId: number, instance = '<urn:uuid:a>') => {
  return { changes: [{ contact, q: 1, expires: 60, instance, regId }] }
}

test('a flow is known by its instance and reg-id, whatever its contact is (RFC 5626 §6)', (t) => {
  const { state, does } = tables('alice')
  const rows = () => state.registrations.get('alice@pbx.test')?.bindings ?? []
  does(register('alice', 1, { changes: changes(['sip:a@192.0.2.1', 60]) }))
  does(register('alice', 2, flow('sip:a@192.0.2.1', 1)), 2000)
  t.is(rows().length, 1, 'it was bound without a name before')
  does(register('alice', 3, flow('sip:a@192.0.2.1', 2)), 3000)
  does(register('alice', 1, { callId: 'b', ...flow('sip:a@192.0.2.1', 1, '<urn:uuid:b>') }), 3500)
  t.is(rows().length, 3, 'one contact, two phones, one of them with two flows')
  does(register('alice', 4, flow('sip:a@192.0.2.9', 1, '<urn:UUID:A>')), 4000)
  t.deepEqual(
    rows().map(({ contact, regId, usedAt }) => [contact, regId, usedAt]),
    [
      ['sip:a@192.0.2.9', 1, 4000],
      ['sip:a@192.0.2.1', 1, 3500],
      ['sip:a@192.0.2.1', 2, 3000],
    ],
    'used last, first',
  )
  t.deepEqual(does(register('alice', 4, flow('sip:a@192.0.2.5', 1))), { kind: 'out of order', cseq: 4 })
  does(register('alice', 5, { changes: [{ ...flow('sip:gone', 1).changes[0]!, expires: 0 }] }))
  t.deepEqual(
    rows().map(({ cseq }) => cseq),
    [1, 3],
  )
})

test('an instance that comes under another Call-ID has begun anew (RFC 5627 §5.2)', (t) => {
  const { state, does } = tables('alice')
  const since = () => state.registrations.get('alice@pbx.test')!.bindings[0]!.registeredAt
  const instance = { changes: [{ contact: 'sip:a@192.0.2.1', q: 1, expires: 60, instance: '<urn:uuid:a>' }] }
  does(register('alice', 1, instance), 2000)
  does(register('alice', 2, instance), 3000)
  t.is(since(), 2000)
  does(register('alice', 1, { callId: 'another', ...instance }), 4000)
  t.is(since(), 4000)
})

test('a binding that uses no extension has the fields that older programs write, in their order', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 1))
  const fields = 'aor contact transport node received q expiresAt registeredAt callId cseq userAgent'.split(' ')
  t.deepEqual(Object.keys(state.registrations.get('alice@pbx.test')!.bindings[0]!), fields)
})

test('only users that exist can be bound, and their contacts go with them', (t) => {
  const { state, does } = tables('alice')
  t.deepEqual(does(register('bob', 1)), { kind: 'no such user', aor: 'bob@pbx.test' })
  does(register('alice', 1))
  t.deepEqual(does(user('alice')), { kind: 'exists', aor: 'alice@pbx.test' })
  t.deepEqual(does({ type: 'user-remove', aor: 'alice@pbx.test' }), { kind: 'done' })
  t.is(state.bindings, 0)
  t.deepEqual(does({ type: 'user-remove', aor: 'alice@pbx.test' }), { kind: 'no such user', aor: 'alice@pbx.test' })
})

test('expire removes at most its limit, oldest first', (t) => {
  const { state, does } = tables('a', 'b', 'c')
  for (const [i, name] of ['b', 'c', 'a'].entries())
    does(register(name, 1, { changes: changes(['sip:x@192.0.2.1', 10 + i]) }))
  does({ type: 'expire', upTo: 90_000, limit: 2 }, 90_000)
  t.deepEqual([...state.registrations.keys()], ['a@pbx.test'])
})

test('a plan is committed only over the version its author saw', (t) => {
  const { state, does } = tables()
  const plan = { domains: [], users: [], rules: [], emergency: null }
  const commit = (expect: number | null): Command => ({
    type: 'plan-commit',
    expect,
    text: 'x',
    plan,
    author: 'alice',
    at: 1,
  })
  t.deepEqual(does(commit(null)), { kind: 'committed', version: 1 })
  t.deepEqual(does(commit(0)), { kind: 'conflict', version: 1 })
  t.deepEqual(does(commit(1)), { kind: 'committed', version: 2 })
  t.is(state.plans.get('main')?.version, 2)
  t.is(state.planVersion, 2)
})

const node = (id: string, incarnation: string): NodeRow => ({
  id,
  incarnation,
  sip: '',
  control: '',
  media: 'direct',
  startedAt: 1,
})

function call(id: string, of: NodeRow): CallRow {
  const rest = {
    state: 'ringing',
    from: 'a',
    to: 'b',
    startedAt: 1,
    answeredAt: null,
    media: 'direct',
    planVersion: 1,
  } as const
  return { id, node: of.id, incarnation: of.incarnation, ...rest, rule: '', target: '', legs: [] }
}

test('a node that starts anew, or goes down, ends the calls of its earlier life', (t) => {
  const { state, does } = tables()
  const [first, second] = [node('n1', '1'), node('n1', '2')]
  does({ type: 'node-up', node: first })
  does({ type: 'call-put', call: call('c1', first) })
  does({ type: 'node-up', node: second })
  t.is(state.calls.size, 0)
  does({ type: 'call-put', call: call('c2', first) })
  t.is(state.calls.size, 0, 'a report of the earlier life changes nothing')
  does({ type: 'call-put', call: call('c3', second) })
  does({ type: 'node-down', node: 'n1', incarnation: '1' })
  t.is(state.calls.size, 1, 'the earlier life going down is no news')
  does({ type: 'node-down', node: 'n1', incarnation: '2' })
  t.is(state.calls.size + state.nodes.size, 0)
})

test('a proposal that comes twice is applied once and answered the same (thesis §6.3)', (t) => {
  const { state } = tables('alice')
  const by = (seq: number, floor: number, incarnation = '1') => ({ node: 'n2', incarnation, seq, floor })
  const first = apply(state, by(1, 1), user('bob'), 1)
  t.deepEqual(first, { kind: 'done' })
  t.deepEqual(apply(state, by(1, 1), user('bob'), 1), first)
  apply(state, by(2, 2), user('carol'), 1)
  t.is(apply(state, by(1, 1), user('dave'), 1), null, 'a number given up is forgotten')
  t.is(state.users.size, 3)

  apply(state, by(1, 1, '2'), { type: 'node-up', node: node('n2', '2') }, 1)
  t.is(apply(state, by(3, 3, '1'), user('erin'), 1), null, 'so is everything of an earlier life')
  apply(state, by(2, 1, '2'), user('frank'), 1)
  apply(state, DUTY, { type: 'node-down', node: 'n2', incarnation: '2' }, 1)
  t.is(apply(state, by(2, 1, '2'), user('frank'), 1), null, 'being said to be down does not make it apply again')
  t.is(apply(state, by(4, 4, '2'), user('grace'), 1)?.kind, 'done', 'what is new of it still counts')
})

test('a binding that came with a snapshot expires like any other', (t) => {
  const { state, does } = tables('alice')
  does(register('alice', 1, { changes: changes(['sip:a@192.0.2.1', 60]) }))
  const loaded = loadSnapshot([...snapshotLines(state)])
  t.is(loaded.bindings, 1)
  apply(loaded, DUTY, { type: 'expire', upTo: 61_000, limit: 10 }, 61_000)
  t.is(loaded.bindings, 0)
})

test('cluster time in the tables never goes back, whoever stamps', (t) => {
  const { state, does } = tables('alice')
  does(user('bob'), 5000)
  does(register('alice', 1, { changes: changes(['sip:a@192.0.2.1', 60]) }), 2000)
  t.is(state.time, 5000)
  t.is(state.registrations.get('alice@pbx.test')?.bindings[0]?.expiresAt, 65_000)
})

test('a ban ends in cluster time, is never made shorter by another, and makes room when it is over', (t) => {
  const { state, does } = tables()
  const ban = (source: string, seconds: number): Command => ({ type: 'ban', source, reason: 'r', by: 'n1', seconds })
  t.is(does(ban('192.0.2.1', 60)).kind, 'done')
  t.like(state.bans.get('192.0.2.1'), { bannedAt: 1000, expiresAt: 61_000 })
  does(ban('192.0.2.1', 10), 2000)
  t.is(state.bans.get('192.0.2.1')?.expiresAt, 61_000)
  does(ban('192.0.2.2', 600), 60_999)
  t.is(state.bans.size, 2)
  does(ban('192.0.2.3', 600), 61_000)
  t.deepEqual([...state.bans.keys()], ['192.0.2.2', '192.0.2.3'])
  t.is(does({ type: 'unban', source: '192.0.2.2' }).kind, 'done')
  t.deepEqual(does({ type: 'unban', source: '192.0.2.2' }), { kind: 'no such ban', source: '192.0.2.2' })
  for (let i = 0; state.bans.size < BANS_MAX; i++) does(ban(`198.51.${i >> 8}.${i & 255}`, 600), 61_000)
  t.deepEqual(does(ban('203.0.113.1', 600)), { kind: 'too many bans', max: BANS_MAX })
  t.is(does(ban('192.0.2.3', 900)).kind, 'done', 'who is banned may be banned for longer')
})

test('random commands: replayed, or through a snapshot in the middle, the tables and their hash are the same', (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = generator(seed)
    const first = newState()
    const log = Array.from({ length: 400 }, (_, i) => {
      const known = [...first.registrations.values()].flatMap(({ bindings }) => bindings)
      const step = randomStep(random, i, known)
      apply(first, step.proposer, step.command, step.time)
      return step
    })
    const play = (state: State, steps: typeof log) => {
      for (const { proposer, command, time } of steps) apply(state, proposer, command, time)
      return state
    }
    const whole = play(newState(), log)
    const replayed = play(newState(), log)
    const middle = Math.floor(random() * log.length)
    const half = loadSnapshot([...snapshotLines(play(newState(), log.slice(0, middle)))])
    const resumed = play(half, log.slice(middle))
    t.is(stateHash(replayed), stateHash(whole), `seed ${seed}`)
    t.is(stateHash(resumed), stateHash(whole), `seed ${seed} through a snapshot at ${middle}`)
    t.deepEqual(new Map([...resumed.registrations].sort()), new Map([...whole.registrations].sort()))
    t.deepEqual(new Map([...resumed.bans].sort()), new Map([...whole.bans].sort()))
    t.is(stateHash(loadSnapshot([...snapshotLines(whole)])), stateHash(whole))
    let count = 0
    for (const row of whole.registrations.values()) count += row.bindings.length
    t.is(whole.bindings, count)
  }
})

test('a snapshot that is cut or of another version is refused with its line', (t) => {
  t.throws(() => loadSnapshot(['{"version":9}']), { message: /line 1: version 9/ })
  t.throws(() => loadSnapshot(['{"version":1,"time":0}', '["users","a']), { message: /line 2/ })
  t.throws(() => loadSnapshot([]), { message: /empty/ })
})

test('a row of a snapshot is hashed as its writer has it, however its line is written; a key that is there twice is refused', (t) => {
  const { state, does } = tables('alice', 'b,{"ob')
  does(register('alice', 1))
  does(register('b,{"ob', 1, { userAgent: 'ü,{' }))
  const lines = [...snapshotLines(state)]
  t.is(stateHash(loadSnapshot(lines)), stateHash(state))
  const spaced = lines.map((line) => JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ' '))
  t.is(stateHash(loadSnapshot(spaced)), stateHash(state))
  const twice = lines.find((line) => line.startsWith('["registrations"'))!
  t.throws(() => loadSnapshot([...lines, twice]), { message: /alice@pbx.test is twice in registrations/ })
})

test('rows once read stay as they were, and changes tell each row that changed', (t) => {
  const { state, does } = tables('alice')
  takeChanges(state)
  does(register('alice', 1))
  const before = state.registrations.get('alice@pbx.test')
  does(register('alice', 2, { changes: changes(['sip:b@192.0.2.2', 60]) }))
  t.is(before?.bindings.length, 1)
  t.deepEqual(
    takeChanges(state).map((change) => `${change.table} ${change.key}`),
    Array(2).fill('registrations alice@pbx.test'),
  )
})

/** Uniform in [0, 1), the same sequence for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

/** `known` are bindings that there were. */
function randomStep(random: () => number, i: number, known: readonly BindingRow[]) {
  const pick = (n: number) => Math.floor(random() * n)
  const name = ['alice', 'bob', 'carol', 'dave'][pick(4)]!
  const nodeName = `n${pick(3) + 1}`
  const incarnation = String(pick(2))
  const seq = pick(8) === 0 ? Math.max(0, i - pick(5)) : i
  const contact = `sip:${name}@192.0.2.${pick(5)}`
  const bindChanges = pick(8) === 0 ? ('all' as const) : [{ contact, q: pick(3) / 2, expires: pick(3) * 20 }]
  const flow = { instance: `<urn:uuid:${pick(2)}>`, ...(pick(3) > 0 && { regId: 1 + pick(2) }) }
  const flows = bindChanges === 'all' ? bindChanges : bindChanges.map((change) => ({ ...change, ...flow }))
  const up = node(nodeName, incarnation)
  const kinds: Command[] = [
    user(name),
    register(name, i - pick(3), { node: nodeName, callId: `c${pick(3)}`, changes: bindChanges, contactsMax: 3 }),
    register(name, i, { changes: bindChanges }),
    register(name, i, {
      changes: flows,
      callId: `c${pick(3)}`,
      ...(pick(2) > 0 && { path: [`<sip:p${pick(2)};lr>`] }),
    }),
    { type: 'expire', upTo: i * 1000, limit: 1 + pick(3) },
    { type: 'lapse', node: nodeName, bindings: known.slice(0, pick(3)) },
    { type: 'node-up', node: up },
    { type: 'node-down', node: nodeName, incarnation },
    { type: 'call-put', call: call(`k${pick(6)}`, up) },
    { type: 'call-end', id: `k${pick(6)}` },
    { type: 'ban', source: `192.0.2.${pick(9)}`, reason: 'x', by: nodeName, seconds: pick(60) },
    { type: 'unban', source: `192.0.2.${pick(9)}` },
    { type: 'cluster-init', nonceKey: `k${i}` },
    pick(6) === 0 ? { type: 'user-remove', aor: `${name}@pbx.test` } : user(name),
  ]
  const proposer = { node: nodeName, incarnation, seq, floor: Math.max(0, seq - pick(6)) }
  return { proposer, command: kinds[pick(kinds.length)]!, time: i * 1000 - pick(3000) }
}

test('who was removed is gone with its calls, and what it said just before does not bring it back', (t) => {
  const { state, does } = tables()
  const entry = (index: number, change: MemberChange): Entry => {
    return { term: 1, index, type: 'conf-change-v2', data: encodeMemberChange(change) }
  }
  const founder = (id: number) => ({ id, name: `n${id}`, address: '', directory: String(id).repeat(32) })
  applyMembers(state, entry(1, { kind: 'found', members: [founder(1), founder(2)] }))
  const up: Command = {
    type: 'node-up',
    node: { id: 'n2', incarnation: 'a', sip: '', control: '', media: 'direct', startedAt: 1 },
  }
  does(up)
  t.true(state.nodes.has('n2'))
  applyMembers(state, entry(2, { kind: 'remove', id: 2 }))
  t.false(state.nodes.has('n2'))
  does(up)
  t.false(state.nodes.has('n2'))
})
