/**
 * `npm run linearizability -- DIR…`: judges every history under each folder. Where a verdicts.json names histories of the
 * folder, each must get the verdict that it has there; a history without one must be linearizable.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { check, LIMITS, type Verdict } from './checker.ts'
import { type Model, register, text } from './models.ts'
import { parseEtcd } from './parse-etcd.ts'
import { parseKv } from './parse-kv.ts'
import { report } from './report.ts'

const HELP = `usage: npm run linearizability -- DIR… [--max-steps N] [--max-configurations N] [--quiet]

Judges the histories under each folder (and below it):
  *.log   logs of Jepsen's test of etcd: one register with read, write and cas
  *.txt   key-value histories: get, put and append
A verdicts.json in the folder, or in one above it, says what is known: {"etcd/etcd_000.log": false, …}. Those histories
must get that verdict; one without a verdict must be linearizable. A file that is no history, and one that stays
undecided within the limits, is a failure.

  --max-steps N           how often the model may be asked for one history (${LIMITS.maxSteps})
  --max-configurations N  how many configurations may be remembered at once (${LIMITS.maxConfigurations})
  --quiet                 only failures and the last line

example: npm run linearizability -- ../shared/vectors/linearizability
`

export interface Judged {
  readonly kind: Verdict<unknown, unknown, unknown>['kind'] | 'unreadable'
  /** For people, in lines. */
  readonly said: string
}

export function judge(file: string, limits = LIMITS): Judged {
  const content = readFileSync(file, 'utf8')
  try {
    if (file.endsWith('.log')) return judged(register, check(register, parseEtcd(content), limits))
    return judged(text, check(text, parseKv(content), limits))
  } catch (error) {
    return { kind: 'unreadable', said: `not a history: ${(error as Error).message}` }
  }
}

function judged<S, I, O>(model: Model<S, I, O>, verdict: Verdict<S, I, O>): Judged {
  return { kind: verdict.kind, said: report(model, verdict) }
}

/** File → verdict, as the nearest verdicts.json at or above the folder has it. Only files below the folder. */
export function knownVerdicts(folder: string): Map<string, boolean> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const file = path.join(at, 'verdicts.json')
    if (existsSync(file)) {
      const verdicts: Record<string, boolean> = JSON.parse(readFileSync(file, 'utf8'))
      const below = path.resolve(folder) + path.sep
      const all = Object.entries(verdicts).map(([name, verdict]) => [path.join(at, name), verdict] as const)
      return new Map(all.filter(([name]) => name.startsWith(below)))
    }
    if (at === path.dirname(at)) return new Map()
  }
}

export function historiesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(log|txt)$/.test(name))
    .map((name) => path.resolve(folder, name))
    .sort()
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quiet: { type: 'boolean', short: 'q', default: false },
      'max-steps': { type: 'string', default: String(LIMITS.maxSteps) },
      'max-configurations': { type: 'string', default: String(LIMITS.maxConfigurations) },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const limits = { maxSteps: Number(values['max-steps']), maxConfigurations: Number(values['max-configurations']) }
  let passed = 0
  let failed = 0
  const say = (good: boolean, name: string, said: string): void => {
    if (good) passed++
    else failed++
    if (good && !values.quiet) console.log(`ok      ${name}: ${said}`)
    if (!good) console.log(`FAILED  ${name}: ${said}`)
  }
  if (positionals.length === 0) say(false, 'arguments', 'name the folders of histories; --help says more')
  if (!(limits.maxSteps > 0 && limits.maxConfigurations > 0)) {
    console.log('--max-steps and --max-configurations are numbers above 0')
    positionals.length = 0
    failed++
  }
  for (const folder of positionals) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      say(false, folder, 'there is no such folder; give one that holds histories')
      continue
    }
    const known = knownVerdicts(folder)
    const files = historiesUnder(folder)
    if (files.length === 0 && known.size === 0) say(false, folder, 'holds no histories (*.log, *.txt)')
    for (const file of new Set([...files, ...known.keys()])) {
      const name = path.relative(process.cwd(), file)
      if (!existsSync(file)) {
        say(false, name, 'is named in verdicts.json, and absent')
        continue
      }
      const { kind, said } = judge(file, limits)
      const verdict = known.get(file)
      const wanted = (verdict ?? true) ? 'linearizable' : 'not-linearizable'
      say(
        kind === wanted,
        name,
        kind === wanted || verdict === undefined ? said : `known to be ${wanted}, but: ${said}`,
      )
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = main()
