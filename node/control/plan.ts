/**
 * Changes of the plan documents. A document with faults is refused with all of them, and the one in force stays. It is judged beside those that are in
 * force here; when another changed meanwhile the tables say so, and it is judged again.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Command, Result } from '../../cluster/tables/commands.ts'
import { isDocument } from '../../cluster/tables/plan.ts'
import { MAIN } from '../../cluster/tables/plan-place.ts'
import type { Plan, PlanRow, TestCounts } from '../../cluster/tables/plan-rows.ts'
import { pack } from '../../cluster/tables/plan-text.ts'
import { clean } from '../../proto/text.ts'
import type { CommitPlanRequest__Output } from '../../proto/types/raftel/v1/CommitPlanRequest.ts'
import type { PlanChanged__Output } from '../../proto/types/raftel/v1/PlanChanged.ts'
import type { RemovePlanRequest__Output } from '../../proto/types/raftel/v1/RemovePlanRequest.ts'
import type { RollbackPlanRequest__Output } from '../../proto/types/raftel/v1/RollbackPlanRequest.ts'
import { textOf } from './commits.ts'
import { type Judgement, judge, type Plans } from './judge.ts'
import type { Needs } from './needs.ts'
import { agreed, cannot, conflict, invalid, notFound } from './refusal.ts'

/** As many as a document alone is told. */
const FAULTS_TOLD = 100

const REASON_MAX = 200
const EMPTY: Plan = { domains: [], users: [], rules: [], emergency: null }

/** Who asks, when, and how long it may take, ms. */
export interface Asked {
  readonly now: number
  readonly within: number
  /** Address of who asks. */
  readonly from: string
}

/** What every change says. */
interface Said {
  readonly author: string
  readonly expect?: number
  readonly reason: string
  readonly breakGlass: boolean
}

export function commitPlan(
  needs: Needs,
  request: CommitPlanRequest__Output,
  asked: Asked,
): Promise<PlanChanged__Output> {
  return put(needs, documentIn(request.document), request.text, request, asked)
}

/** A commit of the text that a version had. */
export function rollbackPlan(
  needs: Needs,
  request: RollbackPlanRequest__Output,
  asked: Asked,
): Promise<PlanChanged__Output> {
  const { version } = request
  const { commits } = needs.cluster.tables
  const row = commits.get(String(version))
  if (!row) throw notFound(`no version ${version} was ever committed; raftel plan log shows those that were`)
  if (row.kind === 'remove') {
    throw cannot(
      `version ${version} removed ${row.document}; go back to version ${row.previous}, or raftel plan remove`,
    )
  }
  const text = textOf(needs.cluster.tables, row)
  if (text === null) throw cannot(`the text of version ${version} is not kept any more; commit it from a file`)
  return put(needs, row.document, text, request, asked, version)
}

/** `restored`: the version that it is taken from. */
async function put(needs: Needs, document: string, text: string, said: Said, asked: Asked, restored?: number) {
  const read = needs.readPlan(text)
  if (read.kind === 'faults') throw invalid(read.text)
  const { plan } = read
  const common = change(said, asked)
  const old = mustKnow(needs.cluster, document)
  const packed = pack(text, plan)
  const { result, judged } = await propose(
    needs,
    said,
    asked,
    ({ base, judged }) =>
      old
        ? { type: 'plan-commit', expect: said.expect ?? null, text, plan, author: common.author, at: asked.now }
        : {
            type: 'plan-commit',
            ...common,
            text: '',
            plan: EMPTY,
            packed,
            document,
            base,
            tests: judged.tests,
            ...(isBroken(judged) && { breakGlass: true as const }),
            ...(restored !== undefined && { restored }),
          },
    (plans) => new Map([...plans, [document, rowOf(document, text, plan, common, asked)]]),
    document,
  )
  const warnings = [...read.warnings, ...judged.warnings]
  return changed(document, result, plan.rules.length, { ...judged, warnings }, common, asked)
}

/** What others refer to is not removed, unless it is said to be all the same. */
export async function removePlan(
  needs: Needs,
  request: RemovePlanRequest__Output,
  asked: Asked,
): Promise<PlanChanged__Output> {
  const document = documentIn(request.document)
  const common = change(request, asked)
  if (mustKnow(needs.cluster, MAIN)) mustKnow(needs.cluster, '')
  const { result, judged } = await propose(
    needs,
    request,
    asked,
    ({ base, judged }) => ({
      type: 'plan-remove',
      ...common,
      document,
      base,
      tests: judged.tests,
      ...(isBroken(judged) && { breakGlass: true as const }),
    }),
    (plans) => new Map([...plans].filter(([name]) => name !== document)),
    document,
  )
  return changed(document, result, 0, judged, common, asked)
}

/** Judges and proposes, until nobody else was in between. */
async function propose(
  needs: Needs,
  { expect, breakGlass }: Said,
  { within }: Asked,
  command: (on: { base: number; judged: Judgement }) => Command,
  after: (plans: Plans) => Plans,
  document: string,
): Promise<{ result: Extract<Result, { kind: 'committed' }>; judged: Judgement }> {
  const { cluster } = needs
  const until = performance.now() + within
  for (let left = within; ; left = until - performance.now()) {
    const { planVersion: base, plans } = cluster.tables
    const judged = judge(after(plans), document, needs)
    if (judged.faults.length > 0 && !breakGlass) throw invalid(firstOf(judged.faults))
    if (judged.failed.length > 0 && !breakGlass) throw cannot(sayFailed(judged))
    const result = agreed(await cluster.propose(command({ base, judged }), Math.max(MOMENT_MS, left)))
    switch (result.kind) {
      case 'committed':
        return { result, judged }
      case 'moved':
        if (left > MOMENT_MS) continue
        throw conflict('other plan documents change all the time; try again')
      case 'conflict': {
        const by = cluster.tables.plans.get(document)?.author
        const whose = result.version === 0 ? 'none' : `version ${result.version}${by ? ` by ${clean(by, 64)}` : ''}`
        throw conflict(
          `${whose} of ${document} is in force, not ${expect || 'none'}; look at it (raftel plan show) and commit again`,
        )
      }
      case 'no such plan':
        throw notFound(`there is no plan document ${document}; raftel plan ls shows those there are`)
      case 'too many plans':
        throw cannot(`there are ${result.max} plan documents already; remove some`)
      default:
        throw new Error(`a change of the plan came to ${result.kind}`)
    }
  }
}
const MOMENT_MS = 250

function sayFailed({ failed, tests }: Judgement): string {
  const lines = failed.slice(0, FAILED_MAX)
  const more = failed.length > lines.length ? [`and ${failed.length - lines.length} more`] : []
  return [
    `${tests.failed} of ${tests.passed + tests.failed} tests fail; nothing is changed (--break-glass --reason TEXT commits all the same):`,
    ...lines,
    ...more,
  ].join('\n')
}
const FAILED_MAX = 100

function firstOf(faults: readonly string[]): string {
  const told = faults.slice(0, FAULTS_TOLD)
  return [...told, ...(faults.length > told.length ? [`and ${faults.length - told.length} more`] : [])].join('\n')
}

function isBroken({ faults, failed }: Judgement): boolean {
  return faults.length > 0 || failed.length > 0
}

function change({ author, reason, expect, breakGlass }: Said, { now, from }: Asked) {
  const why = clean(reason, REASON_MAX)
  if (breakGlass && why.trim() === '') throw invalid('breaking the glass needs a reason; give --reason TEXT')
  return { author: clean(author, 64), reason: why, expect: expect ?? null, at: now, from: clean(from, 64) }
}

function rowOf(document: string, text: string, plan: Plan, said: ReturnType<typeof change>, { now }: Asked): PlanRow {
  const { author, reason } = said
  return { version: 0, text, plan, author, committedAt: now, document, reason }
}

export function documentIn(name: string): string {
  if (name === '') return MAIN
  if (isDocument(name)) return name
  throw invalid('a plan document is called by up to 64 of a-z, 0-9, dots, - and _, beginning with a letter or digit')
}

/** True: say it as programs do that know one document. */
function mustKnow({ tables }: Cluster, document: string): boolean {
  if (tables.members !== null) return false
  if (document === MAIN) return true
  throw cannot(
    'not all nodes are known to run a program that knows several plan documents yet: upgrade all nodes, or wait a moment',
  )
}

function changed(
  document: string,
  { version }: { readonly version: number },
  rules: number,
  { warnings, tests }: Judgement,
  { author, reason }: { readonly author: string; readonly reason: string },
  { now }: Asked,
): PlanChanged__Output {
  const { passed, failed }: TestCounts = tests
  const row = { version, document, author, committedAt: now, rules, reason }
  return { ...row, warnings: [...warnings], tests: passed + failed, failed }
}
