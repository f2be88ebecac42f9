import test from 'ava'
import fc from 'fast-check'
import { duties } from '../../../cluster/duties.ts'
import type { ReservationRow } from '../../../cluster/tables/admission-rows.ts'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command, Reserve, Result } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import { costOf, type Rate } from '../../../cluster/tables/rating.ts'
import type { CallRow } from '../../../cluster/tables/rows.ts'
import type { Proposer } from '../../../cluster/tables/sessions.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState, type State } from '../../../cluster/tables/state.ts'

const DUTY: Proposer = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }
const A_MINUTE: Rate = { price: 600_000, connect: 0, first: 60, increment: 60, free: 0 }
const A_SECOND: Rate = { price: 600_000, connect: 0, first: 1, increment: 1, free: 0 }

const up = (id: string, incarnation = '1'): Command => {
  return { type: 'node-up', node: { id, incarnation, sip: '', control: '', media: 'direct', startedAt: 1 } }
}

function reserve(id: string, keys: readonly string[], more: Partial<Reserve> = {}): Reserve {
  return { type: 'reserve', id, node: 'n1', incarnation: '1', keys, ahead: 60, lease: 30_000, ...more }
}

/** Tables with n1 in them. */
function tables() {
  const state = newState()
  let time = 1_000
  const does = (command: Command, at = time): Result => {
    time = at
    return apply(state, DUTY, command, at)!
  }
  does(up('n1'))
  return { state, does }
}

const grant = (amount: number, id = 'g1') => ({ id, amount, reason: 'paid', by: 'ops', at: 1 })
const credit = (account: string, amount: number, id?: string): Command => {
  return { type: 'credit-add', account, currency: 'EUR', grant: grant(amount, id) }
}

test('so many calls at once, by their ids: asked twice one counts once, released twice it is gone once', (t) => {
  const { state, does } = tables()
  does({ type: 'limit-set', limit: { key: 'tenant:pbx.test', calls: 2 } })
  const ask = (id: string) => does(reserve(id, ['tenant:pbx.test', 'user:alice@pbx.test']))
  t.deepEqual(ask('a'), { kind: 'reserved', seconds: null })
  t.deepEqual(ask('a'), { kind: 'reserved', seconds: null })
  t.is(ask('b').kind, 'reserved')
  t.deepEqual(ask('c'), { kind: 'limited', key: 'tenant:pbx.test', limit: 'calls', used: 2, max: 2 })
  t.deepEqual(does({ type: 'release', calls: [{ id: 'a', seconds: null }] }), { kind: 'released', costs: [['a', 0]] })
  t.deepEqual(does({ type: 'release', calls: [{ id: 'a', seconds: null }] }), { kind: 'released', costs: [] })
  t.is(ask('c').kind, 'reserved')
  t.is(ask('d').kind, 'limited')
  t.is(state.held.calls('tenant:pbx.test'), 2)
})

test('a call that goes on by another trunk has that, and no longer the one before', (t) => {
  const { state, does } = tables()
  does({ type: 'limit-set', limit: { key: 'trunk:a', calls: 1 } })
  does({ type: 'limit-set', limit: { key: 'trunk:b', calls: 1 } })
  does(reserve('1', ['trunk:a']))
  t.is(does(reserve('2', ['trunk:a'])).kind, 'limited')
  t.is(does(reserve('1', ['trunk:b'])).kind, 'reserved')
  t.deepEqual([state.held.calls('trunk:a'), state.held.calls('trunk:b')], [0, 1])
  t.is(does(reserve('2', ['trunk:b'])).kind, 'limited')
  t.is(does(reserve('2', ['trunk:a'])).kind, 'reserved')
})

test('a trunk takes no more calls than it says itself, nor than a limit says, whichever is less', (t) => {
  const { does } = tables()
  const trunk = (maxCalls?: number): Command => {
    const trunk = { name: 'a', targets: ['sip:192.0.2.1'], ...(maxCalls && { maxCalls }) }
    return { type: 'trunk-put', trunk, expect: null }
  }
  does(trunk(1))
  t.is(does(reserve('1', ['trunk:a'])).kind, 'reserved')
  t.deepEqual(does(reserve('2', ['trunk:a'])), { kind: 'limited', key: 'trunk:a', limit: 'calls', used: 1, max: 1 })
  does({ type: 'limit-set', limit: { key: 'trunk:a', calls: 5 } })
  t.is(does(reserve('2', ['trunk:a'])).kind, 'limited')
  does(trunk())
  t.is(does(reserve('2', ['trunk:a'])).kind, 'reserved')
})

test('what is refused takes nothing of what it would have got', (t) => {
  const { does } = tables()
  does({ type: 'limit-set', limit: { key: 'tenant:pbx.test', perSecond: 1 } })
  does({ type: 'limit-set', limit: { key: 'user:alice@pbx.test', calls: 0 } })
  t.is(does(reserve('1', ['tenant:pbx.test', 'user:alice@pbx.test'])).kind, 'limited')
  t.is(does(reserve('2', ['tenant:pbx.test'])).kind, 'reserved')
  t.like(does(reserve('3', ['tenant:pbx.test'])), { kind: 'limited', limit: 'perSecond' })
  t.is(does(reserve('3', ['tenant:pbx.test']), 2_000).kind, 'reserved', 'a second later')
})

test('a node that is down has nothing reserved, nor has one that says nothing until its lease is over', (t) => {
  const { state, does } = tables()
  does(up('n2'))
  does({ type: 'limit-set', limit: { key: 'k', calls: 9 } })
  does(reserve('1', ['k']))
  does(reserve('2', ['k'], { node: 'n2' }))
  does({ type: 'node-down', node: 'n2', incarnation: '1' })
  t.deepEqual([...state.reservations.keys()], ['1'])
  t.is(does(reserve('3', ['k'], { node: 'n2' })).kind, 'not up', 'of a process that is over')

  const due = (time: number) => duties({ state, time, silence: () => 0, nodeDownMs: 1 }, () => '').slice(1)
  does({ type: 'renew', node: 'n1', incarnation: '1', lease: 30_000, calls: [] }, 20_000)
  t.deepEqual(due(49_999), [])
  t.deepEqual(due(50_000), [{ type: 'expire-leases', upTo: 50_000 }])
  does({ type: 'expire-leases', upTo: 50_000 }, 50_000)
  t.is(state.reservations.size + state.nodeLeases.size, 0)
  t.is(state.held.calls('k'), 0)
})

test('a process that comes after another of its node has none of its calls', (t) => {
  const { state, does } = tables()
  does(reserve('1', ['k']))
  does(up('n1', '2'))
  t.is(state.reservations.size, 0)
})

test('a call whose row was lost counts again, limits or not', (t) => {
  const { state, does } = tables()
  does({ type: 'limit-set', limit: { key: 'k', calls: 1 } })
  does(reserve('1', ['k']))
  t.is(does(reserve('2', ['k'], { running: true })).kind, 'reserved')
  t.is(state.held.calls('k'), 2)
})

test('a call pays for what it talked, and never more than there is', (t) => {
  const { state, does } = tables()
  does(credit('user:alice@pbx.test', 1_500_000))
  const pay = { account: 'user:alice@pbx.test', rate: A_SECOND }
  t.deepEqual(does(reserve('1', [], { pay })), { kind: 'reserved', seconds: 60 })
  t.like(state.credit.get(pay.account), { balance: 900_000, spent: 0 })
  t.is(state.held.amount(pay.account), 600_000)
  const renew = (talked: number, want: number): Result => {
    return does({ type: 'renew', node: 'n1', incarnation: '1', lease: 30_000, calls: [{ id: '1', talked, want }] })
  }
  t.deepEqual(renew(30, 90), { kind: 'renewed', seconds: [['1', 90]], gone: [] })
  t.deepEqual(renew(89, 999), { kind: 'renewed', seconds: [['1', 150]], gone: [] }, 'what is left, and it is cut then')
  t.is(state.credit.get(pay.account)?.balance, 0)
  t.like(does(reserve('2', [], { pay })), { kind: 'limited', limit: 'credit', used: 0, max: 10_000 })
  t.deepEqual(does({ type: 'release', calls: [{ id: '1', seconds: 100.2 }] }), {
    kind: 'released',
    costs: [['1', 1_010_000]],
  })
  t.like(state.credit.get(pay.account), { granted: 1_500_000, spent: 1_010_000, balance: 490_000 })
})

test('of a node that died a call is charged as far as it had said, and at least for being answered', (t) => {
  const { state, does } = tables()
  does(credit('user:a', 10_000_000))
  const pay = { account: 'user:a', rate: { ...A_SECOND, connect: 7 } }
  for (const id of ['said', 'answered', 'ringing']) does(reserve(id, [], { pay }))
  does({ type: 'renew', node: 'n1', incarnation: '1', lease: 1, calls: [{ id: 'said', talked: 20, want: 60 }] })
  does({ type: 'call-put', call: call('answered') })
  does({ type: 'node-down', node: 'n1', incarnation: '1' })
  t.like(state.credit.get('user:a'), { spent: 200_007 + 7, balance: 10_000_000 - 200_014 })
})

function call(id: string): CallRow {
  const rest = { from: 'a', to: 'b', startedAt: 1, answeredAt: 2, media: 'direct', planVersion: 1, rule: '' } as const
  return { id, state: 'answered', node: 'n1', incarnation: '1', ...rest, target: '', legs: [] }
}

test('minutes of a period are used up by calls that run as by those that are over, and a new period begins with none', (t) => {
  const { does } = tables()
  does({ type: 'limit-set', limit: { key: 'k', minutes: 2, period: 'day' } })
  const ask = (id: string, since: number) => does(reserve(id, ['k'], { periods: { k: since } }))
  t.deepEqual(ask('1', 100), { kind: 'reserved', seconds: 60 })
  t.deepEqual(ask('2', 100), { kind: 'reserved', seconds: 60 })
  t.like(ask('3', 100), { kind: 'limited', limit: 'minutes', used: 120, max: 120 })
  does({ type: 'release', calls: [{ id: '1', seconds: 50 }] })
  t.deepEqual(ask('3', 100), { kind: 'reserved', seconds: 10 })
  does({ type: 'release', calls: [{ id: '3', seconds: null }] })
  t.deepEqual(ask('4', 99), { kind: 'reserved', seconds: 10 }, 'a node that is late begins no period')
  does({
    type: 'release',
    calls: [
      { id: '4', seconds: null },
      { id: '2', seconds: 60 },
    ],
  })
  t.deepEqual(ask('5', 200), { kind: 'reserved', seconds: 60 })
})

test('credit under one name is granted once, and taken back only as far as it is there', (t) => {
  const { state, does } = tables()
  t.is(does(credit('tenant:pbx.test', 500, 'x')).kind, 'done')
  t.is(does(credit('tenant:pbx.test', 500, 'x')).kind, 'done')
  t.is(state.credit.get('tenant:pbx.test')?.balance, 500)
  t.deepEqual(does(credit('tenant:pbx.test', 400, 'x')), { kind: 'granted otherwise', amount: 500 })
  t.deepEqual(does(credit('tenant:pbx.test', -501, 'y')), { kind: 'no such amount', balance: 500 })
  t.is(does(credit('tenant:pbx.test', -500, 'y')).kind, 'done')
  t.like(does({ type: 'credit-add', account: 'tenant:pbx.test', currency: 'USD', grant: grant(1, 'z') }), {
    kind: 'other currency',
    currency: 'EUR',
  })
  t.deepEqual(
    state.ledgers.get('tenant:pbx.test')?.grants.map(({ amount }) => amount),
    [500, -500],
  )
})

test('what is unusual is told, or refused where a guard says so', (t) => {
  const { state, does } = tables()
  does({
    type: 'limit-set',
    limit: { key: 'user:a', guard: { action: 'alert', newCountry: true, spendPerHour: 1_000_000 } },
  })
  does(credit('user:a', 10_000_000))
  const flags = [{ key: 'user:a', kind: 'country' as const, text: '+43' }]
  const pay = { account: 'user:a', rate: A_MINUTE }
  does(reserve('1', ['user:a'], { flags, country: { key: 'user:a', code: '43' } }))
  t.deepEqual(state.usages.get('user:a')?.countries, ['43'])
  does(reserve('2', ['user:a'], { pay }))
  does({ type: 'release', calls: [{ id: '2', seconds: 61 }] })
  does(reserve('3', ['user:a'], { pay }))
  does({ type: 'release', calls: [{ id: '3', seconds: 60 }] })
  t.deepEqual(
    [...state.alerts.values()].map(({ kind, blocked }) => [kind, blocked]),
    [
      ['country', false],
      ['spend', false],
    ],
  )
  does({ type: 'limit-set', limit: { key: 'user:a', guard: { action: 'block', spendPerHour: 1_000_000 } } })
  t.like(does(reserve('4', ['user:a'], { pay })), { kind: 'limited', limit: 'spend', used: 1_200_000 })
  t.is(does(reserve('4', ['user:a'], { pay }), 3_600_000).kind, 'reserved', 'in the next hour')
  does({ type: 'limit-set', limit: { key: 'user:a', guard: { action: 'block', spendPerHour: 600_000 } } })
  t.is(does(reserve('4', ['user:a', 'trunk:b'], { pay })).kind, 'reserved', 'its other way is not one more call')
  does({ type: 'limit-set', limit: { key: 'user:a', guard: { action: 'block', newCountry: true } } })
  t.like(does(reserve('5', ['user:a'], { flags })), { kind: 'limited', limit: 'country' })
  t.is(state.alerts.size, 4)
})

test('a deck is in force as a whole or not at all, and what is left of others goes', (t) => {
  const { state, does } = tables()
  const piece = (load: string, n: number): Command => {
    return { type: 'deck-piece', deck: 'd', load, piece: n, rates: [['49', 1, 0, 1, 1, 0, 0, 0, 'x']] }
  }
  const use = (load: string, pieces: number): Command => {
    return { type: 'deck-use', name: 'd', load, pieces, currency: 'EUR', uses: ['tenant:a'], at: 1 }
  }
  does(piece('one', 0))
  does(piece('one', 1))
  t.deepEqual(does(use('one', 2)), { kind: 'committed', version: 1 })
  does(piece('two', 0))
  t.deepEqual(does(use('two', 2)), { kind: 'pieces missing' })
  t.is(state.decks.get('d')?.load, 'one')
  does(piece('two', 1))
  does(piece('three', 0))
  t.deepEqual(does(use('two', 2)), { kind: 'committed', version: 2 })
  t.deepEqual(does(use('two', 2)), { kind: 'committed', version: 2 }, 'said twice')
  t.deepEqual([...state.pieces.keys()].sort(), ['d two 0', 'd two 1'])
  does({ type: 'deck-remove', name: 'd' })
  t.is(state.pieces.size + state.decks.size, 0)
})

const KEYS = ['class:mobile', 'tenant:pbx.test', 'trunk:a', 'user:alice@pbx.test'] as const
const ACCOUNTS = ['tenant:pbx.test', 'user:alice@pbx.test'] as const
const LIMITS: readonly Extract<Command, { type: 'limit-set' }>['limit'][] = [
  { key: 'class:mobile', calls: 2, minutes: 5, period: 'day' },
  { key: 'tenant:pbx.test', calls: 4, perSecond: 3 },
  { key: 'trunk:a', minutes: 3, period: 'month' },
  { key: 'user:alice@pbx.test', calls: 1 },
]
const RATES: readonly Rate[] = [A_MINUTE, A_SECOND, { price: 7, connect: 333, first: 30, increment: 7, free: 5 }]

const step = fc.record({
  what: fc.constantFrom(
    ...([
      'reserve',
      'reserve',
      'reserve',
      'release',
      'renew',
      'answer',
      'down',
      'up',
      'expire',
      'credit',
      'end',
    ] as const),
  ),
  id: fc.integer({ min: 0, max: 7 }),
  node: fc.integer({ min: 1, max: 3 }),
  keys: fc.subarray([...KEYS]),
  account: fc.option(fc.constantFrom(...ACCOUNTS)),
  rate: fc.constantFrom(...RATES),
  n: fc.integer({ min: 0, max: 200 }),
  ms: fc.integer({ min: 0, max: 20_000 }),
  /** Said once more, by the same proposer under the same number. */
  again: fc.boolean(),
  /** Through a snapshot before the next. */
  snapshot: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** The command of a step; a node is in its `lives`th life. */
function commandOf(
  { what, id: number, node: n, keys, account, rate, n: amount }: Step,
  lives: number[],
  i: number,
): Command {
  const node = `n${n}`
  const incarnation = String(lives[n])
  // A call is one node's.
  const id = `${node}-${number}`
  switch (what) {
    case 'reserve': {
      const since = Math.floor(i / 30)
      const periods = { 'class:mobile': since, 'trunk:a': since }
      const pay = account && { pay: { account, rate } }
      return { type: 'reserve', id, node, incarnation, keys, ahead: amount, lease: 30_000, periods, ...pay }
    }
    case 'release':
      return { type: 'release', calls: [{ id, seconds: amount % 4 === 0 ? null : amount }] }
    case 'renew':
      return { type: 'renew', node, incarnation, lease: 30_000, calls: [{ id, talked: amount, want: amount + 60 }] }
    case 'answer':
      return { type: 'call-put', call: { ...call(id), node, incarnation } }
    case 'end':
      return { type: 'call-end', id }
    case 'down':
      return { type: 'node-down', node, incarnation }
    case 'up':
      lives[n]!++
      return up(node, String(lives[n]))
    case 'expire':
      return { type: 'expire-leases', upTo: Number.MAX_SAFE_INTEGER }
    case 'credit':
      return credit(ACCOUNTS[amount % 2]!, (amount - 20) * 10_000, `g${amount}`)
  }
}

/** What is in use, counted over the rows and nothing else. */
function inUse(state: State, key: string): { calls: number; seconds: number; amount: number } {
  const rows: ReservationRow[] = [...state.reservations.values()]
  const timed = rows.filter((row) => row.timed?.includes(key))
  const paid = rows.filter((row) => row.paid?.account === key)
  return {
    calls: rows.filter((row) => row.keys.includes(key)).length,
    seconds: timed.reduce((sum, row) => sum + (row.seconds ?? 0), 0),
    amount: paid.reduce((sum, row) => sum + (row.paid?.amount ?? 0), 0),
  }
}

/** Null, or what is wrong. */
function wrong(state: State): string | null {
  for (const { key, calls, minutes } of state.limits.values()) {
    const used = inUse(state, key)
    if (used.calls !== state.held.calls(key))
      return `${key}: ${used.calls} calls, the index says ${state.held.calls(key)}`
    if (used.seconds !== state.held.seconds(key)) return `${key}: the index has other seconds`
    if (calls !== undefined && used.calls > calls) return `${key}: ${used.calls} calls, ${calls} may be`
    const seconds = (state.usages.get(key)?.period?.seconds ?? 0) + used.seconds
    if (minutes !== undefined && seconds > minutes * 60) return `${key}: ${seconds} seconds, ${minutes * 60} may be`
  }
  for (const { account, granted, spent, balance } of state.credit.values()) {
    const { amount } = inUse(state, account)
    if (amount !== state.held.amount(account)) return `${account}: the index has another amount`
    if (balance < 0 || spent < 0) return `${account}: balance ${balance}, spent ${spent}`
    if (granted !== spent + balance + amount) return `${account}: ${granted} is not ${spent} + ${balance} + ${amount}`
  }
  for (const { seconds, paid } of state.reservations.values()) {
    if (paid && paid.amount !== costOf(paid.rate, seconds ?? 0)) return 'what is set aside is not what it costs'
  }
  return null
}

test('whatever nodes ask for, repeat, or die with: no limit is exceeded, no balance is negative, and when all is over nothing is reserved', (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 150 }), (steps) => {
      let state = newState()
      const twin = newState()
      const lives = [0, 1, 1, 1]
      let time = 1_000
      const does = (command: Command, by: Proposer = DUTY): void => {
        for (const one of [state, twin]) apply(one, by, command, time)
      }
      for (const n of [1, 2, 3]) does(up(`n${n}`))
      for (const limit of LIMITS) does({ type: 'limit-set', limit })
      for (const account of ACCOUNTS) does(credit(account, 3_000_000))

      for (const [i, one] of steps.entries()) {
        time += one.ms
        const command = commandOf(one, lives, i)
        const by = {
          node: `n${one.node}`,
          incarnation: String(lives[one.node]),
          seq: i + 1,
          floor: i > 20 ? i - 20 : 0,
        }
        does(command, by)
        if (one.again) does(command, by)
        if (one.snapshot) state = loadSnapshot([...snapshotLines(state)])
        const said = wrong(state)
        if (said) throw new Error(`after step ${i} (${one.what}): ${said}`)
      }
      if (stateHash(state) !== stateHash(twin)) throw new Error('snapshots in between changed what came of it')

      for (const n of [1, 2, 3]) does({ type: 'node-down', node: `n${n}`, incarnation: String(lives[n]) })
      time += 60_000
      does({ type: 'expire-leases', upTo: time })
      if (state.reservations.size > 0 || state.nodeLeases.size > 0) throw new Error('something is reserved for ever')
      for (const key of [...KEYS, ...ACCOUNTS]) {
        const { calls, seconds, amount } = inUse(state, key)
        if (calls + seconds + amount + state.held.calls(key) + state.held.amount(key) !== 0)
          throw new Error(`${key} is in use`)
      }
      for (const { granted, spent, balance } of state.credit.values()) {
        if (granted !== spent + balance) throw new Error('credit got lost')
      }
    }),
    { numRuns: 300 },
  )
  t.pass()
})
