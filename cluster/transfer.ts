/** A snapshot on its way to a follower, piece by piece, each with a checksum. */
import { crc32 } from 'node:zlib'
import type { ClientWritableStream, requestCallback, ServerReadableStream } from '@grpc/grpc-js'
import type { Hello__Output } from '../proto/types/raftel/cluster/v1/Hello.ts'
import type { SnapshotFrame, SnapshotFrame__Output } from '../proto/types/raftel/cluster/v1/SnapshotFrame.ts'
import type { SnapshotReply, SnapshotReply__Output } from '../proto/types/raftel/cluster/v1/SnapshotReply.ts'
import { GROUP } from './group.ts'
import type { Incoming } from './log/transfers.ts'
import type { Id, Message } from './raft/types.ts'
import { fromWire, toWire } from './wire.ts'

/** A snapshot as the log has it. */
export interface SnapshotSource {
  readonly pieces: number
  readonly bytes: number
  readonly read: AsyncIterable<Buffer>
}

/** What a follower takes; the tables of a million registrations are well below. */
const BYTES_MAX = 1024 * 1024 * 1024
const PIECES_MAX = 1_000_000

export type SnapshotUpload = ClientWritableStream<SnapshotFrame>

/** Writes one snapshot to the stream that `open` opens; resolves when the peer has all of it. */
export async function sendSnapshot(
  open: (done: requestCallback<SnapshotReply__Output>) => SnapshotUpload,
  hello: Hello__Output,
  message: Message,
  source: SnapshotSource,
): Promise<void> {
  let stream: SnapshotUpload | undefined
  let failed: Error | null = null
  let wake = () => {}
  const answered = new Promise<void>((resolve, reject) => {
    stream = open((error) => {
      failed = error
      wake()
      if (error) reject(error)
      else resolve()
    })
  })
  // It is awaited below; until then a failure is no unhandled one.
  answered.catch(() => {})
  const upload = stream!
  upload.on('drain', () => wake())
  upload.on('error', () => {})
  const write = async (frame: SnapshotFrame) => {
    if (failed) throw failed
    if (upload.write(frame)) return
    await new Promise<void>((resolve) => (wake = resolve))
  }
  try {
    await write({ hello })
    await write({ head: { group: GROUP, message: toWire(message), pieces: source.pieces, bytes: source.bytes } })
    for await (const data of source.read) await write({ piece: { data, crc: crc32(data) } })
    upload.end()
  } catch (error) {
    upload.cancel()
    throw error
  }
  await answered
}

export interface Receiver {
  /** Judges the hello: why it is refused, or null. */
  readonly refusal: (said: Hello__Output | null) => string | null
  /** Whom it must be for. */
  readonly self: Id
  /** Where the pieces go. */
  readonly begin: () => Incoming
}

/**
 * Reads one snapshot from a stream, a piece at a time: the next one is asked for when the one before it is stored. Throws a sentence
 * when it is not whole, and then nothing of it is kept.
 */
export async function receiveSnapshot(
  stream: ServerReadableStream<SnapshotFrame__Output, SnapshotReply>,
  { refusal, self, begin }: Receiver,
): Promise<Message> {
  let incoming: Incoming | null = null
  try {
    return await receive(stream, { refusal, self, begin: () => (incoming = begin()) })
  } catch (error) {
    await (incoming as Incoming | null)?.drop()
    throw error
  }
}

async function receive(
  stream: ServerReadableStream<SnapshotFrame__Output, SnapshotReply>,
  { refusal, self, begin }: Receiver,
): Promise<Message> {
  let from: number | null = null
  let head: { message: Message; pieces: number; bytes: number } | null = null
  let incoming: Incoming | null = null
  let pieces = 0
  let bytes = 0
  for await (const frame of stream as AsyncIterable<SnapshotFrame__Output>) {
    if (from === null) {
      const why = refusal(frame.hello)
      if (why) throw new Error(why)
      from = frame.hello!.from
    } else if (!head) {
      head = headOf(frame, from)
      if (head.message.to !== self) throw new Error('the snapshot is for another node')
      incoming = begin()
    } else {
      const piece = frame.piece
      if (!piece || crc32(piece.data) !== piece.crc) throw new Error(`piece ${pieces} of the snapshot is damaged`)
      if (bytes + piece.data.length > head.bytes || pieces + 1 > head.pieces)
        throw new Error('the snapshot is longer than its head says')
      await incoming!.write(piece.data)
      bytes += piece.data.length
      pieces++
    }
  }
  if (!head || pieces !== head.pieces || bytes !== head.bytes) throw new Error('the snapshot is cut short')
  incoming!.end()
  return { ...head.message, snapshot: { ...head.message.snapshot!, received: incoming!.number } }
}

function headOf(frame: SnapshotFrame__Output, from: number) {
  const wire = frame.head?.message
  const message = wire ? fromWire(wire) : null
  if (!frame.head || message?.type !== 'snap' || !message.snapshot || message.from !== from) {
    throw new Error('the snapshot has no head')
  }
  const { pieces, bytes, group } = frame.head
  if (group !== GROUP) throw new Error(`the snapshot is of group ${group}, which this node does not have`)
  if (bytes > BYTES_MAX || pieces > PIECES_MAX)
    throw new Error(`a snapshot of ${bytes} bytes is more than this node takes`)
  return { message, pieces, bytes }
}
