/** Digest authentication, the server's side (RFC 7616, RFC 8760 for SIP, RFC 2617 and 2069 for old phones). */
import { hash, timingSafeEqual } from 'node:crypto'
import { parseUri } from './address.ts'

export type Algorithm = 'MD5' | 'SHA-256'

/** H(username:realm:password) in hex, for each algorithm. */
export interface Credentials {
  readonly md5: string
  readonly sha256: string
}

/** What a client answered to one challenge. */
export interface DigestAnswer {
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  readonly algorithm: Algorithm
  /** null: RFC 2069, without counter and client nonce. */
  readonly qop: 'auth' | null
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

/** The response that proves knowledge of HA1 (RFC 7616 §3.4.1), in hex. */
export function responseTo(answer: Omit<DigestAnswer, 'response'>, ha1: string, method: string): string {
  const name = answer.algorithm === 'MD5' ? 'md5' : 'sha256'
  const ha2 = hash(name, `${method}:${answer.uri}`)
  return answer.qop === null
    ? hash(name, `${ha1}:${answer.nonce}:${ha2}`)
    : hash(name, `${ha1}:${answer.nonce}:${answer.nc}:${answer.cnonce}:${answer.qop}:${ha2}`)
}

/** Whether the answer was made by one who knows the password. Takes the same time for right and wrong. */
export function verify(answer: DigestAnswer, credentials: Credentials, method: string): boolean {
  const ha1 = answer.algorithm === 'MD5' ? credentials.md5 : credentials.sha256
  const expected = Buffer.from(responseTo(answer, ha1, method))
  const given = Buffer.from(answer.response.toLowerCase())
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** HA1 for both algorithms: all that is kept of a password. */
export function credentialsOf(user: string, realm: string, password: string): Credentials {
  const text = `${user}:${realm}:${password}`
  return { md5: hash('md5', text), sha256: hash('sha256', text) }
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

/** One WWW-Authenticate or Proxy-Authenticate value. */
export function formatChallenge(realm: string, nonce: string, algorithm: Algorithm, stale: boolean): string {
  const name = realm.replace(/["\\]/g, '')
  return `Digest realm="${name}",nonce="${nonce}",algorithm=${algorithm},qop="auth"${stale ? ',stale=true' : ''}`
}

function answerOf(params: ReadonlyMap<string, string>): DigestAnswer | null {
  const algorithm = ALGORITHMS[(params.get('algorithm') ?? 'MD5').toUpperCase()]
  const qop = params.get('qop')?.toLowerCase() ?? null
  const [username, realm, nonce, uri, response] = REQUIRED.map((name) => params.get(name))
  if (!algorithm || username === undefined || realm === undefined || !nonce || !uri || !response) return null
  const [nc, cnonce] = [params.get('nc') ?? '', params.get('cnonce') ?? '']
  if (qop === null) {
    // RFC 8760 §2.6: without qop only MD5 is answered, by phones from before RFC 2617.
    return algorithm === 'MD5' ? { username, realm, nonce, uri, response, algorithm, qop, nc, cnonce } : null
  }
  if (qop !== 'auth' || !/^[0-9a-f]{8}$/i.test(nc) || cnonce === '') return null
  return { username, realm, nonce, uri, response, algorithm, qop, nc, cnonce }
}

const REQUIRED = ['username', 'realm', 'nonce', 'uri', 'response'] as const
const ALGORITHMS: Readonly<Record<string, Algorithm | undefined>> = { MD5: 'MD5', 'SHA-256': 'SHA-256' }

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
