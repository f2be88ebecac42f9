import test from 'ava'
import { World } from './simulator/world.ts'

const FIRST = Number(process.env.RAFTEL_SEED ?? 1)
const SEEDS = Number(process.env.RAFTEL_SEEDS ?? 200)
const STORM_STEPS = 400
const CALM_STEPS = 1000

test('any storm: one leader a term, one history, no stale read; and calm brings progress', (t) => {
  let reads = 0
  let entries = 0
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    try {
      const world = weathered(seed)
      reads += world.readsServed
      entries += world.lastApplied
    } catch (error) {
      return t.fail(
        `seed ${seed} (RAFTEL_SEED=${seed} RAFTEL_SEEDS=1): ${error instanceof Error ? error.stack : error}`,
      )
    }
  }
  // A simulation in which nothing happens proves nothing.
  t.true(entries > SEEDS * 20, `${entries} entries`)
  t.true(reads > SEEDS, `${reads} reads`)
  t.log(`${SEEDS} seeds, ${entries} entries, ${reads} reads`)
})

function weathered(seed: number): World {
  const world = new World(seed)
  for (let i = 0; i < STORM_STEPS; i++) world.step()
  world.calm()
  const before = world.lastApplied
  for (let i = 0; i < CALM_STEPS; i++) {
    if (i % 50 === 0) for (const host of world.hosts) world.propose(host)
    world.step()
    if (i % 50 === 49 && world.converged(before)) return world
  }
  const states = world.hosts.map(({ id, appliedIndex, raw }) => {
    const { term, role, lead, log, membership } = raw!.raft
    return { id, appliedIndex, term, role, lead, committed: log.committed, voters: [...membership.conf.voters].join() }
  })
  throw new Error(`calm brought no progress: ${JSON.stringify({ weather: world.weather, states })}`)
}
