import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import test from 'ava'
import { GROUP } from '../../cluster/group.ts'
import { hello } from '../../cluster/hello.ts'
import { confOf } from '../../cluster/raft/memory.ts'
import { message } from '../../cluster/raft/message.ts'
import { receiveSnapshot } from '../../cluster/transfer.ts'
import { toWire } from '../../cluster/wire.ts'
import { loadProto } from '../../proto/load.ts'
import type { ProtoGrpcType } from '../../proto/types/cluster.ts'
import type { SnapshotFrame } from '../../proto/types/raftel/cluster/v1/SnapshotFrame.ts'

const { service } = (loadProto('cluster.proto') as unknown as ProtoGrpcType).raftel.cluster.v1.Peers

const PEER = { id: 2, name: 'n2', incarnation: 'b', key: Buffer.alloc(32, 1) }
const PIECES = ['first line\nsecond line', 'third line'].map((text) => Buffer.from(text))
const BYTES = PIECES.reduce((sum, { length }) => sum + length, 0)

/** The frames of a snapshot of two pieces, as they come over the wire. */
function frames(pieces: readonly { data: Buffer; crc: number }[], count = PIECES.length, bytes = BYTES) {
  const snapshot = { meta: { index: 9, term: 2, conf: confOf([1, 2, 3]) }, data: new Uint8Array() }
  const said = toWire(message('snap', 1, { from: 2, term: 3, snapshot }))
  const sent: SnapshotFrame[] = [
    { hello: hello(PEER, 1, { untouched: false, repairing: false, term: 0, acknowledged: 0 }) },
    { head: { group: GROUP, message: said, pieces: count, bytes } },
  ]
  for (const piece of pieces) sent.push({ piece })
  const { requestSerialize, requestDeserialize } = service.Snapshot
  return Readable.from(sent.map((frame) => requestDeserialize(requestSerialize(frame)))) as never
}

const sound = () => PIECES.map((data) => ({ data, crc: crc32(data) }))

test('a snapshot arrives as it was sent, line by line', async (t) => {
  const { snapshot, from, term } = await receiveSnapshot(frames(sound()), () => null)
  t.deepEqual([from, term, snapshot?.meta.index], [2, 3, 9])
  t.is(Buffer.from(snapshot!.data).toString(), 'first line\nsecond line\nthird line')
})

test('a snapshot of which a piece was damaged on its way is not taken', async (t) => {
  const [first, second] = sound()
  const damaged = { data: Buffer.from(second!.data), crc: second!.crc }
  damaged.data[3]! ^= 1
  await t.throwsAsync(
    receiveSnapshot(frames([first!, damaged]), () => null),
    { message: 'piece 1 of the snapshot is damaged' },
  )
})

test('a snapshot that is cut short, or longer than its head says, is not taken', async (t) => {
  const cut = { message: 'the snapshot is cut short' }
  const long = { message: 'the snapshot is longer than its head says' }
  const receive = (...args: Parameters<typeof frames>) => receiveSnapshot(frames(...args), () => null)
  await t.throwsAsync(receive(sound().slice(0, 1)), cut)
  await t.throwsAsync(receive([]), cut)
  await t.throwsAsync(receive(sound(), 3), cut)
  await t.throwsAsync(receive(sound(), 1), long)
  await t.throwsAsync(receive(sound(), 2, BYTES - 1), long)
  await t.throwsAsync(receive(sound(), 2, 2 ** 40), { message: /more than this node takes/ })
})

test('a snapshot of a stranger is refused before its head is read', async (t) => {
  await t.throwsAsync(
    receiveSnapshot(frames(sound()), () => 'it does not know the cluster key'),
    { message: 'it does not know the cluster key' },
  )
})
