/** STUN on the port of SIP, as a keep-alive that tells a phone its address outside (RFC 5626 §4.4.2, RFC 5389). */
import { isIPv6 } from 'node:net'
import { crc32 } from 'node:zlib'
import type { Endpoint } from './flow.ts'

const COOKIE = 0x2112a442
const HEAD = 20
const BINDING = 0x0001
const BINDING_SUCCESS = 0x0101
const BINDING_ERROR = 0x0111
const ERROR_CODE = 0x0009
const UNKNOWN_ATTRIBUTES = 0x000a
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const FINGERPRINT_MASK = 0x5354554e
/** Those of RFC 5389 §18.2 that a request may carry; what credentials it shows does not matter here. */
const KNOWN = new Set([0x0001, 0x0006, 0x0008, 0x0014, 0x0015])
const UNKNOWN_MAX = 8

/** No SIP message begins so, nor does a line break (RFC 5389 §8). */
export function isStun(bytes: Buffer): boolean {
  return bytes.length >= HEAD && bytes[0]! < 0x40 && bytes.readUInt32BE(4) === COOKIE
}

/** The answer to a binding request; null: to anything else there is none. */
export function stunReply(request: Buffer, source: Endpoint): Buffer | null {
  if (request.readUInt16BE(0) !== BINDING || request.readUInt16BE(2) !== request.length - HEAD) return null
  const unknown: number[] = []
  let printed = false
  for (let at = HEAD; at < request.length; ) {
    if (at + 4 > request.length) return null
    const type = request.readUInt16BE(at)
    const end = at + 4 + request.readUInt16BE(at + 2)
    if (end > request.length) return null
    if (type === FINGERPRINT) {
      if (end - at !== 8 || request.readUInt32BE(at + 4) !== fingerprint(request.subarray(0, at))) return null
      printed = true
    } else if (type < 0x8000 && !KNOWN.has(type) && unknown.length < UNKNOWN_MAX) unknown.push(type)
    at = (end + 3) & ~3
  }
  const reply =
    unknown.length === 0
      ? message(request, BINDING_SUCCESS, attribute(XOR_MAPPED_ADDRESS, xored(source, request.subarray(4, HEAD))))
      : message(request, BINDING_ERROR, refusal(unknown))
  return printed ? withFingerprint(reply) : reply
}

function refusal(unknown: readonly number[]): Buffer {
  const code = Buffer.concat([Buffer.from([0, 0, 4, 20]), Buffer.from('Unknown Attribute')])
  const types = Buffer.alloc(2 * unknown.length)
  for (const [i, type] of unknown.entries()) types.writeUInt16BE(type, 2 * i)
  return Buffer.concat([attribute(ERROR_CODE, code), attribute(UNKNOWN_ATTRIBUTES, types)])
}

function message(request: Buffer, type: number, attributes: Buffer): Buffer {
  const head = Buffer.from(request.subarray(0, HEAD))
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(attributes.length, 2)
  return Buffer.concat([head, attributes])
}

/** Padded to four bytes, which the length does not count. */
function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3))
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  value.copy(bytes, 4)
  return bytes
}

/** So that no router in between takes it for an address that it should translate (RFC 5389 §15.2). */
function xored({ host, port }: Endpoint, key: Buffer): Buffer {
  const six = isIPv6(host)
  const address = six ? bytesOf6(host) : Buffer.from(host.split('.').map(Number))
  const value = Buffer.alloc(4 + address.length)
  value[1] = six ? 2 : 1
  value.writeUInt16BE(port ^ (COOKIE >>> 16), 2)
  for (const [i, byte] of address.entries()) value[4 + i] = byte ^ key[i]!
  return value
}

function bytesOf6(host: string): Buffer {
  // The one form that URL gives has at most one gap, and no dots.
  const plain = new URL(`sip://[${host.split('%', 1)[0]}]`).hostname.slice(1, -1)
  const [left = '', right] = plain.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((one) => Number.parseInt(one, 16)))
  const [before, after] = [groups(left), groups(right ?? '')]
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  const bytes = Buffer.alloc(16)
  for (const [i, group] of all.entries()) bytes.writeUInt16BE(group, 2 * i)
  return bytes
}

function withFingerprint(reply: Buffer): Buffer {
  reply.writeUInt16BE(reply.length - HEAD + 8, 2)
  const print = Buffer.alloc(4)
  print.writeUInt32BE(fingerprint(reply))
  return Buffer.concat([reply, attribute(FINGERPRINT, print)])
}

/** Of a message whose length counts the fingerprint already (RFC 5389 §15.5). */
function fingerprint(before: Buffer): number {
  return (crc32(before) ^ FINGERPRINT_MASK) >>> 0
}
