/** Decisions made again: a plan against itself, against another, and a plan that is had back. */
import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import { MAIN } from '../../../cluster/tables/plan-place.ts'
import type { Plan, PlanRow, PlanRule } from '../../../cluster/tables/plan-rows.ts'
import { pack } from '../../../cluster/tables/plan-text.ts'
import { newState } from '../../../cluster/tables/state.ts'
import { noting } from '../../../node/calls/facts.ts'
import { again, type Input, inputIn, knownIn } from '../../../node/replay/again.ts'
import { keepRecent } from '../../../node/replay/recent.ts'
import { type Documents, replay } from '../../../node/replay/replay.ts'
import type { CallRequest, Decision } from '../../../node/routing/decision.ts'
import { type Linked, link } from '../../../node/routing/link.ts'
import { linkedOf } from '../../../node/routing/linked.ts'
import { type Difference, differenceOf } from '../../../node/routing/outcome.ts'
import { decide, type Facts } from '../../../node/routing/route.ts'
import { call, documents, world } from '../routing/documents.ts'
import { requestOf } from '../routing/request.ts'

const DOMAIN = 'a.test'
const NOBODY: Facts = { known: () => false, here: () => false }

function planOf(rules: readonly Pick<PlanRule, 'match' | 'from' | 'action'>[]): Plan {
  const all = rules.map((one, i) => ({ ...one, name: `r${i}`, domain: null }))
  return { domains: [DOMAIN], users: [], rules: all, emergency: null }
}

function rowOf(of: Plan, version = 1): PlanRow {
  return { version, text: '', plan: of, author: '', committedAt: 0 }
}

const oneOf = (of: Plan, version = 1): Documents => ({ rows: [rowOf(of, version)], version })
const linked = (of: Plan, version = 1) => link([rowOf(of, version)], version)

/** A decision as a node keeps it; undefined: it asked for too much. */
function kept(request: CallRequest, by: Linked, facts: Facts): string | undefined {
  const noted = noting(facts)
  decide(by, noted.facts, request)
  const recent = keepRecent()
  recent.keep({ request, ...noted.taken() })
  return recent.last(1)[0]
}

function keptBy(request: CallRequest, by: Linked, facts: Facts): Input | null {
  const text = kept(request, by, facts)
  return text === undefined ? null : inputIn(text)
}

const asked = (about: { dialled: string; caller: string | null }, id = 'call') =>
  requestOf({ id, domain: DOMAIN, ...about })

const calls = fc.array(call, { minLength: 12, maxLength: 12 })
/** What is known of the cluster when the call comes in, and by now. */
const worlds = fc.tuple(world, world)

/** How decisions differ, each kind so often; else nothing much was tried. */
function tally() {
  const seen = { same: 0, changed: 0, fails: 0, fixed: 0, rang: 0 }
  return {
    seen,
    add(difference: Difference, { kind }: Decision) {
      seen[difference]++
      if (kind === 'ring') seen.rang++
    },
  }
}

test('a plan against itself changes nothing, whatever it says and whatever is known of the cluster by now', (t) => {
  const { seen, add } = tally()
  fc.assert(
    fc.property(documents, worlds, calls, (rows, [then, now], all) => {
      const [before, after] = [link(rows, 1), link(JSON.parse(JSON.stringify(rows)), 2)]
      for (const one of all) {
        const input = keptBy(one, before, then)
        // What asked for too much is not kept: nobody is told that it is the same.
        if (input === null) continue
        for (const other of [null, now]) {
          const told = again(input, before, after, other, knownIn(then))
          if (told === null) throw new Error('it asks for what it did not ask for then')
          const { planVersion: _, ...did } = decide(before, then, one)
          const { planVersion: __, ...does } = told.after
          if (told.difference !== 'same' || JSON.stringify(does) !== JSON.stringify(did)) return false
          add(told.difference, told.after)
        }
      }
      return true
    }),
    { numRuns: 30 },
  )
  t.true(seen.rang > 50, JSON.stringify(seen))
})

test('against another plan each call differs exactly if it would be decided otherwise', (t) => {
  const { seen, add } = tally()
  fc.assert(
    fc.property(documents, documents, world, calls, (rows, others, facts, all) => {
      const [of, other] = [link(rows, 1), link(others, 2)]
      for (const one of all) {
        const input = keptBy(one, of, facts)
        const told = input && again(input, of, other, facts)
        if (!told) continue
        const does = decide(other, facts, one)
        if (told.difference !== differenceOf(decide(of, facts, one), does)) return false
        add(told.difference, does)
      }
      return true
    }),
    { numRuns: 30 },
  )
  t.true(Math.min(seen.same, seen.changed, seen.fails, seen.fixed) > 3, JSON.stringify(seen))
})

test('what is committed again after others decides as it did before, to the byte, document by document', (t) => {
  const { seen, add } = tally()
  fc.assert(
    fc.property(documents, documents, world, calls, (first, second, facts, all) => {
      const state = newState()
      const said = { author: 'ann', at: 1, expect: null, text: '', plan: planOf([]) }
      const does = (command: Command) => apply(state, { node: 'n1', incarnation: '1', seq: 0, floor: 0 }, command, 1)
      const commit = (document: string, packed: string, restored?: number): void => {
        does({ ...said, type: 'plan-commit', document, packed, ...(restored && { restored }) })
      }
      const commitAll = (rows: readonly PlanRow[]): void => {
        for (const { document = MAIN, text, plan } of rows) commit(document, pack(text, plan))
      }
      const decided = () => all.map((one) => decide(linkedOf(state), facts, one))
      /** By who reads the documents for the first time. */
      const afresh = () => {
        const copies: PlanRow[] = JSON.parse(JSON.stringify([...state.plans.values()]))
        return all.map((one) => decide(link(copies, state.planVersion), facts, one))
      }
      commitAll(first)
      const before = decided()
      // What others borrow from changes alone.
      commitAll(second.slice(2))
      if (JSON.stringify(decided()) !== JSON.stringify(afresh())) return false
      commitAll(second)
      const between = decided()
      // In another order than they were committed in.
      for (const version of [3, 1, 2]) {
        const { document, text } = state.commits.get(String(version))!
        commit(document, state.texts.get(text)!.packed, version)
      }
      for (const { document = MAIN } of second) {
        if (first.some((one) => one.document === document)) continue
        does({ type: 'plan-remove', document, expect: null, author: 'ann', at: 1 })
      }
      for (const [i, { planVersion, ...again }] of decided().entries()) {
        const { planVersion: was, ...did } = before[i]!
        add(differenceOf(before[i]!, between[i]!), before[i]!)
        if (planVersion === was || JSON.stringify(again) !== JSON.stringify(did)) return false
      }
      return first.every(({ document = MAIN, text }) => state.plans.get(document)?.text === text)
    }),
    { numRuns: 30 },
  )
  t.true(seen.rang > 30 && seen.changed > 3, JSON.stringify(seen))
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
    return kept(asked({ dialled: dialled[i % 5]!, caller: null }, `call ${i}`), linked(before), {
      ...NOBODY,
      known: () => true,
    })!
  })
  inputs.push('of another program')
  const seen: number[] = []
  const told = await replay({ before: oneOf(before), after: oneOf(after, 2) }, inputs, {
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
  const inputs = Array.from(
    { length: 20_000 },
    (_, i) => kept(asked({ dialled: '11', caller: null }, `${i}`), linked(of), NOBODY)!,
  )
  const stop = new AbortController()
  const told = await replay({ before: oneOf(of), after: oneOf(of, 2) }, inputs, {
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
