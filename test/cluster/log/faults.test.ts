import { rm } from 'node:fs/promises'
import test from 'ava'
import { allFaults, kindOf } from './faults/cases.ts'
import { writeHistory } from './faults/history.ts'
import { judged, newRoot, seeded, tally } from './faults/try.ts'

const SEED = 1
/** Of the flipped bits of each file; of everything else, which is rarer, all that are below. */
const FLIPS = 250
const OTHERS = 60

test('whatever becomes of one file, a directory has all that was acknowledged or is refused', async (t) => {
  const root = await newRoot()
  t.teardown(() => rm(root, { recursive: true }))
  const random = seeded(SEED)
  const history = await writeHistory(root)
  const every = await allFaults(history.dir, history.older, random)
  const groups = Map.groupBy(every, (fault) => `${fault.file} ${fault.kind}`)
  const faults = [...groups.values()].flatMap((group) => {
    const share = (group[0]?.kind === 'flip' ? FLIPS : OTHERS) / group.length
    return group.filter(() => random() < share)
  })
  t.timeout(110_000)
  const all = await judged(root, history, faults, 2)
  t.log(tally(all))
  t.deepEqual(
    all.filter(({ verdict }) => verdict.kind === 'wrong'),
    [],
  )
  // The faults reached what they were meant for, and what says nothing is not believed to.
  const of = (kind: string, verdict: string) =>
    all.filter(({ fault, verdict: is }) => kindOf(fault.file) === kind && is.kind === verdict).length
  for (const kind of ['table', 'write-ahead log', 'MANIFEST', 'CURRENT', 'frontier', 'log'])
    t.true(of(kind, 'refused') > 0, kind)
  for (const kind of ['LOG', 'LOCK', 'frontier', 'member']) t.true(of(kind, 'recovered') > 0, kind)
  t.is(of('LOG', 'refused'), 0)
  t.is(of('member', 'refused'), 0, 'the log says the same')
})
