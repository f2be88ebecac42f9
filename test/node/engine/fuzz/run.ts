/** `npm run engine:fuzz`: mutated messages against the engine, until the time is up. Ends with 1 if one failed. */
import { Worker } from 'node:worker_threads'
import { optionsFor } from '../../../options.ts'
import { campaign, type Failure } from './campaign.ts'
import { corpus } from './corpus.ts'

const HELP = `Throws mutated SIP messages at the engine, over UDP and TCP, with a drachtio-srf app on it, and at its parser.

  --minutes M    how long (default 1)
  --seed S       which mutations (default: drawn, and printed)
  --from N       the first message (default 0)
  --count N      so many messages and no more (default: until the time is up)

Nothing may crash, hang, log a fault, keep memory, or leave the next valid OPTIONS without an answer.

Examples:
  npm run engine:fuzz
  npm run engine:fuzz -- --minutes 10 --seed 7
  npm run engine:fuzz -- --seed 7 --from 1234 --count 1`

const PROGRESS_MS = 5_000
const HANG_MS = 60_000

const options = optionsFor(HELP, { minutes: 1, seed: 0, from: 0, count: 0 })
const seed = options.seed > 0 ? options.seed : 1 + Math.floor(Math.random() * 1_000_000)
const began = performance.now()
/** Where the work is, for who watches it from another thread. */
const at = new Int32Array(new SharedArrayBuffer(4))
at[0] = options.from
let said = began
const watch = watchdog()
process.on('uncaughtException', (error) =>
  fail({ index: at[0]!, what: `uncaught: ${error.stack}`, bytes: Buffer.alloc(0) }),
)

console.log(`seed ${seed}`)
const { messages, failure } = await campaign({
  seed,
  from: options.from,
  until: options.count > 0 ? options.from + options.count : Number.MAX_SAFE_INTEGER,
  corpus: corpus(),
  over: () => performance.now() - began > options.minutes * 60_000,
  progress(done, next) {
    at[0] = next
    if (performance.now() - said < PROGRESS_MS) return
    said = performance.now()
    console.log(
      `${done.toLocaleString('en')} messages, 0 failures, ${Math.round(done / ((said - began) / 1000))} a second`,
    )
  },
})
await watch.terminate()
if (failure) fail(failure)
console.log(`${messages.toLocaleString('en')} messages, 0 failures`)

function fail({ index, what, bytes }: Failure): never {
  console.log(`\n${what}\n${JSON.stringify(bytes.toString('latin1'))}`)
  console.log(`again: ${again(index)}\n1 failure`)
  process.exit(1)
}

function again(index: number): string {
  return `npm run engine:fuzz -- --seed ${seed} --from ${index} --count 200`
}

/** A thread of its own: it can speak when this one is stuck. */
function watchdog(): Worker {
  const code = `
    const { workerData: { at, ms, seed } } = require('node:worker_threads')
    let last = -1
    setInterval(() => {
      if (at[0] === last) {
        require('node:fs').writeSync(1, 'hangs at one of 200 messages; again: npm run engine:fuzz -- --seed ' + seed + ' --from ' + last + ' --count 200\\n1 failure\\n')
        process.kill(process.pid, 'SIGKILL')
      }
      last = at[0]
    }, ms)`
  const worker = new Worker(code, { eval: true, workerData: { at, ms: HANG_MS, seed } })
  worker.unref()
  return worker
}
