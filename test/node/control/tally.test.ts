import test from 'ava'
import type { RowChange } from '../../../cluster/cluster.ts'
import type { BindingRow, CallRow } from '../../../cluster/tables/rows.ts'
import { type Counters, type Happening, tell } from '../../../node/control/tally.ts'

const call = (change: Partial<CallRow> = {}): CallRow => ({
  id: 'c1',
  state: 'ringing',
  from: 'alice@pbx.test',
  to: '1001',
  node: 'n1',
  incarnation: 'i',
  startedAt: 1,
  answeredAt: null,
  media: 'direct',
  planVersion: 1,
  rule: '',
  target: '',
  legs: [],
  ...change,
})

const binding = (contact: string, expiresAt: number): BindingRow => ({
  aor: 'alice@pbx.test',
  contact,
  transport: 'udp',
  node: 'n1',
  received: '127.0.0.1:5070',
  q: 1,
  expiresAt,
  registeredAt: 0,
  callId: 'x',
  cseq: 1,
  userAgent: '',
})

type Told = { readonly table: 'calls' | 'registrations'; readonly key: string; readonly row: unknown }

/** Changes that follow each other: each has what the one before left there. */
function story(changes: readonly Told[]): { told: (Happening | null)[]; counters: Counters } {
  const counters = { callsStarted: 0, callsAnswered: 0, callsEnded: 0, binds: 0 }
  const rows = new Map<string, unknown>()
  const told = changes.map((change) => {
    const before = rows.get(change.key) ?? null
    rows.set(change.key, change.row)
    return tell({ ...change, before } as RowChange, counters)
  })
  return { told, counters }
}

test('a call is told when it rings, is answered and ends, and counted once for each', (t) => {
  const answered = call({ state: 'answered', answeredAt: 2 })
  const { told, counters } = story([
    { table: 'calls', key: 'c1', row: call() },
    { table: 'calls', key: 'c1', row: call({ target: 'bob@pbx.test' }) },
    { table: 'calls', key: 'c1', row: answered },
    { table: 'calls', key: 'c1', row: { ...answered } },
    { table: 'calls', key: 'c1', row: null },
    { table: 'calls', key: 'never seen', row: null },
  ])
  t.deepEqual(
    told.map((one) => one?.text ?? null),
    [
      'call alice@pbx.test → 1001 ringing on n1',
      null,
      'call alice@pbx.test → 1001 answered on n1',
      null,
      'call alice@pbx.test → 1001 ended',
      null,
    ],
  )
  t.deepEqual(counters, { callsStarted: 1, callsAnswered: 1, callsEnded: 1, binds: 0 })
})

test('a refresh of a registration is counted and is no event; a new contact and a lost one are', (t) => {
  const row = (...bindings: BindingRow[]) => ({ aor: 'alice@pbx.test', bindings })
  const key = 'alice@pbx.test'
  const { told, counters } = story([
    { table: 'registrations', key, row: row(binding('sip:a', 1)) },
    { table: 'registrations', key, row: row(binding('sip:a', 2)) },
    { table: 'registrations', key, row: row(binding('sip:b\u001b[2J', 3), binding('sip:a', 2)) },
    { table: 'registrations', key, row: row(binding('sip:a', 2)) },
    { table: 'registrations', key, row: null },
  ])
  t.deepEqual(
    told.map((one) => one?.text ?? null),
    [
      'alice@pbx.test registered at n1 by udp',
      null,
      'alice@pbx.test registered at n1 by udp',
      'alice@pbx.test lost the contact sip:b\\x1b[2J',
      'alice@pbx.test lost the contact sip:a',
    ],
  )
  t.is(counters.binds, 3)
})
