/** One call against the plan: where it rings, or how it is refused, and why. Total: it never throws and never waits. */
import type { Aor, PlanAction, PlanRule, ProfileRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision, PhonesStep } from './decision.ts'
import { type Linked, NO_PLAN, type Scope } from './link.ts'
import { DIALLED_MAX, fill, match } from './pattern.ts'
import { RING_SECONDS } from './plan.ts'

/** What routing needs to know beside the plan. */
export interface Facts {
  /** Whether this AoR is a user of the cluster. */
  known(aor: Aor): boolean
  /** Whether this host is an address of the cluster itself: dialling it means the caller's own domain. */
  here(host: string): boolean
  // What follows may be absent: then nothing is known of it.
  /** What a user has set. */
  profile?(aor: Aor): ProfileRow | null
  /** Whether a trunk can be used, and if not, why; null: it is not known. */
  trunk?(name: string): TrunkFact | null
  /** Whose turn it is in a group that rings in turns: counted up with each call; negative numbers are none. */
  turn?(group: string): number | null
  /** What a minute to this number costs by this trunk, in any unit as long as it is the same; null: it is not known. */
  price?(trunk: string, number: string): number | null
}

export interface TrunkFact {
  readonly state: 'up' | 'down' | 'disabled'
  /** For people. */
  readonly why?: string
}

/** What a phone dials for help that knows no number, with what kind of help; who is not told apart here gets any (RFC 5031 §4.2). */
const SOS = /^urn:service:sos(?:\.|$)/i
const REWRITES_MAX = 8
const TRACE_MAX = 64
/** A hunt rings no more phones than this, whatever a plan row from elsewhere says. */
const STEPS_MAX = 32

/**
 * In this order: emergency numbers (nothing can refuse them), the rules, the numbers of the directory, the user names of
 * the domain, 404. A rewritten number begins again at the top.
 */
export function decide(linked: Linked, facts: Facts, request: CallRequest): Decision {
  const trace = newTrace()
  const compiled = linked.scopes[0] ?? NO_PLAN
  const domain = domainOf(compiled, facts, request)
  const end = { planVersion: linked.version, trace: trace.lines }

  let dialled = request.dialled
  if (dialled === '' || dialled.length > DIALLED_MAX) {
    trace.say(`what was dialled has ${dialled.length} characters; 1 to ${DIALLED_MAX} can be routed`)
    return { ...end, kind: 'reject', status: 404, reason: 'Not Found', rule: 'none', emergency: false }
  }
  for (let rewrites = 0; rewrites <= REWRITES_MAX; rewrites++) {
    if (compiled.emergency && (compiled.emergency.numbers.has(dialled) || SOS.test(dialled))) {
      trace.say(`${clean(dialled)} is an emergency number`)
      return {
        ...end,
        ...act(compiled.emergency.action, domain ?? compiled.domains[0] ?? ''),
        rule: 'emergency',
        emergency: true,
      }
    }
    if (domain === null) break
    const hit = firstRule(compiled, request.caller, dialled, domain, trace)
    if (hit === null) return { ...end, ...directory(compiled, facts, dialled, domain, trace), emergency: false }
    const { rule, captured } = hit
    if (rule.action.kind !== 'rewrite')
      return { ...end, ...act(rule.action, domain), rule: rule.name, emergency: false }
    const next = fill(rule.action.to, captured).slice(0, DIALLED_MAX)
    trace.say(`rule ${rule.name} rewrites ${clean(dialled)} to ${clean(next)}`)
    dialled = next
  }
  if (domain === null) {
    trace.say(`${clean(request.domain)} is not a domain served here`)
    return { ...end, kind: 'reject', status: 404, reason: 'Domain not served here', rule: 'none', emergency: false }
  }
  trace.say(`rewritten more than ${REWRITES_MAX} times`)
  return { ...end, kind: 'reject', status: 482, reason: 'Rewritten too often', rule: 'none', emergency: false }
}

type Outcome =
  | { readonly kind: 'ring'; readonly steps: readonly PhonesStep[]; readonly rule: string }
  | { readonly kind: 'reject'; readonly status: number; readonly reason: string; readonly rule: string }

function directory(compiled: Scope, facts: Facts, dialled: string, domain: string, trace: Trace): Outcome {
  const aor = `${dialled}@${domain}`
  const owner = compiled.numbers.get(aor)
  if (owner !== undefined) {
    trace.say(`${clean(dialled)} is a number of ${clean(owner)}`)
    return { kind: 'ring', steps: [phones([owner], RING_SECONDS)], rule: 'directory' }
  }
  if (compiled.users.has(aor) || facts.known(aor)) {
    trace.say(`${clean(aor)} is a user`)
    return { kind: 'ring', steps: [phones([aor], RING_SECONDS)], rule: 'user' }
  }
  trace.say(`no rule, number or user is ${clean(aor)}`)
  return { kind: 'reject', status: 404, reason: 'Not Found', rule: 'none' }
}

function firstRule(compiled: Scope, caller: Aor | null, dialled: string, domain: string, trace: Trace) {
  const { rules, index } = compiled
  const first = index.first(caller, domain, dialled)
  const before = first < 0 ? rules.length : first
  // Why the others do not apply is worked out for as many as are told.
  let told = 0
  while (told < before && trace.hasRoom()) {
    const { rule, pattern, from } = rules[told++]!
    if (match(pattern, dialled) === null) trace.skip(rule, 'does not match')
    else if (rule.domain !== null && rule.domain !== domain) trace.skip(rule, `is for ${rule.domain}`)
    else if (from !== null && (caller === null || !from.has(caller))) trace.skip(rule, 'is for other callers')
  }
  trace.skipUntold(before - told)
  if (first < 0) return null
  const { rule, pattern } = rules[first]!
  trace.say(`rule ${rule.name} (${rule.match}) matches ${clean(dialled)}`)
  return { rule, captured: match(pattern, dialled) ?? [] }
}

function phones(aors: readonly Aor[], seconds: number): PhonesStep {
  return { kind: 'phones', aors, seconds }
}

function act(action: PlanAction, domain: string): Outcome {
  const full = (name: string): Aor => (name.includes('@') ? name : `${name}@${domain}`)
  switch (action.kind) {
    case 'user':
      return { kind: 'ring', steps: [phones([full(action.aor)], action.seconds)], rule: '' }
    case 'hunt': {
      const aors = [...new Set(action.aors.map(full))].slice(0, STEPS_MAX)
      const steps = action.order === 'parallel' ? [aors] : aors.map((aor) => [aor])
      return { kind: 'ring', steps: steps.map((together) => phones(together, action.seconds)), rule: '' }
    }
    case 'reject':
      return { kind: 'reject', status: action.status, reason: action.reason, rule: '' }
    default:
      // Only an emergency entry could get here, and no reader of plans lets it rewrite.
      return { kind: 'reject', status: 500, reason: 'Nothing to ring', rule: '' }
  }
}

/** The domain that names and numbers are looked up in; null when it is none of ours. */
function domainOf(compiled: Scope, facts: Facts, request: CallRequest): string | null {
  if (compiled.domains.includes(request.domain)) return request.domain
  if (facts.here(request.domain)) {
    const own = request.caller?.slice(request.caller.lastIndexOf('@') + 1)
    return own ?? compiled.domains[0] ?? request.domain
  }
  // Before the first plan, the domains are those that users were created in: a name is there or it is not.
  return compiled === NO_PLAN ? request.domain : null
}

interface Trace {
  readonly lines: string[]
  say(line: string): void
  /** Whether the next rule that is skipped is told. */
  hasRoom(): boolean
  skip(rule: PlanRule, why: string): void
  skipUntold(count: number): void
}

/** Bounded: what decided is always told, of what did not only the first. */
function newTrace(): Trace {
  const lines: string[] = []
  let skipped = 0
  return {
    lines,
    say: (line) => {
      if (skipped > TRACE_MAX) lines.push(`${skipped - TRACE_MAX} more rules do not apply`)
      skipped = 0
      lines.push(line)
    },
    hasRoom: () => skipped < TRACE_MAX && lines.length < TRACE_MAX * 2,
    skip: (rule, why) => {
      skipped++
      lines.push(`rule ${rule.name} (${rule.match}) ${why}`)
    },
    skipUntold: (count) => {
      skipped += count
    },
  }
}
