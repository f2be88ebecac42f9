/** The plan in force, linked: what calls that begin now are decided by. Made once for each version, at the first who asks. */
import type { Tables } from '../../cluster/cluster.ts'
import { type Linked, link } from './link.ts'

type Plans = Pick<Tables, 'plans' | 'planVersion'>

/** A version says which documents there are, so it is enough to know that. */
const current = new WeakMap<Plans, Linked>()

/** `tables` as the cluster shows them: always those of now. */
export function linkedOf(tables: Plans): Linked {
  const known = current.get(tables)
  if (known?.version === tables.planVersion) return known
  const linked = link(inOrder(tables.plans), tables.planVersion)
  current.set(tables, linked)
  return linked
}

/** By name, `main` first: what does not depend on it must not change with it either. */
export function inOrder<Row>(plans: ReadonlyMap<string, Row>): Row[] {
  return [...plans]
    .sort(([a], [b]) => (a === b ? 0 : a === 'main' || (b !== 'main' && a < b) ? -1 : 1))
    .map(([, row]) => row)
}
