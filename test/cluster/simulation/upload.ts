/** A snapshot on its way, as cluster/transfer.ts writes it, and the reading of it at the other side. */
import type { Id } from '../../../cluster/raft/types.ts'
import type { SnapshotUpload } from '../../../cluster/transfer.ts'
import type { SnapshotFrame__Output } from '../../../proto/types/raftel/cluster/v1/SnapshotFrame.ts'
import { KEEPALIVE_MS, NOTHING } from './line.ts'
import type { Ether, Port } from './network.ts'

/** Opens the stream from a port to a peer; `done` is called once. */
export function upload(ether: Ether, port: Port, to: Id, done: (error: Error | null) => void): SnapshotUpload {
  const from = port.options.self.id
  const partner = ether.at(to)
  const frames: SnapshotFrame__Output[] = []
  let wake = () => {}
  let ended: 'whole' | 'broken' | null = null
  let arrival = 0
  let answered = false
  const answer = (error: Error | null) => {
    if (answered) return
    answered = true
    ether.events.settled = true
    done(error)
  }
  const carry = (act: () => void) => {
    if (!partner) return
    if (ether.isCut(from, to)) ended ??= 'broken'
    arrival = Math.max(arrival, ether.events.now + ether.latency())
    partner.life.after(arrival - ether.events.now, () => {
      ether.events.settled = true
      act()
      wake()
    })
  }
  async function* arriving(): AsyncGenerator<SnapshotFrame__Output> {
    for (;;) {
      const frame = frames.shift()
      if (frame) yield frame
      else if (ended === 'broken') throw new Error('the stream broke')
      else if (ended === 'whole') return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const said = (frame: object) => ({ hello: null, head: null, piece: null, ...frame }) as SnapshotFrame__Output
  partner?.receive(arriving()).then(
    () => port.life.after(ether.latency(), () => answer(ether.isCut(to, from) ? new Error('no answer') : null)),
    (error: Error) => port.life.after(ether.latency(), () => answer(error)),
  )
  // Nothing waits for ever for a peer that is gone.
  port.life.after(KEEPALIVE_MS * 2, () => answer(new Error('no answer')))
  return {
    on: () => {},
    write(frame: { head?: { message: object } }) {
      const head = frame.head && {
        ...frame.head,
        message: { context: NOTHING, records: NOTHING, ...defined(frame.head.message) },
      }
      carry(() => frames.push(said(head ? { head } : frame)))
      return true
    },
    end: () => carry(() => (ended ??= 'whole')),
    cancel: () => carry(() => (ended ??= 'broken')),
  } as unknown as SnapshotUpload
}

function defined(message: object): object {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined))
}
