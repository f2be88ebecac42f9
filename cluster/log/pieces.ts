/** A snapshot's lines in pieces of a convenient size, each ending with a whole line. */

/** How a snapshot is cut. */
export interface Cut {
  /** After which a piece is full. */
  readonly bytes: number
  /** Calls back in a later turn of the event loop. */
  readonly soon: (act: () => void) => void
}

export const CUT: Cut = { bytes: 256 * 1024, soon: (act) => void setImmediate(act) }

/** Yields to the event loop after each piece: a large table must not hold up phones. */
export async function* inPieces(lines: Iterable<string>, { bytes, soon }: Cut = CUT): AsyncGenerator<Buffer> {
  let held: string[] = []
  let size = 0
  for (const line of lines) {
    held.push(line)
    size += line.length + 1
    if (size < bytes) continue
    yield Buffer.from(held.join('\n'))
    held = []
    size = 0
    await new Promise<void>((resume) => soon(resume))
  }
  if (held.length > 0) yield Buffer.from(held.join('\n'))
}

/** The lines of pieces, as inPieces cut them. */
export function linesOfPieces(pieces: readonly Uint8Array[]): string[] {
  return pieces.flatMap((piece) => Buffer.from(piece).toString('utf8').split('\n'))
}
