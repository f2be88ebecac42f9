import { decode, messageText } from '../parser/bytes.ts'
import type { Framed } from '../parser/stream.ts'

/** What came as one piece: a datagram, or a WebSocket message (RFC 7118 §5). Null: nothing that is to be read. */
export function framedWhole(bytes: Buffer, headMax: number): Framed | null {
  if (bytes.length <= 4) return bytes.length === 4 && bytes.readUInt32BE() === 0x0d0a0d0a ? { kind: 'ping' } : null
  const blank = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, blank < 0 ? bytes.length : blank)
  if (head.length > headMax)
    return {
      kind: 'broken',
      status: 400,
      why: 'header fields too large',
      text: `${decode(head.subarray(0, headMax))}\r\n\r\n`,
    }
  const text = messageText(bytes, blank)
  if (text !== null) return { kind: 'message', text }
  return { kind: 'broken', status: 400, why: 'not UTF-8', text: `${decode(head)}\r\n\r\n` }
}
