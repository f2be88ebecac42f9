/** Undoes Snappy as LevelDB's blocks have it (format_description.txt of Snappy). A RangeError when it makes no sense. ◆ */

/** A block of a table is a few KiB, an index a few hundred; what claims more is damaged. */
const BYTES_MAX = 64 * 1024 * 1024

export function unsnap(from: Buffer): Buffer {
  let at = 0
  let size = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = from.readUInt8(at++)
    size += (byte & 127) * scale
    if (size > BYTES_MAX) throw new RangeError('too long')
    if (byte < 128) break
  }
  const out = Buffer.alloc(size)
  let made = 0
  while (at < from.length) {
    const tag = from.readUInt8(at++)
    if ((tag & 3) === 0) {
      let length = (tag >>> 2) + 1
      if (length > 60) {
        const more = length - 60
        length = from.readUIntLE(at, more) + 1
        at += more
      }
      if (length > from.length - at || length > size - made) throw new RangeError('literal too long')
      from.copy(out, made, at, at + length)
      at += length
      made += length
      continue
    }
    let length = (tag >>> 2) + 1
    let back: number
    if ((tag & 3) === 1) {
      length = ((tag >>> 2) & 7) + 4
      back = ((tag >>> 5) << 8) | from.readUInt8(at)
      at += 1
    } else {
      const wide = (tag & 3) === 2 ? 2 : 4
      back = from.readUIntLE(at, wide)
      at += wide
    }
    if (back === 0 || back > made || length > size - made) throw new RangeError('copy from nowhere')
    // Byte by byte: a copy may overlap what it makes.
    for (const end = made + length; made < end; made++) out[made] = out[made - back]!
  }
  if (made !== size) throw new RangeError('too short')
  return out
}
