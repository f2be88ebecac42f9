/**
 * The state hash: the XOR of SHA-256(table, key, row) over all rows. A row that comes toggles in, one that goes toggles
 * out, so the hash depends on the rows alone and not on the way to them: a node that loaded a snapshot and one that
 * replayed the log agree.
 */
import { hash } from 'node:crypto'
import type { State } from './state.ts'

/** Bytes of a digest. */
export const DIGEST = 32

export class Fold {
  readonly #sum = Buffer.alloc(DIGEST)
  /** By table and key, for the tables that do not keep it with their rows. */
  readonly #digests = new Map<string, Map<string, string>>()

  /** The row that stands at `key` now. */
  put(table: string, key: string, row: object): void {
    const digest = digestOf(table, key, row)
    const digests = this.#of(table)
    this.replace(digests.get(key), digest)
    digests.set(key, digest)
  }

  remove(table: string, key: string): void {
    const digests = this.#of(table)
    this.replace(digests.get(key), undefined)
    digests.delete(key)
  }

  /** One row in the place of another, by what they toggle: taking one out must not cost a hash of its own. */
  replace(old: string | undefined, digest: string | undefined): void {
    if (old !== undefined) this.#toggle(old)
    if (digest !== undefined) this.#toggle(digest)
  }

  #of(table: string): Map<string, string> {
    let digests = this.#digests.get(table)
    if (!digests) this.#digests.set(table, (digests = new Map()))
    return digests
  }

  /** Adds a row, or takes away one that was added: XOR is its own inverse. */
  #toggle(digest: string): void {
    for (let i = 0; i < DIGEST; i++) this.#sum[i]! ^= digest.charCodeAt(i)
  }

  hex(): string {
    return this.#sum.toString('hex')
  }
}

/** What a row toggles, from its JSON as `digestOf` would write it. */
export function digestOfText(table: string, key: string, json: string): string {
  return hash('sha256', `${table}\0${key}\0${json}`, 'binary')
}

/** What a row toggles: a character a byte, which comes over from the hash at half the cost of a buffer. */
export function digestOf(table: string, key: string, row: object): string {
  // A row is JSON that came through JSON, or was built field by field in one place: its field order is part of it.
  return digestOfText(table, key, JSON.stringify(row))
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
