import test from 'ava'
import { ClusterClock } from '../../cluster/clock.ts'
import { decodeProposal, encodeProposal, stamp } from '../../cluster/codec.ts'
import { hello, oneOf, refusal, type Standing } from '../../cluster/hello.ts'
import { confOf } from '../../cluster/raft/memory.ts'
import { message } from '../../cluster/raft/message.ts'
import { fromWire, toWire } from '../../cluster/wire.ts'
import { loadProto } from '../../proto/load.ts'
import type { ProtoGrpcType } from '../../proto/types/cluster.ts'
import type { Message__Output } from '../../proto/types/raftel/cluster/v1/Message.ts'
import { register } from './nodes.ts'

const { service } = (loadProto('cluster.proto') as unknown as ProtoGrpcType).raftel.cluster.v1.Peers

/** Over the wire and back, as the streams do it. */
function travel(m: Parameters<typeof toWire>[0]) {
  const frame = service.Control.requestDeserialize(
    service.Control.requestSerialize({ messages: [toWire(m)], proposals: [] }),
  )
  return fromWire(frame.messages[0] as Message__Output)
}

test('a message is the same after the wire', (t) => {
  const data = Buffer.from('data')
  const entries = [
    { index: 8, term: 2, type: 'normal', data },
    { index: 9, term: 3, type: 'conf-change-v2', data: Buffer.alloc(0) },
  ] as const
  const append = message('app', 2, { from: 1, term: 3, logTerm: 2, index: 7, commit: 2 ** 52, entries })
  t.deepEqual(travel(append), append)
  const context = Buffer.from('n1/1')
  const beat = message('heartbeat-resp', 2, { from: 1, term: 3, reject: true, rejectHint: 5, context })
  t.deepEqual(travel(beat), beat)
  const snapshot = { meta: { index: 9, term: 2, conf: confOf([1, 2, 3]) }, data: new Uint8Array() }
  t.deepEqual(
    travel(message('snap', 2, { from: 1, term: 3, snapshot })),
    message('snap', 2, { from: 1, term: 3, snapshot }),
  )
})

test('what is no message comes out as nothing', (t) => {
  const good = service.Control.requestDeserialize(
    service.Control.requestSerialize({ messages: [toWire(message('app', 2, { from: 1, term: 1 }))] }),
  ).messages[0] as Message__Output
  t.truthy(fromWire(good))
  t.is(fromWire({ ...good, type: 'NOTHING' }), null)
  t.is(fromWire({ ...good, term: 2 ** 60 }), null)
  t.is(fromWire({ ...good, records: Buffer.alloc(5) }), null)
  t.is(fromWire({ ...good, records: Buffer.from('ffffffff000000000000000000', 'hex') }), null)
  t.throws(() => toWire(message('storage-append', -1)), { message: /not for a peer/ })
})

test('a proposal is the same after the log, with the stamp of the leader', (t) => {
  const proposer = { node: 'n1', incarnation: 'x', seq: 7, floor: 3 }
  const stamped = stamp(encodeProposal(proposer, register('alice', 1)), 1234)
  t.deepEqual(decodeProposal(stamped!), { proposer, command: register('alice', 1), time: 1234 })
  t.is(stamp(Buffer.from('nonsense'), 1), null)
  t.is(decodeProposal(Buffer.concat([Buffer.of(1), Buffer.alloc(8), Buffer.from('["n",1]')])), null)
})

test('cluster time never goes back, and does not count the time without a leader', (t) => {
  const clock = new ClusterClock(0, 0)
  clock.lead(100, 5_000_000)
  t.is(clock.stamp(150), 5_000_050)
  clock.see(5_000_050, 150)
  clock.follow()
  clock.lead(999_150, 1)
  t.is(clock.stamp(999_160), 5_000_060)
  clock.see(6_000_000, 999_170)
  t.is(clock.stamp(999_180), 6_000_000)
})

test('a wall clock that jumped ahead expires nothing, whoever leads', (t) => {
  const clock = new ClusterClock(0, 0)
  clock.see(1_000_000, 100)
  clock.lead(200, 9_000_000_000)
  t.is(clock.stamp(210), 1_000_010)
})

test('that it is no member any more is said also to who knows others by what they were', (t) => {
  const self = { id: 4, name: 'n2', incarnation: 'a', key: Buffer.alloc(32, 1) }
  const wiped = { id: 3, name: 'n3', incarnation: 'b', key: self.key }
  t.is(
    refusal(self, () => 'it is no member', hello(wiped, 2, NEW)),
    'it is no member',
  )
  t.regex(refusal(self, () => null, hello(wiped, 2, NEW))!, /it wants node id 2, this is n2 with id 4/)
})

const NEW: Standing = { untouched: true, repairing: false, term: 0, acknowledged: 0 }

test('a hello of another cluster, another version, another name or a stranger is refused with what to do', (t) => {
  const self = { id: 1, name: 'n1', incarnation: 'a', key: Buffer.alloc(32, 1) }
  const peer = { id: 2, name: 'n2', incarnation: 'b', key: self.key }
  const known = [{ id: 2, name: 'n2', address: '' }]
  const said = hello(peer, 1, NEW)
  t.is(refusal(self, oneOf(known), said), null)
  t.regex(refusal(self, oneOf(known), null)!, /begin with a hello/)
  t.regex(refusal(self, oneOf(known), { ...said, protocol: 9 })!, /same version/)
  t.regex(refusal(self, oneOf(known), hello({ ...peer, key: Buffer.alloc(32, 2) }, 1, NEW))!, /same key file/)
  t.regex(refusal(self, oneOf(known), hello(peer, 3, NEW))!, /check the addresses/)
  t.regex(refusal(self, oneOf(known), hello({ ...peer, name: 'n9' }, 1, NEW))!, /check the names/)
  t.regex(refusal(self, oneOf([]), said)!, /not in this node's configuration/)
  t.regex(refusal(self, oneOf(known), { ...said, untouched: false })!, /does not know the cluster key/)
  t.regex(refusal(self, oneOf(known), { ...said, repairing: true })!, /does not know the cluster key/)
  t.regex(refusal(self, oneOf(known), { ...said, acknowledged: 9 })!, /does not know the cluster key/)
})
