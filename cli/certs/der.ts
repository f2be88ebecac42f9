/** ASN.1 in DER (X.690), as far as a certificate needs it: written out, and one field of our own authority's read back. ◆ */

const TAG = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, utcTime: 0x17, time: 0x18 } as const

/** Any element from its tag and content. */
export function element(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

export const sequence = (...parts: Uint8Array[]): Buffer => element(0x30, ...parts)
export const set = (...parts: Uint8Array[]): Buffer => element(0x31, ...parts)
export const octets = (content: Uint8Array): Buffer => element(TAG.octets, content)
export const utf8 = (text: string): Buffer => element(TAG.utf8, Buffer.from(text))
export const yes = (): Buffer => element(0x01, Buffer.from([0xff]))
/** `[number]` with an element inside. */
export const explicit = (number: number, part: Uint8Array): Buffer => element(0xa0 | number, part)
/** `[number]` in place of the tag that a plain type would have. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content)

/** A positive integer from its bytes, highest first. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  const short = bytes.subarray(from)
  const sign = (short[0] ?? 0) & 0x80 ? [0] : []
  return element(TAG.integer, Buffer.from(sign), short)
}

/** `unused`: how many bits at the end do not count. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return element(TAG.bits, Buffer.from([unused]), content)
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** RFC 5280 §4.1.2.5: two digits of the year until 2049, four from 2050 on. */
export function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return Number(text.slice(0, 4)) < 2050
    ? element(TAG.utcTime, Buffer.from(text.slice(2)))
    : element(TAG.time, Buffer.from(text))
}

/** The elements inside of one. Throws when their lengths do not add up. */
export function inside(der: Uint8Array): Buffer[] {
  const content = split(Buffer.from(der)).content
  const parts: Buffer[] = []
  for (let rest = content; rest.length > 0; ) {
    const { size } = split(rest)
    parts.push(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
  return parts
}

function split(der: Buffer): { content: Buffer; size: number } {
  const first = der[1] ?? 0
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 4 || der.length < 2 + more) throw new Error('this is no DER')
  const count = more === 0 ? first : der.readUIntBE(2, more)
  const size = 2 + more + count
  if (size > der.length) throw new Error('this DER is cut short')
  return { content: der.subarray(2 + more, size), size }
}

function length(count: number): Buffer {
  if (count < 0x80) return Buffer.from([count])
  const bytes: number[] = []
  for (let rest = count; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f))
  return digits
}
