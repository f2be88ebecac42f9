import { createHmac } from 'node:crypto'
import test from 'ava'
import { checkNonce, makeNonce, nonceCounts } from '../../../node/sip/nonce.ts'

const key = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 8)
const random = Buffer.from('abcdefgh')
const now = 1_800_000_000_000

test('a nonce is good for its purpose and its time, under its key', (t) => {
  const nonce = makeNonce(key, 'pbx.test', now, random)
  t.is(checkNonce(key, 'pbx.test', nonce, now), 'fresh')
  t.is(checkNonce(key, 'pbx.test', nonce, now + 300_000), 'fresh')
  t.is(checkNonce(key, 'pbx.test', nonce, now + 300_001), 'expired')
  // Another node's clock may be a little behind the one that made it, not far.
  t.is(checkNonce(key, 'pbx.test', nonce, now - 20_000), 'fresh')
  t.is(checkNonce(key, 'pbx.test', nonce, now - 60_000), 'expired')
  t.is(checkNonce(key, 'other.test', nonce, now), 'forged')
  t.is(checkNonce(other, 'pbx.test', nonce, now), 'forged')
})

test('the proof in a nonce is the HMAC-SHA-256 of all before it and its purpose, cut to sixteen bytes', (t) => {
  for (const length of [0, 1, 32, 64]) {
    const any = Buffer.alloc(length, 0xa5)
    const bytes = Buffer.from(makeNonce(any, 'pbx.test', now, random), 'base64url')
    const hmac = createHmac('sha256', any).update(bytes.subarray(0, 14)).update('pbx.test').digest()
    t.deepEqual(bytes.subarray(14), hmac.subarray(0, 16))
  }
  t.throws(() => makeNonce(Buffer.alloc(65), 'pbx.test', now, random), { instanceOf: RangeError })
})

test('no single changed character passes', (t) => {
  const nonce = makeNonce(key, 'pbx.test', now, random)
  for (let i = 0; i < nonce.length; i++) {
    const forged = nonce.slice(0, i) + (nonce[i] === 'A' ? 'B' : 'A') + nonce.slice(i + 1)
    t.is(checkNonce(key, 'pbx.test', forged, now), 'forged', forged)
  }
  for (const odd of ['', 'x', 'é'.repeat(40), '='.repeat(40), nonce + nonce]) {
    t.is(checkNonce(key, 'pbx.test', odd, now), 'forged')
  }
})

test('a count is taken once and only upwards, and memory is bounded', (t) => {
  const counts = nonceCounts(2)
  t.true(counts.use('a', 1))
  t.false(counts.use('a', 1))
  t.true(counts.use('a', 3))
  t.false(counts.use('a', 2))
  t.true(counts.use('b', 1))
  t.true(counts.use('c', 1))
  t.false(counts.use('c', 1))
  t.true(counts.use('a', 1), 'the oldest was forgotten')
})
