import test from 'ava'
import { MAX_READS } from '../../../cluster/raft/reads.ts'
import { alone, bytes, elect, from, network, replica, settle, text } from './fixtures.ts'

test('a read is answered with the commit index once a majority has confirmed the leader (thesis §6.4)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.raw(1).propose(bytes('a'))
  net.settle()
  net.raw(1).readIndex(bytes('r1'))
  net.settle()
  t.deepEqual(
    net.reads.get(1)?.map(({ index, context }) => [index, text(context)]),
    [[2, 'r1']],
  )
})

test('a follower reads through its leader (thesis §6.4)', (t) => {
  const net = network([1, 2, 3])
  t.is(net.raw(3).readIndex(bytes('early')), 'dropped')
  net.elect(1)
  t.is(net.raw(3).readIndex(bytes('r1')), 'ok')
  net.settle()
  t.deepEqual(
    net.reads.get(3)?.map(({ index, context }) => [index, text(context)]),
    [[1, 'r1']],
  )
  t.deepEqual(net.reads.get(1), [])
})

test('a leader that was deposed without knowing it answers no read (thesis §6.4)', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(1)
  net.elect(2)
  net.raw(2).propose(bytes('new'))
  net.settle()
  net.raw(1).readIndex(bytes('r1'))
  net.tick(1, 3)
  t.deepEqual(net.reads.get(1), [])
})

test('a new leader answers no read before it has committed in its own term (thesis §6.4)', (t) => {
  const one = replica(1, { log: [1, 1], hardState: { term: 1, commit: 1 } })
  elect(one)
  // Entry 2 may be committed by an earlier leader; only entry 3, of this term, will tell.
  one.raw.readIndex(bytes('r1'))
  const early = settle(one)
  t.false(early.messages.some(({ type, context }) => type === 'heartbeat' && context !== undefined))
  one.raw.step(from(2, 'app-resp', { term: 2, index: 3 }))
  const beats = settle(one).messages.filter(({ type }) => type === 'heartbeat')
  t.is(beats.length, 2)
  one.raw.step(from(2, 'heartbeat-resp', { term: 2, context: beats[0]!.context! }))
  t.deepEqual(
    settle(one).readStates.map(({ index }) => index),
    [3],
  )
})

test('the only voter, too, reads only after a commit of its own term', (t) => {
  const one = replica(1, { voters: [1], log: [1, 1], hardState: { term: 1, commit: 1 } })
  one.raw.campaign()
  let rd = one.raw.ready()
  one.storage.setHardState(rd.hardState!)
  one.raw.advance()
  t.is(one.raw.raft.role, 'leader')
  one.raw.readIndex(bytes('r1'))
  rd = one.raw.ready()
  t.deepEqual(rd.readStates, [])
  one.storage.append(rd.entries)
  one.raw.advance()
  t.deepEqual(
    settle(one).readStates.map(({ index }) => index),
    [3],
  )
})

test('an answer to an older heartbeat never confirms a younger read, even of the same context', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  const ask = (): Uint8Array => {
    one.raw.readIndex(bytes('same'))
    return settle(one).messages.find(({ type }) => type === 'heartbeat')!.context!
  }
  const first = ask()
  const second = ask()
  t.notDeepEqual(first, second)
  one.raw.step(from(2, 'heartbeat-resp', { term: 1, context: first }))
  t.is(settle(one).readStates.length, 1)
  one.raw.step(from(3, 'heartbeat-resp', { term: 1, context: first }))
  t.is(settle(one).readStates.length, 0)
  one.raw.step(from(3, 'heartbeat-resp', { term: 1, context: second }))
  t.is(settle(one).readStates.length, 1)
})

test('one round confirms every read that was asked before it', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  for (const name of ['a', 'b', 'c']) one.raw.readIndex(bytes(name))
  const beats = settle(one).messages.filter(({ type, to }) => type === 'heartbeat' && to === 2)
  one.raw.step(from(2, 'heartbeat-resp', { term: 1, context: beats.at(-1)!.context! }))
  t.deepEqual(
    settle(one).readStates.map(({ context }) => text(context)),
    ['a', 'b', 'c'],
  )
})

test('a read whose heartbeats were lost is confirmed by the next ones', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(1)
  net.raw(1).readIndex(bytes('r1'))
  net.settle()
  t.deepEqual(net.reads.get(1), [])
  net.lose = () => false
  net.tick(1, 1)
  t.is(net.reads.get(1)?.length, 1)
})

test('a leader that steps down forgets the reads that wait', (t) => {
  const net = network([1, 2, 3])
  net.elect(1)
  net.lose = alone(1)
  net.raw(1).readIndex(bytes('r1'))
  net.elect(2)
  net.lose = () => false
  net.tick(2, 1)
  net.elect(1)
  // Heartbeats of the new term, which would confirm it.
  net.tick(1, 2)
  t.is(net.raw(1).raft.role, 'leader')
  t.deepEqual(net.reads.get(1), [])
})

test('nonsense in place of a position confirms nothing', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.step(from(2, 'app-resp', { term: 1, index: 1 }))
  one.raw.readIndex(bytes('r1'))
  settle(one)
  one.raw.step(from(2, 'heartbeat-resp', { term: 1, context: new Uint8Array([255]) }))
  t.is(settle(one).readStates.length, 0)
  // A position that was never given is no more than the newest one.
  one.raw.step(from(2, 'heartbeat-resp', { term: 1, context: new Uint8Array(8).fill(255) }))
  t.is(settle(one).readStates.length, 1)
})

test('a leader without a majority collects only so many reads', (t) => {
  const one = replica(1)
  elect(one)
  one.raw.raft.reads.postponed = Array(MAX_READS).fill(from(1, 'read-index'))
  t.is(one.raw.readIndex(bytes('one more')), 'dropped')
})
