import test from 'ava'
import { confOf, MemoryStorage } from '../../cluster/raft/memory.ts'
import { message } from '../../cluster/raft/message.ts'
import type { Entry } from '../../cluster/raft/types.ts'
import { forgetProgress, Rebuild } from '../../cluster/rebuild.ts'
import { bytes, elect, from, replica, settle } from './raft/fixtures.ts'

/** A log with one entry for each of the terms. */
function logOf(terms: readonly number[]): MemoryStorage {
  const storage = new MemoryStorage()
  storage.applySnapshot({ meta: { index: 0, term: 0, conf: confOf([1, 2, 3]) }, data: new Uint8Array() })
  storage.append(terms.map((term, i): Entry => ({ term, index: i + 1, type: 'normal', data: new Uint8Array() })))
  return storage
}

function waitLong(rebuild: Rebuild): void {
  for (let i = 0; i < 100; i++) rebuild.tick()
}

const EMPTY = logOf([])

test('a new cluster whose nodes have all said hello votes at once', (t) => {
  const rebuild = new Rebuild(3)
  rebuild.onHello(2, true)
  t.false(rebuild.ends(true, EMPTY))
  rebuild.onHello(3, true)
  t.true(rebuild.ends(true, EMPTY))
  t.false(rebuild.ends(true, EMPTY), 'it is said once')
  t.true(new Rebuild(1).ends(true, EMPTY), 'a cluster of one waits for nobody')
})

test('a node that comes late holds up a new cluster for a while only', (t) => {
  const rebuild = new Rebuild(3)
  rebuild.onHello(2, true)
  t.false(rebuild.ends(true, EMPTY))
  waitLong(rebuild)
  t.true(rebuild.ends(true, EMPTY))
})

test('a minority never takes itself for a new cluster', (t) => {
  const rebuild = new Rebuild(5)
  rebuild.onHello(2, true)
  waitLong(rebuild)
  t.false(rebuild.ends(true, EMPTY))
})

test('a node that forgot does not vote with one that never ran, when the third knows what was agreed', (t) => {
  const heardLast = new Rebuild(3)
  heardLast.onHello(2, true)
  t.false(heardLast.ends(true, EMPTY), 'the third may be about to say hello')
  heardLast.onHello(3, false)
  waitLong(heardLast)
  t.false(heardLast.ends(true, EMPTY))
})

test('a hello that was written before its node was touched, and comes after, does not count', (t) => {
  const rebuild = new Rebuild(3)
  rebuild.onHello(2, true)
  rebuild.onHello(3, false)
  rebuild.onHello(3, true)
  waitLong(rebuild)
  t.false(rebuild.ends(true, EMPTY))
})

test('a node under repair never takes itself for one of a new cluster, nor do the others', (t) => {
  const repairing = new Rebuild(3, true)
  repairing.onHello(2, true)
  repairing.onHello(3, true)
  waitLong(repairing)
  t.false(repairing.ends(true, EMPTY))

  const other = new Rebuild(3)
  other.onHello(2, true)
  other.onHello(3, false, true)
  waitLong(other)
  t.false(other.ends(true, EMPTY))
})

test('it is hopeless when those that know what was agreed are no majority', (t) => {
  const three = new Rebuild(3, true)
  t.false(three.isHopeless)
  three.onHello(2, false, true)
  t.true(three.isHopeless)
  three.onHello(2, false, false)
  t.false(three.isHopeless, 'that one has been repaired')
  const five = new Rebuild(5, true)
  five.onHello(2, false, true)
  t.false(five.isHopeless)
  five.onHello(3, false, true)
  t.true(five.isHopeless)
  const sound = new Rebuild(3)
  sound.onHello(2, false, true)
  sound.onHello(3, false, true)
  t.false(sound.isHopeless, 'it is not for this node to say')
})

test('whoever speaks of a term is touched, whatever its hello said; a pre-vote for the first term has none', (t) => {
  const asked = new Rebuild(3)
  asked.filter(message('pre-vote', 1, { from: 2, term: 1 }), 0)
  asked.onHello(2, true)
  asked.onHello(3, true)
  t.true(asked.ends(true, EMPTY))

  const told = new Rebuild(3)
  told.filter(message('heartbeat', 1, { from: 2, term: 1 }), 0)
  told.onHello(2, true)
  told.onHello(3, true)
  waitLong(told)
  t.false(told.ends(true, EMPTY))
})

test('whoever forgot votes again when its log is complete up to a commit of the leader’s own term', (t) => {
  const rebuild = new Rebuild(3)
  const tell = (commit: number) => rebuild.filter(message('app', 1, { from: 2, term: 4, commit }), 0)
  t.is(tell(2), null, 'deaf at first: a leader that counts on the lost directory must notice')
  waitLong(rebuild)
  t.not(tell(2), null)
  t.false(rebuild.ends(false, logOf([3, 3, 4])), 'entry 2 is of an earlier term')
  tell(3)
  t.false(rebuild.ends(false, logOf([3, 3])), 'entry 3 is not here yet')
  t.true(rebuild.ends(false, logOf([3, 3, 4])))
})

test('who may not vote yet hears of no ballot, and of no commit beyond its log', (t) => {
  const rebuild = new Rebuild(3)
  waitLong(rebuild)
  for (const type of ['vote', 'pre-vote', 'timeout-now'] as const) {
    t.is(rebuild.filter(message(type, 1, { from: 2, term: 4 }), 0), null, type)
  }
  // Of a leader that believes that we still have what the old directory had.
  t.is(rebuild.filter(message('heartbeat', 1, { from: 2, term: 4, commit: 9 }), 5)?.commit, 5)
})

test('a leader that hears that a follower has nothing any more sends it everything again', (t) => {
  const leader = replica(1)
  elect(leader)
  leader.raw.propose(bytes('a'))
  for (const id of [2, 3]) leader.raw.step(from(id, 'app-resp', { term: 1, index: 2 }))
  settle(leader)
  forgetProgress(leader.raw.raft, 3)
  leader.raw.step(from(3, 'heartbeat-resp', { term: 1 }))
  const [append] = settle(leader).messages.filter(({ type, to }) => type === 'app' && to === 3)
  t.deepEqual([append?.index, append?.entries.map(({ index }) => index)], [0, [1, 2]])
  t.is(leader.raw.raft.log.committed, 2, 'what is committed stays so')
})
