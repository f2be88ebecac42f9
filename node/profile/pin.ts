/** PINs of voicemail boxes. Four digits are soon tried, so the hash is slow, and sealed besides. */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { open, seal } from '../../cluster/seal.ts'
import type { Sealed } from '../../cluster/tables/rows.ts'

const PIN = /^[0-9]{4,12}$/
const BYTES = 32

/** Null: it is no PIN of 4 to 12 digits. */
export function sealPin(key: Uint8Array, aor: string, pin: string): Sealed | null {
  if (!PIN.test(pin)) return null
  const salt = randomBytes(16)
  return seal(key, purpose(aor), `${salt.toString('hex')}.${scryptSync(pin, salt, BYTES).toString('hex')}`)
}

export function isPin(key: Uint8Array, aor: string, sealed: Sealed, pin: string): boolean {
  const [salt = '', hash = ''] = open(key, purpose(aor), sealed).split('.')
  return timingSafeEqual(scryptSync(pin, Buffer.from(salt, 'hex'), BYTES), Buffer.from(hash, 'hex'))
}

function purpose(aor: string): string {
  return `voicemail PIN of ${aor}`
}
