/** A record as it goes out. */
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import type { Told } from '../../proto/cdr.ts'

export function toldOf(row: CdrRow, lineage: string): Told {
  const { seq, id, tenant, from, to, dialled, target, trunk, node, planVersion, rule, decision } = row
  const { billable, disposition, status, reason, cause, by, relay, legs, media = null, cost = null } = row
  return {
    ...{ seq, lineage, id, tenant, from, to, dialled, target, trunk, node, planVersion, rule, decision },
    startedAt: iso(row.startedAt),
    ringingAt: row.ringingAt === null ? null : iso(row.ringingAt),
    answeredAt: row.answeredAt === null ? null : iso(row.answeredAt),
    endedAt: iso(row.endedAt),
    duration: (row.endedAt - row.startedAt) / 1000,
    ...{ billable, disposition, status, reason, cause, by, relay, legs, media, cost },
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
