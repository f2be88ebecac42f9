import test from 'ava'
import type { Role } from '../../../cluster/raft/types.ts'
import { alone, ELECTION_TICK, elect, from, network, replica, settle } from './fixtures.ts'

const ROLES = ['follower', 'candidate', 'leader'] as const

for (const role of ROLES) {
  test(`a ${role} that hears a later term follows in it (§5.1)`, (t) => {
    const one = replica(1)
    if (role === 'candidate') one.raw.campaign()
    if (role === 'leader') elect(one)
    settle(one)
    one.raw.step(from(2, 'app', { term: 9 }))
    t.is(one.raw.raft.term, 9)
    t.is(one.raw.raft.role, 'follower')
    t.is(one.raw.raft.lead, 2)
  })
}

test('what was said in an earlier term changes nothing (§5.1)', (t) => {
  const one = replica(1, { hardState: { term: 5 } })
  one.raw.step(from(2, 'app', { term: 4, entries: [], commit: 1 }))
  one.raw.step(from(2, 'vote', { term: 4, index: 7, logTerm: 4 }))
  t.is(one.raw.raft.lead, 0)
  t.is(one.raw.raft.vote, 0)
  t.deepEqual(settle(one).messages, [])
})

test('everyone begins as a follower, and stands when no leader is heard for its timeout (§5.2)', (t) => {
  const one = replica(1)
  t.is(one.raw.raft.role, 'follower')
  for (let i = 0; i < ELECTION_TICK; i++) one.raw.tick()
  t.is(one.raw.raft.role, 'candidate')
  t.is(one.raw.raft.term, 1)
  t.is(one.raw.raft.vote, 1)
  t.deepEqual(
    settle(one).messages.map(({ type, to, term }) => [type, to, term]),
    [
      ['vote', 2, 1],
      ['vote', 3, 1],
    ],
  )
})

test('the timeout is drawn anew for each election, from one to two election ticks (§5.2)', (t) => {
  const draws = [0, 0.5, 0.999]
  const one = replica(1, { config: { random: () => draws.shift()! } })
  const timeouts = [one.raw.raft.randomizedElectionTimeout]
  for (let i = 0; i < 2; i++) {
    one.raw.campaign()
    timeouts.push(one.raw.raft.randomizedElectionTimeout)
  }
  t.deepEqual(timeouts, [ELECTION_TICK, 1.5 * ELECTION_TICK, 2 * ELECTION_TICK - 1])
})

test('one vote a term, for the first who asks, as often as it asks (§5.2)', (t) => {
  const one = replica(1)
  const answers = [2, 3, 2].map((candidate) => {
    one.raw.step(from(candidate, 'vote', { term: 1 }))
    return settle(one).messages.map(({ to, reject }) => [to, reject])[0]
  })
  t.deepEqual(answers, [
    [2, false],
    [3, true],
    [2, false],
  ])
})

test('a vote is forgotten with its term (§5.2)', (t) => {
  const one = replica(1)
  const answers = [from(2, 'vote', { term: 1 }), from(3, 'vote', { term: 2 })].map((request) => {
    one.raw.step(request)
    return settle(one).messages.map(({ to, reject }) => [to, reject])[0]
  })
  t.deepEqual(answers, [
    [2, false],
    [3, false],
  ])
})

const ELECTIONS: readonly [number, readonly number[], readonly number[], Role][] = [
  [3, [2], [], 'leader'],
  [3, [], [2], 'candidate'],
  [3, [], [2, 3], 'follower'],
  [4, [2], [], 'candidate'],
  [4, [2, 3], [], 'leader'],
  [5, [2], [], 'candidate'],
  [5, [2, 3], [4, 5], 'leader'],
  [5, [2], [3, 4, 5], 'follower'],
]
for (const [size, granted, refused, role] of ELECTIONS) {
  test(`of ${size} voters, ${granted.length} other votes and ${refused.length} refusals make a ${role} (§5.2)`, (t) => {
    const one = replica(1, { voters: Array.from({ length: size }, (_, i) => i + 1) })
    one.raw.campaign()
    settle(one)
    // Said twice, a vote counts once.
    for (const voter of [...granted, ...granted]) one.raw.step(from(voter, 'vote-resp', { term: 1 }))
    for (const voter of refused) one.raw.step(from(voter, 'vote-resp', { term: 1, reject: true }))
    t.is(one.raw.raft.role, role)
  })
}

test('a candidate that hears a leader of its term follows it (§5.2)', (t) => {
  const one = replica(1)
  one.raw.campaign()
  settle(one)
  one.raw.step(from(3, 'heartbeat', { term: 1 }))
  t.is(one.raw.raft.role, 'follower')
  t.is(one.raw.raft.lead, 3)
})

test('a leader sends a heartbeat every heartbeat tick (§5.2)', (t) => {
  const one = replica(1, { config: { heartbeatTick: 3 } })
  elect(one)
  const beats = [1, 2, 3, 4, 5, 6].map(() => {
    one.raw.tick()
    return settle(one).messages.filter(({ type }) => type === 'heartbeat').length
  })
  t.deepEqual(beats, [0, 0, 2, 0, 0, 2])
})

const LOGS: readonly [readonly number[], number, number, boolean][] = [
  [[1], 1, 1, true],
  [[1], 2, 1, true],
  [[1], 1, 2, true],
  [[1, 1], 1, 1, false],
  [[2], 1, 2, false],
  [[1, 1], 2, 1, true],
]
for (const [log, logTerm, index, granted] of LOGS) {
  const verb = granted ? 'gets' : 'does not get'
  test(`a log ending in ${logTerm}/${index} ${verb} the vote of one with terms ${log.join(',')} (§5.4.1)`, (t) => {
    const one = replica(1, { log })
    one.raw.step(from(2, 'vote', { term: 3, logTerm, index }))
    t.is(settle(one).messages[0]?.reject, !granted)
  })
}

test('a pre-vote that fails moves no term, so a node that returns disturbs nobody (thesis §9.6)', (t) => {
  const net = network([1, 2, 3], { preVote: true, checkQuorum: true })
  net.elect(1)
  net.lose = alone(3)
  net.tick(3, 5 * ELECTION_TICK)
  t.is(net.raw(3).raft.role, 'pre-candidate')
  net.lose = () => false
  net.tick(3, 1)
  net.tick(1, 1)
  t.deepEqual(
    [1, 2, 3].map((id) => [net.raw(id).raft.term, net.raw(id).raft.lead]),
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  )
})

test('who promises a vote keeps its term and its real vote (thesis §9.6)', (t) => {
  const one = replica(1, { hardState: { term: 3 } })
  const answers = [2, 3].map((candidate) => {
    one.raw.step(from(candidate, 'pre-vote', { term: 4 }))
    return settle(one).messages.map(({ type, to, term, reject }) => [type, to, term, reject])[0]
  })
  t.deepEqual(answers, [
    ['pre-vote-resp', 2, 4, false],
    ['pre-vote-resp', 3, 4, false],
  ])
  t.is(one.raw.raft.term, 3)
  t.is(one.raw.raft.vote, 0)
})

test('a pre-vote that succeeds is followed by the election itself (thesis §9.6)', (t) => {
  const net = network([1, 2, 3], { preVote: true })
  net.elect(2)
  t.is(net.raw(2).raft.role, 'leader')
  t.is(net.raw(1).raft.term, 1)
})

test('with pre-vote, a node in a later term that nobody follows is let in by the old leader (thesis §9.6)', (t) => {
  const net = network([1, 2, 3], { preVote: true, checkQuorum: true })
  net.elect(1)
  net.raw(3).raft.term = 7
  net.raw(3).raft.lead = 0
  net.tick(1, 1)
  t.not(net.raw(1).raft.role, 'leader')
  net.tick(1, 2 * ELECTION_TICK)
  net.tick(2, 2 * ELECTION_TICK)
  t.true([1, 2, 3].some((id) => net.raw(id).raft.role === 'leader'))
})

test('a leader that hears no majority for an election timeout steps down (thesis §6.2)', (t) => {
  const net = network([1, 2, 3], { checkQuorum: true })
  net.elect(1)
  net.lose = alone(1)
  net.tick(1, 2 * ELECTION_TICK)
  t.is(net.raw(1).raft.role, 'follower')
  t.is(net.raw(1).propose(new Uint8Array(1)), 'dropped')
})

test('who hears a leader gives no vote against it, not even for a later term (thesis §4.2.3)', (t) => {
  const one = replica(1, { config: { checkQuorum: true } })
  one.raw.step(from(2, 'heartbeat', { term: 1 }))
  settle(one)
  one.raw.step(from(3, 'vote', { term: 8 }))
  t.is(one.raw.raft.term, 1)
  t.deepEqual(settle(one).messages, [])
  for (let i = 0; i < ELECTION_TICK - 1; i++) one.raw.tick()
  one.raw.raft.electionElapsed = ELECTION_TICK
  one.raw.step(from(3, 'vote', { term: 8 }))
  t.is(one.raw.raft.term, 8)
})

test('a learner, and one without membership, never stands (thesis §4.2.1)', (t) => {
  const one = replica(1, { voters: [2, 3] })
  for (let i = 0; i < 5 * ELECTION_TICK; i++) one.raw.tick()
  one.raw.campaign()
  one.raw.step(from(2, 'timeout-now', { term: 1 }))
  t.is(one.raw.raft.role, 'follower')
})

test('leadership goes to a node that is up to date, at once and against a lease (thesis §3.10)', (t) => {
  const net = network([1, 2, 3], { preVote: true, checkQuorum: true })
  net.elect(1)
  net.raw(1).transferLeader(3)
  net.settle()
  t.deepEqual(
    [1, 2, 3].map((id) => net.raw(id).raft.lead),
    [3, 3, 3],
  )
})

test('leadership waits for a node that is behind, and takes no proposals meanwhile (thesis §3.10)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(3)
  net.raw(1).propose(new Uint8Array(1))
  net.settle()
  net.raw(1).transferLeader(3)
  net.settle()
  t.is(net.raw(1).propose(new Uint8Array(1)), 'dropped')
  net.lose = () => false
  net.tick(1, 1)
  t.is(net.raw(3).raft.role, 'leader')
})

test('a node is told to stand when it has everything, not before (thesis §3.10)', (t) => {
  const one = replica(1)
  elect(one)
  for (const id of [2, 3]) one.raw.step(from(id, 'app-resp', { term: 1, index: 1 }))
  one.raw.propose(new Uint8Array(1))
  settle(one)
  const told = () =>
    settle(one)
      .messages.filter(({ type }) => type === 'timeout-now')
      .map(({ to }) => to)
  one.raw.transferLeader(3)
  t.deepEqual(told(), [])
  one.raw.step(from(3, 'app-resp', { term: 1, index: 2 }))
  t.deepEqual(told(), [3])
})

test('a transfer that takes an election timeout is given up (thesis §3.10)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(3)
  net.raw(1).transferLeader(3)
  net.tick(1, ELECTION_TICK)
  t.is(net.raw(1).raft.leadTransferee, 0)
  t.is(net.raw(1).propose(new Uint8Array(1)), 'ok')
})

test('a follower asked to hand over tells its leader', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.raw(2).transferLeader(3)
  net.settle()
  t.is(net.raw(3).raft.role, 'leader')
})

test('a follower that forgets its leader may vote for another at once', (t) => {
  const one = replica(1, { config: { checkQuorum: true, preVote: true } })
  one.raw.step(from(2, 'heartbeat', { term: 1 }))
  one.raw.forgetLeader()
  settle(one)
  one.raw.step(from(3, 'pre-vote', { term: 2 }))
  t.is(settle(one).messages[0]?.reject, false)
})

test('nobody stands before it has applied the changes of membership it knows as committed', (t) => {
  const one = replica(1, { log: [1] })
  const change = { type: 'conf-change-v2' as const, data: new Uint8Array(), term: 1, index: 2 }
  one.raw.step(from(2, 'app', { term: 1, index: 1, logTerm: 1, entries: [change], commit: 2 }))
  one.raw.campaign()
  t.is(one.raw.raft.role, 'follower')
})
