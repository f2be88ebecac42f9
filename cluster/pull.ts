/** A snapshot that the tables half makes, asked for piece by piece: what was not asked for waits in no queue. ◆ */
export interface Piece {
  readonly index: number
  /** Null: that was all. */
  readonly bytes: Uint8Array | null
}

export class Pull {
  readonly #ask: (first: boolean) => void
  #answer: ((piece: Piece) => void) | null = null

  constructor(ask: (first: boolean) => void) {
    this.#ask = ask
  }

  /** The first piece of a new snapshot; what was left of another one is forgotten. */
  first(): Promise<Piece> {
    return this.#next(true)
  }

  /** That piece, and all after it. */
  async *from(first: Piece): AsyncGenerator<Buffer> {
    for (let piece = first; piece.bytes; piece = await this.#next(false)) {
      const { buffer, byteOffset, byteLength } = piece.bytes
      yield Buffer.from(buffer, byteOffset, byteLength)
    }
  }

  /** The tables half said it. */
  answered(piece: Piece): void {
    const answer = this.#answer
    this.#answer = null
    answer?.(piece)
  }

  #next(first: boolean): Promise<Piece> {
    return new Promise((answer) => {
      this.#answer = answer
      this.#ask(first)
    })
  }
}
