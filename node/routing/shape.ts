/** The shape of a plan document, before its meaning is checked. Every scalar is text: numbers keep zeros and pluses. What each key is for is said here once. */
import { z } from 'zod'
import { clean } from '../../proto/text.ts'

export const RULES_MAX = 10_000
export const USERS_MAX = 50_000
export const NUMBERS_MAX = 16
export const HUNT_MAX = 32
export const SECONDS_MAX = 300
const NAMES_MAX = 1000

const shown = (max: number) =>
  z
    .string('must be a text')
    .min(1, 'must not be empty')
    .max(max, `at most ${max} characters`)
    .refine((text) => clean(text, max + 1) === text, 'must not hold control or invisible characters')

/** Stays text until its meaning is read, like everything else: so a document with holes has the same types. */
const whole = (min: number, max: number) =>
  z
    .string(`must be a whole number from ${min} to ${max}`)
    .refine(
      (text) => /^\d{1,6}$/.test(text) && +text >= min && +text <= max,
      `must be a whole number from ${min} to ${max}`,
    )

const listOf = <Each extends z.ZodType>(each: Each, what: string, max: number) =>
  z.array(each, `must be a list of ${what}`).min(1, `must not be empty`).max(max, `at most ${max} ${what}`)

const mapOf = <Each extends z.ZodType>(each: Each, what: string, max: number) =>
  z
    .record(z.string(), each, `must be a mapping from ${what}`)
    .refine((all) => Object.keys(all).length <= max, `at most ${max} of them`)

const aor = shown(254)
const name = shown(64)
const number = z
  .string('must be a number')
  .regex(/^[+*#]?[0-9*#]{1,31}$/, 'must be digits, * or #, after an optional +; at most 32')
const documentName = z
  .string('must be a name')
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'must be 1 to 64 small letters, digits, . _ and -, and begin with a letter or digit',
  )
const callerId = z
  .string('must be own, withheld or a number')
  .regex(/^(?:own|withheld|\+?[0-9]{3,20})$/, 'must be own, withheld or a number')

const seconds = whole(1, SECONDS_MAX).describe(`How long it may ring, 1 to ${SECONDS_MAX} seconds.`)

const hunt = z.strictObject({
  order: z.enum(['serial', 'parallel'], 'must be serial or parallel').describe('One after the other, or all at once.'),
  users: z
    .array(aor, 'must be a list of users')
    .min(1, 'must name a user')
    .max(HUNT_MAX, `at most ${HUNT_MAX} users`)
    .describe('Who is rung.'),
  seconds: seconds.optional(),
})

const reject = z.strictObject({
  status: whole(400, 699).describe('SIP status, 400 to 699.'),
  reason: shown(100).optional().describe('What the caller may read.'),
  cause: whole(1, 127).optional().describe('Cause of ITU-T Q.850, for callers from telephone networks.'),
})

/** What can be done with a call anywhere in the plan. */
const calls = {
  user: aor.optional().describe('Rings this user.'),
  seconds: seconds.optional(),
  hunt: hunt.optional().describe('Rings several users.'),
  group: name.optional().describe('Rings a group of this plan.'),
  trunk: name.optional().describe('Leaves by a trunk group of this plan, or by the trunk of that name.'),
  forward: shown(128).optional().describe('Goes on to this number, as it would be dialled, or to user@domain.'),
  announcement: name.optional().describe('Plays the announcement of this name.'),
  voicemail: name.optional().describe('Records a message in the mailbox of this name.'),
  park: name.optional().describe('Waits at the place of this name.'),
}

const last = z.strictObject(calls)
const after = z.strictObject({
  ...calls,
  // biome-ignore lint/suspicious/noThenProperty: it is the document's word, and nobody awaits a schema
  then: last.optional().describe('What follows when that comes to nothing too.'),
})
const followed = {
  // biome-ignore lint/suspicious/noThenProperty: as above
  then: after.optional().describe('What follows when nobody answers, is there, or is free.'),
}

export const SERVICES = [
  'forward_always',
  'forward_busy',
  'forward_no_answer',
  'forward_unregistered',
  'forward_off',
  'dnd_on',
  'dnd_off',
  'waiting_on',
  'waiting_off',
] as const
const service = z.enum(SERVICES, `must be one of ${SERVICES.join(', ')}`)

const pattern = z.string('must be a pattern')
const timesOrHolidays = listOf(name, 'names of times and holidays', 16)

const rule = z.strictObject({
  name: name.describe('Shown with the call; unique.'),
  match: pattern
    .optional()
    .describe('Pattern of what was dialled: X 0-9, Z 1-9, N 2-9, . at the end for more, ! for any.'),
  prefix: z
    .string('must be the beginning of a number')
    .regex(/^[+*#]?[0-9*#]{0,31}$/, 'must be digits, * or #, after an optional +; at most 32')
    .min(1, 'must not be empty')
    .optional()
    .describe('What was dialled begins with this.'),
  regex: z
    .string('must be a regular expression')
    .optional()
    .describe('A regular expression for all of what was dialled.'),
  domain: shown(253).optional().describe('Only for calls in this domain.'),
  from: z
    .array(aor, 'must be a list of callers')
    .min(1, 'must name a caller')
    .max(100, 'at most 100 callers')
    .optional()
    .describe('Only for these callers.'),
  caller: pattern.optional().describe('Pattern of the calling number.'),
  by_trunk: listOf(name, 'trunks', 100).optional().describe('Only for calls that came in by one of these trunks.'),
  when: timesOrHolidays.optional().describe('Only while one of these times and holidays is.'),
  unless: timesOrHolidays.optional().describe('Not while one of these times and holidays is.'),
  ...calls,
  rewrite: shown(64).optional().describe('Goes on with another number; $1 to $9 is what the match took.'),
  reject: reject.optional().describe('Refuses the call.'),
  service: service.optional().describe('Sets something of the caller: a star code.'),
  caller_id: callerId.optional().describe('How the caller is shown: own, withheld or a number.'),
  rewrite_caller: shown(64).optional().describe('What the calling number becomes; $1 to $9 is what `caller` took.'),
  privacy: z.enum(['true', 'false'], 'must be true or false').optional().describe('Whether the caller is withheld.'),
  ...followed,
})

const emergency = z.strictObject({
  numbers: z
    .array(number, 'must be a list of numbers')
    .min(1, 'must hold a number')
    .max(32, 'at most 32 numbers')
    .describe('What is dialled for help.'),
  user: calls.user,
  seconds: seconds.optional(),
  hunt: calls.hunt,
  group: calls.group,
  trunk: calls.trunk,
})

const user = z.strictObject({
  name: shown(64).optional().describe('For people.'),
  numbers: z
    .array(number, 'must be a list of numbers')
    .max(NUMBERS_MAX, `at most ${NUMBERS_MAX} numbers`)
    .optional()
    .describe('What this user answers to.'),
  class: name.optional().describe('His calling class, where he has set none.'),
  caller_id: number.optional().describe('The number that he is shown as to trunks, where he has set none.'),
})

const did = z.strictObject({ ...calls, reject: rule.shape.reject, ...followed })

const group = z.strictObject({
  ring: z
    .enum(['parallel', 'serial', 'by_q', 'round_robin'], 'must be parallel, serial, by_q or round_robin')
    .describe(
      'All at once, one after the other, by what their phones prefer, or each call beginning with the next one.',
    ),
  users: hunt.shape.users,
  seconds: seconds.optional(),
  ...followed,
})

const weighted = z.strictObject({
  trunk: name.describe('Name of the trunk.'),
  weight: whole(0, 1000).optional().describe('How often it is first, beside the others; 1 where nothing is said.'),
})

const trunkGroup = z.strictObject({
  order: z
    .enum(['listed', 'weighted', 'cheapest'], 'must be listed, weighted or cheapest')
    .optional()
    .describe('Which trunk is tried first: as listed, drawn by weight, or the cheapest for the number.'),
  trunks: listOf(z.union([name, weighted], 'must be a trunk, or {trunk, weight}'), 'trunks', 32).describe(
    'Its trunks.',
  ),
  on: listOf(whole(300, 699), 'statuses', 100).optional().describe('SIP statuses after which the next one is tried.'),
  seconds: seconds.optional(),
  caller_id: callerId.optional().describe('How callers are shown: own, withheld or a number.'),
})

const span = z.strictObject({
  days: shown(64).optional().describe('Days of the week: mon-fri, sun.'),
  hours: shown(128).optional().describe('Times of day: 09:00-12:30, 13:30-17:00; 22:00-06:00 ends on the day after.'),
  dates: shown(512).optional().describe('Dates: 2026-12-24..2026-12-31, 01-06.'),
  months: shown(64).optional().describe('Months: jun-aug, dec.'),
  zone: shown(64).optional().describe('Time zone, where it is not that of the plan.'),
})

const callingClass = z.strictObject({
  allow: listOf(pattern, 'beginnings of numbers', 500)
    .optional()
    .describe('Beginnings of numbers that may be dialled.'),
  deny: listOf(pattern, 'beginnings of numbers', 500)
    .optional()
    .describe('Beginnings of numbers that may not be dialled.'),
})

const expected = z.strictObject({
  rule: name.optional().describe('Name of the rule that decides.'),
  user: aor.optional().describe('The user who is rung first.'),
  users: listOf(aor, 'users', HUNT_MAX).optional().describe('All users who may be rung, in their order.'),
  trunk: name.optional().describe('The trunk that is tried first.'),
  number: shown(64).optional().describe('The number that is dialled by trunk.'),
  caller_id: callerId.optional().describe('How the caller is shown.'),
  reject: whole(400, 699).optional().describe('The status that the call is refused with.'),
})

const planTest = z.strictObject({
  name: name.describe('What the test is about.'),
  call: shown(128).describe('What is dialled.'),
  from: aor.optional().describe('Who calls.'),
  by_trunk: name.optional().describe('The trunk that the call comes in by.'),
  number: shown(64).optional().describe('The calling number.'),
  in: shown(253).optional().describe('The domain that is dialled, where it is not the first.'),
  at: shown(64).optional().describe('When: 2026-12-24T03:00, by the clocks of the plan.'),
  expect: expected.describe('What becomes of the call.'),
})

export const planDocument = z.strictObject(
  {
    tenant: documentName.optional().describe('Whose plan this is.'),
    shared: documentName.optional().describe('The name that other plans borrow this one by; it has no domains.'),
    use: listOf(documentName, 'shared plans', 16).optional().describe('Shared plans that this one borrows from.'),
    country: z
      .string('must be a country')
      .regex(/^[A-Za-z]{2}$/, 'must be two letters, as DE')
      .optional()
      .describe(
        'Where numbers are dialled: two letters, as DE. Then all numbers are known in their international form.',
      ),
    zone: shown(64).optional().describe('Time zone, as Europe/Berlin; UTC where nothing is said.'),
    class: name.optional().describe('The calling class of who has none of his own.'),
    domains: z
      .array(shown(253), 'must be a list of domains')
      .min(1, 'must name a domain')
      .max(1000, 'at most 1000 domains')
      .optional()
      .describe('Domains that phones register in.'),
    users: z
      .record(z.string(), user, 'must be a mapping from user@domain to {name, numbers}')
      .refine((users) => Object.keys(users).length <= USERS_MAX, `at most ${USERS_MAX} users`)
      .default({})
      .describe('The directory: who answers to which numbers.'),
    numbers: mapOf(did, 'a number to what it does', USERS_MAX).optional().describe('Numbers that carriers send here.'),
    groups: mapOf(group, 'a name to {ring, users}', NAMES_MAX).optional().describe('Users who are rung together.'),
    trunk_groups: mapOf(trunkGroup, 'a name to {trunks}', NAMES_MAX)
      .optional()
      .describe('Trunks that stand in for each other.'),
    times: mapOf(listOf(span, 'times', 64), 'a name to a list of times', NAMES_MAX)
      .optional()
      .describe('Times of day and week.'),
    holidays: mapOf(listOf(shown(32), 'dates', 200), 'a name to a list of dates', NAMES_MAX)
      .optional()
      .describe('Dates.'),
    classes: mapOf(callingClass, 'a name to {allow, deny}', NAMES_MAX)
      .optional()
      .describe('Who may dial what outside.'),
    services: mapOf(service, 'a star code to what it sets', 100).optional().describe('Star codes.'),
    rules: z
      .array(rule, 'must be a list of rules')
      .max(RULES_MAX, `at most ${RULES_MAX} rules`)
      .default([])
      .describe('Tried from top to bottom; the first that applies decides.'),
    emergency: emergency.optional().describe('Calls for help: never refused.'),
    tests: z
      .array(planTest, 'must be a list of tests')
      .max(1000, 'at most 1000 tests')
      .optional()
      .describe('Calls, and what must become of them.'),
  },
  'must be a mapping with domains, users, rules and emergency',
)

export type Document = z.infer<typeof planDocument>
export type RuleDocument = z.infer<typeof rule>
export type HuntDocument = z.infer<typeof hunt>
export type ThenDocument = z.infer<typeof after>
/** Everything that anything may be done with. */
export type ActionDocument = Partial<Pick<RuleDocument, keyof typeof calls | 'rewrite' | 'reject' | 'service'>>

/** The same as JSON Schema (2020-12), for editors. There a scalar may be written in any way: it is read as text. */
export function planSchema(): Record<string, unknown> {
  return z.toJSONSchema(planDocument, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type === 'string' && jsonSchema.type === 'string') {
        Object.assign(jsonSchema, { type: ['string', 'number', 'boolean'] })
      }
      if (zodSchema === planDocument) {
        Object.assign(jsonSchema, {
          title: 'Routing plan of raftel',
          anyOf: [{ required: ['domains'] }, { required: ['shared'] }],
        })
      }
    },
  })
}
