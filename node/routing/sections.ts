/** The sections of a document that name things, each as a mapping from names → as they are kept. */
import type {
  PlanClass,
  PlanExpected,
  PlanGroup,
  PlanHolidays,
  PlanNumber,
  PlanService,
  PlanSpan,
  PlanTest,
  PlanTimes,
  PlanTrunkGroup,
  PlanUser,
} from '../../cluster/tables/plan-rows.ts'
import { clean } from '../../proto/text.ts'
import type { Holed } from '../damage.ts'
import type { Path } from '../yaml.ts'
import { DOES, type Reader, toAction, toAors, toThen } from './actions.ts'
import { beginning } from './calling-class.ts'
import type { Complain } from './names.ts'
import { normalForm } from './number.ts'
import { readPattern } from './pattern.ts'
import type { Document } from './shape.ts'
import { readDates, readDays, readHours, readMoment, readMonths } from './times.ts'
import { RING_SECONDS } from './ways.ts'
import { isZone } from './zone.ts'

type Section<Key extends keyof Document> = Holed<NonNullable<Document[Key]>>

const NUMBER = /^[+*#]?[0-9*#]{1,31}$/
const NAME_MAX = 64

function checkName(name: string, path: Path, complain: Complain): void {
  if (name === '' || name.length > NAME_MAX || clean(name, NAME_MAX + 1) !== name) {
    complain(path, `a name has 1 to ${NAME_MAX} characters, and none that cannot be seen`)
  }
}

export function toNumbers(
  raw: Section<'numbers'>,
  reader: Reader,
  country: string | undefined,
  users: readonly PlanUser[],
  warn: Complain,
): PlanNumber[] {
  const { complain } = reader
  const owners = new Map(users.flatMap(({ aor, numbers }) => numbers.map((one) => [one, aor])))
  const seen = new Map<string, string>()
  return Object.entries(raw).map(([number, does]) => {
    const path = ['numbers', number]
    if (!NUMBER.test(number)) complain(path, 'must be digits, * or #, after an optional +; at most 32')
    const normal = normalForm(number, country) ?? number
    const before = seen.get(normal)
    if (before !== undefined) complain(path, `is the same number as ${before}`)
    seen.set(normal, number)
    const owner = owners.get(number)
    if (owner !== undefined) warn(path, `is also a number of ${clean(owner)}; what stands here is what is done`)
    return { number, action: toAction(does ?? {}, path, reader, DOES.number), ...toThen(does?.then, path, reader) }
  })
}

export function toGroups(raw: Section<'groups'>, reader: Reader): PlanGroup[] {
  return Object.entries(raw).map(([name, group]) => {
    const path = ['groups', name]
    checkName(name, path, reader.complain)
    return {
      name,
      ring: group?.ring ?? 'parallel',
      aors: toAors(group?.users, [...path, 'users'], reader.names),
      seconds: Number(group?.seconds ?? GROUP_SECONDS),
      ...toThen(group?.then, path, reader),
    }
  })
}
const GROUP_SECONDS = 20

export function toTrunkGroups(raw: Section<'trunk_groups'>): PlanTrunkGroup[] {
  return Object.entries(raw).map(([name, group]) => ({
    name,
    order: group?.order ?? 'listed',
    trunks: (group?.trunks ?? []).map((one) => {
      if (one === undefined || typeof one === 'string') return { trunk: one ?? '', weight: 1 }
      return { trunk: one.trunk ?? '', weight: Number(one.weight ?? 1) }
    }),
    ...(group?.on && { on: group.on.map(Number) }),
    seconds: Number(group?.seconds ?? RING_SECONDS),
    ...(group?.caller_id !== undefined && { callerId: group.caller_id }),
  }))
}

export function toTimes(raw: Section<'times'>, { complain }: Reader): PlanTimes[] {
  return Object.entries(raw).map(([name, spans]) => {
    checkName(name, ['times', name], complain)
    return { name, spans: (spans ?? []).map((span, i) => toSpan(span ?? {}, ['times', name, i], complain)) }
  })
}

const READERS = { days: readDays, hours: readHours, dates: readDates, months: readMonths } as const

function toSpan(raw: Partial<Record<keyof PlanSpan, string | undefined>>, path: Path, complain: Complain): PlanSpan {
  const span: { -readonly [Key in keyof PlanSpan]?: unknown } = {}
  for (const [key, read] of Object.entries(READERS)) {
    const text = raw[key as keyof typeof READERS]
    if (text === undefined) continue
    const found = read(text)
    if ('why' in found) complain([...path, key], found.why)
    else span[key as keyof typeof READERS] = found.value
  }
  const { zone } = raw
  if (zone !== undefined && !isZone(zone))
    complain([...path, 'zone'], 'is not a time zone; write one like Europe/Berlin')
  if (zone !== undefined) span.zone = zone
  if (Object.keys(raw).length === 0) complain(path, 'says no time: give it days, hours, dates or months')
  return span as PlanSpan
}

export function toHolidays(raw: Section<'holidays'>, { complain }: Reader): PlanHolidays[] {
  return Object.entries(raw).map(([name, texts]) => {
    checkName(name, ['holidays', name], complain)
    const dates = (texts ?? []).flatMap((text, i) => {
      const read = text === undefined ? { value: [] } : readDates(text)
      if ('value' in read) return read.value
      complain(['holidays', name, i], read.why)
      return []
    })
    return { name, dates }
  })
}

export function toClasses(raw: Section<'classes'>, { complain }: Reader): PlanClass[] {
  return Object.entries(raw).map(([name, one]) => {
    checkName(name, ['classes', name], complain)
    const beginnings = (key: 'allow' | 'deny'): string[] =>
      (one?.[key] ?? []).flatMap((text, i) => {
        if (text === undefined) return []
        const bare = beginning(text)
        const read = bare === '' ? null : readPattern(bare)
        if (read?.kind === 'invalid') complain(['classes', name, key, i], read.why)
        return [text]
      })
    return { name, allow: beginnings('allow'), deny: beginnings('deny') }
  })
}

export function toServices(raw: Section<'services'>, { complain }: Reader): PlanService[] {
  return Object.entries(raw).map(([code, service]) => {
    const read = readPattern(code)
    if (read.kind === 'invalid') complain(['services', code], read.why)
    else if (!/^[*#]/.test(code)) complain(['services', code], 'a code begins with * or #')
    return { code, service: service ?? 'forward_off' }
  })
}

export function toTests(raw: Section<'tests'>, { names, complain }: Reader, zone: string): PlanTest[] {
  return raw.map((test, i) => {
    const { name = '', call = '', from, by_trunk: byTrunk, number, in: domain, at } = test ?? {}
    const path = ['tests', i]
    const moment = at === undefined ? null : readMoment(at, zone)
    if (at !== undefined && moment === null) {
      complain([...path, 'at'], 'is no time; write 2026-12-24T03:00, by the clocks of the plan')
    }
    if (domain !== undefined) names.domain(domain.toLowerCase(), [...path, 'in'])
    return {
      name,
      call,
      ...(from !== undefined && { from: names.whole(from, [...path, 'from']) }),
      ...(byTrunk !== undefined && { byTrunk }),
      ...(domain !== undefined && { domain: domain.toLowerCase() }),
      ...(number !== undefined && { number }),
      ...(moment !== null && { at: moment }),
      expect: toExpected(test?.expect ?? {}, [...path, 'expect'], { names, complain }),
    }
  })
}

type ExpectedDocument = Holed<NonNullable<Document['tests']>[number]['expect']>

function toExpected(
  raw: ExpectedDocument,
  path: Path,
  { names, complain }: Pick<Reader, 'names' | 'complain'>,
): PlanExpected {
  const { rule, user, users, trunk, number, caller_id: callerId, reject } = raw
  if (Object.keys(raw).length === 0)
    complain(path, 'expects nothing: give it rule, user, users, trunk, number, caller_id or reject')
  if (user !== undefined && users !== undefined) complain([...path, 'users'], 'user is given already; keep one')
  return {
    ...(rule !== undefined && { rule }),
    ...(user !== undefined && { user: names.aor(user, [...path, 'user']) }),
    ...(users && { users: toAors(users, [...path, 'users'], names) }),
    ...(trunk !== undefined && { trunk }),
    ...(number !== undefined && { number }),
    ...(callerId !== undefined && { callerId }),
    ...(reject !== undefined && { reject: Number(reject) }),
  }
}
