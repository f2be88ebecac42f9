/**
 * Secrets that the cluster shares, under one key that every node has in a file: AES-256-GCM, with what the secret is for
 * as associated data, so that a text sealed for one purpose opens for no other.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Sealed } from './tables/rows.ts'

type Draw = (count: number) => Buffer

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/** A new cluster key, as the key file holds it (base64, one line). */
export function newClusterKey(): string {
  return randomBytes(KEY_BYTES).toString('base64') + '\n'
}

/** Reads the cluster key. Throws a sentence that says what to do when the file is absent, open to others, or no key. */
export function loadClusterKey(path: string): Buffer {
  let mode: number
  let text: string
  try {
    mode = statSync(path).mode
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`cannot read the cluster key ${path}: ${(error as Error).message}; copy it from another node`)
  }
  if ((mode & 0o077) !== 0) throw new Error(`the cluster key ${path} can be read by others: run chmod 600 ${path}`)
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== KEY_BYTES || key.toString('base64') !== text.trim()) {
    throw new Error(`${path} holds no cluster key (32 bytes in base64 on one line); copy it from another node`)
  }
  return key
}

/** Names a key without telling it: 12 hex digits, equal on every node of a cluster. */
export function keyId(key: Uint8Array): string {
  return derivedFrom(key).id
}

/** Proves to one who has the same key that `text` was written by one who has it. */
export function proof(key: Uint8Array, purpose: string, text: string): string {
  return createHmac('sha256', derive(key, `raftel proof ${purpose}`))
    .update(text)
    .digest('base64')
}

/**
 * Seals a text (UTF-8) for a purpose: `v1.<key id>.<base64 of iv, ciphertext, tag>`. `random` must never give the same bytes
 * twice under one key: anything but the system's is for a simulation.
 */
export function seal(key: Uint8Array, purpose: string, text: string, random: Draw = randomBytes): Sealed {
  const iv = random(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', derivedFrom(key).seal, iv)
  cipher.setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `v1.${keyId(key)}.${sealed.toString('base64')}`
}

/** The text that was sealed. Throws a clear sentence for another key, another purpose, or a damaged text. */
export function open(key: Uint8Array, purpose: string, sealed: Sealed): string {
  const [version, id, body] = sealed.split('.')
  if (version !== 'v1' || !id || !body) throw new Error(`this is no sealed text (${purpose})`)
  const own = keyId(key)
  if (id !== own) throw new Error(`sealed with cluster key ${id}, this node has ${own}: give it the cluster's key file`)
  const bytes = Buffer.from(body, 'base64')
  if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error(`the sealed text is cut short (${purpose})`)
  const decipher = createDecipheriv('aes-256-gcm', derivedFrom(key).seal, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(purpose))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    throw new Error(`the sealed text is damaged, or was sealed for something else than ${purpose}`)
  }
}

interface Derived {
  readonly id: string
  readonly seal: KeyObject
}

const derived = new WeakMap<Uint8Array, Derived>()

/**
 * What is made of a key once and kept, for as long as that is held: opening credentials is on the path of every registration. A key object,
 * since a cipher that is given bytes takes four times as long.
 */
function derivedFrom(key: Uint8Array): Derived {
  let made = derived.get(key)
  if (!made) {
    const id = derive(key, 'raftel key id').toString('hex').slice(0, 12)
    derived.set(key, (made = { id, seal: createSecretKey(derive(key, 'raftel seal')) }))
  }
  return made
}

/** One key a use, from the one in the file (RFC 5869). */
function derive(key: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', use, KEY_BYTES))
}
