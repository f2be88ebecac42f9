import { randomFillSync } from 'node:crypto'
import { whole } from './parser/bytes.ts'

const pool = Buffer.alloc(8_184)
let used = pool.length

/** Sixteen characters nobody can guess, all of them legal in a SIP token (96 bits; RFC 3261 §8.1.1.7, §19.3). */
export function randomToken(): string {
  if (used + 12 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 12
  return pool.toString('base64url', used - 12, used)
}

/** A branch of RFC 3261 §8.1.1.7. In one piece: it is kept with its transaction. */
export function newBranch(): string {
  return whole(`z9hG4bK${randomToken()}`)
}

const prefix = randomToken()
let count = 0

/** Unique within this process and not a secret. */
export function nextId(): string {
  return whole(prefix + (++count).toString(36))
}
