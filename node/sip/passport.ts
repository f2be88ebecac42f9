/** PASSporT (RFC 8225): who calls whom and when, signed by somebody who may say so; and diverted calls (RFC 8946). Whose key it is, is another question. ◆ */
import { type KeyObject, sign, verify } from 'node:crypto'

/** Longer ones come from nobody who means a call. */
const TOKEN_MAX = 8 * 1024

export interface Passport {
  readonly header: { readonly alg: 'ES256'; readonly typ: 'passport'; readonly x5u: string; readonly ppt?: string }
  readonly claims: Readonly<Record<string, unknown>> & {
    /** Seconds since 1970. */
    readonly iat: number
    readonly orig: Readonly<Record<string, unknown>>
    readonly dest: Readonly<Record<string, unknown>>
  }
}

/**
 * What a token says, if the key's owner has signed exactly that; or why it counts for nothing. A time in quotes, as in the text of RFC 8225, is
 * taken for the number.
 */
export function readPassport(token: string, key: KeyObject): Passport | { readonly refused: string } {
  if (token.length > TOKEN_MAX) return { refused: 'longer than any' }
  const parts = token.split('.')
  const [head = '', body = '', signature = ''] = parts
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return { refused: 'no token' }
  const header = objectOf(head)
  if (header?.typ !== 'passport') return { refused: 'not a PASSporT' }
  // The key says which algorithm; what the token says is only ever compared (RFC 8725 §3.1).
  if (header.alg !== 'ES256' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return { refused: 'not ES256' }
  if (typeof header.x5u !== 'string') return { refused: 'no x5u' }
  const bytes = Buffer.from(signature, 'base64url')
  const isSigned =
    bytes.length === 64 && verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)
  if (!isSigned) return { refused: 'the signature is of something else' }
  const claims = objectOf(body)
  const iat = timeOf(claims?.iat)
  if (!claims || iat === null || !isObject(claims.orig) || !isObject(claims.dest))
    return { refused: 'claims are missing' }
  return { header: header as unknown as Passport['header'], claims: { ...claims, iat } as Passport['claims'] }
}

/** A token of ours: keys in the order of their names and no blanks (RFC 8225 §9). */
export function writePassport({ header, claims }: Passport, key: KeyObject): string {
  const signed = `${encoded(header)}.${encoded(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(sorted(value))).toString('base64url')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]))
}

function objectOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function timeOf(iat: unknown): number | null {
  const seconds = typeof iat === 'string' && /^\d{1,12}$/.test(iat) ? Number(iat) : iat
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : null
}
