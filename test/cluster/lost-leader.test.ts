import test from 'ava'
import { LostLeader } from '../../cluster/lost-leader.ts'
import { ELECTION_TICKS } from '../../cluster/options.ts'
import { NONE } from '../../cluster/raft/types.ts'
import { realWorld, type World } from '../../cluster/world.ts'
import { leaderOf, newLab, until } from './nodes.ts'
import { network } from './raft/fixtures.ts'

test('a leader that was in reach and is so no more is lost once; one that never was is not', (t) => {
  const lost = new LostLeader(() => 0)
  t.false(lost.isLost(NONE, false))
  t.false(lost.isLost(2, false))
  t.false(lost.isLost(2, true))
  t.true(lost.isLost(2, false))
  t.false(lost.isLost(2, false))
  t.false(lost.isLost(3, false), 'another leads, and was not in reach yet')
})

test('a follower stands some ticks after the loss, not twice, and not when it has heard of a leader', (t) => {
  const ticks = (random: number, lead: number): boolean[] => {
    const lost = new LostLeader(() => random)
    lost.isLost(2, true)
    lost.isLost(2, false)
    return [1, 2, 3, 4, 5].map(() => lost.tick(lead))
  }
  t.deepEqual(ticks(0, NONE), [true, false, false, false, false])
  t.deepEqual(ticks(0.99, NONE), [false, false, true, false, false])
  t.deepEqual(ticks(0, 3), [false, false, false, false, false])
})

test('a broken connection to a leader that lives takes neither its term nor its leadership', (t) => {
  const three = network([1, 2, 3], { preVote: true, checkQuorum: true })
  three.elect(1)
  const follower = three.raw(2)
  const { term } = follower.raft
  follower.forgetLeader()
  follower.campaign()
  three.settle()
  t.is(three.raw(1).raft.role, 'leader')
  three.tick(1, 1)
  t.is(follower.raft.lead, 1)
  t.is(follower.raft.term, term)
})

test('after the death of a leader another leads before an election timeout has passed', async (t) => {
  const tickMs = 500
  const { counts, counting } = countedTicks()
  const lab = await newLab(3, { tickMs })
  t.teardown(lab.end)
  for (const name of ['n1', 'n2', 'n3']) await lab.start(name, { world: counting(name) })
  const leader = await leaderOf(lab.nodes.values())
  for (const node of lab.nodes.values())
    await until(node, 'it has streams to both others', () => node.status().connected.length === 2)

  await lab.stop(leader.node)
  counts.clear()
  const others = [...lab.nodes.values()]
  await until(others[0]!, 'another leads', () => ![null, leader.node].includes(others[0]!.status().leader))
  t.true(Math.max(...counts.values()) < ELECTION_TICKS, `it took ${[...counts.values()].join(' and ')} ticks`)
})

test('whoever has the only vote stands at once when it starts again', async (t) => {
  const { counts, counting } = countedTicks()
  const lab = await newLab(1, { tickMs: 500 })
  t.teardown(lab.end)
  await lab.start('n1', { world: counting('n1') })
  await leaderOf(lab.nodes.values())
  t.true(counts.get('n1')! >= ELECTION_TICKS, 'nothing is in its directory: it may have members that it lost')
  await lab.stop('n1')
  counts.clear()
  await lab.start('n1', { world: counting('n1') })
  await leaderOf(lab.nodes.values())
  t.true(counts.get('n1')! < ELECTION_TICKS / 2, `it took ${counts.get('n1')} ticks`)
})

/** Worlds whose ticks are counted by node. */
function countedTicks() {
  const counts = new Map<string, number>()
  const counting = (name: string): World => ({
    ...realWorld,
    every: (ms, act) =>
      realWorld.every(ms, () => {
        counts.set(name, (counts.get(name) ?? 0) + 1)
        act()
      }),
  })
  return { counts, counting }
}
