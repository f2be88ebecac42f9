/** Which record has which number. */
import { ChurnMap } from '../../proto/churn-map.ts'
import type { CdrRow } from './cdr-rows.ts'
import type { PackedRows } from './packed.ts'

export class CdrOrder {
  readonly #rows: PackedRows<CdrRow>
  /** Number of the record → number of its row, which stays the same as long as the row is there. */
  readonly #numbers = new ChurnMap<number, number>()

  constructor(rows: PackedRows<CdrRow>) {
    this.#rows = rows
  }

  /** After its row was written. */
  add({ seq, id }: CdrRow): void {
    this.#numbers.set(seq, this.#rows.numberOf(id))
  }

  /** Before its row goes. */
  forget(seq: number): void {
    this.#numbers.delete(seq)
  }

  at(seq: number): CdrRow | null {
    const number = this.#numbers.get(seq)
    return (number !== undefined && this.#rows.get(this.#rows.keyOf(number))) || null
  }
}
