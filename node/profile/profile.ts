/** What may be set in a profile: fields as somebody wrote them, and the change of the row that they come to, or what is wrong with them. */
import type { ProfilePatch } from '../../cluster/tables/commands.ts'
import { circle } from '../../cluster/tables/forwards.ts'
import type { ProfileRow } from '../../cluster/tables/people-rows.ts'
import type { PlanRow } from '../../cluster/tables/plan-rows.ts'
import { profileRow } from '../../cluster/tables/profiles.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { domainOf, readAor } from './aor.ts'

/** As they are said over the control service, in CSV and in YAML. */
export interface Wanted {
  readonly name?: string
  readonly class?: string
  readonly callerId?: string
  readonly forwardAlways?: string
  readonly forwardBusy?: string
  readonly forwardNoAnswer?: string
  readonly forwardAfter?: number
  readonly forwardUnregistered?: string
  readonly dnd?: boolean
  readonly waiting?: boolean
  readonly language?: string
  readonly zone?: string
  readonly groups?: readonly string[]
}

export interface World {
  readonly plans: ReadonlyMap<string, PlanRow>
  readonly users: { has(aor: Aor): boolean }
  readonly profiles: ReadonlyMap<Aor, ProfileRow>
}

export type ProfileRead =
  | { readonly kind: 'ok'; readonly set: ProfilePatch }
  /** A sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

const NAME_MAX = 64
const GROUPS_MAX = 16
const AFTER_MAX = 600
const WORD = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const NUMBER = /^(\+?[0-9]{1,32}|[*#][0-9*#]{0,31}|[A-Za-z0-9_.-]{1,64})$/
const E164 = /^\+[1-9][0-9]{6,14}$/

/** Forwards by the name of the field that sets them. */
const FORWARDS = {
  forwardAlways: 'always',
  forwardBusy: 'busy',
  forwardNoAnswer: 'noAnswer',
  forwardUnregistered: 'unregistered',
} as const

/** Fields that can be unset, as `unset` names them. */
export const UNSETTABLE: readonly string[] = [
  ...['name', 'class', 'caller_id', 'forwards', 'forward_always', 'forward_busy', 'forward_no_answer', 'forward_after'],
  ...['forward_unregistered', 'dnd', 'waiting', 'language', 'zone', 'pin', 'groups', 'all'],
]

/** `also`: users that will be there once this is set, of an import. */
export function readProfile(
  aor: Aor,
  wanted: Wanted,
  unset: readonly string[],
  world: World,
  also: ReadonlySet<Aor> = new Set(),
): ProfileRead {
  const faults: string[] = []
  const set: Record<string, unknown> = {}
  const forwards: Record<string, unknown> = {}
  for (const field of unset) {
    if (UNSETTABLE.includes(field)) forget(field, set, forwards)
    else faults.push(`there is no field ${clean(field, 32)} to unset; there are ${UNSETTABLE.join(', ')}`)
  }
  const { name, callerId, language, zone, groups, forwardAfter } = wanted
  if (name !== undefined) {
    if (name.trim() === '' || name.length > NAME_MAX) faults.push(`name: 1 to ${NAME_MAX} characters`)
    set.name = clean(name.trim(), NAME_MAX)
  }
  if (wanted.class !== undefined) {
    const known = classesOf(world, aor)
    if (!known.includes(wanted.class)) {
      const which = known.length === 0 ? 'the plan of that domain has none' : `there are ${known.join(', ')}`
      faults.push(`class: there is no calling class ${clean(wanted.class, 32)}; ${which}`)
    }
    set.class = wanted.class
  }
  if (callerId !== undefined) {
    if (!E164.test(callerId)) faults.push('caller_id: a number like +493012345678')
    set.callerId = callerId
  }
  for (const [field, kind] of Object.entries(FORWARDS)) {
    const target = wanted[field as keyof typeof FORWARDS]
    if (target === undefined) continue
    const read = readTarget(target, aor, world, also)
    if (typeof read === 'string') forwards[kind] = read
    else faults.push(`${snake(field)}: ${read.why}`)
  }
  if (forwardAfter !== undefined) {
    if (!Number.isInteger(forwardAfter) || forwardAfter < 1 || forwardAfter > AFTER_MAX)
      faults.push(`forward_after: 1 to ${AFTER_MAX} seconds`)
    forwards.after = forwardAfter
  }
  if (language !== undefined) {
    const canonical = languageOf(language)
    if (canonical === null) faults.push('language: a tag like de or pt-BR')
    set.language = canonical
  }
  if (zone !== undefined) {
    if (!isZone(zone)) faults.push('zone: a name like Europe/Berlin')
    set.zone = zone
  }
  if (groups !== undefined && groups.length > 0) {
    if (groups.length > GROUPS_MAX || !groups.every((group) => WORD.test(group)))
      faults.push(`groups: at most ${GROUPS_MAX} names of letters, digits, -, _ and .`)
    set.groups = [...new Set(groups)].sort()
  }
  if (wanted.dnd !== undefined) set.dnd = wanted.dnd
  if (wanted.waiting !== undefined) set.waiting = wanted.waiting
  if (Object.keys(forwards).length > 0 && set.forwards !== null) set.forwards = forwards
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'ok', set: set as ProfilePatch }
}

/**
 * The way that a change would lead round by, of AoRs and of numbers that the directory of the plan gives to users; null: it does not. `ledTo`: where the
 * rules of a plan lead a number, a user or another number; null: to none. `pending`: profiles as they will be, of an import.
 */
export function circleOf(
  aor: Aor,
  set: ProfilePatch,
  world: World,
  ledTo: LedTo,
  pending: ReadonlyMap<Aor, ProfilePatch> = new Map(),
): readonly Aor[] | null {
  const forwardsOf = (to: Aor) => {
    const patch = to === aor ? set : pending.get(to)
    return patch ? profileRow(world.profiles.get(to), to, patch).forwards : world.profiles.get(to)?.forwards
  }
  // Numbers mean whom they mean to the first: his is the domain that they are dialled in.
  return circle(aor, forwardsOf(aor), forwardsOf, (target) =>
    target.includes('@') ? target : ownerOf(world, domainOf(aor), target, ledTo),
  )
}

export type LedTo = (plan: PlanRow['plan'], dialled: string) => string | null

const directories = new WeakMap<PlanRow['plan'], ReadonlyMap<string, Aor>>()

/** Whose numbers are whose: by domain and number, the first that has it. */
function directoryOf(plan: PlanRow['plan']): ReadonlyMap<string, Aor> {
  const known = directories.get(plan)
  if (known) return known
  const directory = new Map<string, Aor>()
  for (const { aor, numbers } of plan.users) {
    for (const number of numbers) {
      const key = `${domainOf(aor)} ${number}`
      if (!directory.has(key)) directory.set(key, aor)
    }
  }
  directories.set(plan, directory)
  return directory
}

/** Who answers to a number, or a name, in a domain. */
export function ownerOf({ plans, users }: World, domain: string, dialled: string, ledTo: LedTo): Aor | null {
  let number = dialled
  for (const { plan } of plans.values()) {
    if (!plan.domains.includes(domain)) continue
    const to = ledTo(plan, number)
    if (to === null || to.includes('@')) return to
    number = to
    const owner = directoryOf(plan).get(`${domain} ${number}`)
    if (owner !== undefined) return owner
  }
  const named = `${number}@${domain}`
  return users.has(named) ? named : null
}

function readTarget(
  text: string,
  aor: Aor,
  { plans, users }: World,
  also: ReadonlySet<Aor>,
): string | { readonly why: string } {
  if (!text.includes('@')) return NUMBER.test(text) ? text : { why: 'a number as it would be dialled, or NAME@DOMAIN' }
  const named = readAor(text)
  if (named === null) return { why: 'that is no NAME@DOMAIN, like bob@pbx.test' }
  if (named.aor === aor) return { why: 'a user cannot be forwarded to himself' }
  const isOurs = [...plans.values()].some(({ plan }) => plan.domains.includes(named.domain))
  if (isOurs && !users.has(named.aor) && !also.has(named.aor)) return { why: `there is no user ${named.aor}` }
  return named.aor
}

/** Of the documents that have the domain, and of those they may borrow from. */
function classesOf({ plans }: World, aor: Aor): string[] {
  const domain = domainOf(aor)
  const names = [...plans.values()]
    .filter(({ plan }) => plan.domains.includes(domain) || plan.shared !== undefined)
    .flatMap(({ plan }) => plan.classes?.map(({ name }) => name) ?? [])
  return [...new Set(names)].sort()
}

function forget(field: string, set: Record<string, unknown>, forwards: Record<string, unknown>): void {
  const kind = FORWARDS[camel(field) as keyof typeof FORWARDS] ?? (field === 'forward_after' ? 'after' : undefined)
  if (kind !== undefined) forwards[kind] = null
  else if (field !== 'all') set[camel(field)] = null
  else for (const each of UNSETTABLE) if (each !== 'all' && !each.startsWith('forward_')) set[camel(each)] = null
}

function languageOf(text: string): string | null {
  try {
    return text.length <= 35 ? (Intl.getCanonicalLocales(text)[0] ?? null) : null
  } catch {
    return null
  }
}

export function isZone(text: string): boolean {
  try {
    return text.length <= 64 && /^[A-Za-z]/.test(text) && Boolean(new Intl.DateTimeFormat('en', { timeZone: text }))
  } catch {
    return false
  }
}

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
