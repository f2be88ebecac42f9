/** The documents of the plan, compiled and joined: what decisions read. Made once for a version, kept by each call that began with it. */
import type {
  Plan,
  PlanAction,
  PlanGroup,
  PlanHolidays,
  PlanNumber,
  PlanRow,
  PlanRule,
  PlanTest,
  PlanTimes,
  PlanTrunkGroup,
  PlanUser,
  ServiceName,
} from '../../cluster/tables/plan-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { type Regex, readRegex } from '../../proto/regex.ts'
import { type CallingClass, callingClass } from './calling-class.ts'
import { normalForm, withCallingCode } from './number.ts'
import { type Pattern, readPattern } from './pattern.ts'
import { RuleIndex } from './rule-index.ts'

export interface Linked {
  /** Of all documents together. */
  readonly version: number
  /** One for each document that is not shared, by name, `main` first. */
  readonly scopes: readonly Scope[]
  readonly byDomain: ReadonlyMap<string, Scope>
  /** Numbers that carriers send here, in their normal form where they have one, and the domain that each is of. */
  readonly byNumber: ReadonlyMap<string, { readonly scope: Scope; readonly domain: string }>
  /** Where calls are decided that name none of the domains; null: there is none. */
  readonly fallback: Scope | null
  /** Of all scopes: in which numbers may be written that carriers send. */
  readonly countries: readonly string[]
}

/** A document with what it borrows from the shared ones: its own comes first. */
export interface Scope {
  readonly document: string
  /** Whose document it is; undefined: no tenant's. */
  readonly tenant: string | undefined
  readonly domains: readonly string[]
  readonly country: string | undefined
  readonly zone: string
  /** The calling class of who has none. */
  readonly class: string | undefined
  /** Numbers of the document, as written and in normal form. */
  readonly numbers: ReadonlyMap<string, PlanNumber>
  /** `number@domain` → whose it is. */
  readonly directory: ReadonlyMap<string, Aor>
  readonly users: ReadonlyMap<Aor, PlanUser>
  readonly rules: readonly LinkedRule[]
  readonly index: RuleIndex
  readonly services: readonly { readonly pattern: Pattern; readonly service: ServiceName }[]
  readonly groups: ReadonlyMap<string, PlanGroup>
  readonly trunkGroups: ReadonlyMap<string, PlanTrunkGroup>
  readonly times: ReadonlyMap<string, PlanTimes>
  readonly holidays: ReadonlyMap<string, PlanHolidays>
  readonly classes: ReadonlyMap<string, CallingClass>
  readonly tests: readonly PlanTest[]
  readonly emergency: Emergency | null
}

export interface Emergency {
  /** However it is written → as it stands in the plan. */
  readonly numbers: ReadonlyMap<string, string>
  /** What is dialled for who names no number. */
  readonly any: string
  readonly action: PlanAction
}

export interface LinkedRule {
  readonly rule: PlanRule
  readonly pattern: Pattern
  readonly regex: Regex | null
  readonly from: ReadonlySet<Aor> | null
  readonly caller: Pattern | null
  /** Whether it may lead out of the house: then it is not for calls that come from outside, unless it says by which trunk. */
  readonly leadsOut: boolean
  readonly isConditional: boolean
}

/** The document that names no tenant and is not shared. */
export const MAIN = 'main'

/** `version`: what decisions are said to be by. */
export function link(rows: Iterable<PlanRow>, version: number): Linked {
  const documents = [...rows]
    .map(({ document = MAIN, plan }) => ({ document, plan }))
    .sort((a, b) => (a.document === MAIN || (b.document !== MAIN && a.document < b.document) ? -1 : 1))
  const shared = new Map(documents.flatMap(({ plan }) => (plan.shared === undefined ? [] : [[plan.shared, plan]])))
  const scopes = documents
    .filter(({ plan }) => plan.shared === undefined)
    .map(({ document, plan }) => {
      const borrowed = (plan.use ?? []).flatMap((name) => shared.get(name) ?? [])
      return scopeOf(document, plan, borrowed)
    })
  return { version, ...joined(scopes) }
}

/** Of what two scopes claim, the first has it. */
function joined(scopes: readonly Scope[]): Omit<Linked, 'version'> {
  const byDomain = new Map<string, Scope>()
  const byNumber = new Map<string, { scope: Scope; domain: string }>()
  for (const scope of scopes) {
    for (const domain of scope.domains) if (!byDomain.has(domain)) byDomain.set(domain, scope)
    const [first = ''] = scope.domains
    for (const number of scope.numbers.keys()) if (!byNumber.has(number)) byNumber.set(number, { scope, domain: first })
    for (const key of scope.directory.keys()) {
      const at = key.lastIndexOf('@')
      const number = key.slice(0, at)
      if (number.startsWith('+') && !byNumber.has(number)) byNumber.set(number, { scope, domain: key.slice(at + 1) })
    }
  }
  const fallback = scopes.find(({ document }) => document === MAIN) ?? (scopes.length === 1 ? scopes[0]! : null)
  const countries = [...new Set(scopes.flatMap(({ country }) => country ?? []))].sort()
  return { scopes, byDomain, byNumber, fallback, countries }
}

interface Kept {
  readonly document: string
  readonly borrowed: readonly Plan[]
  readonly scope: Scope
}

/** A commit changes one document: the others stay as they are compiled, and are forgotten with the row they came in. */
const compiled = new WeakMap<Plan, Kept>()

function scopeOf(document: string, plan: Plan, borrowed: readonly Plan[]): Scope {
  const known = compiled.get(plan)
  const isSame =
    known?.document === document &&
    known.borrowed.length === borrowed.length &&
    known.borrowed.every((one, i) => one === borrowed[i])
  if (isSame) return known.scope
  const scope = compile(document, plan, borrowed)
  compiled.set(plan, { document, borrowed, scope })
  return scope
}

function compile(document: string, plan: Plan, borrowed: readonly Plan[]): Scope {
  const all = [plan, ...borrowed]
  const { country } = plan
  const rules = all.flatMap((one) => one.rules.flatMap(linkedRule))
  const emergency = all.find((one) => one.emergency !== null)?.emergency ?? null
  return {
    document,
    tenant: plan.tenant,
    domains: plan.domains,
    country,
    zone: plan.zone ?? 'UTC',
    class: plan.class,
    numbers: withNormalForms(
      (plan.numbers ?? []).map((number) => [number.number, number]),
      country,
    ),
    directory: directoryOf(plan, country),
    users: new Map(plan.users.map((user) => [user.aor, user])),
    rules,
    index: new RuleIndex(rules),
    services: all.flatMap(({ services = [] }) =>
      services.flatMap(({ code, service }) => {
        const read = readPattern(code)
        return read.kind === 'pattern' ? [{ pattern: read.pattern, service }] : []
      }),
    ),
    groups: named(all, ({ groups }) => groups),
    trunkGroups: named(all, ({ trunkGroups }) => trunkGroups),
    times: named(all, ({ times }) => times),
    holidays: named(all, ({ holidays }) => holidays),
    classes: named(all, ({ classes }) => classes?.map(callingClass)),
    tests: plan.tests ?? [],
    emergency: emergency && {
      numbers: helpNumbers(emergency.numbers, country),
      any: emergency.numbers[0] ?? '',
      action: emergency.action,
    },
  }
}

/** What stands first has the name. */
function named<T extends { readonly name: string }>(
  plans: readonly Plan[],
  listOf: (plan: Plan) => readonly T[] | undefined,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const plan of plans) for (const one of listOf(plan) ?? []) if (!found.has(one.name)) found.set(one.name, one)
  return found
}

/** Another version of this software may have let a pattern through that this one does not read: it matches nothing. */
function linkedRule(rule: PlanRule): LinkedRule[] {
  const regex = rule.regex === undefined ? null : readRegex(rule.regex)
  const read = regex === null ? readPattern(rule.match) : regex
  const calling = rule.caller === undefined ? null : readPattern(rule.caller)
  if (read.kind === 'invalid' || calling?.kind === 'invalid') return []
  const pattern = read.kind === 'pattern' ? read.pattern : beginningWith(read.regex)
  const from = rule.from.length === 0 ? null : new Set(rule.from)
  const leadsOut = isOutward(rule.action) && rule.byTrunk === undefined
  const isConditional =
    leadsOut || calling !== null || regex !== null || (rule.byTrunk ?? rule.when ?? rule.unless) !== undefined
  return [
    {
      rule,
      pattern,
      regex: read.kind === 'regex' ? read.regex : null,
      from,
      caller: calling === null ? null : calling.pattern,
      leadsOut,
      isConditional,
    },
  ]
}

/** A trunk, or a number that who dials chooses. */
export function isOutward(action: PlanAction): boolean {
  return action.kind === 'trunk' || (action.kind === 'forward' && action.to.includes('$'))
}

function beginningWith({ text, prefix }: Regex): Pattern {
  const symbols = [...prefix].map((accepts) => ({ accepts, capture: -1 }))
  return { text, symbols, tail: 'any', captures: 0 }
}

function directoryOf({ users }: Plan, country: string | undefined): ReadonlyMap<string, Aor> {
  const written: (readonly [string, Aor])[] = []
  const normal: (readonly [string, Aor])[] = []
  for (const { aor, numbers } of users) {
    const domain = aor.slice(aor.lastIndexOf('@') + 1)
    for (const number of numbers) {
      written.push([`${number}@${domain}`, aor])
      const form = normalForm(number, country)
      if (form !== null && form !== number) normal.push([`${form}@${domain}`, aor])
    }
  }
  // What is written is meant before what it also means.
  return new Map([...normal, ...written])
}

function withNormalForms<T>(
  entries: readonly (readonly [string, T])[],
  country: string | undefined,
): ReadonlyMap<string, T> {
  const normal = entries.flatMap(([number, value]) => {
    const form = normalForm(number, country)
    return form === null ? [] : [[form, value] as const]
  })
  return new Map([...normal, ...entries])
}

/** Also as a phone writes it that normalises what it sends. */
function helpNumbers(numbers: readonly string[], country: string | undefined): ReadonlyMap<string, string> {
  const normal = numbers.flatMap((number) => {
    const forms = [normalForm(number, country), number.startsWith('+') ? null : withCallingCode(number, country)]
    return forms.flatMap((form) => (form === null ? [] : [[form, number] as const]))
  })
  return new Map([...normal, ...numbers.map((number) => [number, number] as const)])
}

/** Before the first plan: users are called by their names. */
export const NO_PLAN: Scope = compile(MAIN, { domains: [], users: [], rules: [], emergency: null }, [])
