/** A snapshot's lines in pieces of a convenient size, each ending with a whole line. */

/** How a snapshot is cut. */
export interface Cut {
  /** After which a piece is full. */
  readonly bytes: number
  /** Calls back in a later turn of the event loop. */
  readonly soon: (act: () => void) => void
}

/** Below what malloc asks the system for anew each time (128 KiB): larger ones cost a quarter of a start, or stay as holes. */
export const CUT: Cut = { bytes: 64 * 1024, soon: (act) => void setImmediate(act) }

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

/**
 * The lines of pieces, as inPieces cut them or several of them in one; one after the other, since all together may be longer than a string
 * can be.
 */
export function* linesOfPieces(pieces: Iterable<Uint8Array>): Generator<string> {
  for (const bytes of pieces) {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0, end = 0; at <= piece.length; at = end + 1) {
      end = piece.indexOf(LINE_END, at)
      if (end < 0) end = piece.length
      yield piece.toString('utf8', at, end)
    }
  }
}

/**
 * Gives the memory of a piece back, if it has a block of its own: the collector takes its time with what is not in its heap. Nobody may have it any
 * more.
 */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (byteLength > 0 && byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
}

/** One after the other, each let go before the next: together they are as large as the tables. */
export function* letGo(pieces: Uint8Array[]): Generator<Uint8Array> {
  for (let piece = pieces.shift(); piece; piece = pieces.shift()) yield piece
}

const LINE_END = 10
