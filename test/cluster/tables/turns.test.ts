import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command, PlanCommit } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import { pack } from '../../../cluster/tables/plan-text.ts'
import type { CallRow } from '../../../cluster/tables/rows.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState } from '../../../cluster/tables/state.ts'

const DUTY = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }

function tables() {
  const state = newState()
  const does = (command: Command) => apply(state, DUTY, command, 100_000)
  for (const id of ['n1', 'n2']) {
    does({
      type: 'node-up',
      node: { id, incarnation: '1', sip: '', control: '', media: 'direct', startedAt: 0 },
    })
  }
  return { state, does }
}

function call(id: string, turns: readonly string[] | null, more: Partial<CallRow> = {}): CallRow {
  const about = { tenant: '', dialled: '700', trunk: '', ringingAt: 1_500, decision: [] }
  return {
    id,
    state: 'ringing',
    from: 'alice@pbx.test',
    to: '700',
    node: 'n1',
    incarnation: '1',
    startedAt: 1_000,
    answeredAt: null,
    media: 'direct',
    planVersion: 1,
    rule: 'sales',
    target: 'bob@pbx.test',
    legs: [],
    about: { ...about, ...(turns && { turns }) },
    ...more,
  }
}

const put = (...about: Parameters<typeof call>): Command => ({ type: 'call-put', call: call(...about) })
const over = (...about: Parameters<typeof call>): Command => {
  const end = { at: 2_000, status: 480, reason: '', cause: 19, by: 'called' } as const
  return { type: 'call-end', id: about[0], end: { ...end, call: call(...about) } }
}

function commit(document: string, groups: readonly string[], more: { shared?: string; use?: string[] } = {}) {
  const members = { ring: 'round_robin', aors: ['bob', 'carol'], seconds: 20 } as const
  const plan = {
    ...{ domains: [], users: [], rules: [], emergency: null, ...more },
    groups: groups.map((name) => ({ name, ...members })),
  }
  const said: Omit<PlanCommit, 'packed'> = {
    type: 'plan-commit',
    expect: null,
    author: 'ann',
    at: 1,
    document,
    text: '',
    plan,
  }
  return { ...said, packed: pack(JSON.stringify(plan), plan) }
}

test('a call takes its turn once, however often it is told of, and the first that is heard of it may be its end', (t) => {
  const { state, does } = tables()
  does(commit('main', ['sales']))
  does(put('c1', ['main sales']))
  t.deepEqual([...state.turns], [['main sales', { calls: 1 }]])
  does(put('c1', ['main sales'], { state: 'answered', answeredAt: 2_000 }))
  does(over('c1', ['main sales']))
  does(put('c1', ['main sales']))
  does(over('c1', ['main sales']))
  t.is(state.turns.get('main sales')?.calls, 1)
  does(over('c2', ['main sales', 'main sales']))
  does(put('c2', ['main sales']))
  t.is(state.turns.get('main sales')?.calls, 2)
  does(put('c3', ['main sales'], { node: 'n2' }))
  t.is(state.turns.get('main sales')?.calls, 3, 'wherever it comes in')
  does({ type: 'node-down', node: 'n2', incarnation: '1' })
  does(put('c3', ['main sales'], { node: 'n2' }))
  does(over('c3', ['main sales'], { node: 'n2' }))
  t.is(state.turns.get('main sales')?.calls, 3, 'its node was taken for gone meanwhile')
})

test('what older programs say of calls takes no turns, nor does what is no group, and nothing grows by it', (t) => {
  const { state, does } = tables()
  does(commit('main', ['sales']))
  const { about: _, ...old } = call('c1', null)
  does({ type: 'call-put', call: old })
  does(put('c1', ['main sales']))
  does(put('c2', null))
  does(put('c3', ['main sale', 'acme sales', 'sales', '']))
  t.is(state.turns.size, 0)
})

test('turns go with the group, also with one that was borrowed, and stay while it is there', (t) => {
  const { state, does } = tables()
  const turns = () => Object.fromEntries([...state.turns].map(([key, { calls }]) => [key, calls]))
  does(commit('house', ['desk'], { shared: 'house' }))
  does(commit('acme', ['sales'], { use: ['house'] }))
  does(commit('beta', ['sales'], { use: ['house'] }))
  for (const [i, key] of ['acme sales', 'acme desk', 'beta desk', 'acme desk', 'house desk'].entries()) {
    does(put(`c${i}`, [key]))
  }
  t.deepEqual(turns(), { 'acme sales': 1, 'acme desk': 2, 'beta desk': 1, 'house desk': 1 })
  does(commit('acme', ['sales', 'more'], { use: ['house'] }))
  does(commit('house', ['desk', 'door'], { shared: 'house' }))
  t.is(state.turns.size, 4, 'a commit that keeps the groups keeps their turns')
  does({ ...commit('acme', ['more'], { use: ['house'] }), cause: { who: 'ann', from: '', why: '' } })
  t.deepEqual(turns(), { 'acme desk': 2, 'beta desk': 1, 'house desk': 1 })
  t.deepEqual([...new Set([...state.audit.values()].map(({ table }) => table))], ['plans'])
  does(commit('beta', ['sales']))
  t.deepEqual(turns(), { 'acme desk': 2, 'house desk': 1 }, 'it borrows nothing any more')
  does({ type: 'plan-remove', document: 'house', expect: null, author: 'ann', at: 2 })
  t.deepEqual(turns(), {})
})

const group = fc.constantFrom('a', 'b', 'c')
const document = fc.constantFrom('main', 'acme')
const steps = fc.array(
  fc.oneof(
    fc.tuple(document, fc.subarray(['a', 'b', 'c']), fc.boolean()).map(([name, groups, borrows]) => {
      return commit(name, groups, borrows ? { use: ['house'] } : {})
    }),
    fc.subarray(['b', 'c']).map((groups) => commit('house', groups, { shared: 'house' })),
    document.map((name): Command => {
      return { type: 'plan-remove', document: name, expect: null, author: 'ann', at: 2 }
    }),
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom(put, over), fc.nat(20), document, group).map(([says, id, of, name]) => {
        return says(`c${id}`, [`${of} ${name}`])
      }),
    },
  ),
  { maxLength: 60 },
)

test('whatever is committed and called: turns are of groups that there are, and every node has the same, also through a snapshot', (t) => {
  let taken = 0
  fc.assert(
    fc.property(steps, fc.nat(60), (all, cut) => {
      const { state, does } = tables()
      const other = tables()
      let there = other.state
      for (const [i, command] of [commit('acme', ['a', 'b']), ...all].entries()) {
        if (i === cut) there = loadSnapshot([...snapshotLines(there)])
        does(command)
        apply(there, DUTY, command, 100_000)
        const groups = new Set(
          [...state.plans].flatMap(([name, { plan }]) => {
            const borrowed = plan.use ? (state.plans.get('house')?.plan.groups ?? []) : []
            return [...(plan.groups ?? []), ...borrowed].map((one) => `${name} ${one.name}`)
          }),
        )
        for (const key of state.turns.keys()) if (!groups.has(key)) throw new Error(`${key} is no group`)
        taken += state.turns.size
      }
      return stateHash(state) === stateHash(there)
    }),
    { numRuns: 300 },
  )
  t.true(taken > 200, `${taken} turns were there`)
})
