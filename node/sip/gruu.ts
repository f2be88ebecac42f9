/**
 * GRUUs: URIs that reach one phone of an AoR and no other (RFC 5627). The public one names the instance; a temporary one tells nothing to who
 * has not the key of the cluster, and carries all that a node needs to know, so that none of them is kept anywhere.
 *
 * A temporary one is good while its phone stays registered under the Call-ID that it was given under (§5.2): it carries when it was
 * given, and the row says since when the phone is.
 */
import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto'
import type { Aor, BindingRow } from '../../cluster/tables/rows.ts'
import { parseUri, unescaped, uriParam } from './address.ts'

export type Gruu =
  /** `instance` as rows have it, in lower case. */
  | { readonly kind: 'public'; readonly aor: Aor; readonly instance: string }
  /** `instance`: what tells it from others of the AoR. `at`: cluster time, ms. */
  | { readonly kind: 'temporary'; readonly aor: Aor; readonly instance: string; readonly at: number }
  | { readonly kind: 'unknown' }

export type GruuKey = Uint8Array

export const GRUU_RANDOM = 12
const CIPHER = 'aes-256-gcm'
const TAG = 12
const TIME = 6
const MARK = 8
/** A user part of a URI is read up to 128 characters. */
const BYTES_MAX = 96

export function gruuKeyOf(clusterKey: Uint8Array): GruuKey {
  return new Uint8Array(hkdfSync('sha256', clusterKey, '', 'raftel gruu', 32))
}

export function publicGruu({ aor, instance }: Pick<BindingRow, 'aor' | 'instance'>): string {
  const at = aor.lastIndexOf('@')
  const user = aor.slice(0, at).replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, encodeURIComponent)
  const urn = (instance ?? '').slice(1, -1).replace(/[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/gu, encodeURIComponent)
  return `sip:${user}@${aor.slice(at + 1)};gr=${urn}`
}

/** `random`: GRUU_RANDOM bytes, never the same again. Null: the user's name is too long to be hidden in another. */
export function temporaryGruu(
  { aor, instance }: Pick<BindingRow, 'aor' | 'instance'>,
  at: number,
  key: GruuKey,
  random: Uint8Array,
): string | null {
  const split = aor.lastIndexOf('@')
  const domain = aor.slice(split + 1)
  const user = Buffer.from(aor.slice(0, split))
  const plain = Buffer.alloc(TIME + MARK + user.length)
  plain.writeUIntBE(Math.max(0, Math.floor(at)), 0, TIME)
  plain.write(markOf(instance ?? ''), TIME, 'hex')
  user.copy(plain, TIME + MARK)
  if (GRUU_RANDOM + plain.length + TAG > BYTES_MAX) return null
  const cipher = createCipheriv(CIPHER, key, random, { authTagLength: TAG }).setAAD(Buffer.from(domain))
  const token = Buffer.concat([random, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `sip:${token.toString('base64url')}@${domain};gr`
}

/** Null: it is a URI like any other. */
export function readGruu(text: string, key: GruuKey): Gruu | null {
  if (!/;gr(?:[=;?]|$)/i.test(text)) return null
  const uri = parseUri(text)
  const urn = uri && uriParam(uri, 'gr')
  if (!uri || urn === null) return null
  const user = unescaped(uri.user)
  if (urn === '') return open(uri.user, uri.host, key) ?? { kind: 'unknown' }
  const instance = unescaped(urn)
  if (user === null || user === '' || instance === null) return { kind: 'unknown' }
  return { kind: 'public', aor: `${user}@${uri.host}`, instance: `<${instance.toLowerCase()}>` }
}

function open(token: string, domain: string, key: GruuKey): Gruu | null {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length <= GRUU_RANDOM + TIME + MARK + TAG || bytes.length > BYTES_MAX) return null
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, GRUU_RANDOM), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(domain)).setAuthTag(bytes.subarray(-TAG))
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(GRUU_RANDOM, -TAG)), decipher.final()])
    const aor = `${plain.toString('utf8', TIME + MARK)}@${domain}`
    const instance = plain.toString('hex', TIME, TIME + MARK)
    return { kind: 'temporary', aor, instance, at: plain.readUIntBE(0, TIME) }
  } catch {
    // None of ours.
    return null
  }
}

/** The bindings that a GRUU means, best first: all flows of the phone, or its newest contact. Null: it is over, though its phone is there. */
export function meantBy(
  gruu: Exclude<Gruu, { kind: 'unknown' }>,
  bindings: readonly BindingRow[],
): BindingRow[] | null {
  const own = bindings.filter(({ instance }) => {
    if (instance === undefined) return false
    return gruu.kind === 'public' ? instance.toLowerCase() === gruu.instance : markOf(instance) === gruu.instance
  })
  const flows = own.filter(({ regId }) => regId !== undefined)
  const [newest] = [...own].sort((a, b) => b.registeredAt - a.registeredAt)
  const meant = flows.length > 0 ? flows : newest ? [newest] : []
  if (gruu.kind === 'public' || !newest) return meant
  // A phone that moved has had another contact when it was given; each flow may have a Call-ID of its own.
  const lives = (binding: BindingRow) => flows.includes(binding) || binding.callId === newest.callId
  return own.some((binding) => lives(binding) && binding.registeredAt <= gruu.at) ? meant : null
}

function markOf(instance: string): string {
  return hash('sha256', instance.toLowerCase()).slice(0, 2 * MARK)
}
