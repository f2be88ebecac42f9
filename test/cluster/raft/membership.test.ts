import test from 'ava'
import { isOnlyVoter, restored } from '../../../cluster/raft/confchange.ts'
import { decodeConfChange, encodeConfChange } from '../../../cluster/raft/confcodec.ts'
import type { ConfChange, ConfState } from '../../../cluster/raft/types.ts'
import {
  alone,
  bytes,
  ELECTION_TICK,
  elect,
  from,
  Network,
  network,
  type Replica,
  replica,
  settle,
} from './fixtures.ts'

const add = (id: number): ConfChange => ({ transition: 'auto', changes: [{ type: 'add-voter', id }] })
const remove = (id: number): ConfChange => ({ transition: 'auto', changes: [{ type: 'remove', id }] })

/** Whoever joins begins from the configuration that the cluster was founded with: the log holds only the changes since. */
function joiner(id: number): Replica {
  return replica(id, { voters: [1, 2, 3] })
}

function confsOf(net: Network): ConfState[] {
  return [...net.replicas.values()].map(({ raw }) => raw.status().conf)
}

test('a server is added when the change is applied, and then gets the log (thesis §4.1)', (t) => {
  const net = new Network([...network([1, 2, 3]).replicas.values(), joiner(4)])
  net.elect(1)
  net.raw(1).propose(bytes('a'))
  net.raw(1).proposeConfChange(add(4))
  net.settle()
  net.tick(1, 2)
  t.deepEqual(
    confsOf(net).map(({ voters }) => voters),
    Array(4).fill([1, 2, 3, 4]),
  )
  t.deepEqual(net.applied.get(4), ['', 'a'])
})

test('a second change waits for the first: it becomes an entry that does nothing (thesis §4.1)', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  one.raw.proposeConfChange(remove(3))
  one.raw.proposeConfChange(remove(2))
  t.deepEqual(
    one.raw.ready().entries.map(({ type }) => type),
    ['conf-change-v2', 'normal'],
  )
})

test('a new leader changes no membership before it has applied what earlier terms left (thesis §4.1)', (t) => {
  const one = replica(1, { log: [1, 1] })
  elect(one)
  one.raw.proposeConfChange(remove(3))
  t.is(one.raw.ready().entries[0]?.type, 'normal')
})

test('a change of membership counts when it is applied, not when it is appended', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  one.raw.proposeConfChange(remove(3))
  settle(one)
  t.deepEqual(one.raw.status().conf.voters, [1, 2, 3], 'it is in the log and not committed')
  one.raw.step(from(2, 'app-resp', { term: 1, index: 2 }))
  settle(one)
  t.deepEqual(one.raw.status().conf.voters, [1, 2])
})

test('while joint, an election needs both majorities (thesis §4.3)', (t) => {
  const one = replica(1)
  const changes = [
    { type: 'remove', id: 2 },
    { type: 'remove', id: 3 },
    { type: 'add-voter', id: 4 },
    { type: 'add-voter', id: 5 },
  ] as const
  one.raw.applyConfChange({ transition: 'joint-explicit', changes })
  one.raw.campaign()
  settle(one)
  one.raw.step(from(4, 'vote-resp', { term: 1 }))
  t.is(one.raw.raft.role, 'candidate', 'the new majority alone')
  one.raw.step(from(2, 'vote-resp', { term: 1 }))
  t.is(one.raw.raft.role, 'leader')
})

test('while joint, both majorities must agree (thesis §4.3)', (t) => {
  const net = new Network([...network([1, 2, 3]).replicas.values(), joiner(4), joiner(5)])
  net.elect(1)
  const changes = [
    { type: 'remove', id: 2 },
    { type: 'remove', id: 3 },
    { type: 'add-voter', id: 4 },
    { type: 'add-voter', id: 5 },
  ] as const
  net.raw(1).proposeConfChange({ transition: 'joint-explicit', changes })
  net.settle()
  net.tick(1, 2)
  t.deepEqual(confsOf(net)[0]?.votersOutgoing, [1, 2, 3])
  // The new majority alone is not enough.
  net.lose = (m) => alone(2)(m) || alone(3)(m)
  net.raw(1).propose(bytes('a'))
  net.settle()
  t.false(net.applied.get(1)?.includes('a'))
  net.lose = () => false
  net.tick(1, 2)
  t.true(net.applied.get(1)?.includes('a'))
  net.raw(1).proposeConfChange({ transition: 'auto', changes: [] })
  net.settle()
  net.tick(1, 1)
  t.deepEqual(confsOf(net)[3], {
    voters: [1, 4, 5],
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
  })
})

test('a joint configuration that is to be left by itself is left (thesis §4.3)', (t) => {
  const net = network([1, 2, 3, 4])
  net.elect(1)
  const changes = [
    { type: 'remove', id: 4 },
    { type: 'add-learner', id: 3 },
  ] as const
  net.raw(1).proposeConfChange({ transition: 'auto', changes })
  net.settle()
  net.tick(1, 1)
  t.deepEqual(confsOf(net)[0], {
    voters: [1, 2],
    votersOutgoing: [],
    learners: [3],
    learnersNext: [],
    autoLeave: false,
  })
})

test('a leader that is removed steps down when that is committed (thesis §4.2.2)', (t) => {
  const net = network([1, 2, 3], { stepDownOnRemoval: true })
  net.elect(1)
  net.raw(1).proposeConfChange(remove(1))
  net.settle()
  t.is(net.raw(1).raft.role, 'follower')
  t.is(net.raw(1).propose(bytes('a')), 'dropped')
  net.elect(2)
  t.is(net.raw(2).raft.role, 'leader')
})

test('a learner gets everything and counts for nothing (thesis §4.2.1)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.raw(1).proposeConfChange({ transition: 'auto', changes: [{ type: 'add-learner', id: 3 }] })
  net.settle()
  net.lose = alone(2)
  net.raw(1).propose(bytes('a'))
  net.settle()
  t.false(net.applied.get(1)?.includes('a'))
  net.lose = () => false
  net.tick(1, 2)
  t.true(net.applied.get(3)?.includes('a'))
})

test('a learner never stands, not even when it is told to (thesis §4.2.1)', (t) => {
  const one = replica(1)
  const { voters, learners } = one.raw.applyConfChange({
    transition: 'auto',
    changes: [{ type: 'add-learner', id: 1 }],
  })
  t.deepEqual([voters, learners], [[2, 3], [1]])
  for (let i = 0; i < 5 * ELECTION_TICK; i++) one.raw.tick()
  one.raw.campaign()
  one.raw.step(from(2, 'timeout-now', { term: 1 }))
  t.is(one.raw.raft.role, 'follower')
})

test('a change that the configuration does not allow changes nothing, on every replica alike', (t) => {
  const one = replica(1, { voters: [1] })
  const before = one.raw.status().conf
  t.deepEqual(one.raw.applyConfChange(remove(1)), before)
  t.deepEqual(one.raw.applyConfChange({ transition: 'auto', changes: [] }), before)
  // Refused halfway: by then it was a learner.
  t.deepEqual(one.raw.applyConfChange({ transition: 'auto', changes: [{ type: 'add-learner', id: 1 }] }), before)
  one.raw.campaign()
  settle(one)
  t.is(one.raw.raft.role, 'leader')
})

test('fewer voters may commit what waited for more', (t) => {
  const net = network([1, 2])
  net.elect(1)
  net.raw(1).proposeConfChange(remove(2))
  net.raw(1).propose(bytes('a'))
  net.lose = (m) => m.type === 'app' && m.index >= 2
  net.settle()
  t.true(net.applied.get(1)?.includes('a'))
})

test('a change of membership survives its encoding; anything else is malformed', (t) => {
  const change: ConfChange = {
    transition: 'joint-explicit',
    changes: [
      { type: 'add-voter', id: 1 },
      { type: 'add-learner', id: 2 ** 48 - 1 },
      { type: 'remove', id: 0 },
      { type: 'update', id: 2 ** 33 },
    ],
    context: bytes('why'),
  }
  const encoded = encodeConfChange(change)
  t.deepEqual(decodeConfChange(encoded), change)
  t.deepEqual(decodeConfChange(new Uint8Array()), { transition: 'auto', changes: [] })
  t.is(decodeConfChange(encoded.subarray(0, 12)), 'malformed')
  for (const broken of [[9, 0, 0], [1, 7, 0], [1, 0], [1], [1, 0, 1, 9, 0, 0, 0, 0, 0, 0]]) {
    t.is(decodeConfChange(Uint8Array.from(broken)), 'malformed')
  }
  t.throws(() => encodeConfChange({ transition: 'auto', changes: [{ type: 'remove', id: 2 ** 50 }] }))
})

test('a malformed change that a follower sends on is dropped, not appended', (t) => {
  const one = replica(1)
  elect(one)
  const entries = [{ term: 0, index: 0, type: 'conf-change' as const, data: bytes('?') }]
  t.is(one.raw.step(from(2, 'prop', { entries })), 'dropped')
})

test('the only voter is one that no other has a vote beside, in either half of a joint configuration', (t) => {
  const none = { learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false }
  const is = (id: number, state: Partial<ConfState>): boolean => {
    const limits = { maxInflightMsgs: 1, maxInflightBytes: 0 }
    return isOnlyVoter(restored({ voters: [], ...none, ...state }, 1, limits).conf, id)
  }
  t.true(is(1, { voters: [1] }))
  t.true(is(1, { voters: [1], learners: [2] }))
  t.false(is(2, { voters: [1], learners: [2] }))
  t.false(is(1, { voters: [1, 2] }))
  t.false(is(1, { voters: [1], votersOutgoing: [1, 2] }))
  t.false(is(3, { voters: [1] }))
})
