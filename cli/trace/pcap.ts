/**
 * A capture file of messages that no capture saw: each is one UDP datagram between the addresses that it really passed between, whatever
 * transport and encryption it had, so that every reader of captures shows SIP. Format: draft-ietf-opsawg-pcap, LINKTYPE_ETHERNET. ◆
 */
import type { Arrow } from './merge.ts'

const MAGIC_US = 0xa1b2c3d4
const ETHERNET = 1
const PACKET_MAX = 65_535

export function pcapHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(MAGIC_US, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(PACKET_MAX + 14, 16)
  header.writeUInt32LE(ETHERNET, 20)
  return header
}

export function pcapRecord({ at, fromAddress, toAddress, text }: Arrow): Buffer {
  const packet = datagram(endpoint(fromAddress), endpoint(toAddress), Buffer.from(text))
  const header = Buffer.alloc(16)
  header.writeUInt32LE(Math.floor(at / 1e6), 0)
  header.writeUInt32LE(Math.floor(at % 1e6), 4)
  header.writeUInt32LE(packet.length, 8)
  header.writeUInt32LE(packet.length, 12)
  return Buffer.concat([header, packet])
}

export function pcap(arrows: readonly Arrow[]): Buffer {
  return Buffer.concat([pcapHeader(), ...arrows.map(pcapRecord)])
}

const isIPv4 = (host: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(host)
const isIPv6 = (host: string): boolean => /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(host)

interface Endpoint {
  readonly host: string
  readonly port: number
}

function endpoint(address: string): Endpoint {
  const colon = address.lastIndexOf(':')
  const host = address
    .slice(0, colon)
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
  // A name that a node is advertised by: an address that is for examples (RFC 5737).
  return { host: isIPv4(host) || isIPv6(host) ? host : '192.0.2.1', port: Number(address.slice(colon + 1)) || 0 }
}

function datagram(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  const six = isIPv6(from.host) || isIPv6(to.host)
  const [source, target] = [bytesOf(from.host, six), bytesOf(to.host, six)]
  const body = payload.subarray(0, PACKET_MAX - 8 - (six ? 40 : 20))
  const udp = Buffer.alloc(8)
  udp.writeUInt16BE(from.port, 0)
  udp.writeUInt16BE(to.port, 2)
  udp.writeUInt16BE(8 + body.length, 4)
  // RFC 768, RFC 8200 §8.1: over a pseudo-header as well.
  const length = Buffer.alloc(4)
  length.writeUInt32BE(8 + body.length, 0)
  udp.writeUInt16BE(
    checksum(Buffer.concat([source, target, length, Buffer.from([0, 0, 0, 17]), udp, body])) || 0xffff,
    6,
  )
  const ethernet = Buffer.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...(six ? [0x86, 0xdd] : [0x08, 0x00])])
  return Buffer.concat([
    ethernet,
    six ? ipv6(source, target, 8 + body.length) : ipv4(source, target, 8 + body.length),
    udp,
    body,
  ])
}

function ipv4(source: Buffer, target: Buffer, length: number): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE(20 + length, 2)
  header[8] = 64
  header[9] = 17
  source.copy(header, 12)
  target.copy(header, 16)
  header.writeUInt16BE(checksum(header), 10)
  return header
}

function ipv6(source: Buffer, target: Buffer, length: number): Buffer {
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(length, 4)
  header[6] = 17
  header[7] = 64
  source.copy(header, 8)
  target.copy(header, 24)
  return header
}

/** Of an IPv4 address between IPv6 ones the mapped form (RFC 4291 §2.5.5.2). */
function bytesOf(host: string, six: boolean): Buffer {
  if (isIPv4(host)) {
    const four = Buffer.from(host.split('.').map(Number))
    return six ? Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), four]) : four
  }
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(host)
  const four = dotted ? Buffer.from(dotted[2]!.split('.').map(Number)) : null
  const text = four ? `${dotted![1]}${four.readUInt16BE(0).toString(16)}:${four.readUInt16BE(2).toString(16)}` : host
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  const bytes = Buffer.alloc(16)
  for (const [i, group] of groups.slice(0, 8).entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i)
  return bytes
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}
