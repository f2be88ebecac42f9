/**
 * The state hash: the XOR of SHA-256(table, key, row) over all rows. A row that comes toggles in, one that goes toggles
 * out, so the hash depends on the rows alone and not on the way to them: a node that loaded a snapshot and one that
 * replayed the log agree.
 */
import { hash } from 'node:crypto'
import type { State } from './state.ts'

const BYTES = 32

export class Fold {
  readonly #sum = Buffer.alloc(BYTES)
  /** By table and key, what the row there now has toggled in: taking it out again must not cost a hash of its own. */
  readonly #digests = new Map<string, Map<string, string>>()

  /** The row that stands at `key` now. */
  put(table: string, key: string, row: object): void {
    // A row is JSON that came through JSON, or was built field by field in one place: its field order is part of it.
    // A character a byte: a string comes over from the hash at half the cost of a buffer.
    const digest = hash('sha256', `${table}\0${key}\0${JSON.stringify(row)}`, 'binary')
    const digests = this.#of(table)
    const old = digests.get(key)
    digests.set(key, digest)
    if (old !== undefined) this.#toggle(old)
    this.#toggle(digest)
  }

  remove(table: string, key: string): void {
    const digests = this.#of(table)
    const old = digests.get(key)
    digests.delete(key)
    if (old !== undefined) this.#toggle(old)
  }

  #of(table: string): Map<string, string> {
    let digests = this.#digests.get(table)
    if (!digests) this.#digests.set(table, (digests = new Map()))
    return digests
  }

  /** Adds a row, or takes away one that was added: XOR is its own inverse. */
  #toggle(digest: string): void {
    for (let i = 0; i < BYTES; i++) this.#sum[i]! ^= digest.charCodeAt(i)
  }

  hex(): string {
    return this.#sum.toString('hex')
  }
}

/**
 * Hash of everything replicated, in hex: the rows, the cluster time, and of each session who it is and which results
 * it keeps. (What a result says follows from the rows and commands that the rest of the hash covers.)
 */
export function stateHash(state: State): string {
  const sessions = [...state.sessions.values()].sort((a, b) => (a.node < b.node ? -1 : 1))
  const words = sessions.map((s) => `${s.node}\0${s.incarnation}\0${s.floor}\0${s.results.size}\0${s.sum}`)
  return hash('sha256', [state.fold.hex(), String(state.time), ...words].join('\n'))
}
