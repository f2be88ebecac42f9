/** The media of one call, relayed or direct. */
import type { MediaSession, Passed, Stream } from './media.ts'
import {
  answerOf,
  countedDeleteOf,
  deleteOf,
  forgotten,
  type NgCommand,
  offerOf,
  passed,
  queryOf,
  streamsIn,
  type Talk,
  unusable,
} from './plan.ts'
import type { Relay } from './rtpengine.ts'

/**
 * A call through the relay. `relay()` is asked anew for each command: after a restart of the sidecar the next re-INVITE
 * puts the call onto the new one, because an offer for a call that it does not know makes it.
 */
export function relayedSession(id: string, relay: () => Relay | null, ended: () => void): MediaSession {
  let talk: Talk = { id, met: false }
  let over: Promise<readonly Stream[] | null> | null = null
  // One command at a time: a delete that overtook an offer would leave the offer's ports behind.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = last.then(act)
    last = turn
    return turn
  }

  function pass(sdp: string, command: () => NgCommand): Promise<Passed> {
    if (over) return Promise.resolve(failed('the call is over'))
    const fault = unusable(sdp)
    if (fault) return Promise.resolve({ kind: 'failed', status: 488, reason: fault })
    return inTurn(async () => {
      const to = relay()
      if (!to) return failed('the media relay is down')
      const { name, fields } = command()
      return passed(await to.command(name, fields))
    })
  }

  return {
    kind: 'rtpengine',
    offer: (side, sdp) => pass(sdp, () => offerOf(talk, side, sdp)),
    async answer(side, sdp) {
      const result = await pass(sdp, () => answerOf(talk, side, sdp))
      if (result.kind === 'sdp') talk = { id, met: true }
      return result
    },
    async streams() {
      const to = relay()
      if (!to || over) return null
      return streamsIn(await to.command('query', queryOf(talk).fields))
    },
    gone: () =>
      inTurn(async () => {
        const to = relay()
        return to !== null && talk.met && !over && forgotten(await to.command('query', queryOf(talk).fields))
      }),
    end() {
      over ??= inTurn(async () => {
        const to = relay()
        const counted = talk.met ? await to?.command('delete', countedDeleteOf(talk).fields) : undefined
        const streams = counted ? streamsIn(counted) : null
        // It may know the call by another tag alone, or it is nobody's yet: no port is left behind.
        if (!streams || streams.length === 0) await to?.command('delete', deleteOf(talk).fields)
        ended()
        return streams
      })
      return over
    },
  }
}

/** The phones talk to each other: SDP passes through as it came, if it is one. */
export function directSession(ended: () => void): MediaSession {
  let over = false
  const pass = async (sdp: string): Promise<Passed> => {
    const fault = unusable(sdp)
    return fault ? { kind: 'failed', status: 488, reason: fault } : { kind: 'sdp', sdp }
  }
  return {
    kind: 'direct',
    offer: (_side, sdp) => pass(sdp),
    answer: (_side, sdp) => pass(sdp),
    streams: async () => null,
    gone: async () => false,
    async end() {
      if (!over) ended()
      over = true
      return null
    },
  }
}

const failed = (reason: string): Passed => ({ kind: 'failed', status: 503, reason })
