/** Runs one test file under AVA and says of each named test what came of it. */
import { spawn } from 'node:child_process'
import path from 'node:path'

export type Verdict =
  /** `said` is the first line of what the test had to say. */
  | { readonly kind: 'failed'; readonly said: string }
  | { readonly kind: 'passed' }
  /** It did not run to its end, or failed in a way that says nothing about the product. */
  | { readonly kind: 'no verdict'; readonly said: string }

/** What counts as the end of a test that never ends; the slowest killer takes some seconds. */
const BOUND_MS = 90_000

/** Process groups of what runs now. */
const running = new Set<number>()
let stopped = false

/** Runs the tests of these titles in `file` of the tree at `root`. */
export async function judge(
  root: string,
  file: string,
  titles: readonly string[],
  boundMs = BOUND_MS,
): Promise<Map<string, Verdict>> {
  const { tap, bounded } = await ava(root, file, titles, boundMs)
  return new Map(
    titles.map((title) => {
      const verdict = verdictOf(tap, title)
      return [title, bounded && verdict.kind === 'no verdict' ? hung(boundMs) : verdict]
    }),
  )
}

function hung(boundMs: number): Verdict {
  return { kind: 'no verdict', said: `it did not end within ${boundMs / 1000} s` }
}

/** AVA takes `*` in a title for a wildcard and a leading `!` for a negation. */
function pattern(title: string): string {
  return title.replace(/[\\*]|^!/g, '\\$&')
}

function ava(
  root: string,
  file: string,
  titles: readonly string[],
  boundMs: number,
): Promise<{ tap: string; bounded: boolean }> {
  // The process is about to end.
  if (stopped) return new Promise(() => {})
  const cli = path.join(root, 'node_modules', 'ava', 'entrypoints', 'cli.js')
  // AVA's own bound is behind ours, so that ours decides.
  const args = [cli, '--tap', `--timeout=${2 * boundMs}ms`, file, ...titles.map((title) => `--match=${pattern(title)}`)]
  const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  // A group of its own, so that nothing that a test started outlives it.
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let tap = ''
  let bounded = false
  running.add(child.pid!)
  child.stdout.on('data', (bytes) => (tap += bytes))
  child.stderr.resume()
  const bound = setTimeout(() => {
    bounded = true
    stop(child.pid!)
  }, boundMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(bound)
      running.delete(child.pid!)
      resolve({ tap, bounded })
    })
  })
}

/** Ends whatever runs, and all that it started; nothing is begun any more. */
export function stopAll(): void {
  stopped = true
  for (const pid of running) stop(pid)
}

function stop(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** Reads the verdict on one test out of AVA's TAP. */
export function verdictOf(tap: string, title: string): Verdict {
  const lines = tap.split('\n')
  const at = lines.findIndex((line) => /^(?:not )?ok \d+ - (.*?)( # SKIP.*)?$/.exec(line)?.[1] === title)
  if (at < 0) {
    // A file that does not load says so in place of its tests.
    const crash = tap.includes('\n# tests 0') ? /^not ok \d+ - (.*)$/m.exec(tap)?.[1] : undefined
    return { kind: 'no verdict', said: crash ?? 'no test of that title ran' }
  }
  if (/# SKIP/.test(lines[at]!))
    return { kind: 'no verdict', said: 'it is skipped here: a program that it needs is missing' }
  if (lines[at]!.startsWith('ok')) return { kind: 'passed' }
  const end = lines.findIndex((line, i) => i > at && line === '  ...')
  return verdictOfFailure(lines.slice(at + 1, end < 0 ? undefined : end))
}

/** `block` is what AVA says of a failed test: YAML, with what was thrown as details. */
function verdictOfFailure(block: readonly string[]): Verdict {
  const error = block.map((line) => /^\s+(\w*Error) \{$/.exec(line)?.[1]).find((name) => name !== undefined)
  const thrown = block.map((line) => /^ {10,}message: (.*)$/.exec(line)?.[1]).find((said) => said !== undefined)
  const message = field(block, 'message')
  const said = unquoted((error && thrown) || message || '')
  // The mutant is not the bug that it says it is, or the test was cut off rather than convinced.
  const nonsense = error === 'ReferenceError' || error === 'SyntaxError'
  if (nonsense) return { kind: 'no verdict', said: `${error}: ${said}` }
  if (/^(Exited because no new tests completed|Exiting due to process\.exit|Test timeout exceeded)/.test(said))
    return { kind: 'no verdict', said }
  return { kind: 'failed', said: said || field(block, 'assertion') || '?' }
}

/** A field of a failed test, or the first line of one that has several. */
function field(block: readonly string[], name: string): string {
  const at = block.findIndex((line) => line.startsWith(`    ${name}: `))
  if (at < 0) return ''
  const text = block[at]!.slice(`    ${name}: `.length)
  return /^[|>][-+]?$/.test(text) ? (block[at + 1] ?? '').trim() : text
}

function unquoted(text: string): string {
  return text.replace(/^(['"`])(.*?)\1?,?$/, '$2').replaceAll("\\'", "'")
}
