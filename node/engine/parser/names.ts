/** Header field names: compact forms to full ones (RFC 3261 §7.3.3), lower case to the way they are written. */

const COMPACT = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['n', 'identity-info'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
])

const IRREGULAR = new Map([
  ['call-id', 'Call-ID'],
  ['cseq', 'CSeq'],
  ['www-authenticate', 'WWW-Authenticate'],
  ['mime-version', 'MIME-Version'],
  ['rseq', 'RSeq'],
  ['rack', 'RAck'],
  ['sip-etag', 'SIP-ETag'],
  ['sip-if-match', 'SIP-If-Match'],
  ['content-id', 'Content-ID'],
])

const REMEMBERED = 512
const fulls = new Map<string, string>()
const written = new Map<string, string>()

/** The full name in lower case: `v` and `VIA` are both `via`. */
export function fullName(raw: string): string {
  const known = fulls.get(raw)
  if (known !== undefined) return known
  const lower = raw.toLowerCase()
  const full = COMPACT.get(lower) ?? lower
  if (fulls.size < REMEMBERED) fulls.set(raw, full)
  return full
}

/** The name as it goes on the wire: `www-authenticate` is `WWW-Authenticate`; a name with capitals is kept. */
export function writtenName(raw: string): string {
  const known = written.get(raw)
  if (known !== undefined) return known
  const lower = raw.toLowerCase()
  const name = raw === lower ? (IRREGULAR.get(lower) ?? lower.split('-').map(capital).join('-')) : raw
  if (written.size < REMEMBERED) written.set(raw, name)
  return name
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
