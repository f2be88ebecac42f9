import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command, Result } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import { isHeld, LEASES_MAX } from '../../../cluster/tables/leases.ts'
import type { NodeRow } from '../../../cluster/tables/rows.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState } from '../../../cluster/tables/state.ts'
import type { TrunkStateRow } from '../../../cluster/tables/trunk-rows.ts'
import { trunkState, trunkStateKey } from '../../../cluster/tables/trunks.ts'

const DUTY = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }

function tables() {
  const state = newState()
  const does = (command: Command, at = state.time): Result => apply(state, DUTY, command, at)!
  return { state, does }
}

const up = (id: string, incarnation = '1'): Command => ({
  type: 'node-up',
  node: { id, incarnation, sip: `${id}:5060`, control: '', media: 'direct', startedAt: 1 },
})

const take = (node: string, { incarnation = '1', ms = 3_000, duty = 'd' } = {}): Command => ({
  type: 'lease-take',
  duty,
  node,
  incarnation,
  ms,
})

const trunk = (name: string, more = {}) => ({ name, targets: ['sip:192.0.2.1'], ...more })

const sees = (node: string, reach: 'up' | 'down', more = {}): Command => ({
  type: 'trunk-state',
  state: { trunk: 'a', node, incarnation: '1', reach, why: reach === 'up' ? '' : 'no answer', ...more },
})

test('a lease is one node’s until its time is over; the next has a higher token', (t) => {
  const { state, does } = tables()
  for (const node of ['n1', 'n2']) does(up(node), 1_000)
  does(take('n1'))
  const first = state.leases.get('d')!
  t.like(first, { node: 'n1', until: 4_000 })
  does(take('n2'), 3_999)
  t.is(state.leases.get('d')?.node, 'n1')
  does({ type: 'lease-renew', leases: [{ duty: 'd', token: first.token }], ms: 3_000 })
  t.is(state.leases.get('d')?.until, 6_999)
  does(take('n2'), 6_999)
  const second = state.leases.get('d')!
  t.is(second.node, 'n2')
  t.true(second.token > first.token)
  does({ type: 'lease-renew', leases: [{ duty: 'd', token: first.token }], ms: 9_000 })
  does({ type: 'lease-release', duty: 'd', token: first.token })
  t.deepEqual(state.leases.get('d'), second)
  does({ type: 'lease-release', duty: 'd', token: second.token })
  t.false(isHeld(state.leases.get('d')!, state.time))
  does(take('n1'))
  t.true(state.leases.get('d')!.token > second.token)
})

test('a lease that was over is not renewed, whoever was late', (t) => {
  const { state, does } = tables()
  does(up('n1'), 1_000)
  does(take('n1'))
  const { token } = state.leases.get('d')!
  does({ type: 'lease-renew', leases: [{ duty: 'd', token }], ms: 3_000 }, 4_000)
  t.is(state.leases.get('d')?.until, 4_000)
})

test('the leases of a process that is over are free at once, and it takes none', (t) => {
  const { state, does } = tables()
  for (const node of ['n1', 'n2']) does(up(node), 1_000)
  does(take('n1', { ms: 600_000 }))
  does({ type: 'node-down', node: 'n1', incarnation: '1' })
  does(take('n1'))
  t.is(state.leases.get('d')?.node, '')
  does(take('n2'))
  t.is(state.leases.get('d')?.node, 'n2')
  does(up('n2', '2'))
  t.is(state.leases.get('d')?.node, '', 'it was another life of n2 that had it')
})

test('leases that are free make room for new ones, and a token has grown all the same', (t) => {
  const { state, does } = tables()
  does(up('n1'), 1_000)
  does(take('n1', { ms: 100 }))
  const { token } = state.leases.get('d')!
  for (let i = 0; state.leases.size < LEASES_MAX; i++) does(take('n1', { duty: `x${i}`, ms: 60_000 }))
  does(take('n1', { duty: 'one more' }), 1_050)
  t.false(state.leases.has('one more'))
  does(take('n1', { duty: 'one more' }), 1_100)
  t.true(state.leases.has('one more'))
  t.false(state.leases.has('d'))
  does({ type: 'lease-release', duty: 'x0', token: state.leases.get('x0')!.token })
  does(take('n1', { duty: 'd' }))
  t.true(state.leases.get('d')!.token > token)
})

test('whatever nodes do in whatever order, of two holders of a duty the later has the higher token, and none has it while another does', (t) => {
  const step = fc.record({
    kind: fc.constantFrom('take', 'renew', 'release', 'down', 'up', 'wait', 'snapshot'),
    node: fc.constantFrom('n1', 'n2', 'n3'),
    life: fc.constantFrom('1', '2'),
    ms: fc.integer({ min: 1, max: 4_000 }),
    old: fc.nat(20),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let state = newState()
      let time = 1_000
      const holders: { readonly who: string; readonly token: number }[] = []
      for (const { kind, node, life, ms, old } of steps) {
        const before = state.leases.get('d')
        const token = holders.at(-1 - old)?.token ?? old
        const command: Command | null =
          kind === 'take'
            ? take(node, { incarnation: life, ms })
            : kind === 'renew'
              ? { type: 'lease-renew', leases: [{ duty: 'd', token }], ms }
              : kind === 'release'
                ? { type: 'lease-release', duty: 'd', token }
                : kind === 'down'
                  ? { type: 'node-down', node, incarnation: life }
                  : kind === 'up'
                    ? up(node, life)
                    : null
        if (kind === 'wait') time += ms
        else if (kind === 'snapshot') state = loadSnapshot([...snapshotLines(state)])
        if (command) apply(state, DUTY, command, time)
        const now = state.leases.get('d')
        if (!now || now.node === '') continue
        const who = `${now.node} ${now.incarnation}`
        const last = holders.at(-1)
        if (last?.token === now.token) {
          if (last.who !== who) return false
          continue
        }
        if (last && last.token >= now.token) return false
        if (before && isHeld(before, time)) return false
        holders.push({ who, token: now.token })
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('a trunk changes only over the version its author saw', (t) => {
  const { state, does } = tables()
  const put = (expect: number | null, more = {}): Command => ({ type: 'trunk-put', trunk: trunk('a', more), expect })
  t.is(does(put(0)).kind, 'done')
  t.deepEqual(does(put(0)), { kind: 'trunk conflict', version: 1 })
  t.is(does(put(1, { maxCalls: 3 })).kind, 'done')
  t.deepEqual(does(put(1)), { kind: 'trunk conflict', version: 2 })
  t.like(state.trunks.get('a'), { version: 2, maxCalls: 3 })
  t.is(does(put(null)).kind, 'done')
  t.is(does({ type: 'trunk-remove', name: 'a' }).kind, 'done')
  t.deepEqual(does({ type: 'trunk-remove', name: 'a' }), { kind: 'no such trunk', name: 'a' })
})

test('what a node says of a trunk goes with the node, with the trunk, and when nobody asks any more', (t) => {
  const { state, does } = tables()
  for (const node of ['n1', 'n2']) does(up(node), 1_000)
  t.is(does(sees('n1', 'down')).kind, 'done')
  t.is(state.trunkStates.size, 0, 'there is no such trunk')
  does({ type: 'trunk-put', trunk: trunk('a'), expect: null })
  does(sees('n1', 'down'), 2_000)
  does(sees('n1', 'down', { why: '503' }), 3_000)
  does(sees('n2', 'up'))
  does(sees('n3', 'down'))
  t.deepEqual([...state.trunkStates.keys()], ['a n1', 'a n2'])
  t.like(state.trunkStates.get('a n1'), { why: '503', since: 2_000 })
  does({ type: 'node-down', node: 'n1', incarnation: '1' })
  t.deepEqual([...state.trunkStates.keys()], ['a n2'])
  does({ type: 'trunk-put', trunk: trunk('a', { disabled: true }), expect: null })
  does(sees('n2', 'up'))
  t.is(state.trunkStates.size, 0)
  const loaded = loadSnapshot([...snapshotLines(state)])
  t.is(stateHash(loaded), stateHash(state))
})

test('a trunk is down when most nodes that are up cannot reach it, partly when some cannot, and what dead nodes said is nothing', (t) => {
  const view = fc.record({ isUp: fc.boolean(), said: fc.constantFrom('up', 'down', 'nothing', 'another life') })
  fc.assert(
    fc.property(fc.array(view, { minLength: 1, maxLength: 9 }), fc.boolean(), (views, disabled) => {
      const states = new Map<string, TrunkStateRow>()
      const nodes: NodeRow[] = []
      for (const [i, { isUp, said }] of views.entries()) {
        const id = `n${i}`
        if (isUp) nodes.push({ id, incarnation: '2', sip: '', control: '', media: 'direct', startedAt: 1 })
        if (said === 'nothing') continue
        const [reach, incarnation] =
          said === 'another life' ? (['down', '1'] as const) : ([said as 'up' | 'down', '2'] as const)
        states.set(trunkStateKey('a', id), { trunk: 'a', node: id, incarnation, reach, why: '', since: 1 })
      }
      const ups = views.filter(({ isUp }) => isUp).length
      const downs = views.filter(({ isUp, said }) => isUp && said === 'down').length
      const { state, unreachableFrom } = trunkState({ name: 'a', disabled }, states, nodes.reverse())
      if (unreachableFrom.length !== downs || unreachableFrom.some((id, i, all) => i > 0 && all[i - 1]! >= id))
        return false
      const expected = disabled ? 'disabled' : downs > ups - downs ? 'down' : downs > 0 ? 'partly' : 'up'
      return state === expected
    }),
  )
  t.pass()
})
