import type { SipMessage } from './message.ts'

const PART_TYPE = 'Content-Type:'
/** Steps that a reader may take in vain, for all parts of a body: some milliseconds. */
const VAIN_MAX = 400_000

/**
 * Whether the parts of a multipart body take a reader long: srf looks from every `Content-Type:`, and from every blank after it, to the
 * end of the line. What has many of them on one line is no multipart.
 */
export function badParts(message: SipMessage, type: string | undefined): boolean {
  const { body } = message
  if (type === undefined || !type.includes('multipart') || !body.includes(PART_TYPE)) return false
  const lineEnd = /[\r\n]/g
  let vain = 0
  let end = 0
  let at = body.indexOf(PART_TYPE)
  while (at >= 0) {
    const begin = at + PART_TYPE.length
    let text = begin
    while (text < body.length && /\s/.test(body[text]!)) text++
    if (end < text) {
      lineEnd.lastIndex = text
      end = lineEnd.exec(body)?.index ?? body.length
    }
    vain += (1 + text - begin) * (end - begin)
    if (vain > VAIN_MAX) return true
    at = body.indexOf(PART_TYPE, begin)
  }
  return false
}
