/** Sound for tests: speech-like signals that are different for each seed, and whether one is found in another. */
import { readFileSync, writeFileSync } from 'node:fs'

export const RATE = 8000

/** Syllables of band-limited noise and gliding tones with pauses between: no stretch of it is like another. */
export function babble(seed: number, seconds: number): Float64Array {
  let state = seed >>> 0
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const samples = new Float64Array(seconds * RATE)
  let at = 0
  while (at < samples.length) {
    const length = Math.floor((0.12 + random() * 0.25) * RATE)
    const from = 250 + random() * 900
    const to = 250 + random() * 900
    let phase = 0
    let noise = 0
    for (let i = 0; i < length && at + i < samples.length; i++) {
      phase += (2 * Math.PI * (from + ((to - from) * i) / length)) / RATE
      noise = 0.8 * noise + 0.2 * (random() * 2 - 1)
      samples[at + i] =
        Math.sin((Math.PI * i) / length) * (0.25 * Math.sin(phase) + 0.1 * Math.sin(2.7 * phase) + 0.2 * noise)
    }
    at += length + Math.floor(random() * 0.1 * RATE)
  }
  return samples
}

export function writeWav(file: string, samples: Float64Array): void {
  const data = Buffer.alloc(44 + samples.length * 2)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + samples.length * 2, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(1, 22)
  data.writeUInt32LE(RATE, 24)
  data.writeUInt32LE(RATE * 2, 28)
  data.writeUInt16LE(2, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(samples.length * 2, 40)
  samples.forEach((sample, i) => {
    data.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32767), 44 + i * 2)
  })
  writeFileSync(file, data)
}

/** Reads 16-bit mono PCM at 8 kHz, also of a file that its writer has not finished (data size 0). */
export function readWav(file: string): Float64Array {
  const bytes = readFileSync(file)
  const at = bytes.indexOf('data', 12, 'latin1') + 8
  const rate = bytes.readUInt32LE(24)
  if (at < 8 || rate !== RATE) throw new Error(`${file}: not a WAV at ${RATE} Hz (${rate})`)
  const count = Math.floor((bytes.length - at) / 2)
  return Float64Array.from({ length: count }, (_, i) => bytes.readInt16LE(at + i * 2) / 32768)
}

/**
 * How well the second of `played` that begins at `from` is found anywhere in `heard`: the normalised cross-correlation
 * at its best lag, 1 for the same signal, about 0 for another one.
 */
export function found(played: Float64Array, from: number, heard: Float64Array): number {
  const piece = played.subarray(from * RATE, (from + 1) * RATE)
  const energy = piece.reduce((sum, x) => sum + x * x, 0)
  let window = 0
  let best = 0
  for (let i = 0; i < heard.length; i++) {
    window += (heard[i] ?? 0) ** 2
    const start = i - piece.length + 1
    if (start < 0) continue
    if (start > 0) window -= (heard[start - 1] ?? 0) ** 2
    // Where it is far too quiet the piece cannot be: most lags cost nothing.
    if (window < energy * 0.05) continue
    const norm = Math.sqrt(energy * window)
    // Every eighth sample says it to a tenth or so: nearly all lags are no better than the best so far.
    if ((COARSE * product(piece, heard, start, COARSE)) / norm < best - 0.1) continue
    best = Math.max(best, product(piece, heard, start, 1) / norm)
  }
  return best
}

const COARSE = 8

function product(piece: Float64Array, heard: Float64Array, start: number, stride: number): number {
  let sum = 0
  for (let k = 0; k < piece.length; k += stride) sum += piece[k]! * heard[start + k]!
  return sum
}
