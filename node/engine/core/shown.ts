import { lengthOf } from '../parser/bytes.ts'
import { namesAddresses } from '../parser/fields.ts'
import { type Field, field, headerOf, requestLine, type SipMessage, writeMessage } from '../parser/message.ts'

/** Names that srf's table of headers has already, being an object. */
const POISON = new Set(['__proto__', 'constructor'])

/**
 * A message as an app reads it, without what srf reads as something else: it undoes escapes in the names of header fields, so that
 * `C%6Fntact` would be a Contact, throws at an empty one in a list of addresses, and drops what follows an empty line of a body without a Content-Length.
 */
export function textOf(message: SipMessage): string {
  const { body } = message
  let { fields } = message
  if (fields.some(isMisread)) fields = fields.filter((one) => !isMisread(one))
  if (body !== '' && headerOf(message, 'content-length') === null) {
    fields = [...fields, field('Content-Length', String(lengthOf(body)))]
  }
  return writeMessage(startLine(message), fields, body)
}

function isMisread({ name, value }: Field): boolean {
  return POISON.has(name) || name.includes('%') || (value === '' && namesAddresses(name))
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') return requestLine(message)
  // UTF-8, and so it may have line ends of Unicode, at which srf's pattern ends.
  return `SIP/2.0 ${message.status} ${message.reason.replaceAll(/[\u2028\u2029]/g, ' ')}`
}
