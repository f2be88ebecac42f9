/**
 * A decision's steps → the phones to ring, in groups: within a step the best contacts first (RFC 3261 §16.6, q), and those behind all others
 * whose node is down, or lost from sight with the connection of the phone: they may be gone without anybody having seen it.
 */
import type { BindingRow, RegistrationRow } from '../../cluster/tables/rows.ts'
import type { PhonesStep } from '../routing/decision.ts'
import { isVerified, type Nodes, type Reach, reach } from '../routing/reach.ts'

export interface Contact {
  readonly binding: BindingRow
  readonly way: Exclude<Reach, { kind: 'unreachable' }>
  /** Other flows of the same instance, to be tried one after the other when this one fails (RFC 5626 §7). */
  readonly others: readonly Contact[]
}

export interface ContactGroup {
  readonly contacts: readonly Contact[]
  readonly seconds: number
}

/** Rung at once at most: a hunt over everybody must not become a flood. */
const TOGETHER_MAX = 32
/** More than q can make up for. */
const BEHIND = 2

/** `missed` says in words what cannot be rung. */
export function contactsOf(
  steps: readonly Pick<PhonesStep, 'aors' | 'seconds'>[],
  registrations: Pick<ReadonlyMap<string, RegistrationRow>, 'get'>,
  self: string,
  nodes: Nodes,
): { readonly groups: readonly ContactGroup[]; readonly missed: readonly string[] } {
  const missed: string[] = []
  const groups = steps.flatMap(({ aors, seconds }) => {
    const contacts = aors.flatMap((aor) => {
      const bindings = registrations.get(aor)?.bindings ?? []
      if (bindings.length === 0) missed.push(`${aor} is not registered`)
      return bindings.flatMap((binding): Contact[] => {
        const way = reach(binding, self, nodes)
        if (way.kind !== 'unreachable') return [{ binding, way, others: [] }]
        missed.push(`${aor}: ${way.why}`)
        return []
      })
    })
    const rank = ({ binding }: Contact) => binding.q - (isVerified(binding, nodes) ? 0 : BEHIND)
    // Of equals the rows' own order stays: the flow that was used last comes first.
    const ranked = contacts.sort((a, b) => rank(b) - rank(a))
    const byRank = Map.groupBy(oneAnInstance(ranked), rank)
    return [...byRank.values()].map((together) => ({ contacts: together.slice(0, TOGETHER_MAX), seconds }))
  })
  return { groups, missed }
}

/** A phone with several flows is rung over one of them. */
function oneAnInstance(contacts: readonly Contact[]): Contact[] {
  const byPhone = Map.groupBy(contacts, ({ binding }) => {
    return binding.regId === undefined ? binding : `${binding.aor} ${binding.instance?.toLowerCase()}`
  })
  return [...byPhone.values()].map(([first, ...others]) => ({ ...first!, others }))
}
