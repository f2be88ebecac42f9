import test from 'ava'
import { decode, encode, silence } from '../../../node/phone/g711.ts'
import { correlation, signatureHeard, signatureOf, signatureSamples } from '../../../node/phone/hear.ts'
import { readWav, resample, type WavRead, writeWav } from '../../../node/phone/wav.ts'
import { speechLike } from '../media/rig.ts'

test('G.711 gives back each of its own codes, and every sample within its step', (t) => {
  const codes = Uint8Array.from({ length: 256 }, (_, i) => i)
  t.deepEqual([...encode('PCMA', decode('PCMA', codes))], [...codes])
  // µ-law has two zeroes: 0x7f and 0xff.
  const mu = [...encode('PCMU', decode('PCMU', codes))]
  t.deepEqual(mu.filter((code, i) => code !== i).length, 1)
  for (const law of ['PCMU', 'PCMA'] as const) {
    for (const sample of [0, 1, -1, 100, -100, 1000, -1000, 12_345, -12_345, 32_000, -32_000]) {
      const [back] = decode(law, encode(law, Int16Array.of(sample)))
      t.true(Math.abs(back! - sample) <= 16 + Math.abs(sample) / 16, `${law} ${sample} became ${back}`)
    }
    t.true(Math.abs(decode(law, Uint8Array.of(silence[law]))[0]!) <= 8)
  }
})

test('G.711 has the published code of known levels (ITU-T G.711 tables)', (t) => {
  t.deepEqual([...decode('PCMU', Uint8Array.of(0x00, 0x80, 0xff, 0x7f))], [-32_124, 32_124, 0, 0])
  t.deepEqual([...decode('PCMA', Uint8Array.of(0xaa, 0x2a, 0xd5, 0x55))], [32_256, -32_256, 8, -8])
})

const same = (read: WavRead, samples: Int16Array): boolean =>
  read.kind === 'audio' && Buffer.from(read.samples.buffer).equals(Buffer.from(samples.buffer))

const alice = signatureOf('alice@pbx.test')
const bob = signatureOf('bob@pbx.test')

test('a signature is heard through G.711, at any start and beside a little noise', (t) => {
  for (const law of ['PCMU', 'PCMA'] as const) {
    const got = decode(law, encode(law, signatureSamples(bob, 77, 16_000)))
    t.like(signatureHeard(bob, alice, got), { heard: true, method: 'signature' })
  }
  const noise = speechLike(5, 2)
  const noisy = signatureSamples(bob, 0, 16_000).map((sample, i) => sample + noise[i]! / 10)
  t.true(signatureHeard(bob, alice, noisy).heard)
})

test('silence, noise, less than a second, an echo of oneself and a stranger are not heard', (t) => {
  t.false(signatureHeard(bob, alice, new Int16Array(16_000)).heard)
  t.false(signatureHeard(bob, alice, speechLike(6, 2)).heard)
  t.false(signatureHeard(bob, alice, signatureSamples(bob, 0, 7000)).heard)
  t.false(signatureHeard(bob, alice, signatureSamples(alice, 0, 16_000)).heard)
  t.false(signatureHeard(bob, alice, signatureSamples(signatureOf('carol@pbx.test'), 0, 16_000)).heard)
  t.false(signatureHeard(bob, bob, signatureSamples(bob, 0, 16_000)).heard)
})

test('a recording is found with its lag, and not in another, in silence or in too little', (t) => {
  const words = speechLike(7, 3)
  const late = new Int16Array(40_000)
  late.set(decode('PCMU', encode('PCMU', words)), 8000)
  const found = correlation(words, late)
  t.true(found.heard && found.score > 0.99)
  t.is(found.lagMs, 1000)
  t.false(correlation(words, speechLike(8, 4)).heard)
  t.false(correlation(words, new Int16Array(40_000)).heard)
  t.false(correlation(words, words.subarray(0, 2000)).heard)
  t.false(correlation(new Int16Array(8000), words).heard)
})

test('a WAV survives writing and reading, and other rates and codings become 8 kHz mono', (t) => {
  const words = speechLike(9, 1)
  const file = writeWav(words)
  t.true(same(readWav(file), words))

  const stereo16k = Buffer.concat([Buffer.from(file.subarray(0, 44)), Buffer.alloc(16_000 * 4)])
  stereo16k.writeUInt16LE(2, 22)
  stereo16k.writeUInt32LE(16_000, 24)
  stereo16k.writeUInt32LE(16_000 * 4, 40)
  const read = readWav(stereo16k)
  t.is(read.kind === 'audio' && read.samples.length, 8000)

  const mu = Buffer.concat([Buffer.from(file.subarray(0, 44)), encode('PCMU', words)])
  mu.writeUInt16LE(7, 20)
  mu.writeUInt16LE(8, 34)
  mu.writeUInt32LE(words.length, 40)
  t.true(same(readWav(mu), decode('PCMU', encode('PCMU', words))))
})

test('48 and 44.1 kHz come down to 8 kHz with the tone still in them', (t) => {
  for (const rate of [48_000, 44_100, 16_000]) {
    const tone = Int16Array.from({ length: rate }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / rate)),
    )
    const low = resample(tone, rate, 8000)
    t.is(low.length, 8000)
    const same = Int16Array.from({ length: 8000 }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)),
    )
    t.true(correlation(same, low).score > 0.95, `${rate}`)
  }
})

test('what is no WAV is refused with a reason', (t) => {
  const good = Buffer.from(writeWav(new Int16Array(100)))
  const changed = (change: (file: Buffer) => unknown) => {
    const file = Buffer.from(good)
    change(file)
    const read = readWav(file)
    return read.kind === 'unreadable' ? read.reason : ''
  }
  t.regex(
    changed((file) => file.write('JUNK')),
    /begin/,
  )
  t.regex(
    changed((file) => file.writeUInt16LE(2, 20)),
    /coding/,
  )
  t.regex(
    changed((file) => file.writeUInt16LE(0, 22)),
    /channels/,
  )
  t.regex(
    changed((file) => file.writeUInt32LE(1, 24)),
    /rate/,
  )
  t.regex(
    changed((file) => file.write('xxxx', 36)),
    /data/,
  )
  t.is(readWav(Buffer.alloc(0)).kind, 'unreadable')
})
