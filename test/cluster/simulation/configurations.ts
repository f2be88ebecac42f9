/** Who the members were, entry by entry, as it follows from the log alone; and what must hold of that whatever happens. */
import { confOf } from '../../../cluster/raft/memory.ts'
import type { ConfState, Entry, Id } from '../../../cluster/raft/types.ts'
import { afterEntry, type MembersRow } from '../../../cluster/tables/members.ts'

interface Version {
  /** The entry that made it. */
  readonly index: number
  readonly row: MembersRow | null
  readonly text: string
}

export class Configurations {
  /** How often the members changed. */
  changes = 0
  readonly #founders: readonly Id[]
  readonly #versions: Version[] = [{ index: 0, row: null, text: 'null' }]
  /** Whose each id ever was. */
  readonly #directories = new Map<Id, string>()
  #highest = 0

  constructor(founders: readonly Id[]) {
    this.#founders = founders
  }

  /** As of the last entry that was applied anywhere. */
  get newest(): MembersRow | null {
    return this.#versions.at(-1)!.row
  }

  get conf(): ConfState {
    return this.newest?.conf ?? confOf([...this.#founders])
  }

  /** An entry was agreed on; a sentence when it does what must not be. */
  add({ index, type, data }: Entry): string | null {
    if (type === 'normal') return null
    const before = this.newest
    const { row } = afterEntry(before, { data })
    if (row === before || row === null) return null
    this.#versions.push({ index, row, text: JSON.stringify(row) })
    this.changes++
    const isFounding = before === null
    if (isFounding && row.founders.join() !== this.#founders.join()) return `founded by ${row.founders.join()}`
    const known = new Set(before?.all.map(({ id }) => id))
    for (const { id, directory } of row.all) {
      if (known.has(id) && this.#directories.get(id) === directory) continue
      if (this.#directories.has(id)) return `id ${id} was ${this.#directories.get(id)} and is ${directory}`
      if (!isFounding && id <= this.#highest) return `id ${id} is given after ${this.#highest}`
      if ([...this.#directories.values()].includes(directory)) return `${directory} gets a second id, ${id}`
      this.#directories.set(id, directory)
    }
    this.#highest = Math.max(this.#highest, ...row.all.map(({ id }) => id))
    return null
  }

  /** The members after that entry. */
  textAt(index: number): string {
    return this.#at(index).text
  }

  confAt(index: number): ConfState {
    return this.#at(index).row?.conf ?? confOf([...this.#founders])
  }

  /**
   * Whether those are a majority that an entry can have been agreed on with: of the members before it, or of those before these, since a
   * leader need not have applied the last change when it counts (thesis §4.1).
   */
  couldAgree(index: number, holders: ReadonlySet<Id>): boolean {
    const last = this.#versions.findLastIndex((version) => version.index < index)
    return [last, last - 1].some((i) => {
      const version = this.#versions[i]
      return version !== undefined && isQuorum(version.row?.conf ?? confOf([...this.#founders]), holders)
    })
  }

  #at(index: number): Version {
    return this.#versions.findLast((version) => version.index <= index)!
  }
}

/** A majority, and while joint one of the old half too. */
export function isQuorum({ voters, votersOutgoing }: ConfState, ids: ReadonlySet<Id>): boolean {
  const most = (all: readonly Id[]) => all.length === 0 || 2 * all.filter((id) => ids.has(id)).length > all.length
  return most(voters) && most(votersOutgoing)
}
