/** ListAudit: what operators changed, the newest first. */
import type { AuditRow } from '../../cluster/tables/people-rows.ts'
import { clean } from '../../proto/text.ts'
import type { AuditEntry } from '../../proto/types/raftel/v1/AuditEntry.ts'
import type { AuditPage } from '../../proto/types/raftel/v1/AuditPage.ts'
import type { ListAuditRequest__Output } from '../../proto/types/raftel/v1/ListAuditRequest.ts'
import type { Needs } from './needs.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 10_000
/** Longer than a row may be. */
const TEXT_MAX = 16_384

export function listAudit({ cluster }: Pick<Needs, 'cluster'>, request: ListAuditRequest__Output): AuditPage {
  const { since, before, seq } = request
  const [who, what] = [request.who.toLowerCase(), request.what.toLowerCase()]
  const wanted = [...cluster.tables.audit.values()].filter(
    (row) =>
      row.at >= since &&
      (before === 0 || row.seq < before) &&
      (seq === 0 || row.seq === seq) &&
      row.who.toLowerCase().includes(who) &&
      `${row.what} ${row.table} ${row.key}`.toLowerCase().includes(what),
  )
  const limit = Math.min(request.limit || LIMIT_DEFAULT, LIMIT_MAX)
  const rows = wanted.sort((a, b) => b.seq - a.seq).slice(0, limit)
  return { rows: rows.map(auditView), total: wanted.length, applied: cluster.status().applied }
}

export function auditView({ who, from, why, what, table, key, before, after, ...rest }: AuditRow): AuditEntry {
  return {
    ...rest,
    who: clean(who, 128),
    from: clean(from, 64),
    why: clean(why, 256),
    what: clean(what, 64),
    table,
    key: clean(key),
    before: clean(before ?? '', TEXT_MAX),
    after: clean(after ?? '', TEXT_MAX),
  }
}

export function auditWords({ who, what, key }: AuditRow): readonly string[] {
  return [who, what, key]
}
