/**
 * `npm test`: installs the peers that tests use when they are missing and can be had, runs every test, and ends with
 * one line: `N passed, N failed`. Arguments are passed on as test files.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { missing, PEERS, type Peer, packages } from './peers.ts'

interface Tally {
  passed: number
  failed: number
  skipped: number
}

/** Of what a failed test said, this many lines are said again at the end. */
const SAID_AGAIN = 25

const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
/** The failed tests, each with the first lines of what it said: a reader of a long log finds them at its end. */
const failures: string[][] = []
installPeers()
const files = process.argv.slice(2)
if (files.length > 0) {
  await run(files, 1)
} else {
  await run(['test/**/*.test.ts', '!test/acceptance/**'], 2)
  // One lab at a time: the machine under test should be idle but for it.
  await run(['test/acceptance/**/*.test.ts'], 1)
}
if (tally.skipped > 0) console.log(`${tally.skipped} skipped, named above`)
for (const line of failures.flat()) console.log(line)
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exit(tally.failed > 0 || tally.passed === 0 ? 1 : 0)

function installPeers(): void {
  const absent = missing(Object.keys(PEERS) as Peer[])
  if (absent.length === 0) return
  const names = packages(absent)
  if (process.getuid?.() !== 0) {
    console.error(
      `missing: ${absent.join(', ')}. Tests that need them are skipped; sudo apt-get install ${names.join(' ')}`,
    )
    return
  }
  console.log(`installing ${names.join(', ')} for the tests`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  spawnSync('apt-get', ['-q', 'update'], { stdio: ['ignore', 'ignore', 'inherit'], env })
  const done = spawnSync('apt-get', ['-q', '-y', '--no-install-recommends', 'install', ...names], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
  if (done.status !== 0) console.error(`could not install ${names.join(' ')}`)
}

/** Runs test files under AVA and counts its TAP lines, so that the last line is ours and means what it says. */
async function run(patterns: readonly string[], concurrency: number): Promise<void> {
  const ava = spawn(
    process.execPath,
    ['node_modules/ava/entrypoints/cli.js', '--tap', '--concurrency', String(concurrency), ...patterns],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // DEP0123 comes with every TLS connection of grpc-js to an IP address, and would bury what tests say.
      env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning --disable-warning=DEP0123' },
    },
  )
  const ended = new Promise<number>((resolve) => ava.on('close', (code) => resolve(code ?? 1)))
  let failedHere = 0
  let saying: string[] | null = null
  for await (const line of createInterface({ input: ava.stdout })) {
    const result = /^(not )?ok \d+ - (.*)$/.exec(line)
    if (result === null) {
      if (!tells(line)) continue
      console.log(line)
      if (saying !== null && saying.length <= SAID_AGAIN) saying.push(line)
      continue
    }
    saying = null
    if (/# SKIP/i.test(line)) {
      tally.skipped++
      console.log(`skipped  ${result[2]}`)
    } else if (result[1]) {
      failedHere++
      saying = [`FAILED   ${result[2]}`]
      failures.push(saying)
      console.log(saying[0])
    } else {
      tally.passed++
      console.log(`ok       ${result[2]}`)
    }
  }
  // A crash or a test file without tests is a failure even when no single test said so.
  const code = await ended
  tally.failed += code !== 0 && failedHere === 0 ? 1 : failedHere
}

/** Whether a line of TAP is what a test says, and not only the frame around it. */
function tells(line: string): boolean {
  return /^( {2}|#)/.test(line) && !/^\s*(---|\.\.\.)$|^# (tests|pass|skip|fail)|^\s+duration_ms/.test(line)
}
