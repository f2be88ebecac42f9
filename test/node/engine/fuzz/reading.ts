/** What must hold for whatever is read, whether it is right or wrong. */
import { createRequire } from 'node:module'
import { textOf } from '../../../../node/engine/core/shown.ts'
import { defaultLimits } from '../../../../node/engine/limits.ts'
import { encode, messageText } from '../../../../node/engine/parser/bytes.ts'
import { checkMessage } from '../../../../node/engine/parser/check.ts'
import { parseMessage, requestLine, type SipMessage, writeMessage } from '../../../../node/engine/parser/message.ts'
import { type Framed, StreamFramer } from '../../../../node/engine/parser/stream.ts'

/** How drachtio-srf reads what it is given. */
const AppMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message.js') as new (
  text: string,
) => {
  readonly method?: string
  readonly status?: number
  readonly body: string
  get(name: string): string | undefined
  getParsedHeader(name: string): unknown
}

/** What is wrong with how these bytes are read; null: nothing. A throw is wrong too. */
export function misread(bytes: Buffer): string | null {
  const whole = framed([bytes])
  const at = bytes.length >> 1
  if (whole !== framed([bytes.subarray(0, at), bytes.subarray(at)])) return 'a stream reads otherwise when it is cut'
  const text = messageText(bytes, bytes.indexOf('\r\n\r\n'))
  if (text === null) return null
  if (!Buffer.from(encode(text)).equals(bytes)) return 'what was read is not what is written'
  const message = parseMessage(text)
  if (!message) return null
  const again = parseMessage(printed(message))
  if (message.flaw === null && (!again || printed(again) !== printed(message)))
    return 'printed and read again it is another'
  return checkMessage(message, defaultLimits).kind === 'sound' ? misreadByApp(message) : null
}

/** A message as it is written. */
export function printed(message: SipMessage): string {
  const start = message.kind === 'request' ? requestLine(message) : `SIP/2.0 ${message.status} ${message.reason}`
  return writeMessage(start, message.fields, message.body)
}

const PARSED = ['from', 'to', 'contact', 'cseq', 'route', 'record-route', 'refer-to', 'p-asserted-identity']

function misreadByApp(message: SipMessage): string | null {
  const read = new AppMessage(textOf(message))
  if (message.kind === 'request' && !message.method.includes('%') && read.method !== message.method)
    return `an app reads ${read.method} for ${message.method}`
  if (message.kind === 'response' && read.status !== message.status) return 'an app reads another status'
  for (const name of PARSED) {
    const value = read.get(name)
    if (value && value !== '*') read.getParsedHeader(name)
  }
  return null
}

function framed(pieces: readonly Buffer[]): string {
  const framer = new StreamFramer(64 * 1024, 1024 * 1024)
  const out: Framed[] = pieces.flatMap((piece) => framer.push(piece))
  return JSON.stringify(out)
}
