import { isUtf8 } from 'node:buffer'
import type { Framed } from '../parser/stream.ts'

/** What came as one piece: a datagram, or a WebSocket message (RFC 7118 §5). Null: nothing that is to be read. */
export function framedWhole(bytes: Buffer, headMax: number): Framed | null {
  if (bytes.length <= 4) return bytes.length === 4 && bytes.readUInt32BE() === 0x0d0a0d0a ? { kind: 'ping' } : null
  if (!isUtf8(bytes)) return { kind: 'broken', status: 400, why: 'not UTF-8', text: bytes.toString('latin1') }
  const blank = bytes.indexOf('\r\n\r\n')
  if ((blank < 0 ? bytes.length : blank) > headMax) {
    return { kind: 'broken', status: 400, why: 'header fields too large', text: bytes.toString('latin1', 0, headMax) }
  }
  return { kind: 'message', text: bytes.toString() }
}
