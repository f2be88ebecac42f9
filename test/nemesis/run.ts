/** `npm run nemesis`: real nodes, real faults, and a judgement. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { missing } from '../peers.ts'
import { campaign } from './campaign.ts'
import { FAULTS } from './faults/all.ts'
import type { Fault, Finding, Means } from './faults/fault.ts'
import { goInside, isInside, settleInside, whyOutside } from './inside.ts'
import { oldVersion } from './old-version.ts'

const KINDS = FAULTS.map(({ kind }) => kind).join(',')
const HELP = `usage: npm run nemesis -- [--minutes M] [--nodes 3,5] [--seed S] [--faults kind,…] [--old DIR] [--loopback]

Real nodes of the built program (npm run build), in network namespaces as root and else on loopback; clients that register, look up,
de-register and commit plans; faults that a seed decides; at the end everything is healed and judged: test/nemesis/README.md.

  --minutes M    of faults, for each number of nodes (2)
  --nodes N,…    sizes of cluster, one run each (3,5)
  --seed S       draws the faults and what clients ask (a new one, printed)
  --faults K,…   only these: ${KINDS}
  --program DIR  the build under test (this repository)
  --old DIR      the build that the cluster is upgraded from (the commit of old-version.ts, built when it is first asked for)
  --loopback     no namespaces, even where there could be some

example: npm run nemesis -- --minutes 10 --nodes 5 --faults kill,wipe,partition
`
const NOT_ASKED = { kind: 'absent', why: 'it was not asked for' } as const
const ROOT = path.join(import.meta.dirname, '..', '..')

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      minutes: { type: 'string', default: '2' },
      nodes: { type: 'string', default: '3,5' },
      seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1_000_000)) },
      faults: { type: 'string', default: KINDS },
      program: { type: 'string', default: ROOT },
      old: { type: 'string' },
      loopback: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const seconds = Number(values.minutes) * 60
  const sizes = values.nodes.split(',').map(Number)
  const seed = Number(values.seed)
  const wanted = values.faults.split(',').filter((kind) => kind !== '')
  const unknown = wanted.filter((kind) => !FAULTS.some((fault) => fault.kind === kind))
  if (!(seconds > 0)) return refuse('--minutes is a number above 0')
  if (sizes.some((size) => !Number.isInteger(size) || size < 3 || size > 9))
    return refuse('--nodes are numbers from 3 to 9, as in 3,5')
  if (!Number.isSafeInteger(seed)) return refuse('--seed is a whole number')
  if (unknown.length > 0) return refuse(`there is no fault ${unknown.join(', ')}; there are ${KINDS}`)
  const program = builtIn(values.program)
  const given = values.old === undefined ? null : builtIn(values.old)
  for (const [dir, main] of [
    [values.program, program],
    [values.old, given],
  ] as const)
    if (dir !== undefined && main === null) return refuse(`${dir} has no dist/cli/main.js: run npm run build there`)

  const outside = values.loopback ? 'asked for with --loopback' : isInside ? null : whyOutside()
  if (!isInside && outside === null) return await goInside()
  if (isInside) settleInside()
  else console.log(`on loopback, without faults of the network: ${outside}`)

  const faketime = libfaketime()
  const old =
    given !== null ? ({ kind: 'built', main: given } as const) : wanted.includes('versions') ? oldVersion() : NOT_ASKED
  const means: Means = { links: isInside, strace: mayTrace(), faketime: faketime !== null, old }
  const faults = chosen(wanted, means)
  const over = stopSignal()
  const findings: Finding[] = []
  for (const nodes of sizes) {
    const needs = { nodes, seed, seconds, faults, means, program: program!, over, say: console.log }
    // Nothing is preloaded into a node whose clock nobody shifts.
    const found = await campaign({ ...needs, faketime: faults.some(({ kind }) => kind === 'clock') ? faketime : null })
    if (found === null) {
      console.log('interrupted: everything is put away, nothing is judged')
      return 130
    }
    for (const { what, good, said } of found) console.log(`${good ? 'ok      ' : 'FAILED  '}${what}: ${said}`)
    findings.push(...found)
  }
  const failed = findings.filter(({ good }) => !good).length
  if (failed > 0)
    console.log(
      `once more: npm run nemesis -- --seed ${seed} --minutes ${values.minutes} --nodes ${values.nodes} --faults ${values.faults}`,
    )
  console.log(`${findings.length - failed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

function refuse(why: string): number {
  console.error(why)
  return 2
}

function chosen(wanted: readonly string[], means: Means): Fault[] {
  return FAULTS.filter((fault) => {
    if (!wanted.includes(fault.kind)) return false
    const why = fault.absent(means)
    if (why !== null) console.log(`NOT AMONG THE FAULTS: ${fault.kind}: ${why}`)
    return why === null
  })
}

function builtIn(dir: string): string | null {
  const main = path.resolve(dir, 'dist', 'cli', 'main.js')
  return existsSync(main) ? main : null
}

/** The library that Debian's package faketime brings, in the folder of the machine's architecture. */
function libfaketime(): string | null {
  const folders = readdirSync('/usr/lib').map((name) => path.join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'))
  return folders.find((file) => existsSync(file)) ?? null
}

/** A process that is no child of strace is traced by root, or where the kernel lets users trace what is theirs. */
function mayTrace(): boolean {
  if (missing(['strace']).length > 0) return false
  const scope = '/proc/sys/kernel/yama/ptrace_scope'
  return process.getuid?.() === 0 || !existsSync(scope) || readFileSync(scope, 'utf8').trim() === '0'
}

/** The first signal, or the end of who started this inside, ends the run in order; a second one does not wait. */
function stopSignal(): AbortSignal {
  const over = new AbortController()
  const stop = (): void => {
    if (over.signal.aborted) process.exit(130)
    over.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  if (isInside) process.stdin.resume().once('end', () => over.abort())
  return over.signal
}

process.exitCode = await main()
if (isInside) process.stdin.destroy()
