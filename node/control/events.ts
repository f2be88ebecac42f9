/** The last events of this node in a ring, and the streams that follow it. */
import type { ServerWritableStream } from '@grpc/grpc-js'
import type { Event } from '../../proto/types/raftel/v1/Event.ts'
import type { EventsRequest__Output } from '../../proto/types/raftel/v1/EventsRequest.ts'
import type { Needs } from './needs.ts'
import { type Counters, type Happening, tell, tellStatus } from './tally.ts'

export const EVENTS_MAX = 1000

export interface Journal {
  readonly counters: Readonly<Counters>
  events(call: ServerWritableStream<EventsRequest__Output, Event>): void
  close(): void
}

/** Rows that were there before this node started are no news. */
export function keepJournal({ cluster, media }: Pick<Needs, 'cluster' | 'media'>, now: () => number): Journal {
  const counters: Counters = { callsStarted: 0, callsAnswered: 0, callsEnded: 0, binds: 0 }
  const ring: Event[] = []
  /** Numbers events for ever; ring[0] has number `first`. */
  let first = 0
  const followers = new Set<() => void>()

  const add = (happening: Happening): void => {
    ring.push({ at: now(), ...happening })
    if (ring.length > EVENTS_MAX) {
      ring.shift()
      first++
    }
    for (const wake of followers) wake()
  }

  let status = cluster.status()
  for (const happening of tellStatus(status, null)) add(happening)
  let kind = media.status().kind
  const stops = [
    cluster.watch((changes) => {
      for (const change of changes) {
        const happening = tell(change, counters)
        if (happening !== null) add(happening)
      }
    }),
    cluster.onStatus((next) => {
      for (const happening of tellStatus(next, status)) add(happening)
      status = next
    }),
    media.onStatus((next) => {
      if (next.kind === kind) return
      kind = next.kind
      const severity = kind === 'direct' ? 'warning' : 'info'
      add({ kind: 'media', severity, subject: cluster.node, text: `${cluster.node}: ${next.detail}` })
    }),
  ]

  return {
    counters,
    events(call) {
      const { last, follow } = call.request
      // The position of a slow reader moves with the ring: what it missed is gone, and memory stays bounded.
      let next = first + (last === 0 ? 0 : Math.max(0, ring.length - last))
      let draining = false
      const push = (): void => {
        if (draining) return
        next = Math.max(next, first)
        for (let event = ring[next - first]; event !== undefined; event = ring[next - first]) {
          next++
          if (!call.write(event)) {
            draining = true
            call.once('drain', () => {
              draining = false
              push()
            })
            return
          }
        }
        if (!follow) call.end()
      }
      const leave = (): void => void followers.delete(push)
      call.on('cancelled', leave).on('close', leave).on('error', leave)
      if (follow) followers.add(push)
      push()
    },
    close() {
      for (const stop of stops) stop()
      followers.clear()
    },
  }
}
