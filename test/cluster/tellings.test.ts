import test from 'ava'
import { confOf } from '../../cluster/raft/memory.ts'
import { forgetProgress } from '../../cluster/rebuild.ts'
import { Tellings } from '../../cluster/tellings.ts'
import { elect, from, replica, settle } from './raft/fixtures.ts'

test('whoever has got all in a snapshot is told of the commit, though nothing new is agreed on, until it waits no longer', (t) => {
  const leader = replica(1)
  const { raw, storage } = leader
  elect(leader)
  const { raft } = raw
  const appends = () => settle(leader).messages.filter(({ type, to }) => type === 'app' && to === 3)
  for (const id of [2, 3]) raw.step(from(id, 'app-resp', { term: 1, index: 1 }))
  settle(leader)
  t.is(raft.log.committed, 1)
  // All of its log is in a snapshot.
  storage.createSnapshot(1, confOf([1, 2, 3]), new Uint8Array())
  storage.compact(1)
  const tellings = new Tellings()
  tellings.heard(3, true)
  forgetProgress(raft, 3)
  raw.step(from(3, 'heartbeat-resp', { term: 1 }))
  t.deepEqual(
    settle(leader).messages.map(({ type, to }) => [type, to]),
    [['snap', 3]],
  )
  tellings.tick(raft)
  t.deepEqual(appends(), [], 'it has not got it yet')

  raw.step(from(3, 'app-resp', { term: 1, index: 1 }))
  t.deepEqual(appends(), [], 'the core takes the commit as said')
  tellings.tick(raft)
  t.deepEqual(
    appends().map(({ index, commit }) => [index, commit]),
    [[1, 1]],
  )
  tellings.heard(3, false)
  tellings.tick(raft)
  t.deepEqual(appends(), [], 'it has its vote')
})

test('a peer is not told for ever', (t) => {
  const leader = replica(1)
  elect(leader)
  for (const id of [2, 3]) leader.raw.step(from(id, 'app-resp', { term: 1, index: 1 }))
  settle(leader)
  const tellings = new Tellings()
  tellings.heard(3, true)
  for (let n = 0; n < 100; n++) tellings.tick(leader.raw.raft)
  t.true(settle(leader).messages.length < 50)
})
