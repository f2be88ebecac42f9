/** GetPlan, ListPlans, ListCommits: the plan documents in force, and those that were. */
import type { Tables } from '../../cluster/cluster.ts'
import { commitsOf } from '../../cluster/tables/plan.ts'
import { MAIN } from '../../cluster/tables/plan-place.ts'
import type { CommitRow, PlanRow } from '../../cluster/tables/plan-rows.ts'
import { type PlanText, unpack } from '../../cluster/tables/plan-text.ts'
import { clean } from '../../proto/text.ts'
import type { Commit__Output } from '../../proto/types/raftel/v1/Commit.ts'
import type { CommitList } from '../../proto/types/raftel/v1/CommitList.ts'
import type { GetPlanRequest__Output } from '../../proto/types/raftel/v1/GetPlanRequest.ts'
import type { ListCommitsRequest__Output } from '../../proto/types/raftel/v1/ListCommitsRequest.ts'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import type { PlanList } from '../../proto/types/raftel/v1/PlanList.ts'
import { documentIn } from './plan.ts'
import { cannot, notFound } from './refusal.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 10_000

type Plans = Pick<Tables, 'plans' | 'commits' | 'texts' | 'planVersion'>

/** The one in force, which may be none yet; or one of before, which must have been there. */
export function getPlan(tables: Plans, { document, version, at }: GetPlanRequest__Output): Plan__Output {
  if (version > 0) return viewOf(versionOf(tables, version))
  const name = documentIn(document)
  if (at > 0) return viewOf(inForceAt(tables, name, at))
  return planView(tables.plans.get(name) ?? null, name)
}

export function listPlans({ plans, planVersion }: Plans, tenant = ''): PlanList {
  const theirs = [...plans].filter(([, { plan }]) => tenant === '' || plan.tenant === tenant)
  const rows = theirs.sort(([a], [b]) => (a < b ? -1 : 1))
  return { rows: rows.map(([name, row]) => ({ ...planView(row, name), text: '' })), version: planVersion }
}

export function listCommits(tables: Plans, request: ListCommitsRequest__Output): CommitList {
  const document = request.document === '' ? null : documentIn(request.document)
  const all = commitsOf(tables.commits.values(), document)
  const wanted = request.before > 0 ? all.filter(({ version }) => version < request.before) : all
  const limit = Math.min(request.limit || LIMIT_DEFAULT, LIMIT_MAX)
  return { rows: wanted.slice(0, limit).map((row) => commitView(tables, row)), total: all.length }
}

/** The text of a version that was committed; null: it is not kept. */
export function textOf(tables: Plans, row: CommitRow): string | null {
  return packedOf(tables, row)?.text ?? null
}

function packedOf(
  { texts, plans }: Plans,
  { text, document, version }: CommitRow,
): Pick<PlanText, 'text' | 'plan'> | null {
  const now = plans.get(document)
  if (now?.version === version) return now
  const row = texts.get(text)
  return row ? unpack(row.packed) : null
}

/** All documents as they were at a time, Unix ms; or the refusal that says which one cannot be known. */
export function plansAt(tables: Plans, at: number): ReadonlyMap<string, PlanRow> {
  const last = new Map<string, CommitRow>()
  for (const row of commitsOf(tables.commits.values(), null).reverse()) {
    if (row.committedAt <= at) last.set(row.document, row)
  }
  const there = [...last].filter(([, { kind }]) => kind !== 'remove')
  const rows = there.map(([document, row]) => [document, rowOf(tables, row)] as const)
  return new Map([...beforeLog(tables, at), ...rows])
}

/** A plan that older programs committed is in no log: it was in force from its commit on, as long as it is there. */
function* beforeLog({ plans }: Plans, at: number): Generator<[string, PlanRow]> {
  const main = plans.get(MAIN)
  if (main && main.document === undefined && main.committedAt <= at) yield [MAIN, main]
}

function versionOf(tables: Plans, version: number): PlanRow {
  const row = tables.commits.get(String(version))
  if (row?.kind === 'remove')
    throw notFound(`version ${version} removed ${row.document}; version ${row.previous} was there before`)
  if (row) return rowOf(tables, row)
  for (const plan of tables.plans.values()) if (plan.version === version) return plan
  throw notFound(`no version ${version} was ever committed; raftel plan log shows those that were`)
}

function inForceAt(tables: Plans, document: string, at: number): PlanRow {
  const row = commitsOf(tables.commits.values(), document).find(({ committedAt }) => committedAt <= at)
  if (row && row.kind !== 'remove') return rowOf(tables, row)
  const old = row ? undefined : new Map(beforeLog(tables, at)).get(document)
  if (old) return old
  throw notFound(
    `no plan ${document} was in force then; raftel plan log --document ${document} shows when there was one`,
  )
}

function rowOf(tables: Plans, row: CommitRow): PlanRow {
  const { version, document, author, committedAt, reason } = row
  const kept = packedOf(tables, row)
  if (!kept)
    throw cannot(`the text of version ${version} is not kept any more; raftel plan log still says whose it was and why`)
  const { text, plan } = kept
  return { version, text, plan, author, committedAt, document, reason }
}

function viewOf(row: PlanRow): Plan__Output {
  return planView(row, row.document ?? MAIN)
}

export function planView(row: PlanRow | null, document: string): Plan__Output {
  if (row === null) return { version: 0, text: '', author: '', committedAt: 0, rules: 0, document, reason: '' }
  const { version, text, author, committedAt, plan, reason = '' } = row
  const said = { author: clean(author, 64), reason: clean(reason, 200) }
  return { version, text, committedAt, rules: plan.rules.length, document, ...said }
}

function commitView({ texts, plans }: Plans, row: CommitRow): Commit__Output {
  const { version, document, kind, committedAt, rules, bytes, previous, restored = 0, text, breakGlass = false } = row
  return {
    version,
    document,
    kind,
    author: clean(row.author, 64),
    from: clean(row.from, 64),
    reason: clean(row.reason, 200),
    committedAt,
    rules,
    bytes,
    previous,
    restored,
    ...row.tests,
    breakGlass,
    kept: texts.has(text) || plans.get(document)?.version === version,
  }
}
