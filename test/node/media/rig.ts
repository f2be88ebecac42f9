/** Two phones' worth of RTP, and a log that keeps what it was told. */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Logger } from '../../../cluster/logger.ts'
import type { Media, MediaStatus } from '../../../node/media/media.ts'
import type { MediaMode } from '../../../node/media/start.ts'
import type { Law } from '../../../node/phone/g711.ts'
import { frameSamples, openRtp, type RtpStream } from '../../../node/phone/rtp.ts'
import { sampleRate } from '../../../node/phone/wav.ts'
import { until as bounded } from '../../nemesis/until.ts'

export interface Kept extends Logger {
  readonly lines: string[]
}

export function keptLog(): Kept {
  const lines: string[] = []
  const keep = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  return { lines, debug: keep, info: keep, warn: keep, error: keep }
}

/** A place of its own for a sidecar: loopback, a port range no other test is likely to use, a fresh directory. */
export async function ownPlace(t: ExecutionContext): Promise<Extract<MediaMode, { kind: 'spawn' }>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'raftel-media-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const first = 20_000 + randomInt(100) * 100
  return { kind: 'spawn', interface: '127.0.0.1', ports: [first, first + 98], dataDir }
}

/** Resolves with the first status that fits, also if it is so already; the test's own time limit bounds it. */
export function statusWhere(media: Media, fits: (status: MediaStatus) => boolean): Promise<MediaStatus> {
  if (fits(media.status())) return Promise.resolve(media.status())
  return new Promise((resolve) => {
    const stop = media.onStatus((status) => {
      if (!fits(status)) return
      stop()
      resolve(status)
    })
  })
}

export const origin = () => ({
  ssrc: randomInt(2 ** 32 - 1),
  sequence: randomInt(2 ** 16),
  timestamp: randomInt(2 ** 31),
})

/** Noise in bursts, the same for a seed: nothing like it elsewhere, so correlation cannot be lucky. */
export function speechLike(seed: number, seconds: number): Int16Array {
  let state = seed
  return Int16Array.from({ length: seconds * sampleRate }, (_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    const loud = 0.3 + 0.7 * Math.abs(Math.sin((i / sampleRate) * (3 + seed)))
    return Math.round((state / 2 ** 32 - 0.5) * 12_000 * loud)
  })
}

export async function rtpPlaying(t: ExecutionContext, samples: Int16Array, from = origin()): Promise<RtpStream> {
  const play = (at: number) => (at + frameSamples <= samples.length ? samples.subarray(at, at + frameSamples) : null)
  const stream = await openRtp('127.0.0.1', play, from)
  t.teardown(() => stream.close())
  return stream
}

export const sdpAt = (port: number, law: Law = 'PCMU', direction = 'sendrecv') =>
  [
    'v=0',
    'o=- 7 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP ${law === 'PCMU' ? 0 : 8}`,
    `a=rtpmap:${law === 'PCMU' ? 0 : 8} ${law}/8000`,
    `a=${direction}`,
    '',
  ].join('\r\n')

/** Asks until it is so; after 30 s it says what was not. */
export function until(fits: () => boolean | Promise<boolean>): Promise<void> {
  return bounded(String(fits), fits, 30_000)
}
