/** Rules that an earlier one leaves nothing to match, or that two of may take the same call: what is wrong with the order of a plan. */
import type { PlanRule } from '../../cluster/tables/plan-rows.ts'
import type { Damage } from '../damage.ts'
import type { Path } from '../yaml.ts'
import { isOutward } from './link.ts'
import type { Complain } from './names.ts'
import { type Pattern, readPattern } from './pattern.ts'

/** Comparing goes on for so long, and no longer: what is not found by then is not told. */
const VISITS_MAX = 400_000
const WARNINGS_MAX = 100

/** `matchOf`: where what a rule matches is written. A rule that cannot be reached at all is a fault where it always was one. */
export function checkOrder(
  rules: readonly PlanRule[],
  matchOf: (rule: number) => Path,
  damage: Damage,
  complain: Complain,
  warn: Complain,
): void {
  const open = new Map<string, string>()
  const called = new Set<string>()
  const takesEverything = { calls: null as string | null, outside: null as string | null }
  const earlier = new Earlier()
  for (const [i, rule] of rules.entries()) {
    const at = ['rules', i]
    if (!damage.at([...at, 'name'])) {
      if (called.has(rule.name)) complain([...at, 'name'], 'is the name of a rule above already')
      called.add(rule.name)
    }
    const path = matchOf(i)
    if (damage.at(path) || rule.regex !== undefined) continue
    const scopes = [...whoseRules(rule)]
    const same = scopes.map((scope) => open.get(`${rule.match}@${scope}`)).find((name) => name !== undefined)
    const all = takesEverything.calls ?? (isOut(rule) ? takesEverything.outside : null)
    const read = readPattern(rule.match)
    if (all !== null) complain(path, `is never reached: rule ${all} above takes every call`)
    else if (same !== undefined) complain(path, `is never reached: rule ${same} above has the same match`)
    else if (read.kind === 'pattern') {
      const by = scopes.map((scope) => earlier.covering(scope, read.pattern)).find((number) => number !== null)
      if (by !== undefined) {
        warn(
          path,
          `is never reached: rule ${rules[by!]!.name} (${rules[by!]!.match}) above takes every call that it could`,
        )
      } else if (isFree(rule)) {
        for (const number of scopes.flatMap((scope) => earlier.meeting(scope, read.pattern))) {
          warn(
            path,
            `takes some of the same calls as rule ${rules[number]!.name} (${rules[number]!.match}) above, which comes first`,
          )
        }
      }
    }

    if (!isFree(rule) || !whomIsSound(at, damage) || read.kind === 'invalid') continue
    const scope = `${isOut(rule) ? 'out ' : ''}${rule.domain ?? ''}`
    if (same === undefined) open.set(`${rule.match}@${scope}`, rule.name)
    earlier.add(scope, read.pattern, i)
    if (rule.domain !== null || (rule.match !== '.' && rule.match !== '!')) continue
    if (isOut(rule)) takesEverything.outside ??= rule.name
    else takesEverything.calls ??= rule.name
  }
}

/** Whether a rule that names no domain and no callers was meant so. */
export function whomIsSound(path: Path, damage: Damage): boolean {
  const keys = ['from', 'domain', 'caller', 'by_trunk', 'when', 'unless']
  return !damage.unknownIn(path) && keys.every((key) => !damage.at([...path, key]))
}

/** Whether it takes whatever call its match and its domain say. */
export function isFree({ from, caller, byTrunk, when, unless, regex }: PlanRule): boolean {
  return from.length === 0 && (caller ?? byTrunk ?? when ?? unless ?? regex) === undefined
}

/** Whether it is only for calls from inside, because it leads out. */
function isOut({ action, byTrunk }: PlanRule): boolean {
  return isOutward(action) && byTrunk === undefined
}

/** Of which earlier rules one of this kind can be hidden. */
function* whoseRules(rule: PlanRule): Iterable<string> {
  for (const domain of new Set(['', rule.domain ?? ''])) {
    yield domain
    if (isOut(rule)) yield `out ${domain}`
  }
}

interface Node {
  readonly children: Map<string, Node>
  /** By the tail: the first rule that ends here. */
  readonly ends: Map<Pattern['tail'], { readonly rule: number; readonly pattern: Pattern }>
}

/** Patterns of the rules before, as a tree of their characters. */
class Earlier {
  readonly #trees = new Map<string, Node>()
  #visits = VISITS_MAX
  #warnings = WARNINGS_MAX

  add(scope: string, pattern: Pattern, rule: number): void {
    let node = childOf(this.#trees, scope)
    for (const { accepts } of pattern.symbols) node = childOf(node.children, accepts)
    if (!node.ends.has(pattern.tail)) node.ends.set(pattern.tail, { rule, pattern })
  }

  /** One that takes everything that this pattern does. */
  covering(scope: string, { symbols, tail }: Pattern): number | null {
    const visit = (node: Node, at: number): number | null => {
      if (this.#visits-- <= 0) return null
      for (const [end, { rule }] of node.ends) {
        const isMore = at < symbols.length
        if (end === 'any' || (end === 'some' && (isMore || tail === 'some'))) return rule
        if (end === 'nothing' && !isMore && tail === 'nothing') return rule
      }
      if (at === symbols.length) return null
      for (const [accepts, child] of node.children) {
        const found = includes(accepts, symbols[at]!.accepts) ? visit(child, at + 1) : null
        if (found !== null) return found
      }
      return null
    }
    const tree = this.#trees.get(scope)
    return tree === undefined ? null : visit(tree, 0)
  }

  /** Those that take some of what it does, and other things; not those that are a special case of it. */
  meeting(scope: string, pattern: Pattern): number[] {
    const { symbols, tail } = pattern
    const found: number[] = []
    const visit = (node: Node, at: number): void => {
      if (this.#visits-- <= 0 || this.#warnings <= 0) return
      for (const [end, other] of node.ends) {
        const meets = at < symbols.length ? end !== 'nothing' : at > symbols.length || TOGETHER[tail].includes(end)
        if (!meets || covers(pattern, other.pattern)) continue
        found.push(other.rule)
        this.#warnings--
      }
      if (at >= symbols.length && tail === 'nothing') return
      const next = symbols[at]?.accepts
      for (const [accepts, child] of node.children) if (next === undefined || meet(accepts, next)) visit(child, at + 1)
    }
    const tree = this.#trees.get(scope)
    if (tree !== undefined) visit(tree, 0)
    return found
  }
}

/** Which tails can take the same after the same symbols. */
const TOGETHER: Readonly<Record<Pattern['tail'], readonly Pattern['tail'][]>> = {
  nothing: ['nothing', 'any'],
  some: ['some', 'any'],
  any: ['nothing', 'some', 'any'],
}

function childOf(children: Map<string, Node>, key: string): Node {
  let child = children.get(key)
  if (!child) children.set(key, (child = { children: new Map(), ends: new Map() }))
  return child
}

/** Whether `wide` takes everything that `narrow` does. */
function covers(wide: Pattern, narrow: Pattern): boolean {
  const [w, n] = [wide.symbols.length, narrow.symbols.length]
  if (w > n || (wide.tail === 'nothing' && (w < n || narrow.tail !== 'nothing'))) return false
  if (wide.tail === 'some' && w === n && narrow.tail !== 'some') return false
  return wide.symbols.every(({ accepts }, i) => includes(accepts, narrow.symbols[i]!.accepts))
}

/** Characters are a digit, a letter, or a range of digits up to 9. */
function includes(wide: string, narrow: string): boolean {
  return wide.includes(narrow)
}

/** Ranges lie in each other: 0-9, 1-9, 2-9. */
function meet(a: string, b: string): boolean {
  return includes(a, b) || includes(b, a)
}
