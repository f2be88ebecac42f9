/** One call of the phone, once its audio is open: what is said, what is heard, hold, and its end. */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Dialog, Modified } from '../sip/port.ts'
import type { Law } from './g711.ts'
import { type CallReport, judge, type Listening, type Outcome, report } from './report.ts'
import { openRtp, type Player } from './rtp.ts'
import { answer, type Direction, listens, offer, type Remote, readSdp } from './sdp.ts'

/** A call while it lasts. */
export interface LiveCall {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly state: 'ringing' | 'answered'
  /** Stops listening and talking, by a re-INVITE; false when the other side refuses. */
  hold(): Promise<boolean>
  unhold(): Promise<boolean>
  /** Sends one digit as an RFC 4733 event; false when it cannot. */
  dtmf(digit: string): boolean
  hangUp(): void
}

export interface Talk {
  /** Our offer, in the state we are in. */
  offer(): string
  /** Our answer to their offer, or null when there is nothing in it that we speak. */
  accept(sdp: string): string | null
  /** Their answer to our offer; false when it cannot be used. */
  settle(sdp: string): boolean
  /** Holds the confirmed dialog until it ends, by either side. Resolves when it is over. */
  run(dialog: Dialog): Promise<void>
  hold(on: boolean): Promise<boolean>
  dtmf(digit: string): boolean
  hangUp(): void
  /** Everything heard. */
  heard(): Int16Array
  /** Closes the audio. */
  finish(outcome: Outcome): CallReport
}

export async function openTalk(host: string, player: Player, listening: Listening): Promise<Talk> {
  const origin = { ssrc: randomInt(2 ** 32), sequence: randomInt(2 ** 15), timestamp: randomInt(2 ** 32) }
  const rtp = await openRtp(host, player, origin)
  const sessionId = randomInt(2 ** 31)
  let version = 0
  let direction: Direction = 'sendrecv'
  let law: Law | null = null
  let dialog: Dialog | null = null
  const over = Promise.withResolvers<void>()

  const local = (wanted: Direction) => ({
    address: host,
    port: rtp.port,
    sessionId,
    version: ++version,
    direction: wanted,
  })

  function talkTo(remote: Remote): void {
    law = remote.law
    // On hold we could send music; we have none, so nothing goes out.
    rtp.talk(direction === 'sendrecv' && listens(remote.direction) ? remote : null)
  }

  function accept(sdp: string): string | null {
    const remote = readSdp(sdp)
    if (!remote) return null
    talkTo(remote)
    return answer(local(direction), remote)
  }

  function settle(sdp: string): boolean {
    const remote = readSdp(sdp)
    if (remote) talkTo(remote)
    return remote !== null
  }

  return {
    offer: () => offer(local(direction)),
    accept,
    settle,
    run(confirmed) {
      dialog = confirmed
      confirmed.handle({
        bye: () => over.resolve(),
        async modify(sdp): Promise<Modified> {
          const answered = accept(sdp)
          if (answered) return { kind: 'answered', sdp: answered }
          return { kind: 'refused', status: 488, reason: 'Not Acceptable Here' }
        },
        info: async () => 200,
      })
      return over.promise
    },
    async hold(on) {
      if (!dialog?.up) return false
      const before = direction
      direction = on ? 'sendonly' : 'sendrecv'
      const result = await dialog.modify(offer(local(direction)))
      if (result.kind === 'refused' || !settle(result.sdp)) {
        direction = before
        return false
      }
      return true
    },
    dtmf: (digit) => rtp.dtmf(digit, 160),
    hangUp() {
      dialog?.bye()
      over.resolve()
    },
    heard: rtp.heard,
    finish(outcome) {
      const counts = rtp.counts()
      const heard = rtp.heard()
      rtp.close()
      return report(outcome, judge(listening, heard, law), counts)
    },
  }
}

/** Our address on the way to `host`: the one the system would send from. */
export async function addressTowards(host: string, port: number): Promise<string> {
  const bare = host.replace(/^\[|\]$/g, '')
  const socket = createSocket(bare.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(port, bare)
    await once(socket, 'connect')
    return socket.address().address
  } finally {
    socket.close()
  }
}
