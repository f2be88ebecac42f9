/** Digest authentication: the sums of both sides, and what a server reads (RFC 7616, RFC 8760 for SIP, RFC 2617 and 2069 for old phones). */
import { hash, timingSafeEqual } from 'node:crypto'
import { encode } from '../engine/parser/bytes.ts'
import { parseUri } from './address.ts'

export type Algorithm = 'SHA-512-256' | 'SHA-256' | 'MD5'

/** Strongest first (RFC 8760 §2.3). */
export const ALGORITHMS: readonly Algorithm[] = ['SHA-512-256', 'SHA-256', 'MD5']

/** H(username:realm:password) in hex, for each algorithm. */
export interface Credentials {
  readonly md5: string
  readonly sha256: string
  /** Users of the program before have none: the password would be needed for it. */
  readonly sha512256?: string
}

/** H of RFC 7616 §3.4.1 in hex. SHA-512-256 is SHA-512/256 of FIPS 180-4; the example of RFC 7616 §3.9.2 is of a truncated SHA-512. */
export type Hash = (algorithm: Algorithm, text: string | Buffer) => string

export const H: Hash = (algorithm, text) => hash(NAMES[algorithm], text)
const NAMES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const

/** `auth-int` proves the body too. */
export type Qop = 'auth' | 'auth-int'

/** What a client answered to one challenge. */
export interface DigestAnswer {
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  readonly algorithm: Algorithm
  /** null: RFC 2069, without counter and client nonce. */
  readonly qop: Qop | null
  readonly nc: string
  readonly cnonce: string
}

const TEXT_MAX = 8192
const ANSWERS_MAX = 8
const PARAMS_MAX = 24

/**
 * Every Digest answer in an Authorization or Proxy-Authorization value (repeated headers joined by a comma). Read once,
 * left to right. An answer that is not whole, or names an algorithm or qop we did not offer, is left out; other schemes too.
 */
export function parseAuthorization(text: string): readonly DigestAnswer[] {
  if (text.length > TEXT_MAX) return []
  const answers: DigestAnswer[] = []
  for (const { scheme, params } of schemes(text)) {
    if (scheme !== 'digest') continue
    const answer = answerOf(params)
    if (answer) answers.push(answer)
    if (answers.length >= ANSWERS_MAX) break
  }
  return answers
}

/** What a response is made of. `ha1` is of the user, or of the session where the algorithm is called so (RFC 7616 §3.4.2). */
export type Proving = Pick<DigestAnswer, 'algorithm' | 'nonce' | 'uri' | 'qop' | 'nc' | 'cnonce'>

/** The response that proves knowledge of HA1 (RFC 7616 §3.4.1), in hex. `body` counts for auth-int: all of it, as it was sent; see `encode`. */
export function responseTo(proving: Proving, ha1: string, method: string, body = '', h: Hash = H): string {
  const { algorithm, nonce, uri, qop, nc, cnonce } = proving
  const ha2 = h(algorithm, qop === 'auth-int' ? `${method}:${uri}:${h(algorithm, encode(body))}` : `${method}:${uri}`)
  return h(algorithm, qop === null ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`)
}

/**
 * Whether the answer was made by one who knows the password. Takes the same time and as many hashes for right and wrong, and where there
 * is no HA1 to compare with.
 */
export function verify(answer: DigestAnswer, known: Credentials, method: string, body = '', h: Hash = H): boolean {
  const ha1 = ha1Of(known, answer.algorithm)
  const expected = Buffer.from(responseTo(answer, ha1 ?? '', method, body, h))
  const given = Buffer.from(answer.response.toLowerCase())
  return given.length === expected.length && timingSafeEqual(given, expected) && ha1 !== undefined
}

export function ha1Of({ md5, sha256, sha512256 }: Credentials, algorithm: Algorithm): string | undefined {
  return algorithm === 'MD5' ? md5 : algorithm === 'SHA-256' ? sha256 : sha512256
}

/** HA1 for all algorithms: all that is kept of a password. */
export function credentialsOf(user: string, realm: string, password: string): Credentials {
  const text = `${user}:${realm}:${password}`
  return { md5: H('MD5', text), sha256: H('SHA-256', text), sha512256: H('SHA-512-256', text) }
}

/**
 * Whether the digest's uri names what the request asks for (RFC 7616 §3.4.6: the same resource, not the same bytes). User
 * agents write their registrar's address where the Request-URI has its domain, so one of our names is as good as another.
 */
export function sameResource(uri: string, requestUri: string, ours: (host: string) => boolean): boolean {
  if (uri === requestUri) return true
  const [a, b] = [parseUri(lenient(uri)), parseUri(lenient(requestUri))]
  if (!a || !b) return false
  if (a.host !== b.host && !(ours(a.host) && ours(b.host))) return false
  // A registrar's name may come with or without a user; where both name one it is the same.
  return a.user === b.user || a.user === '' || b.user === ''
}

/** SIPp writes `sip:sip:…` or leaves the scheme out, depending on its version. */
function lenient(uri: string): string {
  if (/^sips?:/i.test(uri)) return uri.replace(/^sip:(?=sips?:)/i, '')
  return `sip:${uri}`
}

/** One WWW-Authenticate or Proxy-Authenticate value; `qop` is what the client may choose from, separated by commas. */
export function formatChallenge(
  realm: string,
  nonce: string,
  algorithm: Algorithm,
  { stale, qop = 'auth' }: { readonly stale: boolean; readonly qop?: string },
): string {
  const name = realm.replace(/["\\]/g, '')
  return `Digest realm="${name}",nonce="${nonce}",algorithm=${algorithm},qop="${qop}"${stale ? ',stale=true' : ''}`
}

function answerOf(params: ReadonlyMap<string, string>): DigestAnswer | null {
  const named = (params.get('algorithm') ?? 'MD5').toUpperCase()
  // What baresip 2 and later writes when it answers a stale nonce: it has forgotten the algorithm, and uses MD5.
  const algorithm = named === '(NULL)' ? 'MD5' : ALGORITHMS.find((one) => one === named)
  const qop = params.get('qop')?.toLowerCase() ?? null
  const [username, realm, nonce, uri, response] = REQUIRED.map((name) => params.get(name))
  if (!algorithm || username === undefined || realm === undefined || !nonce || !uri || !response) return null
  const [nc, cnonce] = [params.get('nc') ?? '', params.get('cnonce') ?? '']
  if (qop === null) {
    // RFC 8760 §2.6: without qop only MD5 is answered, by phones from before RFC 2617.
    return algorithm === 'MD5' ? { username, realm, nonce, uri, response, algorithm, qop, nc, cnonce } : null
  }
  if ((qop !== 'auth' && qop !== 'auth-int') || !/^[0-9a-f]{8}$/i.test(nc) || cnonce === '') return null
  return { username, realm, nonce, uri, response, algorithm, qop, nc, cnonce }
}

const REQUIRED = ['username', 'realm', 'nonce', 'uri', 'response'] as const

interface Scheme {
  readonly scheme: string
  readonly params: Map<string, string>
}

function schemes(text: string): readonly Scheme[] {
  const found: Scheme[] = []
  let params: Map<string, string> | null = null
  let at = 0
  while (at < text.length) {
    at = past(text, at, SEPARATORS)
    const start = at
    at = until(text, at, ENDS)
    if (at === start) {
      if (at >= text.length) return found
      return []
    }
    const word = text.slice(start, at).toLowerCase()
    const next = past(text, at, SPACES)
    if (text[next] !== '=') {
      // A word without a value begins the next scheme: `Digest username=…, Digest username=…`.
      if (found.length >= ANSWERS_MAX) return found
      found.push({ scheme: word, params: (params = new Map()) })
      continue
    }
    at = past(text, next + 1, SPACES)
    let value: string
    if (text[at] === '"') {
      const close = closingQuote(text, at)
      if (close < 0) return []
      const inner = text.slice(at + 1, close)
      value = inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner
      at = close + 1
    } else {
      const begin = at
      at = until(text, at, ENDS_VALUE)
      value = text.slice(begin, at)
    }
    if (!params || params.size >= PARAMS_MAX) return []
    // A name twice is an attempt to be read in two ways.
    if (params.has(word)) return []
    params.set(word, value)
  }
  return found
}

const SPACES = ' \t\r\n'
const SEPARATORS = ' \t\r\n,'
const ENDS = ' \t\r\n,="'
const ENDS_VALUE = ' \t\r\n,"'

function past(text: string, from: number, characters: string): number {
  let at = from
  while (at < text.length && characters.includes(text[at]!)) at++
  return at
}

function until(text: string, from: number, characters: string): number {
  let at = from
  while (at < text.length && !characters.includes(text[at]!)) at++
  return at
}

function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return -1
}
