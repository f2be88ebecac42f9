/** A planned change of the leader: nothing fails meanwhile, and what cannot be is refused with its reason. */
import test from 'ava'
import { TICK_MS } from '../../cluster/options.ts'
import { applied, leaderOf, load, newLab, until, user } from './nodes.ts'

test('the leader changes ten times under load, and every proposal is agreed', async (t) => {
  // Ticks as they are in production: a transfer has an election timeout, which is short on a machine that does other things too.
  const lab = await newLab(3, { tickMs: TICK_MS })
  t.teardown(() => lab.end())
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  await leaderOf(nodes)
  const running = load(lab)
  const took: number[] = []
  for (let i = 0; i < 10; i++) {
    const leader = await leaderOf(nodes)
    const next = nodes[(nodes.indexOf(leader) + 1) % 3]!
    await until(next, 'something is agreed', () => next.status().applied > 0)
    await until(next, 'the load goes on', () => running.answered() > 10 * (i + 1))
    const { term } = leader.status()
    const at = performance.now()
    let outcome = await leader.transferLeader(next.node)
    // A young node dials again when it has everything, and a busy machine may be late: what is refused has changed nothing.
    for (let again = 0; outcome.kind === 'refused' && again < 20; again++) {
      t.log(outcome.why)
      await until(leader, 'it is in reach', () => leader.status().connected.includes(next.node))
      await until(next, 'it has more', () => next.status().applied >= leader.status().commit)
      outcome = await leader.transferLeader(next.node)
    }
    took.push(Math.round(performance.now() - at))
    t.like(outcome, { kind: 'leads', moved: true }, JSON.stringify(outcome))
    t.true(outcome.kind === 'leads' && outcome.term > term)
    await until(next, 'it leads', () => next.status().role === 'leader')
  }
  t.log(`transfers took ${took.join(', ')} ms`)
  const answers = await running.end()
  t.deepEqual(
    answers.filter(({ kind }) => kind !== 'agreed'),
    [],
  )
  t.true(answers.length > 100, `only ${answers.length} proposals`)
  const last = Math.max(...answers.map((one) => (one.kind === 'agreed' ? one.index : 0)))
  const states = await applied(nodes, last)
  t.is(new Set(states.map(({ hash }) => hash)).size, 1)
})

test('the leader itself, an unknown node, another that leads, one out of reach: each is said', async (t) => {
  const lab = await newLab(3)
  t.teardown(() => lab.end())
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  const leader = await leaderOf(nodes)
  const [other, third] = nodes.filter((node) => node !== leader)
  t.like(await leader.transferLeader(leader.node), { kind: 'leads', moved: false })
  t.like(await other!.transferLeader(leader.node), { kind: 'leads', moved: false })
  t.deepEqual(await leader.transferLeader('n9'), { kind: 'unknown node' })
  t.deepEqual(await other!.transferLeader(third!.node), { kind: 'not the leader' })
  await lab.stop(third!.node)
  await until(leader, 'it is gone', () => leader.status().connected.length === 1)
  t.deepEqual(await leader.transferLeader(third!.node), { kind: 'refused', why: 'it cannot be reached' })
  const silence = leader.status().silence
  t.deepEqual([...(silence?.keys() ?? [])].sort(), [other!.node, third!.node].sort(), 'of the others')
  t.is(other!.status().silence, null)
})

test('a node that may not vote yet does not take over: the leader goes on and says so', async (t) => {
  const lab = await newLab(3)
  t.teardown(() => lab.end())
  const [n1, n2] = await Promise.all([lab.start('n1'), lab.start('n2')])
  const leader = await leaderOf([n1!, n2!])
  t.is((await leader.propose(user('alice'))).kind, 'agreed')
  // A directory that is new, beside others that are not: its first 25 ticks it is deaf, and these are long.
  await lab.start('n3', { tickMs: 60_000 })
  await until(leader, 'n3 is there', () => leader.status().connected.includes('n3'))
  const outcome = await leader.transferLeader('n3', 20_000)
  t.is(outcome.kind, 'refused')
  t.regex(outcome.kind === 'refused' ? outcome.why : '', /did not take over within an election timeout \(it lacks/)
  t.is(leader.status().role, 'leader')
  t.is((await leader.propose(user('bob'))).kind, 'agreed')
})
