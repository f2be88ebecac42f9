/** The phone's SDP (RFC 8866, RFC 3264): one G.711 audio stream, and telephone events (RFC 4733). Pure. */
import type { Law } from './g711.ts'

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** What the other side wants of our one stream. */
export interface Remote {
  readonly address: string
  readonly port: number
  readonly law: Law
  /** The law's payload type, and that of telephone-event or null. */
  readonly payloadType: number
  readonly events: number | null
  /** As the other side sees itself: `sendonly` means it does not listen. */
  readonly direction: Direction
}

export interface Local {
  readonly address: string
  readonly port: number
  /** Stays the same through the call. */
  readonly sessionId: number
  /** Grows with each change (RFC 3264 §8). */
  readonly version: number
  readonly direction: Direction
}

const rtpmap: Readonly<Record<Law, string>> = { PCMU: 'PCMU/8000', PCMA: 'PCMA/8000' }
const staticType: Readonly<Record<Law, number>> = { PCMU: 0, PCMA: 8 }
const eventsType = 101

/** An offer of everything we speak. */
export const offer = (local: Local): string =>
  written(local, [
    [staticType.PCMU, rtpmap.PCMU],
    [staticType.PCMA, rtpmap.PCMA],
    [eventsType, 'telephone-event/8000'],
  ])

/** The answer to what `remote` offered: its first law, its numbers, and the direction that suits both. */
export const answer = (local: Local, remote: Remote): string =>
  written({ ...local, direction: agreed(local.direction, remote.direction) }, [
    [remote.payloadType, rtpmap[remote.law]],
    ...(remote.events === null ? [] : [[remote.events, 'telephone-event/8000'] as const]),
  ])

/** What is left of what both sides want, as we see it (RFC 3264 §6.1): who does not listen is not talked to. */
export function agreed(own: Direction, theirs: Direction): Direction {
  const out = sends(own) && listens(theirs)
  const back = listens(own) && sends(theirs)
  if (out) return back ? 'sendrecv' : 'sendonly'
  return back ? 'recvonly' : 'inactive'
}

export const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly'
export const listens = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly'

function written(local: Local, formats: readonly (readonly [number, string])[]): string {
  const family = local.address.includes(':') ? 'IP6' : 'IP4'
  const lines = [
    'v=0',
    `o=- ${local.sessionId} ${local.version} IN ${family} ${local.address}`,
    's=-',
    `c=IN ${family} ${local.address}`,
    't=0 0',
    `m=audio ${local.port} RTP/AVP ${formats.map(([type]) => type).join(' ')}`,
    ...formats.map(([type, name]) => `a=rtpmap:${type} ${name}`),
    ...formats.filter(([, name]) => name.startsWith('telephone-event')).map(([type]) => `a=fmtp:${type} 0-15`),
    'a=ptime:20',
    `a=${local.direction}`,
  ]
  return `${lines.join('\r\n')}\r\n`
}

/** The first audio stream with a law we speak, or null. */
export function readSdp(sdp: string): Remote | null {
  if (sdp.length > 16_384) return null
  const lines = sdp.split(/\r?\n/)
  const starts = lines.flatMap((line, i) => (line.startsWith('m=') ? [i] : []))
  const session = lines.slice(0, starts[0] ?? lines.length)
  for (const [n, start] of starts.entries()) {
    const remote = readMedia(session, lines.slice(start, starts[n + 1] ?? lines.length))
    if (remote) return remote
  }
  return null
}

function readMedia(session: readonly string[], media: readonly string[]): Remote | null {
  const [, port, formats] = /^m=audio (\d{1,5})(?:\/\d+)? RTP\/AVPF? ([\d ]+)$/.exec(media[0]!.trimEnd()) ?? []
  if (!port || !formats || Number(port) === 0 || Number(port) > 65_535) return null
  const address = valueAfter(media, 'c=IN IP4 ') ?? valueAfter(session, 'c=IN IP4 ') ?? valueAfter(media, 'c=IN IP6 ')
  if (!address) return null

  const names = new Map<number, string>([
    [0, 'PCMU'],
    [8, 'PCMA'],
  ])
  for (const line of media) {
    const [, type, name] = /^a=rtpmap:(\d{1,3}) ([\w-]+)\/8000/.exec(line) ?? []
    if (type && name) names.set(Number(type), name.toUpperCase())
  }
  const types = formats.trim().split(/ +/).map(Number)
  const payloadType = types.find((type) => names.get(type) === 'PCMU' || names.get(type) === 'PCMA')
  if (payloadType === undefined) return null
  const events = types.find((type) => names.get(type) === 'TELEPHONE-EVENT') ?? null
  const direction = directionOf(media) ?? directionOf(session) ?? 'sendrecv'
  return {
    address: address.split('/')[0]!,
    port: Number(port),
    law: names.get(payloadType) as Law,
    payloadType,
    events,
    // RFC 2543 phones hold with a null address: they want to hear nothing and say nothing.
    direction: address === '0.0.0.0' ? 'sendonly' : direction,
  }
}

const valueAfter = (lines: readonly string[], start: string): string | undefined =>
  lines
    .find((line) => line.startsWith(start))
    ?.slice(start.length)
    .trim()

const directionOf = (lines: readonly string[]): Direction | undefined =>
  lines
    .map((line) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(line)?.[1] as Direction | undefined)
    .find(Boolean)
