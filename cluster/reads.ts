/**
 * Reads that wait until the local tables are as new as the cluster was when they were asked (ReadIndex, thesis §6.4). All
 * that come in one turn share one round; a round that gets no answer is asked again under a new name. ◆
 */
export type Caught = 'caught up' | 'no quorum'

interface Reader {
  readonly deadline: number
  readonly answer: (caught: Caught) => void
}

interface Round {
  readonly readers: Reader[]
  readonly againAt: number
  /** The index the local tables must reach; null until the leader has said it. */
  index: number | null
}

export class Reads {
  readonly #prefix: string
  readonly #rounds = new Map<string, Round>()
  #new: Reader[] = []
  #count = 0

  /** `prefix` is unique to this process, so that no answer of another life of this node fits. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  add(deadline: number, answer: (caught: Caught) => void): void {
    this.#new.push({ deadline, answer })
  }

  /** The name of a new round for the readers that have none; null when there are none. */
  begin(at: number, againMs: number): Uint8Array | null {
    if (this.#new.length === 0) return null
    const name = `${this.#prefix}/${++this.#count}`
    this.#rounds.set(name, { readers: this.#new, againAt: at + againMs, index: null })
    this.#new = []
    return Buffer.from(name)
  }

  /** The leader answered a round. */
  answered(context: Uint8Array, index: number): void {
    const round = this.#rounds.get(Buffer.from(context).toString())
    if (round) round.index = index
  }

  /** Answers the rounds that the applied index has reached. */
  applied(applied: number): void {
    for (const [name, { index, readers }] of this.#rounds) {
      if (index === null || index > applied) continue
      this.#rounds.delete(name)
      for (const reader of readers) reader.answer('caught up')
    }
  }

  /** Gives up readers past their deadline; readers of a round without an answer go into the next one. */
  tick(at: number): void {
    for (const [name, round] of this.#rounds) {
      if (round.index !== null || round.againAt > at) continue
      this.#rounds.delete(name)
      this.#new.push(...round.readers)
    }
    this.#new = late(this.#new, at)
    for (const round of this.#rounds.values()) {
      const rest = late(round.readers, at)
      round.readers.splice(0, round.readers.length, ...rest)
    }
  }

  settleAll(): void {
    for (const { readers } of this.#rounds.values()) this.#new.push(...readers)
    this.#rounds.clear()
    for (const reader of this.#new) reader.answer('no quorum')
    this.#new = []
  }
}

/** The readers that still have time; the others are answered. */
function late(readers: readonly Reader[], at: number): Reader[] {
  return readers.filter((reader) => {
    if (reader.deadline > at) return true
    reader.answer('no quorum')
    return false
  })
}
