/** Plan document → plan, or everything that is wrong with it. A plan that comes out of here cannot make routing fail. */
import type { Aor, Plan, PlanAction, PlanEmergency, PlanRule, PlanUser } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { closest } from '../closest.ts'
import { FAULTS_MAX, type Fault, inOrder, type Path, readYaml, sayPath } from '../yaml.ts'
import { highestReference, readPattern, takesAll } from './pattern.ts'
import { type Document, document, type HuntDocument, type RuleDocument } from './shape.ts'

export type PlanRead =
  | { readonly kind: 'ok'; readonly plan: Plan }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }

/** How long a phone rings where the plan does not say, in seconds. */
export const RING_SECONDS = 60
const HUNT_SECONDS = 20

/** Reads a plan document (YAML, at most 1 MiB). */
export function readPlan(text: string): PlanRead {
  const read = readYaml(text, document, { scalars: 'text' })
  if (read.kind === 'faults') return read

  const found: Found[] = []
  const plan = toPlan(read.value, (path, message) => found.push({ path, message }))
  if (found.length === 0) return { kind: 'ok', plan }
  const told = found.slice(0, FAULTS_MAX + 1)
  return {
    kind: 'faults',
    faults: inOrder(told.map(({ path, message }) => ({ ...read.lineOf(path), path: sayPath(path), message }))),
  }
}

interface Found {
  readonly path: Path
  readonly message: string
}

type Complain = (path: Path, message: string) => void

function toPlan(raw: Document, complain: Complain): Plan {
  const domains = raw.domains.map((domain) => domain.toLowerCase())
  for (const [i, domain] of domains.entries()) {
    if (!isDomain(domain)) complain(['domains', i], 'is not a domain name or an IPv4 address')
    else if (domains.indexOf(domain) < i) complain(['domains', i], 'is listed above already')
  }
  const names = namesIn(domains)
  const rules = raw.rules.map((rule, i) => toRule(rule, ['rules', i], names, complain))
  checkOrder(rules, complain)
  return {
    domains,
    users: toUsers(raw, names, complain),
    rules,
    emergency: raw.emergency === undefined ? null : toEmergency(raw.emergency, names, complain),
  }
}

function toUsers(raw: Document, names: Names, complain: Complain): PlanUser[] {
  const owners = new Map<string, string>()
  const seen = new Set<string>()
  return Object.entries(raw.users).map(([key, { name, numbers = [] }]) => {
    const path = ['users', key]
    const aor = names.aor(key, path, complain)
    if (!aor.includes('@')) complain(path, 'must be user@domain')
    if (seen.has(aor)) complain(path, 'is the same user as one above')
    seen.add(aor)
    for (const [i, number] of numbers.entries()) {
      const dialled = `${number}@${aor.slice(aor.lastIndexOf('@') + 1)}`
      const owner = owners.get(dialled)
      if (owner !== undefined) complain([...path, 'numbers', i], `${number} is given to ${clean(owner)} already`)
      owners.set(dialled, aor)
    }
    return { aor, name: name ?? aor.slice(0, aor.lastIndexOf('@')), numbers }
  })
}

function toRule(raw: RuleDocument, path: Path, names: Names, complain: Complain): PlanRule {
  const domain = raw.domain?.toLowerCase() ?? null
  if (domain !== null) names.domain(domain, [...path, 'domain'], complain)
  const pattern = readPattern(raw.match)
  if (pattern.kind === 'invalid') complain([...path, 'match'], pattern.why)
  const from = (raw.from ?? []).map((caller, i) => {
    const aor = names.aor(caller, [...path, 'from', i], complain)
    if (!aor.includes('@')) complain([...path, 'from', i], 'must be user@domain')
    return aor
  })
  const action = toAction(raw, path, names, complain)
  if (action.kind === 'rewrite' && pattern.kind === 'pattern') {
    const wanted = highestReference(action.to)
    const has = pattern.pattern.captures
    if (wanted > has) complain([...path, 'rewrite'], `$${wanted} has no capture: ${raw.match} has ${has}`)
    const forever = takesAll(pattern.pattern) && domain === null && from.length === 0
    if (forever) complain([...path, 'rewrite'], 'rewrites every number, also what it has rewritten; narrow the match')
  }
  return { name: raw.name, match: raw.match, from, domain, action }
}

function toAction(
  raw: Pick<RuleDocument, 'user' | 'seconds' | 'hunt' | 'rewrite' | 'reject'>,
  path: Path,
  names: Names,
  complain: Complain,
): PlanAction {
  const given = (['user', 'hunt', 'rewrite', 'reject'] as const).filter((key) => raw[key] !== undefined)
  if (given.length === 0) complain(path, 'says nothing to do: give it one of user, hunt, rewrite, reject')
  if (given.length > 1) complain([...path, given[1]!], `only one thing can be done, and ${given[0]} is given already`)
  if (raw.seconds !== undefined && raw.user === undefined) {
    complain([...path, 'seconds'], 'stands beside user; a hunt has seconds of its own')
  }
  if (raw.hunt !== undefined) return toHunt(raw.hunt, [...path, 'hunt'], names, complain)
  if (raw.rewrite !== undefined) return { kind: 'rewrite', to: raw.rewrite }
  if (raw.reject !== undefined) {
    return { kind: 'reject', status: raw.reject.status, reason: raw.reject.reason ?? 'Refused by the plan' }
  }
  const aor = raw.user === undefined ? '' : names.aor(raw.user, [...path, 'user'], complain)
  return { kind: 'user', aor, seconds: raw.seconds ?? RING_SECONDS }
}

function toHunt(raw: HuntDocument, path: Path, names: Names, complain: Complain): PlanAction {
  const aors = raw.users.map((user, i) => names.aor(user, [...path, 'users', i], complain))
  return { kind: 'hunt', order: raw.order, aors, seconds: raw.seconds ?? HUNT_SECONDS }
}

function toEmergency(raw: NonNullable<Document['emergency']>, names: Names, complain: Complain): PlanEmergency {
  return { numbers: raw.numbers, action: toAction(raw, ['emergency'], names, complain) }
}

/** A rule that an earlier one leaves nothing to match is a mistake of order. */
function checkOrder(rules: readonly PlanRule[], complain: Complain): void {
  const open = new Map<string, string>()
  const called = new Set<string>()
  let takesEverything: string | null = null
  for (const [i, rule] of rules.entries()) {
    const path = ['rules', i, 'match']
    if (called.has(rule.name)) complain(['rules', i, 'name'], 'is the name of a rule above already')
    called.add(rule.name)
    const same = open.get(`${rule.match}@`) ?? open.get(`${rule.match}@${rule.domain ?? ''}`)
    if (takesEverything !== null) complain(path, `is never reached: rule ${takesEverything} above takes every call`)
    else if (same !== undefined) complain(path, `is never reached: rule ${same} above has the same match`)

    if (rule.from.length > 0) continue
    if (same === undefined) open.set(`${rule.match}@${rule.domain ?? ''}`, rule.name)
    if (rule.domain === null && (rule.match === '.' || rule.match === '!')) takesEverything ??= rule.name
  }
}

interface Names {
  /** Complains of a domain that the plan does not serve. */
  domain(domain: string, path: Path, complain: Complain): void
  /** The AoR in its normal form. A bare name gets the only domain; among several it stays bare and means the domain dialled. */
  aor(text: string, path: Path, complain: Complain): Aor
}

function namesIn(domains: readonly string[]): Names {
  const served = new Set(domains)
  const domain: Names['domain'] = (name, path, complain) => {
    if (served.has(name)) return
    const meant = closest(name, domains)
    const hint = meant === null ? 'list it under domains' : `did you mean ${meant}?`
    complain(path, `${clean(name)} is not a domain of this plan; ${hint}`)
  }
  const aor: Names['aor'] = (text, path, complain) => {
    const bare = text.replace(/^sips?:/i, '')
    const at = bare.lastIndexOf('@')
    const user = at < 0 ? bare : bare.slice(0, at)
    if (!USER.test(user)) complain(path, 'the user part is 1 to 64 letters, digits and + * # . _ ~ -')
    if (at < 0) return domains.length === 1 ? `${user}@${domains[0]}` : user
    const host = bare.slice(at + 1).toLowerCase()
    domain(host, path, complain)
    return `${user}@${host}`
  }
  return { domain, aor }
}

const USER = /^[A-Za-z0-9+*#._~-]{1,64}$/

function isDomain(text: string): boolean {
  return text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
}
