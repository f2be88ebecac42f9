/** Plan documents of two tenants that share a third, with everything that a plan may say; calls, and what the cluster knows when they come in. */
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import type { CallRequest } from '../../../node/routing/decision.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import type { Facts } from '../../../node/routing/route.ts'

/** The document's word; nobody awaits a plan. */
const THEN = 'then'

const user = fc.constantFrom('u1', 'u2', 'u3', 'nobody')
const number = fc.constantFrom('1', '12', '+49301', '030123456', '0171234567', '112')
/** g3 is of the shared document. */
const group = fc.constantFrom('g1', 'g2', 'g3')
const trunk = fc.constantFrom('t1', 't2', 'tg')
const some = <T>(all: fc.Arbitrary<T>) => fc.option(all, { nil: undefined })
const plain = fc.oneof(
  user.map((one) => ({ user: one })),
  group.map((one) => ({ group: one })),
  trunk.map((one) => ({ trunk: one })),
  fc.oneof(number, user).map((one) => ({ forward: one })),
  fc.constantFrom({ announcement: 'a' }, { voicemail: 'v' }, { park: 'p' }, { forward: 'u1@b.test' }),
  fc.record({
    hunt: fc.record({ order: fc.constantFrom('serial', 'parallel'), users: fc.uniqueArray(user, { minLength: 1 }) }),
  }),
)
const followed = fc.tuple(plain, some(fc.tuple(plain, some(plain)))).map(([first, then]) => ({
  ...first,
  ...(then && { [THEN]: { ...then[0], ...(then[1] && { [THEN]: then[1] }) } }),
}))
/** Of groups: what leads to another one might come back. */
const after = fc
  .tuple(plain, some(plain))
  .map(([first, then]) => ({ ...first, ...(then && { [THEN]: then }) }))
  .filter((one) => !JSON.stringify(one).includes('"group"'))
type RuleText = Readonly<Record<string, unknown>>
const rule: fc.Arbitrary<RuleText> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('1', '1X', '0.', '+49.', '2!', '*N', '+4930!', 'u2').map((match) => ({ match })),
      fc.constantFrom('+', '030', '1').map((prefix) => ({ prefix })),
      fc.constantFrom('0(\\d+)', '[12]*', '(\\+49)?.{1,4}').map((regex) => ({ regex })),
    ),
    fc.oneof(
      { weight: 4, arbitrary: followed },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          { rewrite: '1' },
          { rewrite: '+49301' },
          { rewrite: '2$1' },
          { forward: '1$1' },
          { reject: { status: 403 } },
          { service: 'dnd_on' },
        ),
      },
    ),
    // Of what must hold for a rule, seldom more than one thing: else none would ever apply.
    fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          { from: ['u1'] },
          { by_trunk: ['t1'] },
          { when: ['office'] },
          { unless: ['closed'] },
          { caller: '0.' },
        ),
      },
      { weight: 1, arbitrary: fc.constant({ when: ['office', 'closed'], unless: ['closed'], from: ['u1', 'u3'] }) },
    ),
    fc.record(
      {
        caller_id: fc.constantFrom('own', 'withheld', '+4930'),
        rewrite_caller: fc.constantFrom('+49', '99'),
        privacy: fc.constant(true),
      },
      { requiredKeys: [] },
    ),
  )
  .map((parts) => Object.assign({}, ...parts))
const rules = fc.array(rule, { minLength: 3, maxLength: 8, size: 'max' })
const ring = fc.constantFrom('serial', 'parallel', 'round_robin', 'by_q')
const groups = fc.record({ g1: fc.tuple(after, ring), g2: fc.tuple(some(after), ring) })

const MEMBERS = { users: ['u1', 'u2', 'u3'] }
const TIMES = {
  times: { office: [{ days: 'mon-fri', hours: '09:00-17:00' }] },
  holidays: { closed: ['12-25'] },
  classes: { c: { allow: ['+49'] }, d: { deny: ['+49171'] } },
}
const head = fc.record({
  country: fc.constantFrom('DE', 'GB'),
  order: fc.constantFrom('listed', 'weighted', 'cheapest'),
  groups,
  rules,
  numbers: some(followed),
})

type Head = typeof head extends fc.Arbitrary<infer T> ? T : never

function ownOf(domain: string, { country, order, groups: { g1, g2 }, numbers }: Head): RuleText {
  return {
    domains: [domain],
    use: ['house'],
    country,
    zone: country === 'DE' ? 'Europe/Berlin' : 'Europe/London',
    class: 'c',
    users: { [`u1@${domain}`]: { numbers: ['1'] }, [`u2@${domain}`]: {}, [`u3@${domain}`]: { class: 'd' } },
    ...(numbers && { numbers: { [domain === 'a.test' ? '+49301' : '+49302']: numbers } }),
    groups: {
      g1: { ...MEMBERS, ring: g1[1], [THEN]: g1[0] },
      g2: { ...MEMBERS, ring: g2[1], ...(g2[0] && { [THEN]: g2[0] }) },
    },
    trunk_groups: { tg: { order, trunks: ['t1', { trunk: 't2', weight: 3 }], on: [503] } },
    services: { '*72.': 'forward_always' },
    emergency: { numbers: ['112'], user: 'u1' },
    tests: [{ name: 't', call: '1', expect: { user: 'u1' } }],
  }
}

/** As its reader accepts it: rules that it finds fault with are left out. */
function rowOf(document: string, version: number, about: RuleText, given: readonly RuleText[]): PlanRow | null {
  const text = stringify({ ...about, rules: given.map((one, i) => ({ name: `r${i}`, ...one })) })
  const read = readPlan(text)
  if (read.kind === 'ok') return { version, text, plan: read.plan, author: '', committedAt: 0, document }
  const faulty = new Set(read.faults.map(({ path }) => Number(/^rules\[(\d+)\]/.exec(path)?.[1] ?? -1)))
  const kept = given.filter((_, i) => !faulty.has(i))
  return kept.length < given.length ? rowOf(document, version, about, kept) : null
}

/** Of main or the tenant acme, of the tenant beta, and what both borrow from. */
export const documents: fc.Arbitrary<readonly PlanRow[]> = fc
  .record({
    name: fc.constantFrom('main', 'acme'),
    a: head,
    b: head,
    shared: fc.record({ g3: fc.tuple(some(after), ring), rules }),
  })
  .map(({ name, a, b, shared: { g3, rules: borrowed } }) => {
    const house = {
      shared: 'house',
      ...TIMES,
      groups: { g3: { ...MEMBERS, ring: g3[1], ...(g3[0] && { [THEN]: g3[0] }) } },
    }
    const rows = [
      rowOf(name, 1, { ...(name !== 'main' && { tenant: name }), ...ownOf('a.test', a) }, a.rules),
      rowOf('beta', 2, { tenant: 'beta', ...ownOf('b.test', b) }, b.rules),
      rowOf('house', 3, house, borrowed),
    ]
    return rows.filter((row) => row !== null)
  })
  .filter(({ length }) => length === 3)

export const call: fc.Arbitrary<CallRequest> = fc.record({
  id: fc.string({ maxLength: 8 }),
  caller: fc.constantFrom(null, 'u1@a.test', 'u1@a.test', 'u3@a.test', 'u1@b.test', 'u2@b.test', 'eve@c.test'),
  trunk: fc.constantFrom(null, null, null, 't1', 't9'),
  number: fc.constantFrom('', '030', 'u1'),
  dialled: fc.oneof(
    { weight: 4, arbitrary: fc.oneof(number, fc.constantFrom('01', '*725', '*5', 'u2', '2', '+49302')) },
    { weight: 1, arbitrary: fc.constantFrom('\u0000', '$1', '1'.repeat(129)) },
    { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
  ),
  domain: fc.constantFrom('a.test', 'a.test', 'a.test', 'b.test', 'b.test', 'b.test', 'c.test', '192.0.2.1'),
  at: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e18)),
})

const forwards = fc.record(
  { always: fc.oneof(user, number), busy: user, noAnswer: fc.oneof(user, number), unregistered: user },
  { requiredKeys: [] },
)
const profiles = Object.fromEntries(['u1@a.test', 'u2@a.test', 'u3@a.test', 'u1@b.test'].map((aor) => [aor, forwards]))
const known = fc.record({
  profiles: fc.record(profiles, { requiredKeys: [] }),
  dnd: fc.boolean(),
  down: fc.subarray(['t1', 't2']),
  turn: fc.nat(7),
  dear: fc.constantFrom('t1', 't2'),
})

/** What all nodes read in the same tables. */
export const world: fc.Arbitrary<Facts> = known.map((about) => ({
  known: (aor) => aor === 'nobody@a.test',
  here: (host) => host === '192.0.2.1',
  profile(aor) {
    const set = about.profiles[aor]
    return set ? { aor, forwards: set, dnd: about.dnd && aor.startsWith('u1') } : null
  },
  trunk: (name) => (about.down.includes(name) ? { state: 'down' } : null),
  turn: (name) => (name === 'g2' ? null : about.turn + name.length),
  price: (name) => (name === about.dear ? 2 : 1),
}))
