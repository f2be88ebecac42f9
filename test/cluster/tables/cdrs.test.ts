import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import { CDRS_MAX, dispositionOf, KEPT_MAX, KEPT_MS, queueOf } from '../../../cluster/tables/cdrs.ts'
import type { Command, Ended, Heard, SinkConfig } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import type { CallRow, NodeRow } from '../../../cluster/tables/rows.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState, type State, takeChanges } from '../../../cluster/tables/state.ts'

const ANYBODY = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }

const node = (id: string, incarnation: string, startedAt = 0): NodeRow => {
  return { id, incarnation, sip: '', control: '', media: 'direct', startedAt }
}

function call(id: string, more: Partial<CallRow> = {}): CallRow {
  return {
    id,
    state: 'answered',
    from: 'alice@pbx.test',
    to: '1002',
    node: 'n1',
    incarnation: '1',
    startedAt: 1_000,
    answeredAt: 3_000,
    media: 'rtpengine',
    planVersion: 4,
    rule: 'directory',
    target: 'bob@pbx.test',
    legs: [{ role: 'caller', callId: `${id}@phone`, tag: 't', contact: 'sip:a@192.0.2.1', sdp: 'v=0' }],
    about: { tenant: 'acme', dialled: '1002', trunk: '', ringingAt: 1_500, decision: ['1002 is bob@pbx.test'] },
    ...more,
  }
}

const over: Ended = { at: 63_001, status: 200, reason: 'caller hung up', cause: 16, by: 'caller' }
const ended = (id: string, more: Partial<Ended> = {}): Command => ({
  type: 'call-end',
  id,
  end: { ...over, call: call(id), ...more },
})
const sink = (name: string, more: Partial<SinkConfig> = {}): Command => {
  return { type: 'sink-put', sink: { name, kind: 'jsonl', target: '/cdrs', ...more }, replace: false }
}

function tables() {
  const state = newState()
  let now = 100_000
  const does = (command: Command, at = now) => {
    now = at
    return apply(state, ANYBODY, command, at)
  }
  does({ type: 'node-up', node: node('n1', '1') })
  return { state, does }
}

function records(state: State) {
  const { first, next } = queueOf(state)
  return Array.from({ length: next - first }, (_, i) => state.cdrOrder.at(first + i))
}

test('a call that ends is recorded once, however often its end is said, and whatever of it comes late', (t) => {
  const { state, does } = tables()
  does({ type: 'call-put', call: call('c1') })
  does(ended('c1'))
  does(ended('c1', { reason: 'something else' }))
  does({ type: 'call-put', call: call('c1') })
  t.is(state.calls.size, 0, 'a report that comes after the end brings nothing back')
  does({ type: 'call-end', id: 'c1' })
  t.deepEqual(
    records(state).map((row) => row && [row.seq, row.id, row.reason, row.billable, row.disposition]),
    [[1, 'c1', 'caller hung up', 61, 'answered']],
  )
})

test('a call whose row was never agreed on is recorded by what its node says at its end', (t) => {
  const { state, does } = tables()
  does(ended('refused', { status: 404, call: call('refused', { answeredAt: null }) }))
  t.like(state.cdrs.get('refused'), { disposition: 'refused', billable: 0, answeredAt: null, status: 404 })
})

test('a row says less than the node at its end: that nobody was answered after all', (t) => {
  const { state, does } = tables()
  does({ type: 'call-put', call: call('c1') })
  does(ended('c1', { status: 487, by: 'caller', call: call('c1', { answeredAt: null }) }))
  t.like(state.cdrs.get('c1'), { disposition: 'cancelled', billable: 0 })
})

test('what older programs say of calls leaves no record, as it left none with them', (t) => {
  const { state, does } = tables()
  const { about: _, ...old } = call('c1')
  does({ type: 'call-put', call: old })
  does({ type: 'call-end', id: 'c1' })
  does({ type: 'call-put', call: { ...old, id: 'c2' } })
  does({ type: 'node-down', node: 'n1', incarnation: '1' })
  t.deepEqual([state.calls.size, state.cdrs.size, state.cdrQueue.size], [0, 0, 0])
})

test('the calls of a node that is lost are recorded, answered ones until it was last heard', (t) => {
  const { state, does } = tables()
  does({ type: 'call-put', call: call('b', { answeredAt: 20_000 }) })
  does({ type: 'call-put', call: call('a', { answeredAt: null, state: 'ringing' }) })
  does({ type: 'node-down', node: 'n1', incarnation: '1', heardAt: 80_000 }, 95_000)
  t.deepEqual(
    records(state).map((row) => row && [row.id, row.by, row.disposition, row.endedAt, row.billable]),
    [
      ['a', 'lost', 'failed', 80_000, 0],
      ['b', 'lost', 'answered', 80_000, 60],
    ],
  )
  does({ type: 'node-up', node: node('n1', '2', 150_000) }, 160_000)
  does({ type: 'call-put', call: call('c', { incarnation: '2', startedAt: 151_000, answeredAt: 152_000 }) })
  does({ type: 'node-up', node: node('n1', '3', 170_000) }, 180_000)
  t.like(state.cdrs.get('c'), { by: 'lost', endedAt: 170_000, billable: 18 })
})

test('records are kept until every sink has them, for some time after that, and go at once when there is no more room', (t) => {
  const { state, does } = tables()
  does(sink('slow'))
  does(sink('quick'))
  for (let i = 1; i <= KEPT_MAX + 50; i++) does(ended(`c${i}`))
  does({ type: 'cdr-ack', sink: 'quick', upTo: KEPT_MAX + 50 }, 200_000)
  t.is(state.cdrs.size, KEPT_MAX + 50, 'slow has none')
  does({ type: 'cdr-ack', sink: 'slow', upTo: 20 })
  t.is(queueOf(state).first, 21)
  does({ type: 'sink-remove', name: 'slow' })
  t.is(state.cdrs.size, KEPT_MAX)
  does(ended('late'), 200_000 + KEPT_MS)
  t.is(state.cdrs.size, KEPT_MAX + 1 - 100, 'a week later they go, some with each command')
  t.is(queueOf(state).dropped, 0)

  const behind = tables()
  behind.does(sink('down'))
  for (let i = 1; i <= CDRS_MAX + 3; i++) behind.does(ended(`c${i}`))
  t.deepEqual(queueOf(behind.state), { first: 4, next: CDRS_MAX + 4, dropped: 3 })
  t.like(behind.state.sinks.get('down'), { cursor: 3, lost: 3 })
  t.is(behind.state.cdrs.size, CDRS_MAX)
  const bytes = behind.state.cdrs.bytes.bytes / CDRS_MAX
  t.true(bytes < 600, `${bytes} bytes a record`)
})

test('a cursor never goes back, and trouble is told with its beginning until something is taken', (t) => {
  const { state, does } = tables()
  for (const id of ['a', 'b', 'c']) does(ended(id))
  does(sink('db', { from: 2 }))
  t.is(state.sinks.get('db')?.cursor, 1)
  does({ type: 'cdr-ack', sink: 'db', upTo: 1, trouble: 'connection refused' }, 101_000)
  does({ type: 'cdr-ack', sink: 'db', upTo: 1, trouble: 'connection refused again' }, 109_000)
  t.deepEqual(state.sinks.get('db')?.trouble, { since: 101_000, why: 'connection refused again' })
  does({ type: 'cdr-ack', sink: 'db', upTo: 99, refused: [{ seq: 3, why: 'no' }] })
  t.like(state.sinks.get('db'), { cursor: 3, parked: 1, refused: [{ seq: 3, why: 'no' }] })
  does({ type: 'cdr-ack', sink: 'db', upTo: 2, refused: [{ seq: 2, why: 'late' }] })
  t.like(state.sinks.get('db'), { cursor: 3, parked: 1 })
  t.is(state.sinks.get('db')?.trouble, undefined)
  t.is(does(sink('db'))?.kind, 'sink exists')
  t.is(does({ type: 'sink-pause', name: 'nobody', paused: true })?.kind, 'no such sink')
})

test('who did not get through to whom, by what the caller was told', (t) => {
  const said = [486, 600, 480, 408, 403, 603, 503, 0].map((status) => dispositionOf(status, 'called'))
  t.deepEqual(said, ['busy', 'busy', 'no answer', 'no answer', 'refused', 'refused', 'failed', 'failed'])
  t.deepEqual([dispositionOf(487, 'caller'), dispositionOf(487, 'operator')], ['cancelled', 'failed'])
})

/** What nodes say of six calls, and what happens to the nodes, in any order, some of it twice. */
const commands = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      id: fc.nat(5),
      node: fc.nat(1),
      life: fc.nat(2),
      talks: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('end' as const), id: fc.nat(5), knows: fc.boolean() }),
    fc.record({ kind: fc.constant('up' as const), node: fc.nat(1), life: fc.nat(2) }),
    fc.record({ kind: fc.constant('down' as const), node: fc.nat(1), life: fc.nat(2) }),
    fc.record({ kind: fc.constant('ack' as const), upTo: fc.nat(8) }),
    fc.record({ kind: fc.constant('sink' as const), on: fc.boolean() }),
  ),
  { maxLength: 60 },
)

type Step = (typeof commands extends fc.Arbitrary<infer T> ? T : never)[number]

function commandOf(step: Step): Command {
  const name = 'node' in step ? `n${step.node + 1}` : ''
  switch (step.kind) {
    case 'put': {
      const answeredAt = step.talks ? 2_000 : null
      return { type: 'call-put', call: call(`c${step.id}`, { node: name, incarnation: `${step.life}`, answeredAt }) }
    }
    case 'end':
      return step.knows ? ended(`c${step.id}`) : { type: 'call-end', id: `c${step.id}`, end: over }
    case 'up':
      return { type: 'node-up', node: node(name, `${step.life}`, 3_000) }
    case 'down':
      return { type: 'node-down', node: name, incarnation: `${step.life}`, heardAt: 4_000 }
    case 'ack':
      return { type: 'cdr-ack', sink: 's', upTo: step.upTo }
    case 'sink':
      return step.on ? sink('s') : { type: 'sink-remove', name: 's' }
  }
}

test('whatever is said twice and whoever dies: one record a call, no gap in the numbers, the same on every node and through a snapshot', (t) => {
  fc.assert(
    fc.property(commands, fc.nat(60), (steps, cut) => {
      const one = newState()
      let other = newState()
      const went = new Map<string, number>()
      for (const [i, step] of steps.entries()) {
        const time = 10_000 + i
        if (i === cut) other = loadSnapshot(snapshotLines(other))
        apply(one, ANYBODY, commandOf(step), time)
        apply(other, ANYBODY, commandOf(step), time)
        for (const change of takeChanges(one)) {
          if (change.table !== 'cdrs' || change.row === null) continue
          const { key, before } = change
          if (before !== null) throw new Error(`${key} was recorded twice`)
          went.set(key, (went.get(key) ?? 0) + 1)
        }
        takeChanges(other)
      }
      const told = records(one)
      const seqs = told.map((row) => row?.seq)
      const wanted = told.map((_, i) => i + 1)
      if (JSON.stringify(seqs) !== JSON.stringify(wanted)) throw new Error(`numbers ${seqs}`)
      if ([...went.values()].some((times) => times !== 1)) throw new Error('a call was recorded twice')
      for (const id of one.cdrs.keys()) if (one.calls.has(id)) throw new Error(`${id} is over and live`)
      return stateHash(one) === stateHash(other) && JSON.stringify(records(other)) === JSON.stringify(told)
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('a record says what the call was charged, whichever is said first, its end or how long it was; and it is charged once', (t) => {
  const rate = { price: 600_000, connect: 0, first: 1, increment: 1, free: 0 }
  const account = 'user:alice@pbx.test'
  const release: Command = { type: 'release', calls: [{ id: 'c1', seconds: 60 }] }
  const end = ended('c1', { at: 63_000 })
  const orders: readonly (readonly Command[])[] = [
    [release, end],
    [end, release],
    [ended('c1', { at: 63_000, counts: true }), release],
    // A report of before that is late.
    [release, { type: 'call-put', call: call('c1') }, end],
    [{ type: 'node-down', node: 'n1', incarnation: '1', heardAt: 63_000 }],
  ]
  for (const [i, order] of orders.entries()) {
    const { state, does } = tables()
    const grant = { id: 'g', amount: 5_000_000, reason: '', by: 'ops', at: 1 }
    does({ type: 'credit-add', account, currency: 'EUR', grant })
    const asked = {
      type: 'reserve',
      id: 'c1',
      node: 'n1',
      incarnation: '1',
      keys: [],
      ahead: 300,
      lease: 30_000,
    } as const
    does({ ...asked, pay: { account, rate } })
    does({ type: 'call-put', call: call('c1') })
    for (const command of order) does(command)
    const spent = state.credit.get(account)?.spent
    t.deepEqual(state.cdrs.get('c1')?.cost, { amount: spent!, currency: 'EUR' })
    if (i < 4) t.is(spent, 600_000)
    t.is(state.reservations.size, 0)
  }
})

test('a call that its node still counts when its record is made has a place in its limits until it is released, and nothing else', (t) => {
  const { state, does } = tables()
  const account = 'user:alice@pbx.test'
  does({ type: 'credit-add', account, currency: 'EUR', grant: { id: 'g', amount: 900, reason: '', by: 'ops', at: 1 } })
  does({ type: 'limit-set', limit: { key: 'k', minutes: 5 } })
  const rate = { price: 600, connect: 0, first: 1, increment: 1, free: 0 }
  const asked = { type: 'reserve', id: 'c1', node: 'n1', incarnation: '1', keys: ['k'] } as const
  does({ ...asked, ahead: 80, lease: 30_000, pay: { account, rate } })
  does(ended('c1', { at: 63_000, counts: true }))
  t.deepEqual([state.held.calls('k'), state.held.seconds('k'), state.held.amount(account)], [1, 0, 0])
  t.like(state.credit.get(account), { spent: 600, balance: 300 })
  does({ type: 'release', calls: [{ id: 'c1', seconds: 60 }] })
  t.is(state.held.calls('k'), 0)
  t.like(state.credit.get(account), { spent: 600, balance: 300 })
  t.is(state.usages.get('k')?.period?.seconds, 60)
})

test('what is told of a call when its record is gone again makes none, and what was never recorded is', (t) => {
  const { state, does } = tables()
  does({ type: 'call-put', call: call('lost'), heard: { since: 1 } })
  does({ type: 'node-down', node: 'n1', incarnation: '1' })
  does(ended('told'))
  does({ type: 'node-up', node: node('n1', '1') })
  const since = queueOf(state).next
  for (let i = 1; i <= KEPT_MAX; i++) does(ended(`c${i}`), 300_000)
  does(ended('more'), 400_000)
  t.deepEqual([state.cdrs.has('lost'), state.cdrs.has('told'), queueOf(state).first], [false, false, since + 1])
  const late = (id: string, heard: Heard) => {
    const { next } = queueOf(state)
    for (let i = 0; i < 2; i++) does({ type: 'call-put', call: call(id), heard })
    does({ ...ended(id), heard } as Command)
    does({ ...ended(id), heard } as Command)
    return queueOf(state).next - next
  }
  t.is(late('lost', { since: 1, agreed: true }), 0, 'its node knows that it had a row')
  t.is(late('told', { since: 2 }), 0, 'its node does not know whether it was heard')
  t.is(late('never', { since: queueOf(state).first }), 1, 'no record of that time is gone')
  t.is(state.calls.size, 0)
  does({ type: 'call-put', call: call('told'), heard: { since: 2 } })
  t.true(state.calls.has('told'), 'while it goes on it is shown')
})

test('what a call that goes on as another had reserved pays for that one: each record says its part, also when its node dies', (t) => {
  const account = 'user:alice@pbx.test'
  const rate = { price: 600_000, connect: 50_000, first: 1, increment: 1, free: 0 }
  const owned = {
    node: 'n1',
    incarnation: '1',
    keys: ['k'],
    ahead: 300,
    lease: 30_000,
    pay: { account, rate },
  } as const
  const ends: readonly ((does: ReturnType<typeof tables>['does']) => void)[] = [
    (does) => does(ended('c2', { seconds: 20, call: call('c2') })),
    (does) => {
      does({ type: 'release', calls: [{ id: 'c1', seconds: 80 }] })
      does(ended('c2', { seconds: 20, call: call('c2') }))
    },
    (does) => {
      const calls = [{ id: 'c1', talked: 80, want: 80 }]
      does({ type: 'renew', node: 'n1', incarnation: '1', lease: 30_000, calls })
      does({ type: 'node-down', node: 'n1', incarnation: '1' })
    },
  ]
  for (const end of ends) {
    const before = tables()
    const grant = { id: 'g', amount: 5_000_000, reason: '', by: 'ops', at: 1 }
    before.does({ type: 'credit-add', account, currency: 'EUR', grant })
    before.does({ type: 'reserve', id: 'c1', ...owned })
    for (const id of ['c1', 'c2']) before.does({ type: 'call-put', call: call(id) })
    before.does(ended('c1', { seconds: 60, on: { call: 'c2', ids: ['c1'] } }))
    const state = loadSnapshot(snapshotLines(before.state))
    t.deepEqual(state.cdrs.get('c1')?.cost, { amount: 650_000, currency: 'EUR' })
    t.is(state.held.calls('k'), 1)
    t.like(state.credit.get(account), { spent: 0 }, 'all of it is settled at once')
    end((command) => apply(state, ANYBODY, command, 200_000))
    t.deepEqual(state.cdrs.get('c2')?.cost, { amount: 200_000, currency: 'EUR' })
    t.like(state.credit.get(account), { spent: 850_000, balance: 4_150_000 })
    t.is(state.reservations.size, 0)
  }
})
