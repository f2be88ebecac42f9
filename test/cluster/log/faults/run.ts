/**
 * `npm run faults -- [--all | --sample 2000] [--every-bit] [--seed 1]`: every fault of every file of a data directory, or a sample of them,
 * each on a copy that the real log then opens. Prints a tally and `N passed, N failed`; exit 1 when one failed.
 */
import { rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { optionsFor } from '../../../options.ts'
import { allFaults } from './cases.ts'
import { writeHistory } from './history.ts'
import { judged, newRoot, seeded, tally } from './try.ts'

const values = optionsFor(
  `usage: npm run faults -- [--all | --sample N] [--every-bit] [--seed S]

Every fault of every file of a data directory, each on a copy that the real log then opens: it has everything that was acknowledged, or
refuses and says why. The last line is N passed, N failed; exit 1 when one failed.

  --all        all of them (about 50,000, five minutes)
  --sample N   about so many of them (2000)
  --every-bit  of every byte of every file all eight bits, not only one of those in large files (about 255,000 in all)
  --seed S     draws the sample, and the bits (1)

  npm run faults -- --sample 500 --seed 7`,
  { all: false, sample: 2000, 'every-bit': false, seed: 1 },
)
const random = seeded(values.seed)
const root = await newRoot()
try {
  const history = await writeHistory(root)
  const every = await allFaults(history.dir, history.older, random, values['every-bit'])
  const share = values.all ? 1 : values.sample / every.length
  const faults = every.filter(() => random() < share)
  const all = await judged(root, history, faults, cpus().length)
  console.log(tally(all))
  const failed = all.filter(({ verdict }) => verdict.kind === 'wrong')
  for (const { fault, verdict } of failed.slice(0, 20)) console.log(`FAILED ${JSON.stringify({ ...fault, verdict })}`)
  console.log(`${all.length - failed.length} passed, ${failed.length} failed`)
  process.exitCode = failed.length > 0 || all.length === 0 ? 1 : 0
} finally {
  await rm(root, { recursive: true })
}
