import { getHeapSpaceStatistics } from 'node:v8'
import test from 'ava'
import fc from 'fast-check'
import { ChurnMap } from '../../proto/churn-map.ts'
import { collect } from '../garbage.ts'

test('it holds what a Map holds, in the same order, whatever is done to both', (t) => {
  const key = fc.integer({ min: 0, max: 400 })
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ set: key, value: fc.integer() }) },
    { weight: 4, arbitrary: fc.record({ delete: key }) },
    { weight: 1, arbitrary: fc.constant({ clear: true }) },
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 500, maxLength: 2000, size: 'max' }), (steps) => {
      const [ours, theirs] = [new ChurnMap<number, number>(), new Map<number, number>()]
      for (const one of steps) {
        for (const map of [ours, theirs]) {
          if ('set' in one) map.set(one.set, one.value)
          else if ('delete' in one) map.delete(one.delete)
          else map.clear()
        }
        if (ours.size !== theirs.size) return false
      }
      const seen: [number, number][] = []
      ours.forEach((value, at) => void seen.push([at, value]))
      const same = (a: Iterable<unknown>, b: Iterable<unknown>): boolean =>
        JSON.stringify([...a]) === JSON.stringify([...b])
      const finds = [...theirs].every(([at, value]) => ours.has(at) && ours.get(at) === value)
      const values = same(ours.keys(), theirs.keys()) && same(ours.values(), theirs.values())
      return finds && values && same(ours, theirs) && same(ours.entries(), theirs) && same(seen, theirs)
    }),
    { numRuns: 30 },
  )
  t.deepEqual([...new ChurnMap([['a', 1]])], [['a', 1]])
})

test.serial('what was taken out of it is no burden for later, as it is with a Map', (t) => {
  const [ours, theirs] = [grownOld(new ChurnMap()), grownOld(new Map())]
  t.true(ours < theirs / 5, `${ours} bytes grew old, with a Map ${theirs}`)
})

/** How much of what comes and goes grows old, bytes, when thirty entries of a kilobyte are there at any time. */
function grownOld(map: Map<number, object>): number {
  map.set(-1, {})
  // It is quiet for some time: the table of the map grows old itself.
  for (let i = 0; i < 3; i++) collect()
  const before = old()
  let most = before
  for (let i = 0; i < 20_000; i++) {
    map.set(i, { first: new Array(60).fill(i), second: { third: new Array(60).fill(i) } })
    map.delete(i - 30)
    if (i % 500 === 0) most = Math.max(most, old())
  }
  return most - before
}

function old(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')!.space_used_size
}
