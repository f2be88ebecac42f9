/** Handing a message to drachtio-srf, or to the engine past it, so that nothing in it can end a header, and nothing that goes wrong is thrown. */
import type { Link } from './link.ts'
import type { ReplyOptions } from './port.ts'
import type { SrfRequest, SrfResponse } from './srf.ts'

export type Headers = NonNullable<ReplyOptions['headers']>

/** Room for what the engine and srf add: status line, Via, tags, Contact, the frame's own fields. */
const OVERHEAD = 1_500

/**
 * Header values without line ends. A list becomes a header each: srf would join them by a comma, and phones
 * read no list of challenges, so the line end between them is put where srf does not look.
 */
export function safeHeaders(headers: Headers | undefined): Record<string, string> {
  const safe: Record<string, string> = {}
  for (const name in headers) {
    if (!TOKEN.test(name)) throw new Error(`no header can be called ${JSON.stringify(name)}`)
    const value = headers[name]!
    safe[name] = typeof value === 'string' ? oneLine(value) : value.map(oneLine).join(`\r\n${name}: `)
  }
  return safe
}

/** The same as finished lines. */
export function headerLines(headers: Headers | undefined): string {
  const safe = safeHeaders(headers)
  let lines = ''
  for (const name in safe) lines += `${name}: ${safe[name]}\r\n`
  return lines
}

/** Bytes that a message of these parts may come to. */
export function sizeOf(headers: Record<string, string>, body: string): number {
  let size = OVERHEAD + Buffer.byteLength(body)
  for (const name in headers) size += name.length + 4 + Buffer.byteLength(headers[name]!)
  return size
}

/** Sends a response, if it can still be sent; false when it could not. */
export function send(response: SrfResponse, status: number, options: ReplyOptions, max: number): boolean {
  if (response.finalResponseSent) return false
  const headers = safeHeaders(options.headers)
  const body = options.body ?? ''
  // A message that the engine cannot take would silence it for every other call.
  if (sizeOf(headers, body) > max) return attempt(response, 500, 'Response Too Large', { headers: {} })
  const reason = options.reason === undefined ? undefined : oneLine(options.reason)
  return attempt(response, status, reason, body === '' ? { headers } : { headers, body })
}

/**
 * Answers a request that makes no dialog, with a frame of our own: `Response#send` reads and writes the message
 * several times over for its log. False: it takes the other way.
 */
export function sendFrame(link: Link, request: SrfRequest, status: number, options: ReplyOptions): boolean {
  const reason = options.reason ?? REASONS.get(status)
  const { socket, stackTxnId, headers: asked } = request
  if (reason === undefined || options.body !== undefined) return false
  let text = `sip|${stackTxnId}|\r\nSIP/2.0 ${status} ${oneLine(reason)}\r\n`
  for (const name of ECHOED) text += `${name}: ${asked[name] ?? ''}\r\n`
  text += headerLines(options.headers)
  if (Buffer.byteLength(text) + OVERHEAD > link.messageMax) return false
  return link.tell(socket, `${text}content-length: 0\r\n\r\n`)
}

const ECHOED = ['call-id', 'cseq', 'from', 'to']

/** What a status is called (RFC 3261 §21); one that is not said without a reason of its own has the name of its class. */
export function reasonOf(status: number): string {
  return REASONS.get(status) ?? REASONS.get(Math.floor(status / 100) * 100) ?? 'Refused'
}

const REASONS = new Map([
  [200, 'OK'],
  [300, 'Multiple Choices'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [407, 'Proxy Authentication Required'],
  [420, 'Bad Extension'],
  [481, 'Call/Transaction Does Not Exist'],
  [500, 'Server Internal Error'],
  [503, 'Service Unavailable'],
  [600, 'Busy Everywhere'],
])

function attempt(
  response: SrfResponse,
  status: number,
  reason: string | undefined,
  message: { headers: Record<string, string>; body?: string },
): boolean {
  try {
    response.send(status, reason, message)
    return true
  } catch {
    // Either it has no name for the status, and its class says nearly the same, or the link is gone.
    try {
      response.send(Math.floor(status / 100) * 100, reason, message)
      return true
    } catch {
      return false
    }
  }
}

export function oneLine(text: string): string {
  return BREAKS.test(text) ? text.replace(BREAKS_ALL, ' ') : text
}

const BREAKS = /[\r\n\0]/
const BREAKS_ALL = /[\r\n\0]+/g
const TOKEN = /^[\w\-.!%*+`'~]+$/
