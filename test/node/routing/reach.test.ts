import test from 'ava'
import type { BindingRow } from '../../../cluster/tables/rows.ts'
import { reach } from '../../../node/routing/reach.ts'

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

test('a phone of another node is reached through it, unless it is on UDP without a NAT', (t) => {
  t.is(way({}), 'via 192.0.2.2:5060')
  t.is(way({ transport: 'udp' }), 'via 192.0.2.2:5060')
  t.regex(way({ transport: 'udp', received: '10.0.0.9:5062' }), /^direct/)
  t.regex(way({ transport: 'udp', contact: 'sip:bob@10.0.0.9', received: '10.0.0.9:5060' }), /^direct/)
})

test('when its node is down, UDP is tried all the same and a connection is known to be gone', (t) => {
  t.regex(way({ transport: 'udp', node: 'n3' }), /^direct/)
  t.is(way({ node: 'n3' }), 'unreachable')
  t.is(way({ node: 'n9' }), 'unreachable')
})
