/**
 * What the relay must be told for an offer or an answer of either side, and what its reply is worth. Pure.
 *
 * The commands are rtpengine's "ng" ones. A call has two tags, `caller` and `called`, whatever the tags of its dialogs
 * are: the session outlives forks and re-INVITEs, and both sides keep their ports through all of them.
 */
import type { ToldQuality } from '../../proto/cdr.ts'
import type { Passed, Side, Stream } from './media.ts'

/** Longest SDP that is handed to the relay, in characters; real ones are below 8 kB even with ICE and video. */
export const sdpLengthMax = 16_384

/** Each m= line takes four ports, whether anybody will use them or not: one phone must not take them all. */
const sectionsMax = 8

/** One command and its fields, as rtpengine's ng protocol names them. */
export interface NgCommand {
  readonly name: 'offer' | 'answer' | 'delete' | 'query'
  readonly fields: Readonly<Record<string, string | readonly string[]>>
}

/** What is known of a session: `met` once an answer went through, so that a later offer is a re-offer. */
export interface Talk {
  readonly id: string
  readonly met: boolean
}

/**
 * Plain RTP towards phones: no ICE and no DTLS. Formats are passed on as they are; where one must ever be hidden it is
 * masked and never stripped, since stripping before transcoding makes rtpengine 10.5 answer without any format.
 */
const plainly = {
  replace: ['origin', 'session-connection'],
  ICE: 'remove',
  DTLS: 'off',
  'transport-protocol': 'RTP/AVP',
} as const

export const otherSide = (side: Side): Side => (side === 'caller' ? 'called' : 'caller')

/** `side` offers. Only a re-offer names the other tag: before the first answer the relay has never heard of it. */
export const offerOf = (talk: Talk, side: Side, sdp: string): NgCommand => ({
  name: 'offer',
  fields: {
    'call-id': talk.id,
    'from-tag': side,
    ...(talk.met ? { 'to-tag': otherSide(side) } : {}),
    ...plainly,
    sdp,
  },
})

/** `side` answers: in an answer `from-tag` stays the tag of whoever offered. */
export const answerOf = (talk: Talk, side: Side, sdp: string): NgCommand => ({
  name: 'answer',
  fields: { 'call-id': talk.id, 'from-tag': otherSide(side), 'to-tag': side, ...plainly, sdp },
})

export const deleteOf = (talk: Talk): NgCommand => ({ name: 'delete', fields: { 'call-id': talk.id } })

/** The same; rtpengine 10.5 says what it counted only to who names a tag that it has. */
export const countedDeleteOf = (talk: Talk): NgCommand => ({
  name: 'delete',
  fields: { 'call-id': talk.id, 'from-tag': 'caller' },
})

export const queryOf = (talk: Talk): NgCommand => ({ name: 'query', fields: { 'call-id': talk.id } })

/** Why an SDP cannot carry a call, or null. Asked of what comes in and of what the relay gives back. */
export function unusable(sdp: string): string | null {
  if (sdp.length > sdpLengthMax) return `the SDP is longer than ${sdpLengthMax} characters`
  if (!/^v=0\r?$/m.test(sdp)) return 'the body is no SDP: it has no v=0 line'
  if (!/^c=IN IP[46] \S/m.test(sdp)) return 'the SDP has no c= line'
  const media = [...sdp.matchAll(/^m=(\S+) (\d{1,5})(?:\/\d+)? (\S+)((?: \S+)*) *\r?$/gm)]
  if (media.length === 0) return 'the SDP has no m= line'
  if (sdp.split(/^m=/m).length - 1 > sectionsMax) return `the SDP has more than ${sectionsMax} m= lines`
  // rtpengine 10.5 says ok and writes no format at all when it may not use any of them.
  const usable = media.some(([, , port, , formats]) => Number(port) > 0 && Number(port) < 65_536 && formats !== '')
  return usable ? null : 'no m= line of the SDP has both a port and a format'
}

/** What the relay said: its fields, its refusal, or nothing in time. */
export type NgReply =
  | { readonly kind: 'ok'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'silent' }

/** The SDP to pass on. The relay's `ok` is unproven until the SDP beside it is one that a phone could use. */
export function passed(reply: NgReply): Passed {
  if (reply.kind === 'silent') return { kind: 'failed', status: 503, reason: 'the media relay did not answer' }
  if (reply.kind === 'refused') return { kind: 'failed', status: refusalStatus(reply.reason), reason: reply.reason }
  const sdp = reply.fields.sdp
  if (typeof sdp !== 'string') return { kind: 'failed', status: 503, reason: 'the media relay answered without an SDP' }
  const fault = unusable(sdp)
  if (fault) return { kind: 'failed', status: 488, reason: `the media relay found no common ground: ${fault}` }
  return { kind: 'sdp', sdp }
}

/** Only a complaint about the SDP is the phone's doing; ports, limits and unknown calls are ours. */
const refusalStatus = (reason: string): 488 | 503 => (/sdp|codec|media section/i.test(reason) ? 488 : 503)

/** Whether the relay says that there is no such call. Silence and other refusals say nothing about it. */
export const forgotten = (reply: NgReply): boolean => reply.kind === 'refused' && /unknown call-id/i.test(reply.reason)

/** What a `query` or a `delete` counted: the RTP (not RTCP) that each side sent to the relay, and what it said of what it heard. */
export function streamsIn(reply: NgReply): readonly Stream[] | null {
  if (reply.kind !== 'ok') return null
  const tags = record(reply.fields.tags)
  const reports = record(reply.fields.SSRC)
  const sides: readonly Side[] = ['caller', 'called']
  return sides.flatMap((side) =>
    list(record(tags[side]).medias).flatMap((media) => {
      const codec = record(media).codec
      return list(record(media).streams)
        .filter((stream) => list(record(stream).flags).includes('RTP'))
        .map((stream) => {
          const heard = qualityIn(reports[String(record(stream).SSRC)])
          return { ...streamOf(side, typeof codec === 'string' ? codec : '', record(stream)), ...(heard && { heard }) }
        })
    }),
  )
}

function streamOf(side: Side, codec: string, stream: Readonly<Record<string, unknown>>): Stream {
  const stats = record(stream.stats)
  const endpoint = record(stream.endpoint)
  return {
    side,
    packets: count(stats.packets),
    bytes: count(stats.bytes),
    codec,
    endpoint: `${endpoint.address ?? ''}:${endpoint.port ?? ''}`,
    errors: count(stats.errors),
  }
}

/** The relay has it by the source that reports, in tenths and microseconds; null: it heard no report, or cannot say how long the way is. */
function qualityIn(report: unknown): ToldQuality | null {
  const { MOS, jitter, 'packet loss': loss, 'round-trip time': way } = record(record(report)['average MOS'])
  const mos = count(MOS) / 10
  return mos === 0
    ? null
    : { mos, jitterMs: count(jitter), lost: count(loss), roundTripMs: Math.round(count(way) / 1000) }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const count = (value: unknown): number => (typeof value === 'number' ? value : 0)
