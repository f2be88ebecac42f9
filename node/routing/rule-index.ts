/**
 * Which rule of a plan comes first for a call, found along what was dialled instead of rule by rule. The patterns of a domain are a tree of their characters; at
 * the end of each pattern stands the first rule that has it, for everybody and by caller, and before it those that ask for more. What `match` and the order of the
 * plan say is what it says. However a plan is made, no search looks at more characters than one through all of its rules would.
 */
import type { PlanRule } from '../../cluster/tables/plan-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import type { Pattern } from './pattern.ts'

export interface Indexed {
  readonly rule: Pick<PlanRule, 'domain'>
  /** What its `match` reads as; of a regular expression, what it begins with. */
  readonly pattern: Pattern
  /** Null: for everybody. */
  readonly from: ReadonlySet<Aor> | null
  /** Whether it asks for more than that. */
  readonly isConditional?: boolean
}

export interface Asked {
  readonly caller: Aor | null
  readonly domain: string
  /** As it was typed. */
  readonly dialled: string
  /** The same in its normal form, when that is another. */
  normal(): string | null
  /** Whether all applies that a conditional rule asks for; `text`: what its pattern matched. */
  applies(number: number, text: string): boolean
}

export interface Found {
  /** The number of the first rule that applies; -1: none does. */
  readonly first: number
  /** Before it: whose pattern matches, in their order, as many as there is reason to tell. */
  readonly near: readonly number[]
}

/** After all rules. */
const NONE = Number.POSITIVE_INFINITY
/** So many at one end, and in all. */
const NEAR_MAX = 64
const NEAR_ALL = 256

/** Where patterns end: the first rule of those that end here, by its number in the plan. */
interface End {
  everybody: number
  readonly byCaller: Map<Aor, number>
  /** Those that are for some callers, for the telling. */
  readonly forSome: number[]
  readonly conditional: number[]
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

  first(asked: Asked): Found {
    const near: number[] = []
    const trees = [this.#byDomain.get(asked.domain), this.#byDomain.get(null)].filter((tree) => tree !== undefined)
    let first = NONE
    for (const tree of trees) first = firstIn(tree, asked, asked.dialled, first, near)
    const normal = trees.some(meansNumbers) ? asked.normal() : null
    if (normal !== null) for (const tree of trees) first = firstIn(tree, asked, normal, first, near)
    const before = [...new Set(near)].filter((number) => number < first).sort((a, b) => a - b)
    return { first: first === NONE ? -1 : first, near: before.slice(0, NEAR_MAX) }
  }

  #add({ rule, pattern, from, isConditional }: Indexed, number: number): void {
    let node = childOf(this.#byDomain, rule.domain, number)
    for (const { accepts } of pattern.symbols) {
      node = childOf(accepts.length === 1 ? node.literals : node.classes, accepts, number)
    }
    let end = node.ends.get(pattern.tail)
    if (!end) {
      end = { everybody: NONE, byCaller: new Map(), forSome: [], conditional: [] }
      node.ends.set(pattern.tail, end)
    }
    if (isConditional === true) end.conditional.push(number)
    else if (from === null) end.everybody = Math.min(end.everybody, number)
    else {
      for (const caller of from) if (!end.byCaller.has(caller)) end.byCaller.set(caller, number)
      if (end.forSome.length < NEAR_MAX) end.forSome.push(number)
    }
  }
}

/** Whether anything in it could match a normal form and not what was typed: what begins with a +, or an expression that may. */
function meansNumbers(root: Node): boolean {
  return root.literals.has('+') || (root.ends.get('any')?.conditional.length ?? 0) > 0
}

/** Rules come in their order, so the first one that makes a node is the first of all that will go through it. */
function childOf<Key>(children: Map<Key, Node>, key: Key, number: number): Node {
  let child = children.get(key)
  if (!child) children.set(key, (child = { literals: new Map(), classes: new Map(), ends: new Map(), first: number }))
  return child
}

/** The first rule below `best`, or `best`. */
function firstIn(root: Node, asked: Asked, text: string, best: number, near: number[]): number {
  const { caller } = asked
  let found = best
  const visit = (node: Node, at: number): void => {
    if (node.first >= found) return
    for (const [tail, end] of node.ends) {
      const left = text.length - at
      if (tail !== 'any' && (tail === 'some') !== left > 0) continue
      const own = caller === null ? NONE : (end.byCaller.get(caller) ?? NONE)
      found = Math.min(found, end.everybody, own)
      for (const number of end.conditional) {
        if (number >= found) break
        if (asked.applies(number, text)) found = number
        else if (near.length < NEAR_ALL) near.push(number)
      }
      for (const number of end.forSome) if (number < found && near.length < NEAR_ALL) near.push(number)
    }
    if (at === text.length) return
    const character = text[at]!
    const literal = node.literals.get(character)
    if (literal) visit(literal, at + 1)
    for (const [accepts, child] of node.classes) if (accepts.includes(character)) visit(child, at + 1)
  }
  visit(root, 0)
  return found
}
