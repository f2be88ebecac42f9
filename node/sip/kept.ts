/**
 * What a node keeps beside the rows of the phones that it holds: until when each phone was told, and its last CSeq. It is gone with the
 * process: then the lease in the row is all there is, which is later, and the next REGISTER of the phone tells the rest. In packed rows,
 * as there may be as many as the table has. No clock: times are given, monotonic ms, whole.
 */
import { bindingKey } from '../../cluster/tables/contact-key.ts'
import { Expiries } from '../../cluster/tables/expiries.ts'
import { PackedRows } from '../../cluster/tables/packed.ts'
import type { RowCodec } from '../../cluster/tables/row-codecs.ts'
import type { Aor, BindingRow, RegistrationRow } from '../../cluster/tables/rows.ts'
import type { KeptContact } from './refresh.ts'

interface KeptRow {
  readonly contacts: readonly KeptContact[]
}

const NONE: readonly KeptContact[] = []
export class Kept {
  readonly #node: string
  readonly #rows = new PackedRows<KeptRow>(codec, 0)
  readonly #due = new Expiries(this.#rows)

  /** `node` is this node. */
  constructor(node: string) {
    this.#node = node
  }

  get size(): number {
    return this.#rows.size
  }

  of(aor: Aor): readonly KeptContact[] {
    return this.#rows.get(aor)?.contacts ?? NONE
  }

  /** A REGISTER was accepted for these contacts. */
  keep(aor: Aor, fresh: readonly KeptContact[]): void {
    const others = this.of(aor).filter(({ key }) => !fresh.some((one) => one.key === key))
    this.#write(aor, [...others, ...fresh])
  }

  /** A row of the table changed: what is no longer here, or is of another REGISTER than the one known, is forgotten. */
  changed(aor: Aor, before: RegistrationRow | null, row: RegistrationRow | null): void {
    const contacts = this.of(aor)
    if (contacts.length === 0) return
    const rest = contacts.filter(({ key, cseq }) => {
      const now = find(row, key)
      return now?.node === this.#node && now.cseq <= cseq && now.callId === find(before, key)?.callId
    })
    if (rest.length < contacts.length) this.#write(aor, rest)
  }

  /**
   * An AoR of which a phone let its time run out at or before `now`; null when there is none. Unless its row changes it is told again
   * at `again`.
   */
  takeDue(now: number, again: number): Aor | null {
    for (;;) {
      const aor = this.#due.take(now)
      if (aor === null) return null
      const untils = this.of(aor).map(({ until }) => until)
      const isDue = untils.some((until) => until <= now)
      this.#due.schedule(aor, Math.min(...untils.map((until) => (until <= now ? again : until))))
      if (isDue) return aor
    }
  }

  #write(aor: Aor, contacts: readonly KeptContact[]): void {
    if (contacts.length === 0) {
      this.#due.forget(aor)
      this.#rows.remove(aor)
      return
    }
    this.#rows.put(aor, { contacts }, '')
    this.#due.schedule(aor, Math.min(...contacts.map(({ until }) => until)))
  }
}

function find(row: RegistrationRow | null, key: string): BindingRow | undefined {
  return row?.bindings.find((binding) => bindingKey(binding) === key)
}

const codec: RowCodec<KeptRow> = {
  write(to, _, { contacts }) {
    if (contacts.some(({ cseq }) => !Number.isSafeInteger(cseq) || cseq >= 2 ** 48)) return false
    to.count(contacts.length)
    for (const { key, until, cseq } of contacts) {
      to.text(key)
      to.natural(until)
      to.natural(cseq)
    }
    return true
  },
  read(from) {
    const contacts: KeptContact[] = []
    for (let left = from.count(); left > 0; left--) {
      contacts.push({ key: from.text(), until: from.natural(), cseq: from.natural() })
    }
    return { contacts }
  },
}
