/** Decisions made again: a plan against itself, against another, and a plan that is had back. */
import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Plan, PlanRow, PlanRule } from '../../../cluster/tables/plan-rows.ts'
import { pack, unpack } from '../../../cluster/tables/plan-text.ts'
import { newState } from '../../../cluster/tables/state.ts'
import { noting } from '../../../node/calls/facts.ts'
import { again, inputIn } from '../../../node/replay/again.ts'
import { keepRecent } from '../../../node/replay/recent.ts'
import { type Documents, replay } from '../../../node/replay/replay.ts'
import type { CallRequest } from '../../../node/routing/decision.ts'
import { link } from '../../../node/routing/link.ts'
import { differenceOf } from '../../../node/routing/outcome.ts'
import { decide, type Facts } from '../../../node/routing/route.ts'
import { requestOf } from '../routing/request.ts'

const DOMAIN = 'a.test'
const NOBODY: Facts = { known: () => false, here: () => false }

const rule = fc.record({
  match: fc.constantFrom('1X', '1XX', '2!', '21', '9.', 'alice', 'Z.'),
  from: fc.constantFrom([], [`alice@${DOMAIN}`]),
  action: fc.oneof(
    fc.constantFrom(403, 480).map((status) => ({ kind: 'reject', status, reason: 'no' }) as const),
    fc.constantFrom('bob', 'carol').map((user) => ({ kind: 'user', aor: `${user}@${DOMAIN}`, seconds: 20 }) as const),
    fc.constantFrom('1$1', '21').map((to) => ({ kind: 'rewrite', to }) as const),
  ),
})
const plan = fc.array(rule, { maxLength: 12 }).map((rules) => planOf(rules))
const call = fc.record({
  dialled: fc.constantFrom('11', '112', '2', '21', '9', '99', 'alice', 'bob', '3', '37'),
  caller: fc.constantFrom(null, `alice@${DOMAIN}`, `bob@${DOMAIN}`),
})

function planOf(rules: readonly Pick<PlanRule, 'match' | 'from' | 'action'>[]): Plan {
  const all = rules.map((one, i) => ({ ...one, name: `r${i}`, domain: null }))
  return { domains: [DOMAIN], users: [], rules: all, emergency: null }
}

function rowOf(of: Plan, version = 1): PlanRow {
  return { version, text: '', plan: of, author: '', committedAt: 0 }
}

const documents = (of: Plan, version = 1): Documents => ({ rows: [rowOf(of, version)], version })
const linked = (of: Plan, version = 1) => link([rowOf(of, version)], version)

/** A decision as a node keeps it. */
function kept(request: CallRequest, by: Plan, facts: Facts): string {
  const noted = noting(facts)
  decide(linked(by), noted.facts, request)
  const recent = keepRecent()
  recent.keep({ request, ...noted.taken() })
  return recent.last(1)[0]!
}

const asked = (about: { dialled: string; caller: string | null }, id = 'call') =>
  requestOf({ id, domain: DOMAIN, ...about })

test('a plan against itself changes nothing, whatever is known of the cluster by now', (t) => {
  fc.assert(
    fc.property(plan, call, fc.boolean(), (of, about, known) => {
      const input = inputIn(kept(asked(about), of, { ...NOBODY, known: () => known }))!
      const told = again(input, linked(of, 1), linked(of, 2), null, ['known', 'here'])
      t.is(told?.difference, 'same')
    }),
    { numRuns: 500 },
  )
})

test('against another plan each call differs exactly if it would be decided otherwise', (t) => {
  fc.assert(
    fc.property(plan, plan, call, fc.boolean(), (of, other, about, isKnown) => {
      const facts = { ...NOBODY, known: () => isKnown }
      const request = asked(about)
      const told = again(inputIn(kept(request, of, facts))!, linked(of), linked(other), facts)
      t.is(told?.difference, differenceOf(decide(linked(of), facts, request), decide(linked(other), facts, request)))
    }),
    { numRuns: 500 },
  )
})

test('what is committed again after others decides as it did before', (t) => {
  fc.assert(
    fc.property(plan, plan, fc.array(call, { minLength: 1, maxLength: 20 }), (first, second, calls) => {
      const state = newState()
      const commit = (packed: string, restored?: number) => {
        const said = { author: 'ann', at: 1, expect: null, document: 'main', packed, ...(restored && { restored }) }
        const empty = { text: '', plan: planOf([]) }
        apply(state, { node: 'n1', incarnation: '1', seq: 0, floor: 0 }, { type: 'plan-commit', ...empty, ...said }, 1)
      }
      const now = () => link(state.plans.values(), state.planVersion)
      const all = () => calls.map((one) => decide(now(), NOBODY, asked(one)))
      commit(pack('first', first))
      const before = all()
      commit(pack('second', second))
      const { text } = state.commits.get('1')!
      commit(state.texts.get(text)!.packed, 1)
      t.deepEqual(
        all().map((one, i) => differenceOf(before[i]!, one)),
        calls.map(() => 'same' as const),
      )
      t.is(unpack(state.texts.get(text)!.packed)?.text, 'first')
    }),
    { numRuns: 100 },
  )
})

const ring = (aor: string) => ({ kind: 'user', aor: `${aor}@${DOMAIN}`, seconds: 20 }) as const
const reject = { kind: 'reject', status: 403, reason: 'no' } as const

test('threads decide all calls, count how they differ, and tell the first of each kind, those that fail first', async (t) => {
  const before = planOf([
    { match: '1X', from: [], action: ring('bob') },
    { match: '2X', from: [], action: ring('bob') },
    { match: '3X', from: [], action: reject },
    { match: '4X', from: [], action: reject },
  ])
  const after = planOf([
    { match: '1X', from: [], action: ring('bob') },
    { match: '2X', from: [], action: ring('carol') },
    { match: '3X', from: [], action: ring('bob') },
    { match: '5X', from: [], action: reject },
  ])
  const dialled = ['11', '21', '31', '41', '51']
  const inputs = Array.from({ length: 5_000 }, (_, i) => {
    return kept(asked({ dialled: dialled[i % 5]!, caller: null }, `call ${i}`), before, {
      ...NOBODY,
      known: () => true,
    })
  })
  inputs.push('of another program')
  const seen: number[] = []
  const told = await replay({ before: documents(before), after: documents(after, 2) }, inputs, {
    // Who was asked for only now: 41 has no rule any more, and is a user.
    facts: { ...NOBODY, known: (aor) => aor === `41@${DOMAIN}` },
    tell: 3,
    progress: (done, total) => {
      seen.push(done)
      t.is(total, inputs.length)
    },
  })
  const { differs, ...sums } = told
  t.deepEqual(sums, { same: 1_000, changed: 1_000, fails: 1_000, fixed: 2_000, unread: 1 })
  t.deepEqual(
    differs.map(({ input, again: { difference, after: does } }) => [difference, inputIn(input)!.request.id, does.kind]),
    [
      ['fails', 'call 4', 'reject'],
      ['fails', 'call 9', 'reject'],
      ['fails', 'call 14', 'reject'],
      ['changed', 'call 1', 'ring'],
      ['changed', 'call 6', 'ring'],
      ['changed', 'call 11', 'ring'],
      ['fixed', 'call 2', 'ring'],
      ['fixed', 'call 3', 'ring'],
      ['fixed', 'call 7', 'ring'],
    ],
  )
  t.true(
    differs[0]!.again.after.trace.some((line) => line.includes('r3')),
    'each with why',
  )
  t.is(seen.at(-1), inputs.length)
})

test('who no longer wants to know stops the threads', async (t) => {
  const of = planOf([{ match: '1X', from: [], action: ring('bob') }])
  const inputs = Array.from({ length: 20_000 }, (_, i) =>
    kept(asked({ dialled: '11', caller: null }, `${i}`), of, NOBODY),
  )
  const stop = new AbortController()
  const told = await replay({ before: documents(of), after: documents(of, 2) }, inputs, {
    facts: NOBODY,
    tell: 1,
    threads: 1,
    progress: () => stop.abort(),
    signal: stop.signal,
  })
  t.true(told.same < inputs.length)
})

test('a node keeps the last decisions, so many and so many bytes, and none of which it does not know all', (t) => {
  const keep = (recent: ReturnType<typeof keepRecent>, dialled: string, isWhole = true) =>
    recent.keep({ request: asked({ dialled, caller: null }), facts: [], isWhole })
  const dialledIn = (recent: ReturnType<typeof keepRecent>) =>
    recent.last(9).map((text) => inputIn(text)!.request.dialled)

  const few = keepRecent(3)
  for (const dialled of ['1', '2', '3', '4', '5']) keep(few, dialled)
  t.deepEqual(dialledIn(few), ['5', '4', '3'])
  t.is(few.size, 3)
  t.is(few.last(1).length, 1)

  const small = keepRecent(100, 3 * few.last(1)[0]!.length + 10)
  for (const dialled of ['1', '2', '3', '4', '5']) keep(small, dialled)
  t.deepEqual(dialledIn(small), ['5', '4', '3'])

  keep(few, '6', false)
  keep(few, '7'.repeat(10_000))
  t.deepEqual(dialledIn(few), ['5', '4', '3'])
})
