import test from 'ava'
import fc from 'fast-check'
import type { DeckRate } from '../../../cluster/tables/admission-rows.ts'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import { newState } from '../../../cluster/tables/state.ts'
import { type About, concernOf, type Known } from '../../../node/admission/concerns.ts'
import { countryOf } from '../../../node/admission/countries.ts'
import { INTERNAL, priceOf, Trie } from '../../../node/admission/deck.ts'
import { readDecks } from '../../../node/admission/decks.ts'
import { beginOf, hourOf } from '../../../node/admission/period.ts'

const rate = (prefix: string, price: number, from = 0, to = 0): DeckRate => [prefix, price, 0, 1, 1, 0, from, to, '']

test('the longest prefix that is in force decides, as a look at each would have it', (t) => {
  const digits = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 5 }).map((all) => all.join(''))
  const rates = fc.array(fc.tuple(digits, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 6 })), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(rates, digits, fc.integer({ min: 0, max: 8 }), (all, number, at) => {
      const made = all.map(([prefix, from, to], i) => rate(prefix, i, from, to))
      const trie = new Trie()
      for (const one of made) trie.add(one)
      const fits = made.filter(
        ([prefix, , , , , , from, to]) => number.startsWith(prefix) && from <= at && (to === 0 || at < to),
      )
      const longest = Math.max(-1, ...fits.map(([prefix]) => prefix.length))
      t.is(trie.find(number, at), fits.find(([prefix]) => prefix.length === longest) ?? null)
    }),
  )
})

test('fifty thousand prefixes are found each, and what costs calls that stay within is no prefix', (t) => {
  const trie = new Trie()
  for (let i = 0; i < 50_000; i++) trie.add(rate(String(100_000 + i), i))
  trie.add(rate(INTERNAL, 7))
  const deck = { name: 'd', version: 1, currency: 'EUR', rates: trie }
  for (let i = 0; i < 50_000; i += 997) t.is(priceOf(deck, `+${100_000 + i}55`, 0)?.price, i)
  t.is(priceOf(deck, '99', 0), null)
  t.is(priceOf(deck, INTERNAL, 0)?.price, 7)
})

test('a day and a month begin where somebody lives, also when the clocks change there', (t) => {
  const berlin = (period: 'day' | 'month', at: string) =>
    new Date(beginOf(period, 'Europe/Berlin', Date.parse(at))).toISOString()
  t.is(berlin('day', '2026-03-29T12:00:00Z'), '2026-03-28T23:00:00.000Z', 'the day begins in winter and ends in summer')
  t.is(berlin('day', '2026-03-29T22:00:00Z'), '2026-03-29T22:00:00.000Z')
  t.is(berlin('day', '2026-10-25T21:30:00Z'), '2026-10-24T22:00:00.000Z')
  t.is(berlin('month', '2026-10-31T23:30:00Z'), '2026-10-31T23:00:00.000Z', 'November there')
  t.is(berlin('month', '2026-11-30T22:59:59.999Z'), '2026-10-31T23:00:00.000Z')
  t.is(beginOf('day', 'UTC', 1_000), 0)
  t.is(hourOf('Asia/Kathmandu', Date.parse('2026-01-01T18:14:00Z')), 23)
})

test('a number is of the country whose calling code it begins with', (t) => {
  t.deepEqual(['+4930123', '+12125550100', '+420224', '+290211', '030123', '+'].map(countryOf), [
    '49',
    '1',
    '420',
    '290',
    null,
    null,
  ])
})

/** What is known after these commands. */
function after(...commands: Command[]): Known {
  const state = newState()
  for (const command of commands) apply(state, { node: 'n1', incarnation: '1', seq: 0, floor: 0 }, command, 1)
  const tables = { ...state, bindings: 0 }
  return {
    tables,
    decks: readDecks({ tables }),
    classes: [...state.limits.values()].filter(({ prefixes }) => prefixes),
    groupsOf: (aor) => (aor.startsWith('alice') ? ['sales'] : []),
    countryOf,
  }
}

const about: About = { caller: 'alice@pbx.test', domain: 'pbx.test', trunk: null, dialled: '1002', out: null }
const out = { trunk: 'a', number: '+4917012345' }
const limit = (key: string, more: object = { calls: 1 }): Command => ({ type: 'limit-set', limit: { key, ...more } })
const credit = (account: string, currency = 'EUR'): Command => {
  return { type: 'credit-add', account, currency, grant: { id: 'g', amount: 9, reason: '', by: '', at: 1 } }
}
const deck = (uses: string[], ...rates: DeckRate[]): Command[] => [
  { type: 'deck-piece', deck: uses[0]!, load: 'l', piece: 0, rates },
  { type: 'deck-use', name: uses[0]!, load: 'l', pieces: 1, currency: 'EUR', uses, at: 1 },
]

test("a call that no limit and no account concerns is nobody's business", (t) => {
  t.deepEqual(concernOf(after(), about, 0), { kind: 'none' })
  t.deepEqual(concernOf(after(limit('user:bob@pbx.test'), credit('tenant:other.test')), about, 0), { kind: 'none' })
})

test('a trunk that says how many calls it takes is a concern of every call that goes by it, and of no other', (t) => {
  const known = after({
    type: 'trunk-put',
    trunk: { name: 'a', targets: ['sip:192.0.2.1'], maxCalls: 3 },
    expect: null,
  })
  t.like(concernOf(known, { ...about, out }, 0), { kind: 'wanted', keys: ['trunk:a'], isPaceOnly: false })
  t.like(concernOf(known, { ...about, trunk: 'a' }, 0), { kind: 'wanted', keys: ['trunk:a'] })
  t.deepEqual(concernOf(known, about, 0), { kind: 'none' })
})

test('a call counts for who calls, his groups, his tenant, the trunk that it goes out by, and its class', (t) => {
  const keys = (known: Known, call: About): readonly string[] => {
    const concern = concernOf(known, call, 0)
    return concern.kind === 'wanted' ? concern.keys : []
  }
  const known = after(
    limit('user:alice@pbx.test'),
    limit('group:sales'),
    limit('tenant:pbx.test'),
    limit('trunk:a'),
    limit('trunk:b'),
    limit('class:mobile', { calls: 1, prefixes: ['4915', '4917'] }),
  )
  t.deepEqual(keys(known, about), ['tenant:pbx.test', 'user:alice@pbx.test', 'group:sales'])
  t.deepEqual(keys(known, { ...about, out }), [
    'tenant:pbx.test',
    'user:alice@pbx.test',
    'group:sales',
    'trunk:a',
    'class:mobile',
  ])
  t.deepEqual(keys(known, { ...about, caller: null, trunk: 'b' }), ['tenant:pbx.test', 'trunk:b'])
})

test('a user pays before his tenant does, by his deck before that of the tenant; within the cluster calls cost what a deck says', (t) => {
  const paid = (known: Known, call: About) => {
    const concern = concernOf(known, call, 0)
    return concern.kind === 'wanted' ? [concern.pay?.account, concern.pay?.rate.price] : concern.kind
  }
  const tenants = [credit('tenant:pbx.test'), ...deck(['tenant:pbx.test'], rate('49', 5), rate('4917', 9))]
  t.deepEqual(paid(after(...tenants), { ...about, out }), ['tenant:pbx.test', 9])
  t.is(paid(after(...tenants), about), 'none', 'within')
  const users = [
    ...tenants,
    credit('user:alice@pbx.test'),
    ...deck(['user:alice@pbx.test'], rate('49', 2), rate(INTERNAL, 1)),
  ]
  t.deepEqual(paid(after(...users), { ...about, out }), ['user:alice@pbx.test', 2])
  t.deepEqual(paid(after(...users), about), ['user:alice@pbx.test', 1])
  t.is(paid(after(...tenants), { ...about, out: { ...out, number: '+4312' } }), 'no price')
  t.is(
    paid(after(credit('tenant:pbx.test', 'USD'), ...tenants.slice(1)), { ...about, out }),
    'no price',
    'in another currency',
  )
})

test('what is unusual is a country that was never called, and an hour of the night', (t) => {
  const flags = (known: Known, call: About, at: string) => {
    const concern = concernOf(known, call, Date.parse(at))
    return concern.kind === 'wanted' ? (concern.flags ?? []).map(({ kind, text }) => `${kind} ${text}`) : []
  }
  const known = after(
    limit('user:alice@pbx.test', {
      zone: 'Europe/Berlin',
      guard: { action: 'alert', newCountry: true, night: [22, 6] },
    }),
  )
  t.deepEqual(flags(known, { ...about, out }, '2026-01-01T12:00:00Z'), ['country +49'])
  t.deepEqual(flags(known, about, '2026-01-01T12:00:00Z'), [])
  t.deepEqual(flags(known, about, '2026-01-01T21:00:00Z'), ['night '])
  t.deepEqual(flags(known, about, '2026-01-01T04:59:00Z'), ['night '])
  t.deepEqual(flags(known, about, '2026-01-01T05:00:00Z'), [])
})
