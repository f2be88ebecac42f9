/**
 * What must not be kept of a SIP message, put out of sight: every character of it becomes an `x`, so that lengths, and with them Content-Length
 * and where a datagram would have been cut, stay what they were. Of credentials only what is known to be harmless is left. ◆
 */

/** Without any of these words there is nothing to hide: one look for most messages. */
const SUSPECT =
  /authoriz|authentication-info|inline:|crypto:|ice-pwd|key-mgmt|(?:^|[\r\n])(?:k=|x-raftel-relay)|dtmf|sips?:[^@\s<>":]{1,256}:[^@\s<>"]{1,256}@/i

/** Anything goes before the colon that the parser would unfold; a value goes on in folded lines (RFC 3261 §7.3.1). */
const CREDENTIALS =
  /^((?:proxy-)?authorization|(?:proxy-)?authentication-info)(\s*:[ \t]*)((?:[^\r\n]|[\r\n]+(?=[ \t]))*)/gim
/** Header fields within a URI (RFC 3261 §19.1.1), as in a Refer-To. */
const IN_URI = /((?:proxy-|proxy%2d)?authorization=)([^&>\s"]+)/gi
/** What signs an order of another node: good once, and nobody else's business. */
const ORDER = /^(x-raftel-relay\s*:(?:[^\r\n]|[\r\n]+(?=[ \t]))*?mac=)([^\r\n]*)/gim
/** RFC 3261 §19.1.1: the password of a user, in clear. */
const PASSWORD = /(sips?:[^@\s<>":]{1,256}:)([^@\s<>"]{1,256})(?=@)/gi
/** RFC 4568, RFC 8839, RFC 4567, RFC 4566 §5.12: keys of media, and of what finds a way for it. */
const MEDIA_KEYS = /^(a=crypto:[^\S\r\n]*\S*[^\S\r\n]*\S*[^\S\r\n]*|a=ice-pwd:|a=key-mgmt:|k=)([^\r\n]*)/gim
/** What is typed on a phone is a PIN as often as not. */
const DIGITS = /^(signal\s*=[ \t]*)([^\r\n]*)/gim
const DTMF_BODY = /^(?:content-type|c)\s*:[ \t]*application\/dtmf[ \t]*(?:[;\r\n]|$)/im

/** Of a Digest (RFC 7616 §3.4, §3.5) these tell nothing that the peer's own challenge does not. */
const HARMLESS = new Set(['username', 'realm', 'nonce', 'uri', 'algorithm', 'qop', 'nc', 'opaque', 'nextnonce'])

export function redact(text: string): string {
  if (!SUSPECT.test(text)) return text
  const hidden = text
    .replace(CREDENTIALS, (_, name: string, colon: string, value: string) => name + colon + withoutSecrets(value))
    .replace(IN_URI, hideSecond)
    .replace(ORDER, hideSecond)
    .replace(PASSWORD, hideSecond)
    .replace(MEDIA_KEYS, hideSecond)
    .replace(DIGITS, hideSecond)
  if (!DTMF_BODY.test(hidden)) return hidden
  const head = hidden.indexOf('\r\n\r\n') + 4
  return head < 4 ? hidden : hidden.slice(0, head) + hide(hidden.slice(head))
}

function hideSecond(_: string, before: string, secret: string): string {
  return before + hide(secret)
}

/** As many bytes as it was; line breaks of folded values stay. */
function hide(secret: string): string {
  return secret.replace(/[^\r\n]+/g, (part) => 'x'.repeat(Buffer.byteLength(part)))
}

function withoutSecrets(value: string): string {
  const scheme = /^digest\s+/i.exec(value)?.[0] ?? ''
  // The fields that inform of an authentication name no scheme.
  const bare = scheme === '' && /^\s*(?:nextnonce|qop|rspauth|cnonce|nc)\s*=/i.test(value)
  if (scheme === '' && !bare) return hide(value)
  const parameter = /(\s*)([\w-]+)(\s*=\s*)("(?:[^"\\]|\\[\s\S])*"|[^\s",]*)(\s*(?:,|$))/gy
  parameter.lastIndex = scheme.length
  let out = scheme
  while (parameter.lastIndex < value.length) {
    const [, before, name, equals, said, after] = parameter.exec(value) ?? []
    if (name === undefined || said === undefined) return hide(value)
    out += `${before}${name}${equals}${HARMLESS.has(name.toLowerCase()) ? said : hideValue(said)}${after}`
  }
  return out
}

function hideValue(said: string): string {
  return said.startsWith('"') ? `"${hide(said.slice(1, -1))}"` : hide(said)
}
