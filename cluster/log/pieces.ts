/** A snapshot's lines in pieces of a convenient size, each ending with a whole line. */

/** Bytes after which a piece is full. */
const PIECE = 256 * 1024

/** Yields to the event loop after each piece: a large table must not hold up phones. */
export async function* inPieces(lines: Iterable<string>): AsyncGenerator<Buffer> {
  let held: string[] = []
  let size = 0
  for (const line of lines) {
    held.push(line)
    size += line.length + 1
    if (size < PIECE) continue
    yield Buffer.from(held.join('\n'))
    held = []
    size = 0
    await new Promise((resume) => setImmediate(resume))
  }
  if (held.length > 0) yield Buffer.from(held.join('\n'))
}

/** The lines of pieces, as inPieces cut them. */
export function linesOfPieces(pieces: readonly Uint8Array[]): string[] {
  return pieces.flatMap((piece) => Buffer.from(piece).toString('utf8').split('\n'))
}
