/**
 * Nonces that any node of the cluster can check, because they carry their proof: time, randomness, and an HMAC-SHA-256
 * over both under a key that is replicated (RFC 7616 §5.4 has the idea). No node keeps what it gave out.
 */
import { hash, timingSafeEqual } from 'node:crypto'

/** 6 bytes of time in ms, 8 of randomness, 16 of HMAC: 40 characters in base64url. */
const TIME_BYTES = 6
const RANDOM_BYTES = 8
const PROOF_BYTES = 16
const LENGTH = ((TIME_BYTES + RANDOM_BYTES + PROOF_BYTES) / 3) * 4

/** Estimates of cluster time differ between nodes: a nonce may seem to come from so many ms ahead. */
const SKEW = 30_000

export const NONCE_AGE = 300_000

export type NonceKey = Uint8Array
export type NonceState = 'fresh' | 'expired' | 'forged'

/** `now`: cluster time in ms. `random`: 8 bytes from a good source. `purpose`: what it is good for, such as a realm. */
export function makeNonce(key: NonceKey, purpose: string, now: number, random: Uint8Array): string {
  const bytes = Buffer.allocUnsafe(TIME_BYTES + RANDOM_BYTES + PROOF_BYTES)
  bytes.writeUIntBE(Math.max(0, Math.floor(now)), 0, TIME_BYTES)
  bytes.set(random.subarray(0, RANDOM_BYTES), TIME_BYTES)
  prove(key, purpose, bytes).copy(bytes, TIME_BYTES + RANDOM_BYTES, 0, PROOF_BYTES)
  return bytes.toString('base64url')
}

/** `maxAge` in ms. */
export function checkNonce(
  key: NonceKey,
  purpose: string,
  nonce: string,
  now: number,
  maxAge: number = NONCE_AGE,
): NonceState {
  if (nonce.length !== LENGTH) return 'forged'
  const bytes = Buffer.from(nonce, 'base64url')
  if (bytes.length !== TIME_BYTES + RANDOM_BYTES + PROOF_BYTES) return 'forged'
  const proof = prove(key, purpose, bytes).subarray(0, PROOF_BYTES)
  if (!timingSafeEqual(proof, bytes.subarray(TIME_BYTES + RANDOM_BYTES))) return 'forged'
  const age = now - bytes.readUIntBE(0, TIME_BYTES)
  return age > maxAge || age < -SKEW ? 'expired' : 'fresh'
}

/**
 * HMAC-SHA-256 (RFC 2104) over time, randomness and purpose, of two one-shot hashes: an object of the library for each
 * challenge and each answer would cost more than the hashing.
 */
function prove(key: NonceKey, purpose: string, bytes: Buffer): Buffer {
  const { inner, outer } = padsOf(key)
  const said = Buffer.allocUnsafe(BLOCK + TIME_BYTES + RANDOM_BYTES + Buffer.byteLength(purpose))
  inner.copy(said)
  bytes.copy(said, BLOCK, 0, TIME_BYTES + RANDOM_BYTES)
  said.write(purpose, BLOCK + TIME_BYTES + RANDOM_BYTES)
  outer.write(hash('sha256', said, 'binary'), BLOCK, 'latin1')
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
}

const BLOCK = 64
const DIGEST = 32

interface Pads {
  readonly inner: Buffer
  /** The key's part, then room for the inner hash. */
  readonly outer: Buffer
}

const pads = new WeakMap<NonceKey, Pads>()

function padsOf(key: NonceKey): Pads {
  const known = pads.get(key)
  if (known) return known
  if (key.length > BLOCK) throw new RangeError(`a nonce key of ${key.length} bytes; it has at most ${BLOCK}`)
  const made = { inner: Buffer.alloc(BLOCK, 0x36), outer: Buffer.alloc(BLOCK + DIGEST, 0x5c) }
  for (let i = 0; i < key.length; i++) {
    made.inner[i]! ^= key[i]!
    made.outer[i]! ^= key[i]!
  }
  pads.set(key, made)
  return made
}

/**
 * Remembers how often each nonce was used here (RFC 7616 §3.4, nc), so that an overheard answer is not taken twice.
 * Bounded: the oldest nonces are forgotten first, and they age out by themselves. Only answers that verified come here.
 */
export interface NonceCounts {
  /** False when this count, or a higher one, was used before. Answers without a count are good for once. */
  use(nonce: string, count: number): boolean
}

export function nonceCounts(max = 65_536): NonceCounts {
  const seen = new Map<string, number>()
  return {
    use(nonce, count) {
      const last = seen.get(nonce)
      if (last !== undefined && count <= last) return false
      if (last === undefined && seen.size >= max) seen.delete(seen.keys().next().value!)
      // A copy: a text cut out of a message keeps all of the message alive.
      seen.set(last === undefined ? Buffer.from(nonce).toString() : nonce, count)
      return true
    },
  }
}
