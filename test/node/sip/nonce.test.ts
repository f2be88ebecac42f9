import { createHmac } from 'node:crypto'
import test from 'ava'
import { isFresh, makeNonce, type Nonce, readNonce, tagOf } from '../../../node/sip/nonce.ts'
import { nonceCounts } from '../../../node/sip/nonce-counts.ts'

const key = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 8)
const random = Buffer.from('abcdefgh')
const now = 1_800_000_000_000

const made: Nonce = { at: now, by: tagOf('n1'), to: tagOf('192.0.2.1') }

test('a nonce is good for its purpose and its time, under its key', (t) => {
  const nonce = makeNonce(key, 'pbx.test', made, random)
  t.deepEqual(readNonce(key, 'pbx.test', nonce), { ...made, id: Buffer.from('cdefgh').readUIntBE(0, 6) })
  t.true(isFresh(made, now))
  t.true(isFresh(made, now + 300_000))
  t.false(isFresh(made, now + 300_001))
  t.true(isFresh(made, now - 60_000), 'cluster time was estimated too high when it was made')
  t.is(readNonce(key, 'other.test', nonce), null)
  t.is(readNonce(other, 'pbx.test', nonce), null)
})

test('the proof in a nonce is the HMAC-SHA-256 of all before it and its purpose, cut to sixteen bytes', (t) => {
  for (const length of [0, 1, 32, 64]) {
    const any = Buffer.alloc(length, 0xa5)
    const bytes = Buffer.from(makeNonce(any, 'pbx.test', made, random), 'base64url')
    const hmac = createHmac('sha256', any).update(bytes.subarray(0, 20)).update('pbx.test').digest()
    t.deepEqual(bytes.subarray(20), hmac.subarray(0, 16))
  }
  t.throws(() => makeNonce(Buffer.alloc(65), 'pbx.test', made, random), { instanceOf: RangeError })
})

test('no single changed character passes', (t) => {
  const nonce = makeNonce(key, 'pbx.test', made, random)
  for (let i = 0; i < nonce.length; i++) {
    const forged = nonce.slice(0, i) + (nonce[i] === 'A' ? 'B' : 'A') + nonce.slice(i + 1)
    t.is(readNonce(key, 'pbx.test', forged), null, forged)
  }
  for (const odd of ['', 'x', 'é'.repeat(40), '='.repeat(40), nonce + nonce]) {
    t.is(readNonce(key, 'pbx.test', odd), null)
  }
})

const one = (id: number, at = now) => ({ id, at })

test('a count is taken once and only upwards', (t) => {
  const counts = nonceCounts()
  t.true(counts.use(one(0), 1))
  t.false(counts.use(one(0), 1))
  t.true(counts.use(one(0), 3))
  t.false(counts.use(one(0), 2))
  t.true(counts.use(one(7), 0), 'some phones begin with 0')
  t.false(counts.use(one(7), 0))
  t.true(counts.use(one(7), 0xffffffff))
  t.false(counts.use(one(7), 0xffffffff))
})

test('memory is bounded, and what was forgotten is not taken again', (t) => {
  const counts = nonceCounts(2)
  for (let i = 0; i < 4; i++) t.true(counts.use(one(i, now + i), 1))
  t.true(counts.use(one(2, now + 2), 2), 'who goes on using his goes on')
  t.true(counts.use(one(4, now + 4), 1))
  t.false(counts.use(one(0), 1), 'it was forgotten')
  t.false(counts.use(one(0), 9))
  t.false(counts.use(one(99, now + 1), 1), 'one as old may have been')
  t.true(counts.use(one(2, now + 2), 3))
  t.false(counts.use(one(4, now + 4), 1))
})

test('of very many nonces each is taken once', (t) => {
  const counts = nonceCounts(1_000)
  const many = Array.from({ length: 20_000 }, (_, i) => one((i * 2_654_435_761) % 2 ** 48, now + i))
  t.true(many.every((nonce) => counts.use(nonce, 1)))
  t.true(many.every((nonce) => !counts.use(nonce, 1)))
})
