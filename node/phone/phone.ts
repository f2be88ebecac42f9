/** raftel phone: a scriptable SIP user agent that says whether it heard the other side. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Logger } from '../../cluster/logger.ts'
import { answerTo } from '../sip/authorize.ts'
import { openSip } from '../sip/drachtio.ts'
import type { Dialing, DialOutcome, Dialog, Invitation, SipPort } from '../sip/port.ts'
import { signatureOf, signatureSamples } from './hear.ts'
import { aorIn, hopUri, type PhoneTransport, readAor, readHop, targetUri } from './identity.ts'
import { type Registered, registration } from './registration.ts'
import type { CallReport } from './report.ts'
import { frameSamples, type Player } from './rtp.ts'
import { addressTowards, type LiveCall, openTalk, type Talk } from './talk.ts'
import { writeWav } from './wav.ts'

export type { CallReport } from './report.ts'
export type { LiveCall } from './talk.ts'

export type Answering = 'auto' | 'no' | { readonly busy: true }

export interface PhoneOptions {
  /** `alice@pbx.test`. */
  readonly aor: string
  readonly password: string
  /** `host:port`, with `;transport=tcp` if so; null: no server, calls go straight to the URI. */
  readonly registrar: string | null
  readonly transport?: PhoneTransport
  /** Our own address; by default the one the system uses towards the registrar. */
  readonly host?: string
  /** What is played, over and over, at 8 kHz; the signature of the AoR by default. Null: nothing but silence. */
  readonly play?: Int16Array | null
  /** What must be heard; by default the peer's signature. */
  readonly expect?: Int16Array
  /** Where the last finished call's incoming audio is written, as WAV. */
  readonly record?: string
  readonly answer?: Answering
  /** Seconds a registration is asked for. */
  readonly expires?: number
  readonly log: Logger
  /** Called for every call that ended, of either direction. */
  readonly onReport?: (report: CallReport) => void
}

export interface CallOptions {
  /** How long the call lasts once answered. */
  readonly seconds: number
  /** How long it may ring; 60 by default. */
  readonly ringSeconds?: number
  /** Whose signature to listen for, when the target is not the peer's own AoR: a number, a group. */
  readonly peer?: string
}

export interface Phone {
  readonly aor: string
  /** `host:port` it is reached at. */
  readonly address: string
  register(): Promise<Registered>
  /** Resolves when the call is over; never rejects for what the other side does. */
  call(target: string, options: CallOptions): Promise<CallReport>
  calls(): readonly LiveCall[]
  /** Hangs up, unregisters, closes every socket. */
  close(): Promise<void>
}

const callsMax = 200
const expiresDefault = 300
const ringSecondsDefault = 60

export async function startPhone(options: PhoneOptions): Promise<Phone> {
  const identity = readAor(options.aor)
  if (!identity) throw new RangeError(`${options.aor} is no address: write it like alice@pbx.test`)
  const registrar = options.registrar === null ? null : readHop(options.registrar, options.transport)
  if (options.registrar !== null && !registrar) throw new RangeError(`${options.registrar} is no host:port`)
  const transport = registrar?.transport ?? options.transport ?? 'udp'
  const host = options.host ?? (registrar ? await addressTowards(registrar.host, registrar.port) : '127.0.0.1')
  const { log } = options

  const sip = await openSip({ engine: { kind: 'embedded', listen: [{ transport, host, port: 0 }] }, log })
  const contact = `sip:${identity.user}@${sip.address};transport=${transport}`
  const nextHop = registrar ? hopUri(registrar) : null
  const expires = options.expires ?? expiresDefault
  const binding = registrar
    ? registration({ sip, identity, password: options.password, registrar, contact, expires, log })
    : null
  const player = playerOf(options.play, identity.aor)
  const live = new Map<LiveCall, Promise<unknown>>()
  let closing: Promise<void> | null = null

  const talkWith = (peer: string): Promise<Talk> =>
    openTalk(host, player, { expected: options.expect ?? null, own: identity.aor, peer })

  async function finished(talk: Talk, outcome: Parameters<Talk['finish']>[0]): Promise<CallReport> {
    const heard = talk.heard()
    const report = talk.finish(outcome)
    if (options.record && report.answered) {
      await writeFile(options.record, writeWav(heard)).catch((error: Error) =>
        log.error({ file: options.record, error: error.message }, 'the recording could not be written'),
      )
    }
    options.onReport?.(report)
    return report
  }

  async function call(target: string, { seconds, ringSeconds, peer }: CallOptions): Promise<CallReport> {
    const uri = targetUri(target, identity!.domain)
    const talk = await talkWith(peer ?? aorIn(uri))
    const startedAt = performance.now()
    let over = false
    const dialled = dialAuthorized(sip, uri, nextHop, identity!, options.password, talk)
    const entry = liveCall(talk, dialled.callId, identity!.aor, aorIn(uri), () => {
      over = true
      dialled.cancel()
      talk.hangUp()
    })
    const done = (async () => {
      const ring = setTimeout(() => dialled.cancel(), (ringSeconds ?? ringSecondsDefault) * 1000)
      const outcome = await dialled.outcome
      clearTimeout(ring)
      const setupMs = performance.now() - startedAt
      const status = statusOf(outcome)
      let lasted = 0
      if (outcome.kind === 'answered') lasted = await converse(outcome)
      const { from, to } = entry
      const id = dialled.callId()
      return finished(talk, { id, from, to, status, setupMs, seconds: lasted })
    })()
    live.set(entry, done)
    try {
      return await done
    } finally {
      live.delete(entry)
    }

    async function converse({ dialog, sdp }: { dialog: Dialog; sdp: string }): Promise<number> {
      entry.state = 'answered'
      const answeredAt = performance.now()
      const ended = talk.run(dialog)
      if (over || !talk.settle(sdp)) dialog.bye('no usable answer')
      const limit = setTimeout(() => talk.hangUp(), seconds * 1000)
      if (dialog.up) await ended
      clearTimeout(limit)
      return (performance.now() - answeredAt) / 1000
    }
  }

  async function invited(invitation: Invitation): Promise<void> {
    const answering = options.answer ?? 'auto'
    if (closing || live.size >= callsMax) return invitation.reply(486)
    if (typeof answering === 'object') return invitation.reply(486)
    const from = aorIn(invitation.from.uri)
    const startedAt = performance.now()
    const cancelled = Promise.withResolvers<null>()
    invitation.onCancel(() => cancelled.resolve(null))
    invitation.progress(180)
    const talk = await talkWith(from)
    const entry = liveCall(
      talk,
      () => invitation.callId,
      from,
      identity!.aor,
      () => {
        invitation.reply(480)
        cancelled.resolve(null)
        talk.hangUp()
      },
    )
    const done = (async () => {
      let status = 487
      let dialog: Dialog | null = null
      if (answering === 'no') await cancelled.promise
      else {
        const sdp = talk.accept(invitation.body)
        if (sdp) dialog = await invitation.answer(sdp)
        else invitation.reply((status = 488))
      }
      const setupMs = performance.now() - startedAt
      const answeredAt = performance.now()
      if (dialog) {
        status = 200
        entry.state = 'answered'
        await talk.run(dialog)
      }
      const seconds = dialog ? (performance.now() - answeredAt) / 1000 : 0
      await finished(talk, { id: invitation.callId, from, to: identity!.aor, status, setupMs, seconds })
    })()
    live.set(entry, done)
    await done.finally(() => live.delete(entry))
  }

  sip.onInvite(invited)
  sip.on('options', (request) => request.reply(200))

  return {
    aor: identity.aor,
    address: sip.address,
    register: () => binding?.register() ?? Promise.resolve({ kind: 'refused', status: 0 }),
    call,
    calls: () => [...live.keys()],
    close() {
      closing ??= (async () => {
        for (const entry of live.keys()) entry.hangUp()
        await Promise.allSettled(live.values())
        if (binding) await binding.end()
        // The engine sends in order: when this came back, the BYEs of the calls above are out.
        await sip.request('OPTIONS', `sip:${sip.address};transport=${transport}`)
        await sip.close()
      })()
      return closing
    },
  }
}

function liveCall(talk: Talk, id: () => string, from: string, to: string, hangUp: () => void) {
  return {
    get id() {
      return id()
    },
    from,
    to,
    state: 'ringing' as LiveCall['state'],
    hold: () => talk.hold(true),
    unhold: () => talk.hold(false),
    dtmf: talk.dtmf,
    hangUp,
  }
}

/** An INVITE, and once more with proof if it is challenged. */
function dialAuthorized(
  sip: SipPort,
  uri: string,
  nextHop: string | null,
  { aor, user }: { aor: string; user: string },
  password: string,
  talk: Talk,
) {
  let current: Dialing
  let cancelled = false
  const body = talk.offer()
  const dial = (headers: Readonly<Record<string, string>>): Promise<DialOutcome> => {
    const from = { display: '', uri: `sip:${aor}` }
    current = sip.dial({ uri, nextHop, from, to: { uri }, sdp: body, headers }, () => {})
    return current.outcome
  }
  const outcome = dial({}).then((first) => {
    if (first.kind !== 'refused' || cancelled) return first
    const proof = { method: 'INVITE', uri, user, password, body, cnonce: randomBytes(8).toString('hex') }
    const headers = answerTo(first.status, first.headers, proof)
    return headers ? dial(headers) : first
  })
  return {
    outcome,
    callId: () => current.callId,
    cancel() {
      cancelled = true
      current.cancel()
    },
  }
}

function statusOf(outcome: DialOutcome): number {
  if (outcome.kind === 'answered') return 200
  return outcome.kind === 'refused' ? outcome.status : 487
}

function playerOf(play: Int16Array | null | undefined, aor: string): Player {
  if (play === null) return () => null
  const signature = signatureOf(aor)
  if (!play) return (at) => signatureSamples(signature, at, frameSamples)
  return (at) => Int16Array.from({ length: frameSamples }, (_, i) => play[(at + i) % play.length] ?? 0)
}
