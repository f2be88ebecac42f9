/** Has faults judged by processes of their own, one after another in each; one that ends without a verdict is one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type Fault, kindOf } from './cases.ts'
import type { History } from './history.ts'
import type { Verdict, Work } from './judge.ts'

export interface Judged {
  readonly fault: Fault
  readonly verdict: Verdict
}

const JUDGE = path.join(import.meta.dirname, 'judge.ts')

/** A new folder in memory if there is one: what a disk would do is not asked here. */
export function newRoot(): Promise<string> {
  return mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'raftel-faults-'))
}

export async function judged(
  root: string,
  { dir, acknowledged }: History,
  faults: readonly Fault[],
  processes: number,
): Promise<Judged[]> {
  const shares = Array.from({ length: processes }, (_, k) => faults.filter((_, i) => i % processes === k))
  const all = await Promise.all(
    shares.map(async (share, k) => {
      const file = path.join(root, `work-${k}.json`)
      const work: Work = { root, dir, faults: share, acknowledged }
      await writeFile(file, JSON.stringify(work))
      return await verdicts(file, share)
    }),
  )
  return all.flat()
}

async function verdicts(file: string, faults: readonly Fault[]): Promise<Judged[]> {
  const found: Judged[] = []
  while (found.length < faults.length) {
    const judge = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', JUDGE, file, String(found.length)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const ended = once(judge, 'exit')
    let begun = -1
    for await (const line of createInterface(judge.stdout)) {
      const at = line.indexOf(' ')
      if (at < 0) begun = Number(line)
      else found.push({ fault: faults[begun]!, verdict: JSON.parse(line.slice(at + 1)) as Verdict })
    }
    const [code, signal] = await ended
    if (found.length === faults.length) break
    // Not even begun: the judge itself is broken, not the log.
    if (begun !== found.length) throw new Error(`the judge ended with ${code ?? signal} before case ${found.length}`)
    found.push({ fault: faults[begun]!, verdict: { kind: 'wrong', why: `the process ended with ${code ?? signal}` } })
  }
  return found
}

/** One line for each kind of file and fault: how many recovered, were refused, or were wrong. */
export function tally(all: readonly Judged[]): string {
  const rows = new Map<string, Record<Verdict['kind'], number>>()
  for (const { fault, verdict } of all) {
    const name = `${kindOf(fault.file).padEnd(16)} ${fault.kind.padEnd(7)}`
    const row = rows.get(name) ?? { recovered: 0, refused: 0, wrong: 0 }
    row[verdict.kind]++
    rows.set(name, row)
  }
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, row]) => `${name} ${numbers(row)}`)
  const total = { recovered: 0, refused: 0, wrong: 0 }
  for (const { verdict } of all) total[verdict.kind]++
  return [...lines, `${`${all.length} cases`.padEnd(24)} ${numbers(total)}`].join('\n')
}

function numbers({ recovered, refused, wrong }: Record<Verdict['kind'], number>): string {
  return `${recovered} recovered, ${refused} refused, ${wrong} wrong`
}

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
