import test from 'ava'
import {
  alone,
  bytes,
  elect,
  entriesOf,
  from,
  Network,
  network,
  replica,
  settle,
  storedTerms,
  text,
} from './fixtures.ts'

test('a leader begins its term with an empty entry (§8)', (t) => {
  const one = replica(1)
  one.raw.campaign()
  settle(one)
  one.raw.step(from(2, 'vote-resp', { term: 1 }))
  const rd = one.raw.ready()
  t.deepEqual(
    rd.entries.map(({ term, index, data }) => [term, index, data.length]),
    [[1, 1, 0]],
  )
})

test('a proposal is committed when a majority holds it, and applied in order everywhere (§5.3)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(3)
  net.raw(1).proposeAll(['a', 'b'].map(bytes))
  net.settle()
  t.deepEqual(net.applied.get(1), ['', 'a', 'b'])
  t.deepEqual(net.applied.get(2), ['', 'a', 'b'])
  t.deepEqual(net.applied.get(3), [''])
  net.lose = () => false
  net.tick(1, 1)
  t.deepEqual(net.applied.get(3), ['', 'a', 'b'])
})

test('without a majority nothing is committed (§5.3)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(1)
  t.is(net.raw(1).propose(bytes('a')), 'ok')
  net.tick(1, 5)
  t.deepEqual(net.applied.get(1), [''])
})

test('a follower sends proposals on to its leader, and drops them when it has none', (t) => {
  const net = network([1, 2, 3])
  t.is(net.raw(2).propose(bytes('a')), 'dropped')
  net.elect(1)
  t.is(net.raw(2).propose(bytes('b')), 'ok')
  net.settle()
  t.deepEqual(net.applied.get(3), ['', 'b'])
})

const CHECKS: readonly [string, readonly number[], number, number, boolean][] = [
  ['the same last entry', [1, 2], 2, 2, false],
  ['an entry of another term', [1, 1], 2, 2, true],
  ['an entry it lacks', [1], 2, 3, true],
]
for (const [what, log, logTerm, index, rejects] of CHECKS) {
  test(`an append after ${what} is ${rejects ? 'rejected' : 'taken'} (§5.3)`, (t) => {
    const one = replica(1, { log })
    one.raw.step(from(2, 'app', { term: 3, logTerm, index }))
    const [answer] = settle(one).messages
    t.is(answer?.reject, rejects)
    t.is(answer?.index, index)
  })
}

test('entries that conflict give way, with all that follow them (§5.3)', (t) => {
  const one = replica(1, { log: [1, 2, 2, 2] })
  one.raw.step(from(2, 'app', { term: 3, logTerm: 1, index: 1, entries: entriesOf(2, [3]) }))
  settle(one)
  t.deepEqual(storedTerms(one), [1, 3])
})

test('an append that came late cuts nothing that agrees with it (§5.3)', (t) => {
  const one = replica(1, { log: [1, 1, 1] })
  one.raw.step(from(2, 'app', { term: 1, logTerm: 1, index: 1, entries: entriesOf(2, [1]), commit: 3 }))
  const done = settle(one)
  t.deepEqual(storedTerms(one), [1, 1, 1])
  // What lies beyond the append may differ from the leader's: not committed yet.
  t.is(done.hardState?.commit, 2)
})

const FIGURE_7: Readonly<Record<string, readonly number[]>> = {
  a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
  b: [1, 1, 1, 4],
  c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  e: [1, 1, 1, 4, 4, 4, 4],
  f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
}
for (const [name, log] of Object.entries(FIGURE_7)) {
  test(`the leader of figure 7 makes log (${name}) like its own (§5.3)`, (t) => {
    const leader = replica(1, { log: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], hardState: { term: 7 } })
    const follower = replica(2, { log, hardState: { term: 7 } })
    const voter = replica(3, { log: [1], hardState: { term: 7 } })
    const net = new Network([leader, follower, voter])
    net.elect(1)
    net.tick(1, 3)
    t.deepEqual(storedTerms(follower), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8])
    t.deepEqual(storedTerms(voter), storedTerms(leader))
  })
}

test('a follower that rejects hints so that a leader goes back by terms, not by ones (§5.3)', (t) => {
  const one = replica(1, { log: [1, ...Array(50).fill(2)], hardState: { term: 3 } })
  one.raw.step(from(2, 'app', { term: 4, logTerm: 1, index: 40 }))
  const [answer] = settle(one).messages
  t.is(answer?.rejectHint, 1)
  t.is(answer?.logTerm, 1)
})

test('a heartbeat commits nothing that the follower is not known to hold (§5.3)', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  t.is(one.raw.raft.log.committed, 1)
  one.raw.tick()
  const beats = settle(one).messages.filter(({ type }) => type === 'heartbeat')
  t.deepEqual(
    beats.map(({ to, commit }) => [to, commit]),
    [
      [2, 1],
      [3, 0],
    ],
  )
})

test('a leader commits entries of earlier terms only through one of its own (§5.4.2, figure 8)', (t) => {
  const one = replica(1, { log: [1, 2], hardState: { term: 2, commit: 1 } })
  elect(one)
  t.is(one.raw.raft.term, 3)
  // Entry 2, of term 2, is on a majority now; a later leader could still overwrite it.
  one.raw.step(from(2, 'app-resp', { term: 3, index: 2 }))
  t.is(one.raw.raft.log.committed, 1)
  // With the entry of its own term on a majority, nobody without entry 2 can be elected.
  one.raw.step(from(2, 'app-resp', { term: 3, index: 3 }))
  t.is(one.raw.raft.log.committed, 3)
})

test('whoever lags behind the compacted log gets a snapshot, and then entries (§7)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(3)
  net.raw(1).proposeAll(['a', 'b', 'c'].map(bytes))
  net.settle()
  const leader = net.replicas.get(1)!
  leader.storage.createSnapshot(3, leader.raw.status().conf, bytes('state at 3'))
  leader.storage.compact(3)
  net.lose = () => false
  net.tick(1, 1)
  const snapshot = net.replicas.get(3)!.storage.snapshot()
  t.is(snapshot !== 'temporarily-unavailable' && text(snapshot.data), 'state at 3')
  t.deepEqual(net.applied.get(3), ['', 'c'])
  t.is(net.raw(1).status().progress.get(3)?.state, 'replicate')
})

test('a snapshot that brings nothing new is answered with how far we are (§7)', (t) => {
  const one = replica(1, { log: [1, 1], hardState: { commit: 2 } })
  const snapshot = { meta: { index: 1, term: 1, conf: one.raw.status().conf }, data: bytes('') }
  one.raw.step(from(2, 'snap', { term: 1, snapshot }))
  t.is(one.raw.raft.log.unstable.snapshot, undefined)
  t.deepEqual(
    settle(one).messages.map(({ type, index }) => [type, index]),
    [['app-resp', 2]],
  )
})

test('a snapshot from before the compacted log takes nothing back (§7)', (t) => {
  const one = replica(1, { log: [1, 1, 1], hardState: { commit: 3 } })
  settle(one)
  const { conf } = one.raw.status()
  one.storage.createSnapshot(3, conf, bytes('state at 3'))
  one.storage.compact(3)
  one.raw.step(from(2, 'snap', { term: 1, snapshot: { meta: { index: 2, term: 1, conf }, data: bytes('') } }))
  t.is(one.raw.raft.log.unstable.snapshot, undefined)
  t.is(one.raw.raft.log.committed, 3)
  t.deepEqual(
    settle(one).messages.map(({ type, index }) => [type, index]),
    [['app-resp', 3]],
  )
})

test('a snapshot that failed is followed by a probe, not by silence (§7)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(3)
  net.raw(1).propose(bytes('a'))
  net.settle()
  const leader = net.replicas.get(1)!
  leader.storage.createSnapshot(2, leader.raw.status().conf, bytes('state'))
  leader.storage.compact(2)
  net.lose = (m) => m.type === 'snap'
  net.tick(1, 2)
  t.is(net.raw(1).status().progress.get(3)?.state, 'snapshot')
  net.lose = () => false
  net.tick(1, 3)
  t.is(net.raw(1).status().progress.get(3)?.state, 'snapshot', 'nothing moves before the report')
  net.raw(1).reportSnapshot(3, 'failure')
  net.tick(1, 3)
  t.deepEqual(net.raw(1).status().progress.get(3)?.match, 2)
})

test('after a snapshot went out, what follows it is sent and not the snapshot again (§7)', (t) => {
  const one = replica(1, { log: [1, 1, 1], hardState: { term: 1, commit: 3 } })
  settle(one)
  one.storage.createSnapshot(2, one.raw.status().conf, bytes('state'))
  one.storage.compact(2)
  elect(one)
  // It has nothing at all, and says so.
  one.raw.step(from(2, 'app-resp', { term: 2, index: 3, reject: true, rejectHint: 0 }))
  t.deepEqual(
    settle(one).messages.map(({ type, to, snapshot }) => [type, to, snapshot?.meta.index]),
    [['snap', 2, 2]],
  )
  one.raw.reportSnapshot(2, 'finish')
  one.raw.step(from(2, 'heartbeat-resp', { term: 2 }))
  t.deepEqual(
    settle(one).messages.map(({ type, index, entries }) => [type, index, entries.length]),
    [['app', 2, 2]],
  )
})

test('no more appends are in flight than the window holds (thesis §10.2.1)', (t) => {
  const one = replica(1, { config: { maxInflightMsgs: 2 } })
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  for (const name of ['a', 'b', 'c', 'd']) one.raw.propose(bytes(name))
  const sent = settle(one).messages.filter(({ type, to }) => type === 'app' && to === 2)
  t.deepEqual(
    sent.map(({ entries }) => entries.length),
    [1, 1],
  )
  one.raw.step(from(2, 'app-resp', { term: 1, index: 2 }))
  // One slot is free, and what is waiting fits one message.
  const next = settle(one).messages.filter(({ type, to, entries }) => type === 'app' && to === 2 && entries.length > 0)
  t.deepEqual(
    next.map(({ entries }) => entries.map(({ data }) => text(data))),
    [['c', 'd']],
  )
})

test('bytes in flight are limited too (thesis §10.2.1)', (t) => {
  const one = replica(1, { config: { maxSizePerMsg: 10, maxInflightBytes: 100 } })
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  for (let i = 0; i < 10; i++) one.raw.propose(new Uint8Array(40))
  const sent = settle(one).messages.filter(({ type, to }) => type === 'app' && to === 2)
  t.is(sent.length, 3)
})

test('a size of 0 means one entry a message', (t) => {
  const one = replica(1, { config: { maxSizePerMsg: 0 } })
  elect(one)
  one.raw.proposeAll(['a', 'b', 'c'].map(bytes))
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  const sent = settle(one).messages.filter(({ type, to, entries }) => type === 'app' && to === 2 && entries.length > 0)
  t.deepEqual(
    sent.map(({ entries }) => entries.length),
    [1, 1, 1],
  )
})

test('a follower that cannot be reached is probed, one append at a time', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  one.raw.reportUnreachable(2)
  t.is(one.raw.status().progress.get(2)?.state, 'probe')
  for (const name of ['a', 'b', 'c']) one.raw.propose(bytes(name))
  t.is(settle(one).messages.filter(({ type, to }) => type === 'app' && to === 2).length, 1)
})

test('what is proposed and not committed is bounded, and the first always fits', (t) => {
  const one = replica(1, { config: { maxUncommittedEntriesSize: 100 } })
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  t.is(one.raw.propose(new Uint8Array(500)), 'ok')
  t.is(one.raw.propose(new Uint8Array(1)), 'dropped')
  t.is(one.raw.propose(new Uint8Array(0)), 'ok')
  settle(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 3 }))
  settle(one)
  t.is(one.raw.propose(new Uint8Array(1)), 'ok')
})

test('an application is given no more than it asked for at once', (t) => {
  const one = replica(1, { voters: [1], config: { maxCommittedSizePerReady: 50 } })
  elect(one)
  one.raw.proposeAll([1, 2, 3].map(() => new Uint8Array(30)))
  const counts: number[] = []
  while (one.raw.hasReady()) {
    const rd = one.raw.ready()
    one.storage.append(rd.entries)
    if (rd.committedEntries.length > 0) counts.push(rd.committedEntries.length)
    one.raw.advance()
  }
  t.deepEqual(counts, [1, 1, 1])
})

test('entries with a gap, or out of order, are refused before they reach the log', (t) => {
  const one = replica(1, { log: [1] })
  const gap = from(2, 'app', { term: 2, logTerm: 1, index: 1, entries: entriesOf(3, [2]) })
  const back = from(2, 'app', { term: 2, logTerm: 1, index: 1, entries: entriesOf(2, [2, 1]) })
  t.is(one.raw.step(gap), 'malformed')
  t.is(one.raw.step(back), 'malformed')
  t.is(one.raw.step(from(2, 'app', { index: 1, logTerm: 1 })), 'malformed', 'without a term')
  t.is(one.raw.step(from(2, 'hup')), 'local-message')
  t.is(one.raw.step(from(9, 'app-resp', { term: 1 })), 'unknown-peer')
  t.is(one.raw.raft.term, 1)
})

test('a commit index beyond our log means that the log lost entries, and stops us', (t) => {
  const one = replica(1, { log: [1] })
  t.throws(() => one.raw.step(from(2, 'heartbeat', { term: 1, commit: 5 })), { message: /beyond the last index 1/ })
})

test('an acknowledgement of what the leader does not have ends it with a sentence that says where both stand', (t) => {
  const one = replica(1)
  elect(one)
  settle(one)
  const { term } = one.raw.raft
  t.throws(() => one.raw.step(from(2, 'app-resp', { term, index: 7 })), {
    message:
      `entry 7 is acknowledged in term ${term}, but is not in this leader's log: ` +
      'replica 2 in state probe, match 0, next 1, pending snapshot 0; log 1 to 1, committed 0; ' +
      'unstable 0 from 2, snapshot none; storage 1 to 1',
  })
})
