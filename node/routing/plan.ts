/** Plan document → plan, or everything that is wrong with it. A plan that comes out of here cannot make routing fail. */
import type { Aor, Plan, PlanAction, PlanEmergency, PlanRule, PlanUser } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { closest } from '../closest.ts'
import { type Damage, type Holed, UNDAMAGED } from '../damage.ts'
import { FAULTS_MAX, type Fault, inOrder, type Path, type Place, readYaml, sayPath } from '../yaml.ts'
import { highestReference, readPattern, takesAll } from './pattern.ts'
import { type Document, document, type HuntDocument, type RuleDocument } from './shape.ts'
import { RING_SECONDS } from './ways.ts'

export type PlanRead =
  /** `warnings`: what is allowed and may not be meant. */
  | { readonly kind: 'ok'; readonly plan: Plan; readonly warnings: readonly Fault[] }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }

export { RING_SECONDS }

const HUNT_SECONDS = 20

/** Reads a plan document (YAML, at most 1 MiB). What is wrong with its shape and with its meaning is told together. */
export function readPlan(text: string): PlanRead {
  const read = readYaml(text, document, { scalars: 'text' })
  if (read.kind === 'faults' && read.sound === undefined) return read

  const found: Found[] = []
  const complain: Complain = (path, message) => void found.push({ path, message })
  if (read.kind === 'ok') {
    const plan = toPlan(read.value, UNDAMAGED, complain)
    if (found.length === 0) return { kind: 'ok', plan, warnings: [] }
    return { kind: 'faults', faults: inOrder(placed(found, read.lineOf)) }
  }
  const { value, damage, lineOf } = read.sound!
  // The schema has made a hole wherever the value is not what this type says.
  if (value !== undefined) toPlan(value as Holed<Document>, damage, complain)
  return { kind: 'faults', faults: inOrder([...read.faults, ...placed(found, lineOf)]) }
}

interface Found {
  readonly path: Path
  readonly message: string
}

type Complain = (path: Path, message: string) => void

/** Placing a fault walks the document: only as many as will be told. */
function placed(found: readonly Found[], lineOf: (path: Path) => Place): Fault[] {
  return found.slice(0, FAULTS_MAX + 1).map(({ path, message }) => ({ ...lineOf(path), path: sayPath(path), message }))
}

/**
 * The plan, which is only good when nothing was complained of. Where the shape is damaged nothing is concluded: a fault
 * of meaning that is only there because of a fault of shape is not told.
 */
function toPlan(raw: Holed<Document>, damage: Damage, complain: Complain): Plan {
  const domains = (raw.domains ?? []).map((domain) => domain?.toLowerCase() ?? '')
  for (const [i, domain] of domains.entries()) {
    if (damage.at(['domains', i])) continue
    if (!isDomain(domain)) complain(['domains', i], 'is not a domain name or an IPv4 address')
    else if (domains.indexOf(domain) < i) complain(['domains', i], 'is listed above already')
  }
  const names = namesIn(domains, !damage.at(['domains']), complain)
  const rules = (raw.rules ?? []).map((rule, i) => toRule(rule ?? {}, ['rules', i], names, damage, complain))
  checkOrder(rules, damage, complain)
  return {
    domains,
    users: toUsers(raw.users ?? {}, names, complain),
    rules,
    emergency: raw.emergency === undefined ? null : toEmergency(raw.emergency, names, damage, complain),
  }
}

function toUsers(raw: NonNullable<Holed<Document>['users']>, names: Names, complain: Complain): PlanUser[] {
  const owners = new Map<string, string>()
  const seen = new Set<string>()
  return Object.entries(raw).map(([key, user]) => {
    const { name, numbers = [] } = user ?? {}
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
    return { aor, name: name ?? aor.slice(0, aor.lastIndexOf('@')), numbers: numbers.map((number) => number ?? '') }
  })
}

function toRule(raw: Holed<RuleDocument>, path: Path, names: Names, damage: Damage, complain: Complain): PlanRule {
  const { name = '', match = '' } = raw
  const domain = raw.domain?.toLowerCase() ?? null
  if (domain !== null) names.domain(domain, [...path, 'domain'])
  const from = (raw.from ?? []).map((caller, i) =>
    caller === undefined ? '' : names.whole(caller, [...path, 'from', i]),
  )
  const action = toAction(raw, path, names, damage, complain)
  const rule = { name, match, from, domain, action }
  if (raw.match === undefined) return rule

  const pattern = readPattern(match)
  if (pattern.kind === 'invalid') complain([...path, 'match'], pattern.why)
  if (pattern.kind === 'pattern' && raw.rewrite !== undefined && action.kind === 'rewrite') {
    const wanted = highestReference(action.to)
    const has = pattern.pattern.captures
    if (wanted > has) complain([...path, 'rewrite'], `$${wanted} has no capture: ${match} has ${has}`)
    const forever = takesAll(pattern.pattern) && domain === null && from.length === 0
    if (forever && whomIsSound(path, damage)) {
      complain([...path, 'rewrite'], 'rewrites every number, also what it has rewritten; narrow the match')
    }
  }
  return rule
}

/** Whether a rule that names no domain and no callers was meant so. */
function whomIsSound(path: Path, damage: Damage): boolean {
  return !damage.at([...path, 'from']) && !damage.at([...path, 'domain']) && !damage.unknownIn(path)
}

type ActionDocument = Holed<Pick<RuleDocument, 'user' | 'seconds' | 'hunt' | 'rewrite' | 'reject'>>

function toAction(raw: ActionDocument, path: Path, names: Names, damage: Damage, complain: Complain): PlanAction {
  // What is given with a wrong shape is given all the same, and an unknown key may be any of them.
  const given = (['user', 'hunt', 'rewrite', 'reject'] as const).filter((key) => Object.hasOwn(raw, key))
  const all = !damage.unknownIn(path)
  const nothing = given.length === 0 && all && (Object.keys(raw).length > 0 || !damage.at(path))
  if (nothing) complain(path, 'says nothing to do: give it one of user, hunt, rewrite, reject')
  if (given.length > 1) complain([...path, given[1]!], `only one thing can be done, and ${given[0]} is given already`)
  if (Object.hasOwn(raw, 'seconds') && !given.includes('user') && all) {
    complain([...path, 'seconds'], 'stands beside user; a hunt has seconds of its own')
  }
  if (raw.hunt !== undefined) return toHunt(raw.hunt, [...path, 'hunt'], names)
  if (raw.rewrite !== undefined) return { kind: 'rewrite', to: raw.rewrite }
  if (raw.reject !== undefined) {
    const { status, reason = 'Refused by the plan' } = raw.reject
    return { kind: 'reject', status: Number(status), reason }
  }
  const aor = raw.user === undefined ? '' : names.aor(raw.user, [...path, 'user'])
  return { kind: 'user', aor, seconds: Number(raw.seconds ?? RING_SECONDS) }
}

function toHunt(raw: Holed<HuntDocument>, path: Path, names: Names): PlanAction {
  const aors = (raw.users ?? []).map((user, i) => (user === undefined ? '' : names.aor(user, [...path, 'users', i])))
  return { kind: 'hunt', order: raw.order ?? 'serial', aors, seconds: Number(raw.seconds ?? HUNT_SECONDS) }
}

type EmergencyDocument = Holed<NonNullable<Document['emergency']>>

function toEmergency(raw: EmergencyDocument, names: Names, damage: Damage, complain: Complain): PlanEmergency {
  const numbers = (raw.numbers ?? []).map((number) => number ?? '')
  return { numbers, action: toAction(raw, ['emergency'], names, damage, complain) }
}

/** A rule that an earlier one leaves nothing to match is a mistake of order. */
function checkOrder(rules: readonly PlanRule[], damage: Damage, complain: Complain): void {
  const open = new Map<string, string>()
  const called = new Set<string>()
  let takesEverything: string | null = null
  for (const [i, rule] of rules.entries()) {
    const at = ['rules', i]
    const path = [...at, 'match']
    if (!damage.at([...at, 'name'])) {
      if (called.has(rule.name)) complain([...at, 'name'], 'is the name of a rule above already')
      called.add(rule.name)
    }
    if (damage.at(path)) continue
    const same = open.get(`${rule.match}@`) ?? open.get(`${rule.match}@${rule.domain ?? ''}`)
    if (takesEverything !== null) complain(path, `is never reached: rule ${takesEverything} above takes every call`)
    else if (same !== undefined) complain(path, `is never reached: rule ${same} above has the same match`)

    if (rule.from.length > 0 || !whomIsSound(at, damage)) continue
    if (same === undefined) open.set(`${rule.match}@${rule.domain ?? ''}`, rule.name)
    if (rule.domain === null && (rule.match === '.' || rule.match === '!')) takesEverything ??= rule.name
  }
}

interface Names {
  /** Complains of a domain that the plan does not serve. */
  domain(domain: string, path: Path): void
  /** The AoR in its normal form. A bare name gets the only domain; among several it stays bare and means the domain dialled. */
  aor(text: string, path: Path): Aor
  /** The same where it must have a domain. */
  whole(text: string, path: Path): Aor
}

/** `complete`: whether these are all the domains; if not, one that is missing here may well be served. */
function namesIn(domains: readonly string[], complete: boolean, complain: Complain): Names {
  const served = new Set(domains)
  const domain: Names['domain'] = (name, path) => {
    if (served.has(name) || !complete) return
    const meant = closest(name, domains)
    const hint = meant === null ? 'list it under domains' : `did you mean ${meant}?`
    complain(path, `${clean(name)} is not a domain of this plan; ${hint}`)
  }
  const aor: Names['aor'] = (text, path) => {
    const bare = text.replace(/^sips?:/i, '')
    const at = bare.lastIndexOf('@')
    const user = at < 0 ? bare : bare.slice(0, at)
    if (!USER.test(user)) complain(path, 'the user part is 1 to 64 letters, digits and + * # . _ ~ -')
    if (at < 0) return complete && domains.length === 1 ? `${user}@${domains[0]}` : user
    const host = bare.slice(at + 1).toLowerCase()
    domain(host, path)
    return `${user}@${host}`
  }
  const whole: Names['whole'] = (text, path) => {
    const name = aor(text, path)
    if (!name.includes('@') && complete) complain(path, 'must be user@domain')
    return name
  }
  return { domain, aor, whole }
}

const USER = /^[A-Za-z0-9+*#._~-]{1,64}$/

function isDomain(text: string): boolean {
  return text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
}
