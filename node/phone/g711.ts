/** G.711 (ITU-T): µ-law and A-law to and from 16-bit samples, by tables. Pure. */
export type Law = 'PCMU' | 'PCMA'

/** Samples to the octets of an RTP payload, one each. */
export function encode(law: Law, samples: Int16Array): Uint8Array {
  const table = law === 'PCMU' ? muEncode : aEncode
  return Uint8Array.from(samples, (sample) => table[sample & 0xffff]!)
}

export function decode(law: Law, octets: Uint8Array): Int16Array {
  const table = law === 'PCMU' ? muDecode : aDecode
  return Int16Array.from(octets, (octet) => table[octet]!)
}

/** What silence is on the wire. */
export const silence: Readonly<Record<Law, number>> = { PCMU: 0xff, PCMA: 0xd5 }

/** Eight segments, each twice as steep; µ-law is biased by 132 so that every segment starts at a power of two. */
const muDecode = Int16Array.from({ length: 256 }, (_, octet) => {
  const code = ~octet & 0xff
  const magnitude = (((code & 0x0f) * 8 + 132) << ((code >> 4) & 7)) - 132
  return code & 0x80 ? -magnitude : magnitude
})

/** A-law has two linear segments at the bottom, and every second bit is inverted on the wire. */
const aDecode = Int16Array.from({ length: 256 }, (_, octet) => {
  const code = octet ^ 0x55
  const segment = (code >> 4) & 7
  const step = (code & 0x0f) * 16 + 8
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1)
  return code & 0x80 ? magnitude : -magnitude
})

/** The nearest code for each sample, by walking the decoded levels once in their order: a tie takes the louder one. */
function nearest(levels: Int16Array): Uint8Array {
  const codes = [...levels.keys()].sort((a, b) => levels[a]! - levels[b]!)
  const table = new Uint8Array(65_536)
  let at = 0
  for (let sample = -32_768; sample <= 32_767; sample++) {
    const off = (code: number) => Math.abs(levels[code]! - sample)
    while (at + 1 < codes.length && off(codes[at + 1]!) <= off(codes[at]!)) at++
    table[sample & 0xffff] = codes[at]!
  }
  return table
}

const muEncode = nearest(muDecode)
const aEncode = nearest(aDecode)
