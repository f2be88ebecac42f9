import test from 'ava'
import type { BindingRow } from '../../../cluster/tables/rows.ts'
import { isVerified, nodesOf, reach } from '../../../node/routing/reach.ts'

const bound = (change: Partial<BindingRow>): BindingRow => ({
  aor: 'bob@pbx.test',
  contact: 'sip:bob@10.0.0.9:5062;ob',
  transport: 'tcp',
  node: 'n2',
  received: '192.0.2.9:40000',
  q: 1,
  expiresAt: 0,
  registeredAt: 0,
  callId: 'c',
  cseq: 1,
  userAgent: '',
  ...change,
})
const nodes = new Map([
  ['n2', { sip: '192.0.2.2:5060', up: true }],
  ['n3', { sip: '192.0.2.3:5060', up: false }],
])
const way = (change: Partial<BindingRow>) => {
  const found = reach(bound(change), 'n1', nodes)
  if (found.kind === 'direct') return `direct ${found.uri} ${found.nextHop}`
  return found.kind === 'via' ? `via ${found.sip}` : 'unreachable'
}

test('a phone of this node is sent to where it registered from', (t) => {
  t.is(way({ node: 'n1' }), 'direct sip:bob@10.0.0.9:5062;ob sip:192.0.2.9:40000;transport=tcp')
})

test('headers of a contact are not asked for', (t) => {
  t.regex(
    way({ node: 'n1', contact: 'sip:a?b@10.0.0.9;x=1?Subject=%0d&Route=x' }),
    /^direct sip:a\?b@10\.0\.0\.9;x=1 sip:192/,
  )
})

test('no call goes to what is no SIP address, whoever holds it and whatever is in front of it', (t) => {
  for (const contact of ['mailto:bob@pbx.test', 'tel:+15550100', 'https://pbx.test/']) {
    for (const node of ['n1', 'n2', 'n3'])
      for (const transport of ['udp', 'tcp'] as const) t.is(way({ contact, node, transport }), 'unreachable')
    t.is(way({ contact, path: ['<sip:proxy.test;lr>'] }), 'unreachable')
    t.is(way({ contact, transport: 'tcp', received: 'pbx.test:5060', node: 'n3' }), 'unreachable')
  }
  t.regex(way({ contact: 'SIPS:bob@10.0.0.9', node: 'n1' }), /^direct/)
})

test('a phone of another node is reached through it, unless it is on UDP without a NAT', (t) => {
  t.is(way({}), 'via 192.0.2.2:5060')
  t.is(way({ transport: 'udp' }), 'via 192.0.2.2:5060')
  t.regex(way({ transport: 'udp', received: '10.0.0.9:5062' }), /^direct/)
  t.regex(way({ transport: 'udp', contact: 'sip:bob@10.0.0.9', received: '10.0.0.9:5060' }), /^direct/)
})

test('when its node is down, UDP is tried all the same and a connection is known to be gone', (t) => {
  t.regex(way({ transport: 'udp', node: 'n3' }), /^direct/)
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) {
    t.is(way({ transport, node: 'n3' }), 'unreachable')
    t.is(way({ transport, node: 'n9' }), 'unreachable')
  }
})

test('whoever takes connections itself, where it registered from, is called up when its node is down', (t) => {
  const listens = { contact: 'sip:bob@192.0.2.9:5062', node: 'n3' }
  t.is(way(listens), 'direct sip:bob@192.0.2.9:5062 sip:192.0.2.9:5062;transport=tcp')
  t.is(way({ ...listens, transport: 'tls' }), 'unreachable')
  t.is(way({ ...listens, regId: 1, instance: '<urn:x>' }), 'unreachable', 'a flow is not replaced')
  t.is(way({ ...listens, node: 'n2' }), 'via 192.0.2.2:5060', 'its node knows better')
})

test('any connection is reached through its node, and over nothing but it when it is a flow', (t) => {
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) {
    t.is(way({ transport }), 'via 192.0.2.2:5060')
    t.regex(way({ transport, node: 'n1' }), new RegExp(`192.0.2.9:40000;transport=${transport}$`))
    t.regex(way({ transport, node: 'n1', regId: 1 }), new RegExp(`;transport=${transport};ob$`))
  }
})

test('a phone behind proxies is reached by its Path from every node, whichever is down', (t) => {
  for (const node of ['n1', 'n2', 'n3']) {
    t.deepEqual(reach(bound({ node, path: ['<sip:edge.test;lr>'] }), 'n1', nodes), {
      kind: 'direct',
      uri: 'sip:bob@10.0.0.9:5062;ob',
      nextHop: null,
      route: ['<sip:edge.test;lr>'],
    })
  }
})

test('what only a node out of sight can reach is unverified at once; the rest when the cluster agrees that it is down', (t) => {
  const row = (id: string) => ({ id, incarnation: '', sip: '', control: '', media: 'direct', startedAt: 0 }) as const
  const verified = (change: Partial<BindingRow>, connected: string[], rows = ['n1', 'n2'], self = 'n1') =>
    isVerified(bound(change), nodesOf(rows.map(row), self, connected))
  const plain = { transport: 'udp', received: '10.0.0.9:5062' } as const
  for (const lost of [{}, { transport: 'udp' }, { transport: 'wss' }, { regId: 1 }] as const) {
    t.true(verified(lost, ['n2']))
    t.false(verified(lost, []))
    t.true(verified(lost, [], ['n1', 'n2'], 'n2'), 'on its own node')
  }
  for (const stays of [plain, { path: ['<sip:edge.test;lr>'] }]) {
    t.true(verified(stays, []))
    t.false(verified(stays, [], ['n1']))
  }
})
