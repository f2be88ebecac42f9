/** What holds for all plans that a reader accepts, and for every call. */
import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import { pack } from '../../../cluster/tables/plan-text.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState, type State } from '../../../cluster/tables/state.ts'
import type { Decision } from '../../../node/routing/decision.ts'
import { type Linked, type LinkedRule, link } from '../../../node/routing/link.ts'
import { linkedOf } from '../../../node/routing/linked.ts'
import { match } from '../../../node/routing/pattern.ts'
import { decide } from '../../../node/routing/route.ts'
import type { Asked, Found } from '../../../node/routing/rule-index.ts'
import { runTests } from '../../../node/routing/tests.ts'
import { TRACE_BYTES } from '../../../node/routing/trace.ts'
import { call, documents, world } from './documents.ts'

const calls = fc.array(call, { minLength: 20, maxLength: 20 })

/** Every way on leads further, so that no call goes on for ever. */
function leadsForward(decision: Decision): boolean {
  if (decision.kind !== 'ring') return true
  const { steps } = decision
  if (steps.length === 0 || steps.length > 32) return false
  return steps.every(({ next = {} }, i) =>
    Object.values(next).every((to) => to === null || (Number.isInteger(to) && to > i && to < steps.length)),
  )
}

/** What the decisions of a run came by. */
function tally() {
  const seen = new Map<string, number>()
  return {
    add({ kind, rule, ops }: Decision) {
      const isListed = ['numbers', 'directory', 'user'].includes(rule)
      const by = isListed ? 'a list' : ['none', 'emergency', 'service'].includes(rule) ? rule : 'a rule'
      const words = ops.map(([word]) => `trace ${word}`)
      for (const what of new Set([kind, by, ...words])) seen.set(what, (seen.get(what) ?? 0) + 1)
    },
    /** Else nothing much was tried. */
    lacks: (wanted: readonly string[], least: number) => wanted.filter((what) => (seen.get(what) ?? 0) < least),
    said: () => JSON.stringify(Object.fromEntries(seen)),
  }
}

function committed(rows: readonly PlanRow[]): State {
  const state = newState()
  for (const { document = 'main', text, plan } of rows) {
    const said = { expect: null, author: '', at: 0, document, text: '', plan, packed: pack(text, plan) }
    apply(state, { node: 'n1', incarnation: '1', seq: 0, floor: 0 }, { type: 'plan-commit', ...said }, 1)
  }
  return state
}

test('whatever a reader accepts and whoever calls: every node decides the same bytes, that lead forward and are explained in 1 kB', (t) => {
  const seen = tally()
  fc.assert(
    fc.property(documents, world, calls, (rows, facts, all) => {
      const state = committed(rows)
      const here = linkedOf(state)
      // Another node has it from a snapshot, and a third has it in another order.
      const there = linkedOf(loadSnapshot([...snapshotLines(state)]))
      const copies: PlanRow[] = JSON.parse(JSON.stringify([...state.plans.values()].reverse()))
      const third = link(copies, state.planVersion)
      for (const { document } of here.scopes) runTests(here, document)
      for (const one of all) {
        const decision = decide(here, facts, one)
        seen.add(decision)
        const bytes = JSON.stringify(decision)
        for (const other of [here, there, third]) if (JSON.stringify(decide(other, facts, one)) !== bytes) return false
        if (!leadsForward(decision)) return false
        if (Buffer.byteLength(JSON.stringify(decision.ops)) > TRACE_BYTES) return false
        if (one.dialled === '112' && !decision.emergency) return false
      }
      return true
    }),
    { numRuns: 60 },
  )
  const kinds = ['ring', 'reject', 'service', 'a rule', 'a list', 'emergency', 'none']
  const words = ['f', 'fc', 'g', 'r', 's', 'm', 'dm', 't', 'cd'].map((word) => `trace ${word}`)
  t.deepEqual(seen.lacks([...kinds, ...words], 3), [], seen.said())
})

/** Rule by rule, from above. */
function naive(rules: readonly LinkedRule[]) {
  return {
    first({ caller, domain, dialled, normal, applies }: Asked): Found {
      const form = normal()
      const texts = form === null ? [dialled] : [dialled, form]
      const near: number[] = []
      for (const [number, { rule, pattern, from, isConditional }] of rules.entries()) {
        if (rule.domain !== null && rule.domain !== domain) continue
        const matched = texts.filter((text) => match(pattern, text) !== null)
        if (matched.length === 0) continue
        const isHis = from === null || (caller !== null && from.has(caller))
        const does = isConditional ? matched.some((text) => applies(number, text)) : isHis
        if (does) return { first: number, near }
        near.push(number)
      }
      return { first: -1, near }
    },
  }
}

function withoutIndex(linked: Linked): Linked {
  for (const scope of linked.scopes) Object.assign(scope, { index: naive(scope.rules) })
  return linked
}

test('with the index every call is decided, and explained, as by a search through all rules, wherever it is led on the way', (t) => {
  const seen = tally()
  fc.assert(
    fc.property(documents, world, calls, (rows, facts, all) => {
      const copies: PlanRow[] = JSON.parse(JSON.stringify(rows))
      const [indexed, searched] = [link(rows, 3), withoutIndex(link(copies, 3))]
      return all.every((one) => {
        const decision = decide(indexed, facts, one)
        seen.add(decision)
        return JSON.stringify(decision) === JSON.stringify(decide(searched, facts, one))
      })
    }),
    { numRuns: 60 },
  )
  t.deepEqual(seen.lacks(['a rule', 'none', 'trace f', 'trace r', 'trace s', 'trace m'], 20), [], seen.said())
})
