/** Was the other side heard? Judged on the received samples alone, never on packet counts. Pure. */
import { createHash } from 'node:crypto'
import { sampleRate } from './wav.ts'

export interface Heard {
  readonly heard: boolean
  readonly method: 'correlation' | 'signature'
  /** Correlation: 0 to 1. Signature: seconds that it was there. */
  readonly score: number
  /** Correlation: milliseconds from the start of what was received to the start of what was expected. */
  readonly lagMs: number
}

export const correlationNeeded = 0.8
export const signatureSecondsNeeded = 1

/** The longest stretch that is compared: longer ones take time and prove nothing more. */
const comparedMax = sampleRate * 3
/** Where it is looked for: the search costs about 10 ms for each second of it. */
const searchedMax = sampleRate * 15

/**
 * Looks for a stretch of `expected` in `got`, at any lag, by normalised cross-correlation. The stretch is the loudest
 * one, since recordings begin with silence and a phone may have missed the first words.
 */
export function correlation(expected: Int16Array, got: Int16Array): Heard {
  const length = Math.min(comparedMax, expected.length, got.length)
  const nothing: Heard = { heard: false, method: 'correlation', score: 0, lagMs: 0 }
  // Less than half a second of anything matches something somewhere.
  if (length < sampleRate / 2) return nothing
  const start = loudest(expected, length)
  const wanted = expected.subarray(start, start + length)
  const wantedEnergy = energy(wanted)
  if (wantedEnergy < length) return nothing

  // Few samples of every lag first, then all samples of the lags that looked promising.
  const searched = got.subarray(0, searchedMax)
  const promising: { score: number; at: number }[] = []
  for (let at = 0; at + length <= searched.length; at++) {
    const score = likeness(wanted, searched, at, coarseStep)
    if (score > correlationNeeded / 2) promising.push({ score, at })
  }
  promising.sort((a, b) => b.score - a.score)
  const best = promising
    .slice(0, 50)
    .map(({ at }) => ({ at, score: likeness(wanted, searched, at, 1) }))
    .reduce((a, b) => (b.score > a.score ? b : a), { at: start, score: 0 })
  return {
    heard: best.score >= correlationNeeded,
    method: 'correlation',
    score: Math.round(best.score * 10_000) / 10_000,
    lagMs: Math.round(((best.at - start) / sampleRate) * 1000),
  }
}

/** A prime, so that no tone is sampled always at the same phase. */
const coarseStep = 101

function likeness(wanted: Int16Array, got: Int16Array, at: number, step: number): number {
  let product = 0
  let wantedSquares = 0
  let gotSquares = 0
  const length = wanted.length
  for (let i = 0; i < length; i += step) {
    const a = wanted[i] as number
    const b = got[at + i] as number
    product += a * b
    wantedSquares += a * a
    gotSquares += b * b
  }
  return wantedSquares === 0 || gotSquares === 0 ? 0 : product / Math.sqrt(wantedSquares * gotSquares)
}

function loudest(samples: Int16Array, length: number): number {
  const hop = sampleRate / 10
  let best = { energy: -1, start: 0 }
  for (let start = 0; start + length <= samples.length; start += hop) {
    const here = energy(samples.subarray(start, start + length))
    if (here > best.energy) best = { energy: here, start }
  }
  return best.start
}

function energy(samples: Int16Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return sum
}

/** Two tones, in Hz, that stand for one address-of-record. */
export type Signature = readonly [low: number, high: number]

/** 24 low and 24 high tones, 50 Hz apart: the window below tells neighbours apart, G.711 carries them all. */
const tonesOfGroup = 24
const toneStep = 50
const lowest = 400
const highest = 1850

/** The tones of `aor`, the same on every machine: 576 pairs, so two phones rarely share one. */
export function signatureOf(aor: string): Signature {
  const hash = createHash('sha256').update(aor.toLowerCase()).digest()
  const low = lowest + (hash.readUInt16BE(0) % tonesOfGroup) * toneStep
  const high = highest + (hash.readUInt16BE(2) % tonesOfGroup) * toneStep
  return [low, high]
}

/** `count` samples of the signature, beginning `at` samples into it. */
export const signatureSamples = (signature: Signature, at: number, count: number): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => {
    const t = (2 * Math.PI * (at + i)) / sampleRate
    return Math.round(6000 * (Math.sin(signature[0] * t) + Math.sin(signature[1] * t)))
  })

/** 100 ms: bins 10 Hz wide, and 50 Hz steps fall on their zeroes. */
const windowLength = sampleRate / 10

/**
 * Looks for `peer`'s signature in `got`. A window counts if both tones hold nearly all of its energy, so that speech,
 * noise, silence and the echo of `own` do not.
 */
export function signatureHeard(peer: Signature, own: Signature, got: Int16Array): Heard {
  const same = peer[0] === own[0] && peer[1] === own[1]
  let windows = 0
  for (let at = 0; at + windowLength <= got.length; at += windowLength)
    if (holds(peer, got.subarray(at, at + windowLength))) windows++
  const seconds = Math.round((windows * windowLength * 10) / sampleRate) / 10
  // Two phones with one signature cannot tell each other from an echo: then nothing is proven.
  return { heard: !same && seconds >= signatureSecondsNeeded, method: 'signature', score: seconds, lagMs: 0 }
}

function holds([low, high]: Signature, window: Int16Array): boolean {
  const total = energy(window)
  // Mean amplitude below about 100 of 32768 is no tone of ours.
  if (total < window.length * 10_000) return false
  const parts = [goertzel(low, window) / total, goertzel(high, window) / total]
  return parts.every((part) => part > 0.2) && parts[0]! + parts[1]! > 0.8
}

/** The energy of one tone in the window, on the scale of `energy`: a pure tone gives all of it (Goertzel 1958). */
function goertzel(hertz: number, window: Int16Array): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / sampleRate)
  let before = 0
  let now = 0
  for (const sample of window) {
    const next = sample + turn * now - before
    before = now
    now = next
  }
  return ((now * now + before * before - turn * now * before) * 2) / window.length
}
