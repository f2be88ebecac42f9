/** One call against the plan: where it rings, or how it is refused, and why. Total: it never throws and never waits. */
import type { ServiceName } from '../../cluster/tables/plan-rows.ts'
import { run as runRegex } from '../../proto/regex.ts'
import type { CallRequest, Decision } from './decision.ts'
import type { Facts } from './facts.ts'
import { type Linked, type LinkedRule, NO_PLAN, type Scope } from './link.ts'
import { normalForm } from './number.ts'
import { DIALLED_MAX, fill, match } from './pattern.ts'
import { looksAfter } from './shown.ts'
import { stepsOf, type Way } from './steps.ts'
import { areNow, isHoliday } from './times.ts'
import { newTrace, sayTrace, type Trace } from './trace.ts'
import { FORWARDS_MAX, type Followed, type Leg, type Refusal, RING_SECONDS, type Run, userWay, wayOf } from './ways.ts'

export type { Facts, TrunkFact } from './facts.ts'

/** What a phone dials for help that knows no number, with what kind of help; who is not told apart here gets any (RFC 5031 §4.2). */
const SOS = /^urn:service:sos(?:\.|$)/i
const REWRITES_MAX = 8
/** Of the rules before that which decides so many are told, and so many more of those whose number was right. */
const TOLD_MAX = 6
const WAYS_MAX = 64

/**
 * In this order: emergency numbers (nothing can refuse them), star codes, the rules, the numbers of the document, the numbers of the directory, the user names
 * of the domain, 404. A rewritten number begins again at the top.
 */
export function decide(linked: Linked, facts: Facts, request: CallRequest): Decision {
  const trace = newTrace()
  const { dialled } = request
  if (dialled === '' || dialled.length > DIALLED_MAX) {
    trace.add('len', dialled.length, DIALLED_MAX)
    return said(linked, trace, { kind: 'reject', status: 404, reason: 'Not Found', rule: 'none', emergency: false })
  }
  const run: Run = {
    linked,
    facts,
    request,
    trace,
    forwards: FORWARDS_MAX * 2,
    ways: WAYS_MAX,
    refusal: null,
    follow: (leg, number, after) => followForward(run, leg, number, after),
  }
  const meant = meantBy(linked, facts, request)
  const found = follow(run, meant.leg, meant.dialled, null, meant.isServed)
  return said(linked, trace, outcomeOf(run, found))
}

type Outcome = Decision extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'planVersion' | 'ops' | 'trace'>
    : never
  : never

function said(linked: Linked, trace: Trace, outcome: Outcome): Decision {
  const ops = trace.ops()
  let sentences: readonly string[] | null = null
  return {
    ...outcome,
    planVersion: linked.version,
    ops,
    get trace() {
      return (sentences ??= sayTrace(ops))
    },
  }
}

const UNAVAILABLE: Refusal = { status: 480, reason: 'Temporarily Unavailable' }

/** Where following a number through the plan came to. */
interface Found {
  readonly rule: string
  readonly emergency: boolean
  readonly way: Way | null
  readonly refusal: Refusal | null
  readonly service?: { readonly service: ServiceName; readonly argument: string }
}

function outcomeOf(run: Run, { rule, emergency, way, refusal, service }: Found): Outcome {
  if (service !== undefined) return { kind: 'service', ...service, rule, emergency }
  if (way !== null) {
    const { steps, shown } = stepsOf(way)
    return { kind: 'ring', steps, ...(shown && { shown }), rule, emergency }
  }
  const { status, reason, cause } = refusal ?? run.refusal ?? UNAVAILABLE
  return { kind: 'reject', status, reason, ...(cause !== undefined && { cause }), rule, emergency }
}

/** By whose document and in which domain a call is decided, and what it dials there. What comes in by a trunk of a tenant is that tenant's. */
function meantBy(linked: Linked, facts: Facts, request: CallRequest) {
  const { caller, trunk, dialled } = request
  const own = caller?.slice(caller.lastIndexOf('@') + 1)
  const home = own === undefined ? undefined : linked.byDomain.get(own)
  const legIn = (scope: Scope, domain: string): Leg => {
    const isInside = caller !== null && trunk === null && home === scope
    return { scope, domain, caller, isInside, trunk, forwarded: [], looks: {}, isHelp: false }
  }
  const tenant = trunk === null ? undefined : facts.trunk?.(trunk)?.tenant
  if (tenant !== undefined) {
    const scope = linked.scopes.find((one) => one.tenant === tenant) ?? NO_PLAN
    const sent = sentHere(linked, dialled, scope)
    if (sent !== null) return { leg: legIn(scope, sent.domain), dialled: sent.number, isServed: true }
    const isNamed = scope.domains.includes(request.domain)
    const domain = isNamed ? request.domain : (scope.domains[0] ?? '')
    return {
      leg: legIn(scope, domain),
      dialled,
      isServed: isNamed || (scope !== NO_PLAN && facts.here(request.domain)),
    }
  }
  const sent = trunk === null ? null : sentHere(linked, dialled)
  if (sent !== null) return { leg: legIn(sent.scope, sent.domain), dialled: sent.number, isServed: true }
  const named = linked.byDomain.get(request.domain)
  if (named !== undefined) return { leg: legIn(named, request.domain), dialled, isServed: true }
  const scope = home ?? linked.fallback
  if (facts.here(request.domain) && scope !== null) {
    return { leg: legIn(scope, own ?? scope.domains[0] ?? request.domain), dialled, isServed: true }
  }
  // Before the first plan, the domains are those that users were created in: a name is there or it is not.
  if (linked.scopes.length === 0) {
    const domain = facts.here(request.domain) ? (own ?? request.domain) : request.domain
    return { leg: legIn(NO_PLAN, domain), dialled, isServed: true }
  }
  const first = scope ?? linked.scopes[0]!
  return { leg: legIn(first, first.domains[0] ?? ''), dialled, isServed: false }
}

/** The document that has this number, as a carrier writes it: with or without the plus, or as it is dialled in a country of the plan. `only`: of this one. */
function sentHere(linked: Linked, dialled: string, only: Scope | null = null) {
  const forms = [dialled, `+${dialled}`, ...linked.countries.map((country) => normalForm(dialled, country))]
  for (const number of forms) {
    const has = number === null ? undefined : linked.byNumber.get(number)
    if (has !== undefined && (only === null || has.scope === only)) return { ...has, number: number! }
  }
  return null
}

/** What a user or the plan forwards to: as who forwards would dial it, but for help and for star codes nobody is forwarded. */
function followForward(run: Run, leg: Leg, dialled: string, after: Way | null): Followed {
  if (dialled === '' || dialled.length > DIALLED_MAX) return { kind: 'refused', status: 404, reason: 'Not Found' }
  const isServed = run.linked.scopes.length === 0 || run.linked.byDomain.has(leg.domain)
  const before = run.refusal
  run.refusal = null
  const { way, refusal } = follow(run, leg, dialled, after, isServed)
  if (way !== null) {
    run.refusal = before
    return { kind: 'way', way }
  }
  const { status, reason } = refusal ?? run.refusal ?? UNAVAILABLE
  return { kind: 'refused', status, reason }
}

function follow(run: Run, start: Leg, number: string, after: Way | null, isServed: boolean): Found {
  const { trace } = run
  let leg = start
  let dialled = number
  for (let rewrites = 0; rewrites <= REWRITES_MAX; rewrites++) {
    const help = helpFor(run, leg, dialled)
    if (help !== null) {
      if (leg.forwarded.length > 0) return refused('none', 403, 'No forward leads to an emergency number')
      trace.add('e', dialled)
      const way = wayOf(run, { ...help.leg, isHelp: true }, help.action, undefined, help.number, after)
      return { rule: 'emergency', emergency: true, way, refusal: null }
    }
    if (!isServed) {
      trace.add('dom', leg.forwarded.length > 0 ? leg.domain : run.request.domain)
      return refused('none', 404, 'Domain not served here')
    }
    const service = serviceOf(leg, dialled)
    if (service !== null) {
      trace.add('sc', service.code, service.service)
      return { rule: 'service', emergency: false, way: null, refusal: null, service }
    }
    const hit = firstRule(run, leg, dialled)
    if (hit === null) return directory(run, leg, dialled, after)
    const { rule, captured } = hit
    leg = { ...leg, looks: hit.looks, mayLeave: rule.byTrunk !== undefined }
    const { action } = rule
    if (action.kind === 'reject') return { rule: rule.name, emergency: false, way: null, refusal: action }
    if (action.kind === 'service') return byRule(leg, rule.name, action.service, captured)
    if (action.kind !== 'rewrite') {
      const meant =
        action.kind === 'forward' ? { ...action, to: fill(action.to, captured).slice(0, DIALLED_MAX) } : action
      const way = wayOf(run, leg, meant, rule.next, dialled, after)
      return { rule: rule.name, emergency: false, way, refusal: null }
    }
    const next = fill(action.to, captured).slice(0, DIALLED_MAX)
    trace.add('r', rule.name, dialled, next)
    dialled = next
  }
  trace.add('rr', REWRITES_MAX)
  return refused('none', 482, 'Rewritten too often')
}

function refused(rule: string, status: number, reason: string): Found {
  return { rule, emergency: false, way: null, refusal: { status, reason } }
}

/** Only who is known has something to set. */
function byRule({ caller, isInside }: Leg, rule: string, service: ServiceName, captured: readonly string[]): Found {
  const about = { rule, emergency: false, way: null }
  if (caller === null || !isInside) return { ...about, refusal: { status: 403, reason: 'Only for users of this plan' } }
  return { ...about, refusal: null, service: { service, argument: captured.join('') } }
}

/** Whose number for help it is: of the document that decides, else of any. */
function helpFor({ linked }: Run, leg: Leg, dialled: string) {
  const isUrn = SOS.test(dialled)
  for (const scope of [leg.scope, ...linked.scopes]) {
    const { emergency } = scope
    if (emergency === null) continue
    const { numbers, any } = emergency
    const number = isUrn ? any : (numbers.get(dialled) ?? numbers.get(normalForm(dialled, scope.country) ?? dialled))
    if (number === undefined) continue
    const domain = scope === leg.scope ? leg.domain : (scope.domains[0] ?? '')
    return { leg: { ...leg, scope, domain }, action: emergency.action, number }
  }
  return null
}

function serviceOf({ scope, caller, isInside, forwarded }: Leg, dialled: string) {
  if (caller === null || !isInside || forwarded.length > 0) return null
  for (const { pattern, service } of scope.services) {
    const captured = match(pattern, dialled)
    if (captured !== null) return { code: pattern.text, service, argument: captured.join('') }
  }
  return null
}

/** The first rule that applies, what its match took, and how the caller looks after it. */
function firstRule(run: Run, leg: Leg, dialled: string) {
  const { trace } = run
  const { rules, index, country } = leg.scope
  const normal = (): string | null => {
    const form = normalForm(dialled, country)
    return form === dialled ? null : form
  }
  const times = new Map<string, boolean>()
  const { first, near } = index.first({
    caller: leg.caller,
    domain: leg.domain,
    dialled,
    normal,
    applies: (number, text) => whyNot(run, leg, rules[number]!, [text], times) === null,
  })
  const before = first < 0 ? rules.length : first
  // Why the others do not apply is worked out for as many as are told.
  const told = Math.min(before, TOLD_MAX)
  const upTo = told + TOLD_MAX
  let count = 0
  for (const number of [...Array(told).keys(), ...near.filter((one) => one >= told)]) {
    if (count >= upTo) break
    const one = rules[number]!
    const why = whyNot(run, leg, one, textsOf(dialled, normal()), times)
    if (why === null || (number >= told && why[0] === 'm')) continue
    trace.add('s', one.rule.name, matchOf(one), ...why)
    count++
  }
  trace.untold(before - count)
  if (first < 0) return null
  const one = rules[first]!
  const { rule } = one
  trace.add('m', rule.name, matchOf(one), dialled)
  const captured = takenBy(one, dialled) ?? takenBy(one, normal() ?? dialled) ?? []
  const calling = rule.rewriteCaller === undefined ? null : (callingMatch(run, leg, one) ?? [])
  const rewritten = calling === null ? null : fill(rule.rewriteCaller!, calling).slice(0, DIALLED_MAX)
  return { rule, captured, looks: looksAfter(leg.looks, rule, rewritten) }
}

function textsOf(dialled: string, normal: string | null): readonly string[] {
  return normal === null ? [dialled] : [dialled, normal]
}

function matchOf({ rule }: LinkedRule): string {
  return rule.regex ?? rule.match
}

function takenBy({ pattern, regex }: LinkedRule, text: string): readonly string[] | null {
  return regex === null ? match(pattern, text) : runRegex(regex, text)
}

/** The first thing that a rule asks for and that is not so, by its word in the trace, and what it asks for; null: all is. */
function whyNot(
  run: Run,
  leg: Leg,
  one: LinkedRule,
  texts: readonly string[],
  times: Map<string, boolean>,
): readonly [string, ...string[]] | null {
  const { rule, from, caller } = one
  if (!texts.some((text) => takenBy(one, text) !== null)) return ['m']
  if (rule.domain !== null && rule.domain !== leg.domain) return ['d', rule.domain]
  if (from !== null && (leg.caller === null || !from.has(leg.caller))) return ['c']
  if (rule.byTrunk !== undefined && (leg.trunk === null || !rule.byTrunk.includes(leg.trunk))) return ['t']
  if (caller !== null && callingMatch(run, leg, one) === null) return ['n']
  if (one.leadsOut && !leg.isInside) return ['o']
  const { when, unless } = rule
  if (when !== undefined && !when.some((name) => isTime(run, leg, name, times))) return ['w', when.join(' or ')]
  const isNow = unless?.find((name) => isTime(run, leg, name, times))
  return isNow === undefined ? null : ['u', isNow]
}

function callingMatch({ request }: Run, { scope }: Leg, { caller }: LinkedRule): readonly string[] | null {
  if (caller === null) return []
  const { number } = request
  return match(caller, number) ?? match(caller, normalForm(number, scope.country) ?? number)
}

function isTime({ request }: Run, { scope }: Leg, name: string, judged: Map<string, boolean>): boolean {
  let is = judged.get(name)
  if (is === undefined) {
    const times = scope.times.get(name)
    const holidays = scope.holidays.get(name)
    is =
      (times !== undefined && areNow(times, scope.zone, request.at)) ||
      (holidays !== undefined && isHoliday(holidays, scope.zone, request.at))
    judged.set(name, is)
  }
  return is
}

function directory(run: Run, leg: Leg, dialled: string, after: Way | null): Found {
  const { facts, trace } = run
  const { scope, domain } = leg
  const normal = normalForm(dialled, scope.country)
  const number = scope.numbers.get(dialled) ?? (normal === null ? undefined : scope.numbers.get(normal))
  if (number !== undefined) {
    trace.add('nu', number.number)
    const way = wayOf(run, { ...leg, mayLeave: true }, number.action, number.next, dialled, after)
    return { rule: 'numbers', emergency: false, way, refusal: null }
  }
  const aor = `${dialled}@${domain}`
  const owner = scope.directory.get(aor) ?? (normal === null ? undefined : scope.directory.get(`${normal}@${domain}`))
  if (owner !== undefined) {
    trace.add('o', dialled, owner)
    return { rule: 'directory', emergency: false, way: userWay(run, leg, owner, RING_SECONDS, after), refusal: null }
  }
  if (scope.users.has(aor) || facts.known(aor)) {
    trace.add('us', aor)
    return { rule: 'user', emergency: false, way: userWay(run, leg, aor, RING_SECONDS, after), refusal: null }
  }
  trace.add('no', aor)
  return refused('none', 404, 'Not Found')
}
