import { randomBytes } from 'node:crypto'
import test from 'ava'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command, PlanCommit, Result } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import { commitsOf, DOCUMENTS_MAX, TEXTS_MAX } from '../../../cluster/tables/plan.ts'
import { pack, unpack } from '../../../cluster/tables/plan-text.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState, type State } from '../../../cluster/tables/state.ts'

const DUTY = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }
const PLAN = { domains: ['pbx.test'], users: [], rules: [], emergency: null }

function tables() {
  const state = newState()
  const does = (command: Command, at = 1000): Result => apply(state, DUTY, command, at)!
  return { state, does }
}

function commit(document: string, text: string, more: Partial<PlanCommit> = {}): PlanCommit {
  const said = { author: 'ann', reason: 'why', from: '192.0.2.1:5', at: 5 }
  return {
    type: 'plan-commit',
    expect: null,
    text: '',
    plan: PLAN,
    packed: pack(text, PLAN),
    document,
    ...said,
    ...more,
  }
}

const remove = (document: string, more: object = {}): Command => {
  return { type: 'plan-remove', document, expect: null, author: 'ann', at: 6, ...more }
}

/** Through a snapshot and back. */
function again(state: State): State {
  return loadSnapshot([...snapshotLines(state)])
}

test('the documents of a plan have one version that grows with each change of any', (t) => {
  const { state, does } = tables()
  t.deepEqual(does(commit('main', 'a')), { kind: 'committed', version: 1 })
  t.deepEqual(does(commit('acme', 'b', { expect: 0 })), { kind: 'committed', version: 2 })
  t.deepEqual(does(commit('main', 'c', { expect: 1 })), { kind: 'committed', version: 3 })
  t.deepEqual(does(remove('acme', { expect: 2 })), { kind: 'committed', version: 4 })
  t.is(state.planVersion, 4)
  t.deepEqual([...state.plans.keys()], ['main'])
  t.like(state.plans.get('main'), { version: 3, text: 'c', plan: PLAN, reason: 'why', author: 'ann' })
  t.is(again(state).planVersion, 4, 'also when what was last was a removal')
})

test('who saw another version of a document changes nothing; who judged it beside others than are there is to do it again', (t) => {
  const { state, does } = tables()
  does(commit('main', 'a'))
  does(commit('acme', 'b'))
  const before = stateHash(state)
  t.deepEqual(does(commit('main', 'c', { expect: 0 })), { kind: 'conflict', version: 1 })
  t.deepEqual(does(commit('main', 'c', { expect: 1, base: 1 })), { kind: 'moved', version: 2 })
  t.deepEqual(does(commit('main', 'c', { expect: 0, base: 1 })), { kind: 'conflict', version: 1 })
  t.deepEqual(does(remove('acme', { expect: 1 })), { kind: 'conflict', version: 2 })
  t.deepEqual(does(remove('acme', { base: 1 })), { kind: 'moved', version: 2 })
  t.deepEqual(does(remove('other')), { kind: 'no such plan', document: 'other' })
  t.deepEqual(does(commit('main', '', { packed: 'nonsense' })), { kind: 'unreadable plan' })
  t.is(stateHash(state), before)
})

test('what was committed stays in the log, and its text once for all that have the same', (t) => {
  const { state, does } = tables()
  does(commit('main', 'a', { tests: { passed: 2, failed: 1 }, breakGlass: true }))
  does(commit('main', 'b'))
  does(commit('main', 'a', { restored: 1 }))
  does(remove('main'))
  t.deepEqual(
    commitsOf(state.commits.values(), 'main').map(({ version, kind, previous }) => [version, kind, previous]),
    [
      [4, 'remove', 3],
      [3, 'rollback', 2],
      [2, 'commit', 1],
      [1, 'commit', 0],
    ],
  )
  t.like(state.commits.get('1'), {
    from: '192.0.2.1:5',
    tests: { passed: 2, failed: 1 },
    breakGlass: true,
    committedAt: 5,
  })
  t.is(state.commits.get('3')?.restored, 1)
  t.is(state.texts.size, 2)
  t.is(unpack(state.texts.get(state.commits.get('1')!.text)!.packed)?.text, 'a')
})

test('texts of long ago go when there are too many bytes of them, and the log stays', (t) => {
  const { state, does } = tables()
  const large = () => randomBytes(700_000).toString('base64')
  const [first, second] = [large(), large()]
  does(commit('main', first))
  does(commit('main', second))
  // The first is in force again, so the second is the one of longest ago.
  does(commit('main', first))
  const one = state.texts.get(state.commits.get('1')!.text)!.packed.length
  for (let i = 2; i * one < TEXTS_MAX; i++) does(commit('main', large()))
  t.true(state.texts.has(state.commits.get('1')!.text))
  t.false(state.texts.has(state.commits.get('2')!.text))
  const kept = [...state.texts.values()].reduce((sum, { packed }) => sum + packed.length, 0)
  t.true(kept <= TEXTS_MAX && kept > TEXTS_MAX - 2 * one)
  t.is(state.commits.size, state.planVersion)
})

test('a plan that a program of before committed is as that program has it, in hashes and snapshots, until there is another', (t) => {
  const { state, does } = tables()
  const { document, packed, reason, from, ...old } = commit('main', '')
  does({ ...old, text: 'a' })
  const lines = [...snapshotLines(state)]
  t.deepEqual(
    lines.filter((line) => line.startsWith('["plan')),
    [JSON.stringify(['plan', 'plan', { version: 1, text: 'a', plan: PLAN, author: 'ann', committedAt: 5 }])],
  )
  t.is(state.commits.size, 0)
  t.is(stateHash(again(state)), stateHash(state))
  t.like(again(state).plans.get('main'), { version: 1, text: 'a' })

  does(commit('main', 'b', { expect: 1 }))
  t.is(stateHash(again(state)), stateHash(state), 'nothing is left of the row of before')
  t.like(state.plans.get('main'), { version: 2, text: 'b', document: 'main' })
})

test('a document more than there may be is refused, and those there are go on', (t) => {
  const { does } = tables()
  const packed = pack('a', PLAN)
  for (let i = 0; i < DOCUMENTS_MAX; i++) does(commit(`d${i}`, '', { packed }))
  t.deepEqual(does(commit('more', 'a')), { kind: 'too many plans', max: DOCUMENTS_MAX })
  t.is(does(commit('d7', 'a')).kind, 'committed')
})
