/** Which records a question for trouble finds. */
import test from 'ava'
import type { CdrRow, MediaCount } from '../../../cluster/tables/cdr-rows.ts'
import { problemOf, wantedOf } from '../../../node/control/cdrs.ts'

const NONE = { limit: 0, after: '', since: 0, until: 0, from: '', to: '', tenant: '', cause: 0, disposition: '' }
const asked = (more: { problem?: boolean; oneWay?: boolean; slowSetup?: number; cause?: number }) =>
  wantedOf({ ...NONE, problem: false, oneWay: false, slowSetup: 0, linearizable: false, ...more })
const sent = (side: 'caller' | 'called', packets: number): MediaCount => {
  return { side, codec: 'PCMU', packets, bytes: 0, errors: 0 }
}
const row = (more: Partial<CdrRow> = {}): CdrRow => {
  return {
    ...{ seq: 1, id: 'a', recordedAt: 0, node: 'n1', from: 'alice@pbx.test', to: '1002', target: '', tenant: '' },
    ...{ dialled: '1002', trunk: '', planVersion: 1, rule: '', decision: [], legs: [], status: 200, reason: '' },
    ...{ startedAt: 1_000, ringingAt: 2_000, answeredAt: 9_000, endedAt: 60_000, billable: 51, cause: 16 },
    ...{ disposition: 'answered', by: 'caller', relay: 'rtpengine', media: [sent('caller', 9), sent('called', 9)] },
    ...more,
  }
}

test('one-way is a record in which one side alone was heard, and somebody counted', (t) => {
  const isOneWay = asked({ oneWay: true })
  t.false(isOneWay(row()))
  t.true(isOneWay(row({ media: [sent('caller', 9), sent('called', 0)] })))
  t.true(isOneWay(row({ media: [sent('called', 9)] })))
  t.false(isOneWay(row({ media: [sent('called', 0)] })), 'nobody was heard is another problem')
  t.false(isOneWay(row({ media: [sent('called', 9)], relay: 'direct' })))
  t.false(isOneWay(row({ media: [sent('called', 9)], billable: 1 })))
})

test('slow is what took longer until it rang, else was answered, else was over', (t) => {
  const isSlow = asked({ slowSetup: 4_000 })
  t.false(isSlow(row()))
  t.true(isSlow(row({ ringingAt: 5_001 })))
  t.false(isSlow(row({ ringingAt: 5_000 })))
  t.true(isSlow(row({ ringingAt: null })))
  t.true(isSlow(row({ ringingAt: null, answeredAt: null, disposition: 'cancelled' })))
  t.false(isSlow(row({ ringingAt: null, answeredAt: null, endedAt: 1_100, disposition: 'busy' })))
})

test('of several troubles a record needs one, of everything else all', (t) => {
  const both = asked({ problem: true, slowSetup: 4_000 })
  t.true(both(row({ by: 'lost' })))
  t.true(both(row({ ringingAt: 8_000 })))
  t.false(both(row()))
  t.false(asked({ slowSetup: 4_000, cause: 17 })(row({ ringingAt: 8_000 })))
  t.is(problemOf(row({ media: [sent('called', 9)] })), 'only the called was heard')
})
