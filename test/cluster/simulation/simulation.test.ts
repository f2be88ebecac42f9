import test from 'ava'
import { Simulation } from './simulation.ts'

const FIRST = Number(process.env.RAFTEL_SEED ?? 1)
const SEEDS = Number(process.env.RAFTEL_SEEDS ?? 200)

/** Seeds that found something once. */
const FOUND = [
  // The frontier told a term before the database had it.
  209, 1351,
]

test.serial(
  'whole clusters bear any weather: nothing that was answered is lost, and calm makes all nodes equal',
  async (t) => {
    t.timeout(600_000, 'seeds are many')
    let [entries, answered, changed] = [0, 0, 0]
    const faults = new Set<string>()
    for (const seed of [...FOUND, ...Array.from({ length: SEEDS }, (_, i) => FIRST + i)]) {
      try {
        const report = await new Simulation(seed).run()
        entries += report.entries
        answered += report.answered
        if (report.memberChanges > 1) changed++
        for (const fault of report.faults.keys()) faults.add(fault)
      } catch (error) {
        return t.fail(`npm run simulate -- --seed ${seed} --trace\n${(error as Error).message}`)
      }
    }
    // A simulation in which nothing happens proves nothing.
    t.true(entries > SEEDS * 30, `${entries} entries`)
    t.true(answered > SEEDS * 30, `${answered} answers`)
    t.true(changed > SEEDS / 10, `${changed} seeds changed their members`)
    t.true(faults.size > 12 || SEEDS < 100, [...faults].join(', '))
  },
)

test.serial('the same seed is the same run, to the last event', async (t) => {
  let said = 0
  for (const seed of [3, 13, 69, 2014]) {
    const lines: string[][] = [[], []]
    const traces = []
    for (const list of lines) traces.push(await new Simulation(seed, (line) => list.push(line)).run())
    t.deepEqual(lines[0], lines[1], `seed ${seed}`)
    t.is(traces[0]!.trace, traces[1]!.trace)
    said += lines[0]!.length
  }
  t.true(said > 1000, `${said} lines`)
})

test.serial('another seed is another run', async (t) => {
  const traces = [await new Simulation(3).run(), await new Simulation(4).run()]
  t.not(traces[0]!.trace, traces[1]!.trace)
})
