/** ListCdrs, GetCdr: records of calls that are over. */

import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import { queueOf } from '../../cluster/tables/cdrs.ts'
import { clean } from '../../proto/text.ts'
import type { Cdr } from '../../proto/types/raftel/v1/Cdr.ts'
import type { CdrPage } from '../../proto/types/raftel/v1/CdrPage.ts'
import type { ListCdrsRequest__Output } from '../../proto/types/raftel/v1/ListCdrsRequest.ts'
import { toldOf } from '../cdr/fields.ts'
import type { Needs } from './needs.ts'
import { LIMIT_DEFAULT, LIMIT_MAX } from './page.ts'
import { invalid, notFound } from './refusal.ts'

type CdrNeeds = Pick<Needs, 'cluster'>

/** Rows that one page looks at: reading more would keep SIP waiting. */
const LOOKED_AT_MAX = 5_000
const TEXT_MAX = 256

export function listCdrs({ cluster }: CdrNeeds, request: ListCdrsRequest__Output): CdrPage {
  const { first, next } = queueOf(cluster.tables)
  const wanted = wantedOf(request)
  const limit = Math.min(request.limit || LIMIT_DEFAULT, LIMIT_MAX)
  const rows: Cdr[] = []
  let seq = Math.min(next - 1, request.after === '' ? next - 1 : cursorOf(request.after))
  for (let left = LOOKED_AT_MAX; left > 0 && seq >= first && rows.length < limit; left--, seq--) {
    const row = cluster.tables.cdrOrder.at(seq)
    if (row && wanted(row)) rows.push(cdrView({ cluster }, row))
  }
  return { rows, next: seq >= first ? String(seq) : '', first, following: next, applied: cluster.status().applied }
}

export function getCdr({ cluster }: CdrNeeds, id: string): Cdr {
  const { cdrs, cdrOrder } = cluster.tables
  const row = cdrs.get(id) ?? (/^\d{1,15}$/.test(id) ? cdrOrder.at(Number(id)) : null)
  if (row) return cdrView({ cluster }, row)
  throw notFound(
    `no call record ${clean(id, 64)}; raftel cdr ls shows which are kept, and sinks have those from before`,
  )
}

function cdrView({ cluster }: CdrNeeds, row: CdrRow): Cdr & { id: string } {
  const told = JSON.stringify(toldOf(row, cluster.status().lineage))
  return { seq: row.seq, id: row.id, told, problem: problemOf(row) }
}

/** What somebody who looks for trouble wants to see; empty: nothing. */
export function problemOf(row: CdrRow): string {
  if (row.by === 'lost') return 'its node was lost'
  if (row.disposition === 'failed') return 'it failed'
  const heard = heardIn(row)
  if (heard === null) return ''
  return heard.length === 0 ? 'nobody was heard' : heard.length === 1 ? `only the ${heard[0]} was heard` : ''
}

/** Who sent audio; null: nobody counted, or it had no time to come. */
function heardIn({ disposition, media, relay, billable }: CdrRow): readonly ('caller' | 'called')[] | null {
  if (disposition !== 'answered' || relay !== 'rtpengine' || !media || billable < HEARD_SECONDS) return null
  return (['caller', 'called'] as const).filter((side) => media.some((one) => one.side === side && one.packets > 0))
}
/** Who hangs up at once may not have been heard yet. */
const HEARD_SECONDS = 2

/** Until the far end said something, or somebody gave up, ms; the same for live calls: cli/trace/problems.ts. */
function setUpMs({ startedAt, ringingAt, answeredAt, endedAt }: CdrRow): number {
  return (ringingAt ?? answeredAt ?? endedAt) - startedAt
}

/** Null: none was asked for. */
function troubled({ problem, oneWay, slowSetup }: ListCdrsRequest__Output): ((row: CdrRow) => boolean) | null {
  if (!problem && !oneWay && slowSetup === 0) return null
  return (row) =>
    (problem && problemOf(row) !== '') ||
    (oneWay && heardIn(row)?.length === 1) ||
    (slowSetup > 0 && setUpMs(row) > slowSetup)
}

export function wantedOf(request: ListCdrsRequest__Output): (row: CdrRow) => boolean {
  const { since, until, cause, disposition, tenant } = request
  const isTroubled = troubled(request)
  const [from, to] = [request.from.toLowerCase(), request.to.toLowerCase()]
  if (Math.max(from.length, to.length, tenant.length) > TEXT_MAX) {
    throw invalid(`what is looked for is longer than ${TEXT_MAX} characters; shorten it`)
  }
  const has = (text: string, part: string): boolean => text.toLowerCase().includes(part)
  return (row) =>
    row.startedAt >= since &&
    (until === 0 || row.startedAt < until) &&
    (cause === 0 || row.cause === cause) &&
    (disposition === '' || row.disposition === disposition) &&
    (tenant === '' || row.tenant === tenant) &&
    (from === '' || has(row.from, from)) &&
    (to === '' || [row.to, row.dialled, row.target].some((text) => has(text, to))) &&
    (isTroubled === null || isTroubled(row))
}

function cursorOf(after: string): number {
  if (/^\d{1,15}$/.test(after)) return Number(after)
  throw invalid('after is not what an earlier page gave as next; begin with the first page')
}
