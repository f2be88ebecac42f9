/** What holds for every plan that a reader accepts, and for every call. */
import test from 'ava'
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import type { CallRequest, Decision } from '../../../node/routing/decision.ts'
import { link } from '../../../node/routing/link.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { decide, type Facts } from '../../../node/routing/route.ts'
import { runTests } from '../../../node/routing/tests.ts'
import { TRACE_BYTES } from '../../../node/routing/trace.ts'

/** The document's word; nobody awaits a plan. */
const THEN = 'then'

const user = fc.constantFrom('u1', 'u2', 'u3', 'nobody')
const number = fc.constantFrom('1', '12', '+49301', '030123456', '0171234567', '112')
const group = fc.constantFrom('g1', 'g2')
const trunk = fc.constantFrom('t1', 't2', 'tg')
const some = <T>(all: fc.Arbitrary<T>) => fc.option(all, { nil: undefined })
const plain = fc.oneof(
  user.map((one) => ({ user: one })),
  group.map((one) => ({ group: one })),
  trunk.map((one) => ({ trunk: one })),
  fc.oneof(number, user).map((one) => ({ forward: one })),
  fc.constantFrom({ announcement: 'a' }, { voicemail: 'v' }, { park: 'p' }),
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
const rule = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('1', '1X', '0.', '+49.', '2!', '*N', '+4930!').map((match) => ({ match })),
      fc.constantFrom('+', '030', '1').map((prefix) => ({ prefix })),
      fc.constantFrom('0(\\d+)', '[12]*', '(\\+49)?.{1,4}').map((regex) => ({ regex })),
    ),
    fc.oneof(
      { weight: 4, arbitrary: followed },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          { rewrite: '1' },
          { rewrite: '+49301' },
          { reject: { status: 403 } },
          { service: 'dnd_on' },
        ),
      },
    ),
    fc.record(
      {
        from: fc.constant(['u1']),
        by_trunk: fc.constant(['t1']),
        when: fc.constant(['office']),
        unless: fc.constant(['closed']),
        caller: fc.constant('0.'),
        caller_id: fc.constantFrom('own', 'withheld', '+4930'),
        privacy: fc.constant(true),
      },
      { requiredKeys: [] },
    ),
  )
  .map((parts) => Object.assign({}, ...parts) as { match?: string; prefix?: string; regex?: string })
/** Two of the same would be a fault. */
function matchOf(one: { match?: string; prefix?: string; regex?: string }): string {
  return one.match ?? one.regex ?? `${one.prefix}!`
}
const plan = fc
  .record({
    rules: fc.uniqueArray(rule, { maxLength: 8, selector: matchOf }),
    groups: fc.record({
      g1: fc.tuple(after, fc.constantFrom('serial', 'parallel', 'round_robin', 'by_q')),
      g2: fc.tuple(some(after), fc.constantFrom('serial', 'parallel')),
    }),
    numbers: some(followed),
  })
  .map(({ rules, groups, numbers }) => {
    const members = { users: ['u1', 'u2', 'u3'] }
    return stringify({
      country: 'DE',
      zone: 'Europe/Berlin',
      class: 'c',
      domains: ['a.test'],
      users: { 'u1@a.test': { numbers: ['1'] }, 'u2@a.test': {}, 'u3@a.test': { class: 'd' } },
      ...(numbers && { numbers: { '+49301': numbers } }),
      groups: {
        g1: { ...members, ring: groups.g1[1], [THEN]: groups.g1[0] },
        g2: { ...members, ring: groups.g2[1], ...(groups.g2[0] && { [THEN]: groups.g2[0] }) },
      },
      trunk_groups: { tg: { order: 'weighted', trunks: ['t1', { trunk: 't2', weight: 3 }], on: [503] } },
      times: { office: [{ days: 'mon-fri', hours: '09:00-17:00' }] },
      holidays: { closed: ['12-25'] },
      classes: { c: { allow: ['+49'] }, d: { deny: ['+49171'] } },
      services: { '*72.': 'forward_always' },
      emergency: { numbers: ['112'], user: 'u1' },
      tests: [{ name: 't', call: '1', expect: { user: 'u1' } }],
      rules: rules.map((one, i) => ({ name: `r${i}`, ...one })),
    })
  })
const call: fc.Arbitrary<CallRequest> = fc.record({
  id: fc.string({ maxLength: 8 }),
  caller: fc.constantFrom(null, 'u1@a.test', 'u3@a.test', 'eve@b.test'),
  trunk: fc.constantFrom(null, null, 't1', 't9'),
  number: fc.constantFrom('', '030', 'u1'),
  dialled: fc.oneof(
    number,
    fc.constantFrom('*725', '*5', 'u2', '\u0000', '$1', '1'.repeat(129)),
    fc.string({ maxLength: 5 }),
  ),
  domain: fc.constantFrom('a.test', 'a.test', 'b.test', '192.0.2.1'),
  at: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e18)),
})
const forwards = fc.record(
  { always: fc.oneof(user, number), busy: user, noAnswer: fc.oneof(user, number), unregistered: user },
  { requiredKeys: [] },
)
const world = fc.record({
  profiles: fc.record({ 'u1@a.test': forwards, 'u2@a.test': forwards, 'u3@a.test': forwards }, { requiredKeys: [] }),
  dnd: fc.boolean(),
  down: fc.subarray(['t1', 't2']),
})

function factsOf({
  profiles,
  dnd,
  down,
}: {
  profiles: Record<string, object | undefined>
  dnd: boolean
  down: string[]
}): Facts {
  return {
    known: (aor) => aor === 'nobody@a.test',
    here: (host) => host === '192.0.2.1',
    profile: (aor) => (profiles[aor] ? { aor, forwards: profiles[aor], dnd: dnd && aor.startsWith('u1') } : null),
    trunk: (name) => (down.includes(name) ? { state: 'down' } : null),
  }
}

/** Every way on leads further, so that no call goes on for ever. */
function leadsForward(decision: Decision): boolean {
  if (decision.kind !== 'ring') return true
  const { steps } = decision
  if (steps.length === 0 || steps.length > 32) return false
  return steps.every(({ next = {} }, i) =>
    Object.values(next).every((to) => to === null || (Number.isInteger(to) && to > i && to < steps.length)),
  )
}

test('whatever a reader accepts and whoever calls: there is a decision, the same each time, that leads forward and is explained in 1 kB', (t) => {
  let accepted = 0
  let rang = 0
  fc.assert(
    fc.property(plan, world, fc.array(call, { minLength: 8, maxLength: 8 }), (text, about, calls) => {
      const read = readPlan(text)
      if (read.kind === 'faults') return true
      accepted++
      const row: PlanRow = { version: 1, text, plan: read.plan, author: '', committedAt: 0 }
      // As another node has it: from the log, compiled by itself.
      const copy: PlanRow = JSON.parse(JSON.stringify(row))
      const [here, there] = [link([row], 1), link([copy], 1)]
      runTests(here, 'main')
      for (const one of calls) {
        const decision = decide(here, factsOf(about), one)
        const other = decide(there, factsOf(about), one)
        if (decision.kind === 'ring') rang++
        if (JSON.stringify(decision) !== JSON.stringify(other)) return false
        if (!leadsForward(decision)) return false
        if (Buffer.byteLength(JSON.stringify(decision.ops)) > TRACE_BYTES) return false
        if (one.dialled === '112' && !decision.emergency) return false
      }
      return true
    }),
    { numRuns: 200 },
  )
  // Else nothing much was tried.
  t.true(accepted > 60 && rang > 200, `${accepted} plans, ${rang} calls that ring`)
})
