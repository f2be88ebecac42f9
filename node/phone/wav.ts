/** WAV files: 8 kHz mono is what a phone speaks, so that is what reading gives, whatever the file held. Pure. */
import { decode } from './g711.ts'

/** Samples a second, everywhere in the phone. */
export const sampleRate = 8000
/** Ten minutes. */
export const samplesMax = sampleRate * 600

export type WavRead =
  | { readonly kind: 'audio'; readonly samples: Int16Array }
  | { readonly kind: 'unreadable'; readonly reason: string }

interface Format {
  readonly coding: number
  readonly channels: number
  readonly rate: number
  readonly bits: number
}

const pcm = 1
const aLaw = 6
const muLaw = 7
const extensible = 0xfffe

/** Reads PCM with 16 bits, µ-law or A-law, any number of channels (they are mixed), 8 to 48 kHz. */
export function readWav(file: Uint8Array): WavRead {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (view.length < 12 || view.toString('latin1', 0, 4) !== 'RIFF' || view.toString('latin1', 8, 12) !== 'WAVE')
    return unreadable('it does not begin like a WAV file')
  let format: Format | null = null
  for (let at = 12; at + 8 <= view.length; ) {
    const id = view.toString('latin1', at, at + 4)
    const start = at + 8
    // A file that was cut, or is still being written, says more than it has: what is there counts.
    const length = Math.min(view.readUInt32LE(at + 4), view.length - start)
    if (id === 'fmt ' && length >= 16) format = formatAt(view, start, length)
    if (id === 'data') return format ? audio(format, view.subarray(start, start + length)) : unreadable('no fmt chunk')
    at = start + length + (length & 1)
  }
  return unreadable('it has no data chunk')
}

function formatAt(view: Buffer, at: number, length: number): Format {
  const coding = view.readUInt16LE(at)
  return {
    coding: coding === extensible && length >= 26 ? view.readUInt16LE(at + 24) : coding,
    channels: view.readUInt16LE(at + 2),
    rate: view.readUInt32LE(at + 4),
    bits: view.readUInt16LE(at + 14),
  }
}

function audio(format: Format, data: Buffer): WavRead {
  const { channels, rate } = format
  if (channels < 1 || channels > 8) return unreadable(`it has ${channels} channels; 1 to 8 are read`)
  if (rate < 8000 || rate > 48_000) return unreadable(`its rate is ${rate} Hz; 8000 to 48000 are read`)
  const interleaved = samplesOf(format, data)
  if (!interleaved) return unreadable('its coding is not 16-bit PCM, µ-law or A-law: convert it with sox or ffmpeg')
  if (interleaved.length / channels / rate > samplesMax / sampleRate) return unreadable('it is longer than 10 minutes')
  const mono = channels === 1 ? interleaved : mixed(interleaved, channels)
  if (mono.length === 0) return unreadable('it holds no samples')
  return { kind: 'audio', samples: resample(mono, rate, sampleRate) }
}

function samplesOf({ coding, bits }: Format, data: Buffer): Int16Array | null {
  if (coding === pcm && bits === 16)
    return Int16Array.from({ length: data.length >> 1 }, (_, i) => data.readInt16LE(i * 2))
  if (coding === muLaw && bits === 8) return decode('PCMU', data)
  if (coding === aLaw && bits === 8) return decode('PCMA', data)
  return null
}

const mixed = (samples: Int16Array, channels: number): Int16Array =>
  Int16Array.from({ length: Math.floor(samples.length / channels) }, (_, frame) => {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += samples[frame * channels + channel]!
    return Math.round(sum / channels)
  })

/** Downwards each output sample is the mean of the span it stands for: a simple low-pass, enough for speech and tones. */
export function resample(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples
  const step = from / to
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    const first = Math.floor(i * step)
    const end = Math.min(samples.length, Math.max(first + 1, Math.floor((i + 1) * step)))
    let sum = 0
    for (let at = first; at < end; at++) sum += samples[at]!
    return Math.round(sum / (end - first))
  })
}

/** 16-bit PCM, mono, 8 kHz. */
export function writeWav(samples: Int16Array): Uint8Array {
  const file = Buffer.alloc(44 + samples.length * 2)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(pcm, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(samples.length * 2, 40)
  for (const [i, sample] of samples.entries()) file.writeInt16LE(sample, 44 + i * 2)
  return file
}

const unreadable = (reason: string): WavRead => ({ kind: 'unreadable', reason: `the WAV cannot be used: ${reason}` })
