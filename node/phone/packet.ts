/** RTP packets (RFC 3550 §5.1), and what a run of them says of the way they came. Pure. */

export interface RtpPacket {
  readonly payloadType: number
  readonly marker: boolean
  /** 16 bits, wraps. */
  readonly sequence: number
  /** 32 bits, in samples, wraps. */
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Uint8Array
}

const headerLength = 12

/** The packet, or null for what is not RTP: another version, RTCP on the same port (RFC 5761 §4), cut short. */
export function parseRtp(datagram: Buffer): RtpPacket | null {
  if (datagram.length < headerLength || datagram[0]! >> 6 !== 2) return null
  const second = datagram[1]!
  if (second >= 192 && second <= 223) return null
  let start = headerLength + (datagram[0]! & 0x0f) * 4
  if (datagram[0]! & 0x10) {
    if (datagram.length < start + 4) return null
    start += 4 + datagram.readUInt16BE(start + 2) * 4
  }
  const padding = datagram[0]! & 0x20 ? datagram[datagram.length - 1]! : 0
  const end = datagram.length - padding
  if (start > end) return null
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: datagram.subarray(start, end),
  }
}

export function buildRtp(packet: RtpPacket): Buffer {
  const datagram = Buffer.alloc(headerLength + packet.payload.length)
  datagram[0] = 0x80
  datagram[1] = (packet.marker ? 0x80 : 0) | packet.payloadType
  datagram.writeUInt16BE(packet.sequence & 0xffff, 2)
  datagram.writeUInt32BE(packet.timestamp >>> 0, 4)
  datagram.writeUInt32BE(packet.ssrc >>> 0, 8)
  datagram.set(packet.payload, headerLength)
  return datagram
}

/** What was received from one source, counted as RFC 3550 appendix A.1, A.3 and A.8 do. */
export interface Reception {
  readonly received: number
  readonly first: number
  /** The highest sequence number so far, with its wraps. */
  readonly highest: number
  /** In samples. */
  readonly jitter: number
  readonly transit: number | null
}

export const nothingReceived: Reception = { received: 0, first: 0, highest: -1, jitter: 0, transit: null }

/** `arrivedAt` in samples, of any clock that runs evenly. */
export function receive(so: Reception, packet: RtpPacket, arrivedAt: number): Reception {
  if (so.received === 0)
    return {
      received: 1,
      first: packet.sequence,
      highest: packet.sequence,
      jitter: 0,
      transit: arrivedAt - packet.timestamp,
    }
  const ahead = ((packet.sequence - so.highest + 0x8000) & 0xffff) - 0x8000
  const transit = arrivedAt - packet.timestamp
  // A jump this long is another talk on the same source, or a wrap of the timestamp: no sign of the network.
  const change = so.transit === null ? 0 : Math.abs(transit - so.transit)
  const jitter = change > 80_000 ? so.jitter : so.jitter + (change - so.jitter) / 16
  return { ...so, received: so.received + 1, highest: so.highest + Math.max(0, ahead), jitter, transit }
}

/** Packets that never came; late and double ones make up for each other, as in the RFC. */
export const lost = (so: Reception): number =>
  so.received === 0 ? 0 : Math.max(0, so.highest - so.first + 1 - so.received)
