/** SaveSnapshot: the tables of this node as a file, piece by piece, no faster than it is read. */
import { type ServerWritableStream, status } from '@grpc/grpc-js'
import type { SaveSnapshotRequest__Output } from '../../proto/types/raftel/v1/SaveSnapshotRequest.ts'
import type { SnapshotBytes } from '../../proto/types/raftel/v1/SnapshotBytes.ts'
import type { Needs } from './needs.ts'
import { cannot, Refusal, refusal, timeToAgree } from './refusal.ts'

type Stream = ServerWritableStream<SaveSnapshotRequest__Output, SnapshotBytes>

/** Each holds the rows as they were when it began, for as long as its reader takes. */
const AT_ONCE = 2

export function saveSnapshot({ cluster, version, log }: Needs): (call: Stream) => void {
  let underWay = 0
  return async (call) => {
    underWay++
    try {
      if (underWay > AT_ONCE) {
        throw new Refusal(
          status.UNAVAILABLE,
          `${AT_ONCE} snapshots of this node are being saved already; try again later`,
        )
      }
      // A file that lacks what was agreed a moment ago would surprise; without a quorum there is nobody to ask.
      const within = timeToAgree(call.getDeadline(), Date.now())
      const current = (await cluster.catchUp(within)) === 'caught up'
      const { head, bytes } = cluster.save({ program: version, current })
      if (head.index === 0) throw cannot('this node has nothing yet that could be saved; start the other nodes')
      for await (const data of bytes) {
        if (call.cancelled) return
        if (!call.write({ data })) await drained(call)
      }
      call.end()
      log.info({ index: head.index }, `a snapshot at entry ${head.index} was saved by a client`)
    } catch (error) {
      call.emit('error', refusal(error, log, call.getPath()))
    } finally {
      underWay--
    }
  }
}

/** Also when the reader went away. */
function drained(call: Stream): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve).once('cancelled', resolve).once('close', resolve)
  })
}
