/**
 * Nonces that carry their proof: time, who gave it and to whom, randomness, and an HMAC-SHA-256 over all of it under a key that is
 * replicated (RFC 7616 §5.4 has the idea). No node keeps what it gave out. Every node can tell that a nonce is one of the cluster's; only
 * the one that gave it knows how often it was used, so that it is good there alone (docs/decisions/replay.md).
 */
import { hash, timingSafeEqual } from 'node:crypto'

/** 6 bytes of time in ms, 3 of who gave it, 3 of whom to, 8 of randomness, 16 of HMAC: 48 characters in base64url. */
const TIME_BYTES = 6
const TAG_BYTES = 3
const SAID_BYTES = TIME_BYTES + 2 * TAG_BYTES + 8
const PROOF_BYTES = 16
const LENGTH = ((SAID_BYTES + PROOF_BYTES) / 3) * 4

const NONCE_AGE = 300_000

export type NonceKey = Uint8Array

/** What a nonce of ours says. */
export interface Nonce {
  /** Cluster time, ms. */
  readonly at: number
  /** Tags of the process that gave it out, and of the address that it was sent to. */
  readonly by: number
  readonly to: number
}

/** One that was read. */
export interface KnownNonce extends Nonce {
  /** Six of its random bytes: what it is remembered by. */
  readonly id: number
}

/** `purpose`: what it is good for, such as a realm. `random`: 8 bytes from a good source. */
export function makeNonce(key: NonceKey, purpose: string, { at, by, to }: Nonce, random: Uint8Array): string {
  const bytes = Buffer.allocUnsafe(SAID_BYTES + PROOF_BYTES)
  bytes.writeUIntBE(Math.max(0, Math.floor(at)), 0, TIME_BYTES)
  bytes.writeUIntBE(by, TIME_BYTES, TAG_BYTES)
  bytes.writeUIntBE(to, TIME_BYTES + TAG_BYTES, TAG_BYTES)
  bytes.set(random.subarray(0, 8), TIME_BYTES + 2 * TAG_BYTES)
  prove(key, purpose, bytes).copy(bytes, SAID_BYTES, 0, PROOF_BYTES)
  return bytes.toString('base64url')
}

/** Null: it is none that this cluster made for the purpose. */
export function readNonce(key: NonceKey, purpose: string, nonce: string): KnownNonce | null {
  if (nonce.length !== LENGTH) return null
  const bytes = Buffer.from(nonce, 'base64url')
  if (bytes.length !== SAID_BYTES + PROOF_BYTES) return null
  const proof = prove(key, purpose, bytes).subarray(0, PROOF_BYTES)
  if (!timingSafeEqual(proof, bytes.subarray(SAID_BYTES))) return null
  return {
    at: bytes.readUIntBE(0, TIME_BYTES),
    by: bytes.readUIntBE(TIME_BYTES, TAG_BYTES),
    to: bytes.readUIntBE(TIME_BYTES + TAG_BYTES, TAG_BYTES),
    id: bytes.readUIntBE(SAID_BYTES - 6, 6),
  }
}

/**
 * Whether one that this process gave out may still be used. `now`: cluster time, an estimate that may go back when another node leads; a
 * nonce from ahead of it is no worse.
 */
export function isFresh({ at }: Nonce, now: number): boolean {
  return now - at <= NONCE_AGE
}

/** Three bytes that stand for whom a nonce was sent to: others for each time, and nobody without the key can look for an address that has the same. */
export function addressTag(key: NonceKey, at: number, source: string): number {
  return prove(key, `to ${at} ${source}`, NOTHING_SAID).readUIntBE(0, TAG_BYTES)
}

/** Three bytes that stand for a text (FNV-1a, folded). */
export function tagOf(text: string): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return ((sum >>> 24) ^ sum) & 0xffffff
}

/**
 * HMAC-SHA-256 (RFC 2104) over what a nonce says and its purpose, of two one-shot hashes: an object of the library for each
 * challenge and each answer would cost more than the hashing.
 */
function prove(key: NonceKey, purpose: string, bytes: Buffer): Buffer {
  const { inner, outer } = padsOf(key)
  const said = Buffer.allocUnsafe(BLOCK + SAID_BYTES + Buffer.byteLength(purpose))
  inner.copy(said)
  bytes.copy(said, BLOCK, 0, SAID_BYTES)
  said.write(purpose, BLOCK + SAID_BYTES)
  outer.write(hash('sha256', said, 'binary'), BLOCK, 'latin1')
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
}

const NOTHING_SAID = Buffer.alloc(SAID_BYTES)
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
