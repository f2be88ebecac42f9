/** Plan document → plan, or everything that is wrong with it. A plan that comes out of here cannot make routing fail. */
import type { Plan, PlanEmergency, PlanRule, PlanUser } from '../../cluster/tables/plan-rows.ts'
import { readRegex } from '../../proto/regex.ts'
import { clean } from '../../proto/text.ts'
import { closest } from '../closest.ts'
import { type Damage, type Holed, UNDAMAGED } from '../damage.ts'
import { FAULTS_MAX, type Fault, inOrder, type Path, type Place, readYaml, sayPath, surplus } from '../yaml.ts'
import { DOES, type Reader, toAction, toThen } from './actions.ts'
import { type Complain, isDomain, namesIn } from './names.ts'
import { isCountry } from './number.ts'
import { checkOrder, isFree, whomIsSound } from './order.ts'
import { readPattern, takesAll } from './pattern.ts'
import { circlesIn, KINDS, namesOf, referencesOf } from './references.ts'
import { toClasses, toGroups, toHolidays, toNumbers, toServices, toTests, toTimes, toTrunkGroups } from './sections.ts'
import { type Document, planDocument, type RuleDocument } from './shape.ts'
import { RING_SECONDS } from './ways.ts'
import { isZone } from './zone.ts'

export { RING_SECONDS }

export type PlanRead =
  /** `warnings`: what is allowed and may not be meant. */
  | { readonly kind: 'ok'; readonly plan: Plan; readonly warnings: readonly Fault[] }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }

/** All regular expressions of a plan together may have so many states, and so many may begin with anything: each of these is tried for every call. */
const STATES_ALL = 20_000
const BEGINLESS_MAX = 100

/** Reads a plan document (YAML, at most 1 MiB). What is wrong with its shape and with its meaning is told together. */
export function readPlan(text: string): PlanRead {
  const read = readYaml(text, planDocument, { scalars: 'text' })
  if (read.kind === 'faults' && read.sound === undefined) return read

  const found: Found[] = []
  const odd: Found[] = []
  const complain: Complain = (path, message) => void found.push({ path, message })
  const warn: Complain = (path, message) => void odd.push({ path, message })
  if (read.kind === 'ok') {
    const plan = toPlan(read.value, UNDAMAGED, complain, warn)
    if (found.length === 0) return { kind: 'ok', plan, warnings: inOrder(placed(odd, read.lineOf)) }
    return { kind: 'faults', faults: inOrder(placed(found, read.lineOf)) }
  }
  const { value, damage, lineOf } = read.sound!
  // The schema has made a hole wherever the value is not what this type says.
  if (value !== undefined) toPlan(value as Holed<Document>, damage, complain, warn)
  return { kind: 'faults', faults: inOrder([...read.faults, ...placed(found, lineOf)]) }
}

interface Found {
  readonly path: Path
  readonly message: string
}

/** Placing a fault walks the document: only as many as will be told. */
function placed(found: readonly Found[], lineOf: (path: Path) => Place): Fault[] {
  const told = found
    .slice(0, FAULTS_MAX)
    .map(({ path, message }) => ({ ...lineOf(path), path: sayPath(path), message }))
  return [...told, ...surplus(found.length - told.length)]
}

/**
 * The plan, which is only good when nothing was complained of. Where the shape is damaged nothing is concluded: a fault
 * of meaning that is only there because of a fault of shape is not told.
 */
function toPlan(raw: Holed<Document>, damage: Damage, complain: Complain, warn: Complain): Plan {
  const domains = (raw.domains ?? []).map((domain) => domain?.toLowerCase() ?? '')
  for (const [i, domain] of domains.entries()) {
    if (damage.at(['domains', i])) continue
    if (!isDomain(domain)) complain(['domains', i], 'is not a domain name or an IPv4 address')
    else if (domains.indexOf(domain) < i) complain(['domains', i], 'is listed above already')
  }
  const head = toHead(raw, damage, complain)
  const isShared = raw.shared !== undefined
  if (!isShared && !Object.hasOwn(raw, 'domains') && !damage.at(['shared'])) {
    complain(['domains'], 'must be a list of domains')
  }
  // A shared plan is for domains that it does not know.
  const complete = !isShared && raw.domains !== undefined && !damage.at(['domains'])
  const names = namesIn(domains, complete, complain)
  const reader: Reader = { names, damage, complain }
  const users = toUsers(raw.users ?? {}, reader)
  const rules = (raw.rules ?? []).map((rule, i) => toRule(rule ?? {}, ['rules', i], reader))
  checkExpressions(rules, complain)
  const matchOf = (i: number): Path => ['rules', i, raw.rules?.[i]?.prefix === undefined ? 'match' : 'prefix']
  checkOrder(rules, matchOf, damage, complain, warn)
  const { country, zone } = head
  const plan: Plan = {
    domains,
    users,
    rules,
    emergency: raw.emergency === undefined ? null : toEmergency(raw.emergency, reader),
    ...head,
    ...(raw.numbers && { numbers: toNumbers(raw.numbers, reader, country, users, warn) }),
    ...(raw.groups && { groups: toGroups(raw.groups, reader) }),
    ...(raw.trunk_groups && { trunkGroups: toTrunkGroups(raw.trunk_groups) }),
    ...(raw.times && { times: toTimes(raw.times, reader) }),
    ...(raw.holidays && { holidays: toHolidays(raw.holidays, reader) }),
    ...(raw.classes && { classes: toClasses(raw.classes, reader) }),
    ...(raw.services && { services: toServices(raw.services, reader) }),
    ...(raw.tests && { tests: toTests(raw.tests, reader, zone ?? 'UTC') }),
  }
  checkNames(plan, damage, complain)
  for (const { path, round } of circlesIn(plan)) {
    if (!damage.at(path))
      complain(
        path,
        `goes round in a circle: ${round
          .slice(0, 8)
          .map((one) => clean(one))
          .join(', then ')}`,
      )
  }
  return plan
}

/** Whose document it is, and what holds for all of it. */
function toHead(raw: Holed<Document>, damage: Damage, complain: Complain) {
  const { tenant, shared, zone, class: callingClass } = raw
  const country = raw.country?.toUpperCase()
  const use = raw.use?.map((name) => name ?? '')
  for (const key of ['tenant', 'shared'] as const) {
    if (raw[key] === 'main') complain([key], 'main is the plan that names no tenant; leave it out')
  }
  if (shared !== undefined) {
    if (tenant !== undefined) complain(['shared'], 'a plan is of a tenant or shared; keep one of the two')
    for (const key of ['domains', 'use', 'numbers', 'tests'] as const) {
      if (Object.hasOwn(raw, key))
        complain([key], 'does not stand in a shared plan; put it into those that use this one')
    }
    if (Object.keys(raw.users ?? {}).length > 0) complain(['users'], 'do not stand in a shared plan')
  }
  if (country !== undefined && !damage.at(['country']) && !isCountry(country)) {
    complain(['country'], 'is not a country that numbers are known of; write two letters, as DE')
  }
  if (zone !== undefined && !isZone(zone)) complain(['zone'], 'is not a time zone; write one like Europe/Berlin')
  return {
    ...(tenant !== undefined && { tenant }),
    ...(shared !== undefined && { shared }),
    ...(use !== undefined && { use }),
    ...(country !== undefined && { country }),
    ...(zone !== undefined && { zone }),
    ...(callingClass !== undefined && { class: callingClass }),
  }
}

function toUsers(raw: NonNullable<Holed<Document>['users']>, { names, complain }: Reader): PlanUser[] {
  const owners = new Map<string, string>()
  const seen = new Set<string>()
  return Object.entries(raw).map(([key, user]) => {
    const { name, numbers = [], class: callingClass, caller_id: callerId } = user ?? {}
    const path = ['users', key]
    const aor = names.whole(key, path)
    if (seen.has(aor)) complain(path, 'is the same user as one above')
    seen.add(aor)
    for (const [i, number] of numbers.entries()) {
      if (number === undefined) continue
      const dialled = `${number}@${aor.slice(aor.lastIndexOf('@') + 1)}`
      const owner = owners.get(dialled)
      if (owner !== undefined) complain([...path, 'numbers', i], `${number} is given to ${clean(owner)} already`)
      owners.set(dialled, aor)
    }
    return {
      aor,
      name: name ?? aor.slice(0, aor.lastIndexOf('@')),
      numbers: numbers.map((number) => number ?? ''),
      ...(callingClass !== undefined && { class: callingClass }),
      ...(callerId !== undefined && { callerId }),
    }
  })
}

const MATCHES = ['match', 'prefix', 'regex'] as const

function toRule(raw: Holed<RuleDocument>, path: Path, reader: Reader): PlanRule {
  const { names, damage, complain } = reader
  const { name = '', regex, caller, when, unless, caller_id: callerId, rewrite_caller: rewriteCaller } = raw
  const domain = raw.domain?.toLowerCase() ?? null
  if (domain !== null) names.domain(domain, [...path, 'domain'])
  const from = (raw.from ?? []).map((one, i) => (one === undefined ? '' : names.whole(one, [...path, 'from', i])))
  const given = MATCHES.filter((key) => Object.hasOwn(raw, key))
  if (given.length === 0 && !damage.unknownIn(path) && !damage.at(path)) {
    complain(path, 'says not which calls it is for: give it a match, a prefix or a regex; match: "!" takes all')
  }
  if (given.length > 1) complain([...path, given[1]!], `${given[0]} says already what was dialled; keep one`)
  const match = raw.match ?? (raw.prefix === undefined ? '' : `${raw.prefix}!`)
  const captures = capturesOf(raw, match, path, complain)
  const action = toAction(raw, path, reader, DOES.rule, captures)
  const calling = caller === undefined ? null : readPattern(caller)
  if (calling?.kind === 'invalid') complain([...path, 'caller'], calling.why)
  const called = calling?.kind === 'pattern' ? calling.pattern.captures : 0
  if (rewriteCaller !== undefined && !damage.at([...path, 'caller'])) {
    const wanted = highestIn(rewriteCaller)
    if (wanted > called) complain([...path, 'rewrite_caller'], `$${wanted} has no capture: caller has ${called}`)
  }
  const rule: PlanRule = {
    name,
    match,
    from,
    domain,
    action,
    ...(regex !== undefined && { regex }),
    ...(caller !== undefined && { caller }),
    ...(raw.by_trunk && { byTrunk: raw.by_trunk.map((trunk) => trunk ?? '') }),
    ...(when && { when: when.map((time) => time ?? '') }),
    ...(unless && { unless: unless.map((time) => time ?? '') }),
    ...(callerId !== undefined && { callerId }),
    ...(rewriteCaller !== undefined && { rewriteCaller }),
    ...(raw.privacy === 'true' && { privacy: true as const }),
    ...toThen(raw.then, path, reader),
  }
  if (raw.then !== undefined && ['rewrite', 'reject', 'service'].includes(action.kind)) {
    complain([...path, 'then'], `nothing follows a ${action.kind}`)
  }
  const pattern = given[0] === 'match' && raw.match !== undefined ? readPattern(match) : null
  const forever = pattern?.kind === 'pattern' && takesAll(pattern.pattern) && domain === null && isFree(rule)
  if (forever && action.kind === 'rewrite' && whomIsSound(path, damage)) {
    complain([...path, 'rewrite'], 'rewrites every number, also what it has rewritten; narrow the match')
  }
  return rule
}

/** How many `$n` its match gives; -1: nobody knows, since it is damaged. */
function capturesOf(raw: Holed<RuleDocument>, match: string, path: Path, complain: Complain): number {
  if (raw.regex !== undefined) {
    const read = readRegex(raw.regex)
    if (read.kind === 'invalid') complain([...path, 'regex'], read.why)
    return read.kind === 'regex' ? read.regex.captures : -1
  }
  if (raw.match === undefined && raw.prefix === undefined) return -1
  const read = readPattern(match)
  if (read.kind === 'invalid') complain([...path, raw.prefix === undefined ? 'match' : 'prefix'], read.why)
  return read.kind === 'pattern' ? read.pattern.captures : -1
}

function highestIn(template: string): number {
  return Math.max(0, ...[...template.matchAll(/\$(\d)/g)].map((m) => Number(m[1])))
}

/** However many there are, a call does not wait for them. */
function checkExpressions(rules: readonly PlanRule[], complain: Complain): void {
  let states = 0
  let beginless = 0
  for (const [i, { regex }] of rules.entries()) {
    const read = regex === undefined ? null : readRegex(regex)
    if (read?.kind !== 'regex') continue
    const path = ['rules', i, 'regex']
    states += read.regex.program.length
    if (read.regex.prefix === '') beginless++
    if (states > STATES_ALL) complain(path, 'the regular expressions are too many; write patterns where they do')
    if (states > STATES_ALL) return
    if (read.regex.prefix === '' && beginless > BEGINLESS_MAX) {
      complain(path, `at most ${BEGINLESS_MAX} regular expressions may begin with anything; let it begin with a digit`)
    }
  }
}

type EmergencyDocument = Holed<NonNullable<Document['emergency']>>

function toEmergency(raw: EmergencyDocument, reader: Reader): PlanEmergency {
  const numbers = (raw.numbers ?? []).map((number) => number ?? '')
  return { numbers, action: toAction(raw, ['emergency'], reader, DOES.emergency) }
}

/** What is meant by name must be there, unless a shared plan may have it: `together.ts` says that of all documents. */
function checkNames(plan: Plan, damage: Damage, complain: Complain): void {
  if (plan.use !== undefined || plan.shared !== undefined || damage.at(['use'])) return
  const names = namesOf(plan)
  const sections = { group: ['groups'], trunk: [], time: ['times', 'holidays'], class: ['classes'] } as const
  for (const { kind, name, path } of referencesOf(plan)) {
    // What is no trunk group is a trunk, which the plan does not know.
    if (kind === 'trunk' || names[kind].includes(name) || damage.at(path)) continue
    if (sections[kind].some((section) => damage.at([section])) || damage.unknownIn([])) continue
    const meant = closest(name, names[kind])
    const hint = meant === null ? `write it under ${sections[kind].join(' or ')}` : `did you mean ${meant}?`
    complain(path, `there is no ${KINDS[kind]} ${clean(name)}; ${hint}`)
  }
}
