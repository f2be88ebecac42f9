/** What a document says to do with a call → what is kept: exactly one thing, and what follows it. */
import type { PlanAction, PlanThen } from '../../cluster/tables/plan-rows.ts'
import type { Damage, Holed } from '../damage.ts'
import type { Path } from '../yaml.ts'
import type { Complain, Names } from './names.ts'
import { highestReference } from './pattern.ts'
import type { ActionDocument, HuntDocument, ThenDocument } from './shape.ts'
import { RING_SECONDS } from './ways.ts'

const HUNT_SECONDS = 20
/** What is said or heard goes on for longer than a phone rings. */
const MEDIA_SECONDS = 300

export interface Reader {
  readonly names: Names
  readonly damage: Damage
  readonly complain: Complain
}

const EVERYWHERE = ['user', 'hunt', 'group', 'trunk', 'forward', 'announcement', 'voicemail', 'park'] as const
/** What may be done, by what is to do it. */
export const DOES = {
  rule: [...EVERYWHERE, 'rewrite', 'reject', 'service'],
  number: [...EVERYWHERE, 'reject'],
  afterwards: EVERYWHERE,
  emergency: ['user', 'hunt', 'group', 'trunk'],
} as const
type Key = (typeof DOES.rule)[number]
const TIMED: readonly Key[] = ['user', 'trunk', 'announcement', 'voicemail', 'park']

/** `captures`: how many `$n` there are. */
export function toAction(
  raw: Holed<ActionDocument>,
  path: Path,
  { names, damage, complain }: Reader,
  may: readonly Key[],
  captures = 0,
): PlanAction {
  // What is given with a wrong shape is given all the same, and an unknown key may be any of them.
  const given = may.filter((key) => Object.hasOwn(raw, key))
  const all = !damage.unknownIn(path)
  const nothing = given.length === 0 && all && (Object.keys(raw).length > 0 || !damage.at(path))
  if (nothing) complain(path, `says nothing to do: give it one of ${may.join(', ')}`)
  if (given.length > 1) complain([...path, given[1]!], `only one thing can be done, and ${given[0]} is given already`)
  if (Object.hasOwn(raw, 'seconds') && !given.some((key) => TIMED.includes(key)) && all) {
    complain([...path, 'seconds'], 'stands beside user; a hunt and a group have seconds of their own')
  }
  if (raw.hunt !== undefined) return toHunt(raw.hunt, [...path, 'hunt'], names)
  if (raw.group !== undefined) return { kind: 'group', group: raw.group }
  if (raw.trunk !== undefined) return { kind: 'trunk', trunk: raw.trunk, seconds: Number(raw.seconds ?? RING_SECONDS) }
  for (const key of ['rewrite', 'forward'] as const) {
    const to = raw[key]
    if (to === undefined) continue
    // Where the match is damaged, nobody knows what it captures.
    const wanted = highestReference(to)
    if (wanted > captures && captures >= 0) complain([...path, key], `$${wanted} has no capture: there are ${captures}`)
    return { kind: key, to }
  }
  if (raw.reject !== undefined) {
    const { status, reason = 'Refused by the plan', cause } = raw.reject
    return { kind: 'reject', status: Number(status), reason, ...(cause !== undefined && { cause: Number(cause) }) }
  }
  if (raw.service !== undefined) return { kind: 'service', service: raw.service }
  for (const kind of ['announcement', 'voicemail', 'park'] as const) {
    const name = raw[kind]
    if (name !== undefined) return { kind, name, seconds: Number(raw.seconds ?? MEDIA_SECONDS) }
  }
  const aor = raw.user === undefined ? '' : names.aor(raw.user, [...path, 'user'])
  return { kind: 'user', aor, seconds: Number(raw.seconds ?? RING_SECONDS) }
}

function toHunt(raw: Holed<HuntDocument>, path: Path, names: Names): PlanAction {
  const aors = toAors(raw.users, [...path, 'users'], names)
  return { kind: 'hunt', order: raw.order ?? 'serial', aors, seconds: Number(raw.seconds ?? HUNT_SECONDS) }
}

export function toAors(raw: Holed<string[]> | undefined, path: Path, names: Names): string[] {
  return (raw ?? []).map((user, i) => (user === undefined ? '' : names.aor(user, [...path, i])))
}

/** Nothing, where nothing follows. */
export function toThen(raw: Holed<ThenDocument> | undefined, path: Path, reader: Reader): { readonly next?: PlanThen } {
  if (raw === undefined) return {}
  const at = [...path, 'then']
  const action = toAction(raw, at, reader, DOES.afterwards)
  return { next: { action, ...toThen(raw.then, at, reader) } }
}
