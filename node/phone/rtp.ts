/** One RTP socket of a phone: sends a frame each 20 ms, keeps what came in, in order. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode, type Law, silence } from './g711.ts'
import { buildRtp, lost, nothingReceived, parseRtp, type Reception, type RtpPacket, receive } from './packet.ts'
import { sampleRate } from './wav.ts'

export const frameMs = 20
export const frameSamples = (sampleRate * frameMs) / 1000

/** Where to send and in which form; null towards nobody. */
export interface Target {
  readonly address: string
  readonly port: number
  readonly law: Law
  readonly payloadType: number
  readonly events: number | null
}

/** The samples of one frame, `at` samples into what is played; null is nothing to say: silence goes out. */
export type Player = (at: number) => Int16Array | null

export interface RtpCounts {
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly jitterMs: number
}

export interface RtpStream {
  readonly port: number
  /** Talks to `target` from now on, or falls silent. */
  talk(target: Target | null): void
  /** Plays one RFC 4733 event, `durationMs` long, over the voice. */
  dtmf(digit: string, durationMs: number): boolean
  counts(): RtpCounts
  /** Everything heard so far, gaps as silence. */
  heard(): Int16Array
  close(): void
}

/** Identity of a source (RFC 3550 §5.1 asks for random ones), from whoever owns the randomness. */
export interface Origin {
  readonly ssrc: number
  readonly sequence: number
  readonly timestamp: number
}

/** Five minutes of what was heard are kept for one call: 4.8 MB. */
const keptMax = sampleRate * 300
/** More than this many frames behind and the clock begins anew, rather than sending them all at once. */
const behindMax = 25

export async function openRtp(host: string, player: Player, origin: Origin): Promise<RtpStream> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  // ICMP errors of a peer that is not there yet are no reason to stop.
  socket.on('error', () => {})
  const ear = listen(socket)
  let target: Target | null = null
  let { sequence, timestamp } = origin
  let played = 0
  let sent = 0
  let event: { code: number; left: number; total: number; at: number } | null = null
  let startedAt = performance.now()
  let frames = 0
  let fresh = true

  function send(packet: Omit<RtpPacket, 'sequence' | 'ssrc'>): void {
    if (!target) return
    sequence = (sequence + 1) & 0xffff
    const datagram = buildRtp({ ...packet, sequence, ssrc: origin.ssrc })
    socket.send(datagram, target.port, target.address, () => {})
    sent++
  }

  function frame(): void {
    timestamp = (timestamp + frameSamples) >>> 0
    if (!target) return
    const at = played
    played += frameSamples
    if (event && target.events !== null) {
      const begun = event.left === event.total
      event.left--
      const spent = (event.total - event.left) * frameSamples
      const payload = Buffer.from([event.code, (event.left === 0 ? 0x80 : 0) | 10, spent >> 8, spent & 0xff])
      // The end is said three times, since nothing follows that would tell of its loss (RFC 4733 §2.5.1.4).
      for (let n = event.left === 0 ? 3 : 1; n > 0; n--)
        send({ payloadType: target.events, marker: begun, timestamp: event.at, payload })
      if (event.left === 0) event = null
      return
    }
    const samples = player(at)
    const payload = samples ? encode(target.law, samples) : new Uint8Array(frameSamples).fill(silence[target.law])
    send({ payloadType: target.payloadType, marker: fresh, timestamp, payload })
    fresh = false
  }

  // A timer alone drifts; how many frames are due is read from the clock, so that the mean rate is exact.
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - startedAt) / frameMs)
    if (due - frames > behindMax) {
      startedAt = performance.now()
      frames = 0
      return
    }
    for (; frames < due; frames++) frame()
  }, frameMs / 2)

  return {
    port: socket.address().port,
    talk(next) {
      if (!target && next) {
        startedAt = performance.now()
        frames = 0
        fresh = true
      }
      target = next
      ear.expect(next)
    },
    dtmf(digit, durationMs) {
      const code = '0123456789*#ABCD'.indexOf(digit.toUpperCase())
      if (digit.length !== 1 || code < 0 || event || !target || target.events === null) return false
      const total = Math.max(2, Math.min(250, Math.round(durationMs / frameMs)))
      event = { code, left: total, total, at: timestamp }
      return true
    },
    counts: () => ({ sent, ...ear.counts() }),
    heard: ear.heard,
    close() {
      clearInterval(timer)
      socket.close()
    },
  }
}

/** Puts what arrives where its timestamp says, so that reordered packets end up in order and lost ones as silence. */
function listen(socket: Socket) {
  let so: Reception = nothingReceived
  let ssrc: number | null = null
  let base = { timestamp: 0, offset: 0 }
  let end = 0
  let kept = new Int16Array(sampleRate * 10)
  let law: Target | null = null

  function keep(packet: RtpPacket, as: Law): void {
    const offset = base.offset + ((packet.timestamp - base.timestamp) | 0)
    if (offset < 0 || offset + packet.payload.length > keptMax) return
    if (offset + packet.payload.length > kept.length) {
      const larger = new Int16Array(Math.min(keptMax, (offset + packet.payload.length) * 2))
      larger.set(kept)
      kept = larger
    }
    kept.set(decode(as, packet.payload), offset)
    end = Math.max(end, offset + packet.payload.length)
  }

  socket.on('message', (datagram) => {
    const packet = parseRtp(datagram)
    if (!packet || !law) return
    const voice = packet.payloadType === law.payloadType || packet.payloadType === 0 || packet.payloadType === 8
    const events = packet.payloadType === law.events
    if (!voice && !events) return
    if (packet.ssrc !== ssrc) {
      // Another source took over: its clock and its numbers are its own. It follows on what was heard before.
      ssrc = packet.ssrc
      so = { ...nothingReceived }
      earlier = { received: earlier.received + last.received, lost: earlier.lost + last.lost }
      base = { timestamp: packet.timestamp, offset: end }
    }
    so = receive(so, packet, (performance.now() * sampleRate) / 1000)
    last = { received: so.received, lost: lost(so) }
    if (!voice) return
    const dynamic = packet.payloadType === law.payloadType ? law.law : packet.payloadType === 8 ? 'PCMA' : 'PCMU'
    keep(packet, dynamic)
  })

  let last = { received: 0, lost: 0 }
  let earlier = { received: 0, lost: 0 }
  return {
    expect(target: Target | null) {
      law = target ?? law
    },
    counts: () => ({
      received: earlier.received + last.received,
      lost: earlier.lost + last.lost,
      jitterMs: Math.round((so.jitter / sampleRate) * 10_000) / 10,
    }),
    heard: () => kept.slice(0, end),
  }
}
