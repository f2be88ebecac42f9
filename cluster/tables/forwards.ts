/** Whether forwards of users lead back to where they began: then every call to one of them would go round until a limit ends it. */
import type { Forwards } from './people-rows.ts'
import type { Aor } from './rows.ts'

/** Users that are looked at: nobody means a chain to be so long, and a longer one ends at the hops that a call may take. */
const LOOKED_MAX = 200

/**
 * The way from `aor` by one of `forwards`, and on by those of others, back to `aor`; null: there is none. `of` says what another has set, `who` whom a
 * target means (by default only AoRs mean somebody).
 */
export function circle(
  aor: Aor,
  forwards: Forwards | undefined,
  of: (aor: Aor) => Forwards | undefined,
  who: (target: string) => Aor | null = (target) => (target.includes('@') ? target : null),
): readonly Aor[] | null {
  const seen = new Set<Aor>()
  const waiting: { readonly way: readonly Aor[]; readonly forwards: Forwards | undefined }[] = [
    { way: [aor], forwards },
  ]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const target of targetsOf(next.forwards)) {
      const to = who(target)
      if (to === null) continue
      const way = [...next.way, to]
      if (to === aor) return way
      if (seen.has(to) || seen.size >= LOOKED_MAX) continue
      seen.add(to)
      waiting.push({ way, forwards: of(to) })
    }
  }
  return null
}

export function targetsOf(forwards: Forwards | undefined): readonly string[] {
  const { always, busy, noAnswer, unregistered } = forwards ?? {}
  return [always, busy, noAnswer, unregistered].filter((target) => target !== undefined)
}
