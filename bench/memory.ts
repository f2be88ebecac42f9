/**
 * `npm run bench:memory`: what a node with very many registrations holds, how long its event loop stands still, how soon it
 * is back after a restart, and how soon an empty one has everything from its peers; last, what the real program holds. Each AoR is a user
 * with one contact, or `--phones`; all of it goes the way of the log (encoded, stamped, applied).
 *
 * Each step is a process of its own, so that no figure has another's garbage in it.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { optionsFor } from '../test/options.ts'
import type { Step, StepResult } from './memory-step.ts'

const values = optionsFor(
  `usage: npm run bench:memory -- [--registrations N] [--phones N] [--json]

What a node with very many registrations holds, how long its event loop stands still, how soon it is back after a restart, and how soon an
empty one has everything from its peers; last, what the real program holds on the same directory. Takes about six minutes and 2 GB
for a million.

  --registrations N  contacts that are registered (1000000)
  --phones N         contacts of each user (1)
  --json             a document instead of tables

  npm run bench:memory -- --registrations 50000`,
  { registrations: 1_000_000, phones: 1, json: false },
)
const STEPS: readonly Step[] = ['fill', 'load', 'join', 'recover', 'node']

const root = mkdtempSync(path.join(tmpdir(), 'raftel-memory-'))
try {
  const all: Record<string, StepResult> = {}
  for (const step of STEPS) {
    all[step] = await run(step)
    if (!values.json) report(step, all[step])
  }
  if (values.json) console.log(JSON.stringify(all))
} finally {
  rmSync(root, { recursive: true, force: true })
}

function run(step: Step): Promise<StepResult> {
  const file = path.join(import.meta.dirname, `memory-step${path.extname(import.meta.filename)}`)
  const users = Math.ceil(values.registrations / Math.max(values.phones, 1))
  const args = [step, String(values.registrations), String(users), path.join(root, 'node')]
  const child = fork(file, args, { execArgv: ['--expose-gc'] })
  return new Promise((resolve, reject) => {
    child.once('message', (result) => resolve(result as StepResult))
    child.once('exit', (code) => reject(new Error(`${step} ended with ${code}`)))
  })
}

function report(step: Step, result: StepResult): void {
  console.log(step)
  for (const [name, value] of Object.entries(result)) {
    const digits = value >= 100 ? value.toFixed(0) : value.toPrecision(3)
    console.log(`  ${name.padEnd(58)} ${digits.padStart(10)}`)
  }
}
