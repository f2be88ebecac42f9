/** What a document means by name, and whether what it says to do goes round in a circle. */
import type { Plan, PlanAction, PlanThen } from '../../cluster/tables/plan-rows.ts'
import type { Path } from '../yaml.ts'
import { isFree } from './order.ts'
import { match, readPattern } from './pattern.ts'
import { RuleIndex } from './rule-index.ts'

export interface Reference {
  readonly kind: 'group' | 'trunk' | 'time' | 'class'
  readonly name: string
  /** Where it stands. */
  readonly path: Path
}

/** What a document has that can be meant, with the names of each. */
export function namesOf(plan: Plan): Readonly<Record<Reference['kind'], readonly string[]>> {
  const names = (all: readonly { readonly name: string }[] | undefined): string[] => (all ?? []).map(({ name }) => name)
  return {
    group: names(plan.groups),
    trunk: names(plan.trunkGroups),
    time: [...names(plan.times), ...names(plan.holidays)],
    class: names(plan.classes),
  }
}

/** In people's words. */
export const KINDS: Readonly<Record<Reference['kind'], string>> = {
  group: 'group',
  trunk: 'trunk group',
  time: 'time or holiday',
  class: 'class',
}

export function* referencesOf(plan: Plan): Iterable<Reference> {
  if (plan.class !== undefined) yield { kind: 'class', name: plan.class, path: ['class'] }
  for (const { aor, class: name } of plan.users) {
    if (name !== undefined) yield { kind: 'class', name, path: ['users', aor, 'class'] }
  }
  for (const [i, { action, next, when = [], unless = [] }] of plan.rules.entries()) {
    const path = ['rules', i]
    yield* inAction(action, next, path)
    for (const [j, name] of when.entries()) yield { kind: 'time', name, path: [...path, 'when', j] }
    for (const [j, name] of unless.entries()) yield { kind: 'time', name, path: [...path, 'unless', j] }
  }
  for (const { number, action, next } of plan.numbers ?? []) yield* inAction(action, next, ['numbers', number])
  for (const { name, next } of plan.groups ?? []) {
    if (next !== undefined) yield* inAction(next.action, next.next, ['groups', name, 'then'])
  }
  if (plan.emergency !== null) yield* inAction(plan.emergency.action, undefined, ['emergency'])
}

function* inAction(action: PlanAction, then: PlanThen | undefined, path: Path): Iterable<Reference> {
  if (action.kind === 'group') yield { kind: 'group', name: action.group, path: [...path, 'group'] }
  if (action.kind === 'trunk') yield { kind: 'trunk', name: action.trunk, path: [...path, 'trunk'] }
  if (then !== undefined) yield* inAction(then.action, then.next, [...path, 'then'])
}

export interface Circle {
  readonly path: Path
  /** What comes after what, for people. */
  readonly round: readonly string[]
}

/** One place where calls are passed on, and to which others. */
interface Place {
  readonly said: string
  readonly path: Path
  readonly action: PlanAction | null
  readonly next: PlanThen | undefined
}

/**
 * Circles that a call cannot but go round in: by what follows in groups, and by numbers that are rewritten or forwarded to whole. What depends on the
 * caller, on the time or on what was dialled is seen when it is decided.
 */
export function circlesIn(plan: Plan): Circle[] {
  const groups = new Map<string, Place>(
    (plan.groups ?? []).map(({ name, next }) => [
      name,
      { said: `group ${name}`, path: ['groups', name, 'then'], action: null, next },
    ]),
  )
  const places: Place[] = plan.rules.map(({ name, action, next }, i) => ({
    said: `rule ${name}`,
    path: ['rules', i, action.kind === 'rewrite' || action.kind === 'forward' ? action.kind : 'then'],
    action,
    next,
  }))
  const ruleFor = firstRules(plan)
  const nextOf = (action: PlanAction): Place[] => {
    if (action.kind === 'group') return [groups.get(action.group) ?? []].flat()
    if ((action.kind !== 'rewrite' && action.kind !== 'forward') || action.to.includes('$')) return []
    const rule = ruleFor(action.to)
    return rule === null ? [] : [places[rule]!]
  }
  const circles: Circle[] = []
  const done = new Set<Place>()
  const open: Place[] = []
  const visit = (place: Place): void => {
    if (done.has(place)) return
    const at = open.indexOf(place)
    if (at >= 0) {
      circles.push({ path: place.path, round: [...open.slice(at), place].map(({ said }) => said) })
      return
    }
    open.push(place)
    for (const action of actionsOf(place)) for (const next of nextOf(action)) visit(next)
    open.pop()
    done.add(place)
  }
  for (const [i, place] of places.entries()) if (isFree(plan.rules[i]!)) visit(place)
  for (const place of groups.values()) visit(place)
  return circles
}

function* actionsOf({ action, next }: Place): Iterable<PlanAction> {
  if (action !== null) yield action
  for (let one = next; one !== undefined; one = one.next) yield one.action
}

/** Which rule a number comes to whoever dials it, in every domain; null: none, or it depends. */
function firstRules({ rules }: Plan): (number: string) => number | null {
  const read = rules.map((rule) => readPattern(rule.regex === undefined ? rule.match : '!'))
  const numbers = read.flatMap((one, i) => (one.kind === 'pattern' ? [i] : []))
  const index = new RuleIndex(
    read.flatMap((one) =>
      one.kind === 'pattern' ? [{ rule: { domain: null }, pattern: one.pattern, from: null }] : [],
    ),
  )
  return (number) => {
    const asked = { caller: null, domain: '', dialled: number, normal: () => null, applies: () => true }
    const first = index.first(asked).first
    if (first < 0) return null
    const rule = numbers[first]!
    const pattern = read[rule]!
    const isSure = isFree(rules[rule]!) && rules[rule]!.domain === null && pattern.kind === 'pattern'
    return isSure && match(pattern.pattern, number) !== null ? rule : null
  }
}

/** Numbers that lead to numbers are followed so far. */
const LED_MAX = 8
const ruleOf = new WeakMap<Plan, (number: string) => number | null>()

/**
 * Where a number leads whoever dials it, as far as the rules and numbers of this document alone are sure of it: a user, or a number that they say nothing of;
 * null: to no user, but to a group, a trunk or nowhere.
 */
export function ledTo(plan: Plan, dialled: string): string | null {
  const ruleFor = ruleOf.get(plan) ?? firstRules(plan)
  ruleOf.set(plan, ruleFor)
  let number = dialled
  for (let i = 0; i < LED_MAX; i++) {
    const rule = ruleFor(number)
    const action = rule === null ? plan.numbers?.find((one) => one.number === number)?.action : plan.rules[rule]!.action
    if (action === undefined) return number
    if (action.kind === 'user') return action.aor
    if ((action.kind !== 'forward' && action.kind !== 'rewrite') || action.to.includes('$')) return null
    number = action.to
    if (number.includes('@')) return number
  }
  return null
}
