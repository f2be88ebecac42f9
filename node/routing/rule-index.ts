/**
 * Which rule of a plan comes first for a call, found along what was dialled instead of rule by rule. The patterns of a domain are a tree of their characters; at
 * the end of each pattern stands the first rule that has it, for everybody and by caller. What `match` and the order of the plan say is what it says. However a
 * plan is made, no search looks at more characters than one through all of its rules would.
 */
import type { Aor, PlanRule } from '../../cluster/tables/rows.ts'
import type { Pattern } from './pattern.ts'

export interface Indexed {
  readonly rule: Pick<PlanRule, 'domain'>
  /** What its `match` reads as. */
  readonly pattern: Pattern
  /** Null: for everybody. */
  readonly from: ReadonlySet<Aor> | null
}

/** After all rules. */
const NONE = Number.POSITIVE_INFINITY

/** Where patterns end: the first rule of those that end here, by its number in the plan. */
interface End {
  everybody: number
  readonly byCaller: Map<Aor, number>
}

interface Node {
  /** By a character that is itself, and by a class of characters. */
  readonly literals: Map<string, Node>
  readonly classes: Map<string, Node>
  /** By what may follow. */
  readonly ends: Map<Pattern['tail'], End>
  /** The first rule of all that go through here. */
  first: number
}

export class RuleIndex {
  readonly #byDomain = new Map<string | null, Node>()

  /** The number of a rule is its place in the list. */
  constructor(rules: readonly Indexed[]) {
    for (const [number, rule] of rules.entries()) this.#add(rule, number)
  }

  /** The number of the first rule that applies; -1: none does. */
  first(caller: Aor | null, domain: string, dialled: string): number {
    const own = firstIn(this.#byDomain.get(domain), caller, dialled, NONE)
    const first = firstIn(this.#byDomain.get(null), caller, dialled, own)
    return first === NONE ? -1 : first
  }

  #add({ rule, pattern, from }: Indexed, number: number): void {
    let node = childOf(this.#byDomain, rule.domain, number)
    for (const { accepts } of pattern.symbols) {
      node = childOf(accepts.length === 1 ? node.literals : node.classes, accepts, number)
    }
    let end = node.ends.get(pattern.tail)
    if (!end) node.ends.set(pattern.tail, (end = { everybody: NONE, byCaller: new Map() }))
    if (from === null) end.everybody = Math.min(end.everybody, number)
    else for (const caller of from) if (!end.byCaller.has(caller)) end.byCaller.set(caller, number)
  }
}

/** Rules come in their order, so the first one that makes a node is the first of all that will go through it. */
function childOf<Key>(children: Map<Key, Node>, key: Key, number: number): Node {
  let child = children.get(key)
  if (!child) children.set(key, (child = { literals: new Map(), classes: new Map(), ends: new Map(), first: number }))
  return child
}

/** The first rule below `best`, or `best`. */
function firstIn(root: Node | undefined, caller: Aor | null, dialled: string, best: number): number {
  if (!root) return best
  let found = best
  const visit = (node: Node, at: number): void => {
    if (node.first >= found) return
    for (const [tail, end] of node.ends) {
      const left = dialled.length - at
      if (tail === 'any' || (tail === 'some') === left > 0) {
        const own = caller === null ? NONE : (end.byCaller.get(caller) ?? NONE)
        found = Math.min(found, end.everybody, own)
      }
    }
    if (at === dialled.length) return
    const character = dialled[at]!
    const literal = node.literals.get(character)
    if (literal) visit(literal, at + 1)
    for (const [accepts, child] of node.classes) if (accepts.includes(character)) visit(child, at + 1)
  }
  visit(root, 0)
  return found
}
