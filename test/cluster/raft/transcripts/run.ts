/** `npm run raft:transcripts -- DIR…`: plays every script under each folder against the core, and compares byte for byte. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { diff } from './diff.ts'
import { play } from './play.ts'

const HELP = `usage: npm run raft:transcripts -- DIR… [--quiet]

Plays every file under each folder (and below it) against the Raft core. A file is a script in the grammar of
cockroachdb/datadriven, with the commands of etcd's raft: its interaction environment (add-nodes, campaign, stabilize, …),
its quorum tests (committed, vote) or its tests of configuration changes (simple, enter-joint, leave-joint). Each
command must be answered byte for byte as it was recorded. Every file must be such a script, except those whose names
begin with a dot. What deviates on purpose is in test/cluster/raft/transcripts/deviations.ts, and is named when it is met.

  --quiet   only failures and the last line

example: npm run raft:transcripts -- ../shared/vectors/raft
`

export interface Judged {
  readonly passed: boolean
  /** For people, in lines; empty when there is nothing to say. */
  readonly said: string
}

export function judgeScript(file: string): Judged {
  try {
    const { mismatch, deviations } = play(readFileSync(file, 'utf8'))
    if (mismatch === undefined) {
      const excused = [...deviations].map(({ name, reason }) => `deviates on purpose (${name}): ${reason}`)
      return { passed: true, said: excused.join('\n') }
    }
    const { command, expected, said } = mismatch
    return { passed: false, said: `line ${command.line}: ${command.text}\n${diff(expected, said)}` }
  } catch (error) {
    return { passed: false, said: `not a script that can be played: ${(error as Error).message}` }
  }
}

export function scriptsUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quiet: { type: 'boolean', short: 'q', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  let passed = 0
  let failed = 0
  const say = (good: boolean, name: string, said: string): void => {
    if (good) passed++
    else failed++
    if (!good || !values.quiet) console.log(`${good ? 'ok      ' : 'FAILED  '}${name}${said && `: ${said}`}`)
  }
  if (positionals.length === 0) say(false, 'arguments', 'name the folders of scripts; --help says more')
  for (const folder of positionals) {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found === undefined) {
      say(false, folder, 'there is no such folder; give one that holds scripts')
      continue
    }
    const files = found.isDirectory() ? scriptsUnder(folder) : [folder]
    if (files.length === 0) say(false, folder, 'holds no scripts')
    for (const file of files) {
      const { passed: good, said } = judgeScript(file)
      say(good, path.relative(process.cwd(), file), said)
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = main()
