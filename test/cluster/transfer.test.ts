import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { GROUP } from '../../cluster/group.ts'
import { hello } from '../../cluster/hello.ts'
import type { DurableLog } from '../../cluster/log/log.ts'
import { confOf } from '../../cluster/raft/memory.ts'
import { message } from '../../cluster/raft/message.ts'
import { receiveSnapshot } from '../../cluster/transfer.ts'
import { toWire } from '../../cluster/wire.ts'
import { loadProto } from '../../proto/load.ts'
import type { ProtoGrpcType } from '../../proto/types/cluster.ts'
import type { SnapshotFrame } from '../../proto/types/raftel/cluster/v1/SnapshotFrame.ts'
import { newDir, openAt, write } from './log/fixtures.ts'

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

/** A log that snapshots come into, and what there is in it afterwards. */
async function receiver(t: ExecutionContext) {
  const dir = await newDir(t)
  const log = await openAt(dir)
  t.teardown(() => log.close())
  const receive = (...args: Parameters<typeof frames>) =>
    receiveSnapshot(frames(...args), { refusal: () => null, self: 1, begin: () => log.receive() })
  return { log, receive }
}

async function textOf(log: DurableLog): Promise<string[]> {
  const found: string[] = []
  for await (const piece of log.snapshotPieces(log.snapshot!)) found.push(piece.toString())
  return found
}

test('a snapshot arrives as it was sent, piece by piece, and counts when it is installed', async (t) => {
  const { log, receive } = await receiver(t)
  const { snapshot, from, term } = await receive(sound())
  t.deepEqual([from, term, snapshot?.meta.index], [2, 3, 9])
  t.is(snapshot!.data.length, 0, 'it is in the log, not in memory')
  t.is(log.snapshot, null)
  await write(log, [], 3, snapshot)
  t.is(log.snapshot?.index, 9)
  t.deepEqual(await textOf(log), PIECES.map(String))
})

test('the next piece of a snapshot is asked for when the one before it is stored', async (t) => {
  const stored = Promise.withResolvers<void>()
  let taken = 0
  async function* counted() {
    for await (const frame of frames(sound()) as AsyncIterable<unknown>) {
      taken++
      yield frame
    }
  }
  const begun = Promise.withResolvers<void>()
  const begin = () => ({
    number: 1,
    write: () => {
      begun.resolve()
      return stored.promise
    },
    end() {},
    drop: () => Promise.resolve(),
  })
  const received = receiveSnapshot(counted() as never, { refusal: () => null, self: 1, begin })
  await begun.promise
  await new Promise((resolve) => setImmediate(resolve))
  t.is(taken, 3, 'hello, head and one piece')
  stored.resolve()
  await received
  t.is(taken, 4)
})

test('a snapshot of which a piece was damaged on its way is not taken', async (t) => {
  const { log, receive } = await receiver(t)
  const [first, second] = sound()
  const damaged = { data: Buffer.from(second!.data), crc: second!.crc }
  damaged.data[3]! ^= 1
  await t.throwsAsync(receive([first!, damaged]), { message: 'piece 1 of the snapshot is damaged' })
  t.is(log.snapshot, null)
  const { snapshot } = await receive(sound())
  await write(log, [], 3, snapshot)
  t.deepEqual(await textOf(log), PIECES.map(String), 'what came of it does not mix with what comes next')
})

test('a snapshot that is cut short, or longer than its head says, is not taken', async (t) => {
  const cut = { message: 'the snapshot is cut short' }
  const long = { message: 'the snapshot is longer than its head says' }
  const { receive } = await receiver(t)
  await t.throwsAsync(receive(sound().slice(0, 1)), cut)
  await t.throwsAsync(receive([]), cut)
  await t.throwsAsync(receive(sound(), 3), cut)
  await t.throwsAsync(receive(sound(), 1), long)
  await t.throwsAsync(receive(sound(), 2, BYTES - 1), long)
  await t.throwsAsync(receive(sound(), 2, 2 ** 40), { message: /more than this node takes/ })
})

test('a snapshot of a stranger, or for another node, is refused before any of it is stored', async (t) => {
  const { log } = await receiver(t)
  let begun = 0
  const begin = () => {
    begun++
    return log.receive()
  }
  const stranger = () => 'it does not know the cluster key'
  await t.throwsAsync(receiveSnapshot(frames(sound()), { refusal: stranger, self: 1, begin }), {
    message: 'it does not know the cluster key',
  })
  await t.throwsAsync(receiveSnapshot(frames(sound()), { refusal: () => null, self: 3, begin }), {
    message: 'the snapshot is for another node',
  })
  t.is(begun, 0)
})
