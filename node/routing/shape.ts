/** The shape of a plan document, before its meaning is checked. Every scalar is text: numbers keep zeros and pluses. */
import { z } from 'zod'
import { clean } from '../../proto/text.ts'

export const RULES_MAX = 10_000
export const USERS_MAX = 50_000
export const NUMBERS_MAX = 16
export const HUNT_MAX = 32
export const SECONDS_MAX = 300

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

const aor = shown(254)
const number = z
  .string('must be a number')
  .regex(/^[+*#]?[0-9*#]{1,31}$/, 'must be digits, * or #, after an optional +; at most 32')

const seconds = whole(1, SECONDS_MAX)

const hunt = z.strictObject({
  order: z.enum(['serial', 'parallel'], 'must be serial or parallel'),
  users: z.array(aor, 'must be a list of users').min(1, 'must name a user').max(HUNT_MAX, `at most ${HUNT_MAX} users`),
  seconds: seconds.optional(),
})

const rule = z.strictObject({
  name: shown(64),
  match: z.string('must be a pattern'),
  domain: shown(253).optional(),
  from: z
    .array(aor, 'must be a list of callers')
    .min(1, 'must name a caller')
    .max(100, 'at most 100 callers')
    .optional(),
  user: aor.optional(),
  seconds: seconds.optional(),
  hunt: hunt.optional(),
  rewrite: shown(64).optional(),
  reject: z.strictObject({ status: whole(400, 699), reason: shown(100).optional() }).optional(),
})

const emergency = z.strictObject({
  numbers: z.array(number, 'must be a list of numbers').min(1, 'must hold a number').max(32, 'at most 32 numbers'),
  user: aor.optional(),
  seconds: seconds.optional(),
  hunt: hunt.optional(),
})

const user = z.strictObject({
  name: shown(64).optional(),
  numbers: z.array(number, 'must be a list of numbers').max(NUMBERS_MAX, `at most ${NUMBERS_MAX} numbers`).optional(),
})

export const document = z.strictObject(
  {
    domains: z
      .array(shown(253), 'must be a list of domains')
      .min(1, 'must name a domain')
      .max(1000, 'at most 1000 domains'),
    users: z
      .record(z.string(), user, 'must be a mapping from user@domain to {name, numbers}')
      .refine((users) => Object.keys(users).length <= USERS_MAX, `at most ${USERS_MAX} users`)
      .default({}),
    rules: z.array(rule, 'must be a list of rules').max(RULES_MAX, `at most ${RULES_MAX} rules`).default([]),
    emergency: emergency.optional(),
  },
  'must be a mapping with domains, users, rules and emergency',
)

export type Document = z.infer<typeof document>
export type RuleDocument = z.infer<typeof rule>
export type HuntDocument = z.infer<typeof hunt>
