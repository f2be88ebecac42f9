/**
 * STUN on the port of SIP over UDP (RFC 5626 §8, RFC 8489 §6): a phone with a flow asks it every half minute, and takes the flow for lost without an
 * answer. Nobody is asked who he is, and an answer is hardly longer than its question.
 */
import { isIPv4 } from 'node:net'
import type { Endpoint } from './flow.ts'

const BINDING = 0x0001
const SUCCESS = 0x0101
const FAILURE = 0x0111
const MAGIC = 0x2112a442
const HEAD = 20
const REQUEST_MAX = 548
const XOR_MAPPED_ADDRESS = 0x0020
const ERROR_CODE = 0x0009
const UNKNOWN_ATTRIBUTES = 0x000a
/** USERNAME, both MESSAGE-INTEGRITYs, PRIORITY, USE-CANDIDATE: of no use here, and no reason to refuse. */
const PASSED_OVER: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x001c, 0x0024, 0x0025])

/** No SIP message begins like this, and every STUN message does. */
export function isStun(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0]! < 4
}

/** What to answer a datagram that isStun; null: it is no request for a binding, and hears nothing. */
export function stunAnswer(request: Buffer, { host, port }: Endpoint): Buffer | null {
  const { length } = request
  if (length < HEAD || length > REQUEST_MAX || request.readUInt16BE(0) !== BINDING) return null
  if (request.readUInt32BE(4) !== MAGIC || request.readUInt16BE(2) !== length - HEAD) return null
  const unknown: number[] = []
  for (let at = HEAD; at < length; ) {
    if (at + 4 > length) return null
    const type = request.readUInt16BE(at)
    // Of 0x8000 and above nothing need be understood (§14).
    if (type < 0x8000 && !PASSED_OVER.has(type)) unknown.push(type)
    at += 4 + Math.ceil(request.readUInt16BE(at + 2) / 4) * 4
    if (at > length) return null
  }
  if (unknown.length > 0) return refusal(request, unknown)
  const address = isIPv4(host) ? Buffer.from(host.split('.').map(Number)) : sixOf(host)
  const value = Buffer.concat([Buffer.from([0, address.length === 4 ? 1 : 2, port >> 8, port & 255]), address])
  // §14.2: as it is, some NATs would rewrite it.
  for (let i = 2; i < value.length; i++) value[i]! ^= request[i < 4 ? i + 2 : i]!
  return message(SUCCESS, request, attribute(XOR_MAPPED_ADDRESS, value))
}

function refusal(request: Buffer, unknown: readonly number[]): Buffer {
  // One is named, so that the answer stays short.
  const named = Buffer.from([unknown[0]! >> 8, unknown[0]! & 255])
  return message(
    FAILURE,
    request,
    attribute(ERROR_CODE, Buffer.from([0, 0, 4, 20])),
    attribute(UNKNOWN_ATTRIBUTES, named),
  )
}

/** An answer has the transaction of its request. */
function message(type: number, request: Buffer, ...attributes: readonly Buffer[]): Buffer {
  const head = Buffer.from(request.subarray(0, HEAD))
  const body = Buffer.concat(attributes)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  value.copy(bytes, 4)
  return bytes
}

/** The 16 bytes of an IPv6 address as the system writes it. */
function sixOf(host: string): Buffer {
  const [front = '', back = ''] = host.split('%', 1)[0]!.split('::')
  const groups = (text: string): number[] =>
    text.split(':').flatMap((group) => {
      if (!group.includes('.')) return group === '' ? [] : [Number.parseInt(group, 16)]
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
      return [a * 256 + b, c * 256 + d]
    })
  const [first, last] = [groups(front), groups(back)]
  const all = [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last]
  const bytes = Buffer.alloc(16)
  for (const [i, group] of all.slice(0, 8).entries()) bytes.writeUInt16BE(group & 0xffff, 2 * i)
  return bytes
}
