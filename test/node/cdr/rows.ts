import type { CdrRow } from '../../../cluster/tables/cdr-rows.ts'
import type { CallRow } from '../../../cluster/tables/rows.ts'

/** Midnight is between 5 and 6. */
const EVENING = Date.UTC(2026, 10, 28, 23, 59, 55)

export function cdr(seq: number, more: Partial<CdrRow> = {}): CdrRow {
  return {
    seq,
    id: `call-${seq}`,
    recordedAt: EVENING + (seq - 1) * 1_000,
    node: 'n1',
    from: 'alice@pbx.test',
    to: '1002',
    target: 'bob@pbx.test',
    tenant: seq % 2 === 0 ? 'even' : 'odd',
    dialled: '1002',
    trunk: '',
    planVersion: 1,
    rule: 'directory',
    decision: ['1002 is bob@pbx.test'],
    startedAt: EVENING - 60_000,
    ringingAt: EVENING - 59_000,
    answeredAt: EVENING - 55_000,
    endedAt: EVENING,
    billable: 55,
    disposition: 'answered',
    status: 200,
    reason: 'caller hung up',
    cause: 16,
    by: 'caller',
    relay: 'rtpengine',
    legs: [{ role: 'caller', callId: `${seq}@phone` }],
    ...more,
  }
}

export function cdrs(from: number, to: number): CdrRow[] {
  return Array.from({ length: to - from + 1 }, (_, i) => cdr(from + i))
}

/** A call that is answered on n1, as its node says at the end. */
export function call(id: string): CallRow {
  const { planVersion, rule, target, startedAt, answeredAt } = cdr(1)
  return {
    ...{ id, planVersion, rule, target, startedAt, answeredAt },
    state: 'answered',
    from: 'alice@pbx.test',
    to: '1002',
    node: 'n1',
    incarnation: '1',
    media: 'direct',
    legs: [],
    about: { tenant: '', dialled: '1002', trunk: '', ringingAt: null, decision: [] },
  }
}
