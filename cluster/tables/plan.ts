/**
 * The plan documents: one row each, replaced as a whole, with one version over all of them that only grows; and what was in force before. Two authors
 * cannot overwrite each other: each says which version of the document he had seen, and which version of all of them his text was judged beside.
 */
import type { Command, PlanCommit, Result } from './commands.ts'
import { MAIN } from './plan-place.ts'
import type { CommitRow, TestCounts } from './plan-rows.ts'
import { type PlanText, unpack } from './plan-text.ts'
import { put, remove, type State } from './state.ts'
import { forgetTurns } from './turns.ts'

type PlanRemove = Extract<Command, { type: 'plan-remove' }>

/** A tenant has one; more are refused, since each is read with every change of another. */
export const DOCUMENTS_MAX = 1_000
/** Characters that texts of the past may have together, deflated: they are in every snapshot. */
export const TEXTS_MAX = 64 * 1024 * 1024
const NO_TESTS: TestCounts = { passed: 0, failed: 0 }

/** What documents are called: by what names files and tenants may have. */
export function isDocument(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)
}

/** Commits a document, unless its author had seen another version of it than the one in force (0 before the first). */
export function commitPlan(state: State, command: PlanCommit): Result {
  const { document = MAIN, expect, author, at, reason } = command
  const current = state.plans.get(document)?.version ?? 0
  if (expect !== null && expect !== current) return { kind: 'conflict', version: current }
  const version = state.planVersion + 1
  // As programs of before said it, and as they apply it.
  if (command.document === undefined) {
    put(state, 'plans', MAIN, { version, text: command.text, plan: command.plan, author, committedAt: at })
    forgetTurns(state)
    return { kind: 'committed', version }
  }
  if (isMoved(state, command.base)) return { kind: 'moved', version: state.planVersion }
  if (current === 0 && state.plans.size >= DOCUMENTS_MAX) return { kind: 'too many plans', max: DOCUMENTS_MAX }
  const read = readText(command)
  if (read === null) return { kind: 'unreadable plan' }
  const { text, plan } = read
  put(state, 'plans', document, {
    version,
    text,
    plan,
    author,
    committedAt: at,
    document,
    ...(reason !== undefined && { reason }),
  })
  if (command.packed !== undefined && !state.texts.has(read.hash)) {
    put(state, 'texts', read.hash, { packed: command.packed })
  }
  const { restored } = command
  log(state, command, {
    version,
    document,
    previous: current,
    kind: restored === undefined ? 'commit' : 'rollback',
    rules: plan.rules.length,
    bytes: Buffer.byteLength(text),
    text: read.hash,
    ...(restored !== undefined && { restored }),
  })
  forget(state)
  forgetTurns(state)
  return { kind: 'committed', version }
}

export function removePlan(state: State, command: PlanRemove): Result {
  const { document, expect, base } = command
  const current = state.plans.get(document)?.version ?? 0
  if (current === 0) return { kind: 'no such plan', document }
  if (expect !== null && expect !== current) return { kind: 'conflict', version: current }
  if (isMoved(state, base)) return { kind: 'moved', version: state.planVersion }
  const version = state.planVersion + 1
  remove(state, 'plans', document)
  forgetTurns(state)
  log(state, command, { version, document, kind: 'remove', previous: current, rules: 0, bytes: 0, text: '' })
  return { kind: 'committed', version }
}

/** Another document is there, or is another one, than when this one was judged. */
function isMoved(state: State, base: number | undefined): boolean {
  return base !== undefined && base !== state.planVersion
}

function readText({ packed, text, plan }: PlanCommit): PlanText | null {
  return packed === undefined ? { text, plan, hash: '' } : unpack(packed)
}

type Said = 'author' | 'from' | 'reason' | 'committedAt' | 'tests' | 'breakGlass'

function log(state: State, command: PlanCommit | PlanRemove, row: Omit<CommitRow, Said>): void {
  const { author, from = '', reason = '', at, tests = NO_TESTS, breakGlass } = command
  put(state, 'commits', String(row.version), {
    ...row,
    author,
    from,
    reason,
    committedAt: at,
    tests,
    ...(breakGlass && { breakGlass }),
  })
}

/** Texts go, those first that were in force last the longest time ago, until what is left may stay. */
function forget(state: State, most = TEXTS_MAX): void {
  let size = 0
  for (const { packed } of state.texts.values()) size += packed.length
  if (size <= most) return
  const last = new Map<string, number>()
  for (const { text, version } of state.commits.values()) last.set(text, Math.max(version, last.get(text) ?? 0))
  const oldest = [...state.texts].sort(([a], [b]) => (last.get(a) ?? 0) - (last.get(b) ?? 0))
  for (const [key, { packed }] of oldest) {
    if (size <= most) return
    size -= packed.length
    remove(state, 'texts', key)
  }
}

/** The commits of a document, or of all, the newest first. */
export function commitsOf(commits: Iterable<CommitRow>, document: string | null): CommitRow[] {
  return [...commits]
    .filter((row) => document === null || row.document === document)
    .sort((a, b) => b.version - a.version)
}
