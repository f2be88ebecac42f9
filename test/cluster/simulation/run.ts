/**
 * `npm run simulate -- [--seeds N] [--from S] [--minutes M] [--jobs J]` runs many seeds; `--seed S [--trace]` repeats one and tells
 * what happened in it. The last line is `N passed, N failed`; it ends with 1 if any failed.
 */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { optionsFor } from '../../options.ts'
import { type Report, Simulation } from './simulation.ts'

interface Outcome {
  readonly seed: number
  readonly report: Report | null
  readonly error: string
}

const PROGRESS_MS = 5000
const FAILURES_MAX = 20

const HELP = `Runs whole clusters of the real replica, each in weather drawn from its seed, and says which fail.

  --seeds N     how many (default 2000)       --from S    the first of them (default 1)
  --minutes M   other seeds each time, until the time is up
  --jobs J      so many at a time (default: one per processor, at most 8)
  --seed S      one seed again                --trace     with every event of it

Examples:
  npm run simulate
  npm run simulate -- --minutes 600
  npm run simulate -- --seed 209 --trace`

if (isMainThread) await main()
else work()

async function main(): Promise<void> {
  const jobs = Math.min(8, availableParallelism())
  const { seed, trace, ...run } = optionsFor(HELP, { seeds: 2000, from: 1, seed: 0, minutes: 0, jobs, trace: false })
  const failed = seed > 0 ? await one(seed, trace) : await many(run.from, run.seeds, run.minutes, run.jobs)
  process.exitCode = failed > 0 ? 1 : 0
}

/** Repeats one seed; returns how many failed. */
async function one(seed: number, trace: boolean): Promise<number> {
  const outcome = await outcomeOf(seed, trace ? (line) => console.log(line) : null)
  const { report, error } = outcome
  if (report) {
    const faults = [...report.faults].map(([fault, count]) => `${fault} ${count}`).join(', ')
    console.log(
      `seed ${seed}: ${report.events} events, ${report.entries} entries, ${report.answered} answers; ${faults || 'no faults'}`,
    )
    console.log(`trace ${report.trace}`)
  } else console.log(`seed ${seed}: ${error}`)
  const failed = report ? 0 : 1
  console.log(`${1 - failed} passed, ${failed} failed`)
  return failed
}

/** Runs seeds on all workers until there are no more, or, with `minutes`, until the time is up. */
async function many(from: number, seeds: number, minutes: number, jobs: number): Promise<number> {
  const began = performance.now()
  const end = minutes > 0 ? began + minutes * 60_000 : null
  // For an hour or a day: other seeds each time.
  const first = end === null ? from : 1 + Math.floor(Math.random() * 2 ** 30)
  let next = first
  let [passed, failed, events, entries, answered, changed, changes] = [0, 0, 0, 0, 0, 0, 0]
  const faults = new Map<string, number>()
  const take = (): number | null => {
    if (failed >= FAILURES_MAX) return null
    if (end === null ? next >= first + seeds : performance.now() > end) return null
    return next++
  }
  const add = ({ seed, report, error }: Outcome) => {
    if (!report) {
      failed++
      console.log(`seed ${seed}: ${error.slice(0, 1000)}`)
      console.log(`  npm run simulate -- --seed ${seed} --trace`)
      return
    }
    passed++
    events += report.events
    entries += report.entries
    answered += report.answered
    // The founding is none.
    if (report.memberChanges > 1) changed++
    changes += Math.max(0, report.memberChanges - 1)
    for (const [fault, count] of report.faults) faults.set(fault, (faults.get(fault) ?? 0) + count)
  }
  const say = () => {
    const seconds = (performance.now() - began) / 1000
    const rate = ((passed + failed) / seconds).toFixed(1)
    console.log(
      `${passed + failed} seeds from ${first}, ${rate}/s, ${entries} entries, ${answered} answers, ${failed} failed`,
    )
  }
  const progress = setInterval(say, PROGRESS_MS)
  await Promise.all(Array.from({ length: jobs }, () => employ(take, add)))
  clearInterval(progress)
  say()
  console.log(
    [...faults]
      .sort((a, b) => b[1] - a[1])
      .map(([fault, count]) => `${fault} ${count}`)
      .join(', '),
  )
  console.log(`${changed} seeds changed their members, ${changes} times`)
  // A simulation in which nothing happens proves nothing.
  if (passed > 0 && (entries < passed * 20 || answered < passed * 10)) {
    console.log(
      `only ${entries} entries and ${answered} answers in ${passed} seeds, ${events} events: too little happened`,
    )
    failed++
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed
}

/** One worker, until there is nothing to do; one that breaks is a failure of its seed, and is replaced. */
async function employ(take: () => number | null, add: (outcome: Outcome) => void): Promise<void> {
  for (;;) {
    const worker = new Worker(new URL(import.meta.url), { argv: [] })
    let current = take()
    const broke = await new Promise<boolean>((resolve) => {
      const give = () => {
        if (current === null) resolve(false)
        else worker.postMessage(current)
      }
      worker.on('message', (outcome: Outcome) => {
        add(outcome)
        current = take()
        give()
      })
      worker.on('error', (error) => {
        add({ seed: current!, report: null, error: String(error.stack) })
        resolve(true)
      })
      give()
    })
    await worker.terminate()
    if (!broke) return
  }
}

function work(): void {
  parentPort!.on('message', async (seed: number) => {
    parentPort!.postMessage(await outcomeOf(seed, null))
  })
}

async function outcomeOf(seed: number, say: ((line: string) => void) | null): Promise<Outcome> {
  try {
    return { seed, report: await new Simulation(seed, say).run(), error: '' }
  } catch (error) {
    return { seed, report: null, error: say ? String((error as Error).stack) : (error as Error).message }
  }
}
