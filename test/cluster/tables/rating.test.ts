import test from 'ava'
import fc from 'fast-check'
import { AMOUNT_MAX, costOf, PRICE_MAX, type Rate, SECONDS_MAX, secondsFor } from '../../../cluster/tables/rating.ts'

const anyRate: fc.Arbitrary<Rate> = fc.record({
  price: fc.oneof(fc.integer({ min: 0, max: PRICE_MAX }), fc.integer({ min: 0, max: 100 })),
  connect: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: PRICE_MAX })),
  first: fc.integer({ min: 1, max: 3600 }),
  increment: fc.integer({ min: 1, max: 3600 }),
  free: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 600 })),
})

test('a call is charged by the piece: free seconds, a first piece, then increments, rounded up once', (t) => {
  const rate: Rate = { price: 60_000, connect: 5_000, first: 30, increment: 6, free: 10 }
  const at = (seconds: number): number => costOf(rate, seconds) - 5_000
  t.deepEqual([0, 10].map(at), [0, 0], 'free, but for being answered')
  t.deepEqual([11, 40].map(at), [30_000, 30_000], 'the first 30 s as one')
  t.deepEqual([41, 46, 47].map(at), [36_000, 36_000, 42_000], 'then every 6 s begun')
  t.is(costOf({ price: 1, connect: 0, first: 1, increment: 1, free: 0 }, 1), 1, 'a sixtieth of a micro-unit is one')
})

test('pieces are those of a count second by second, in whole numbers that are exact', (t) => {
  fc.assert(
    fc.property(anyRate, fc.integer({ min: 0, max: 5_000 }), (rate, seconds) => {
      let paid = 0n
      for (let second = rate.free; second < seconds; ) {
        const piece = second === rate.free ? rate.first : rate.increment
        paid += BigInt(piece)
        second += piece
      }
      const cost = BigInt(rate.connect) + (BigInt(rate.price) * paid + 59n) / 60n
      t.is(BigInt(costOf(rate, seconds)), cost)
    }),
  )
  t.true(
    Number.isSafeInteger(
      60 * costOf({ price: PRICE_MAX, connect: 0, first: 1, increment: 3600, free: 0 }, SECONDS_MAX),
    ),
  )
})

test('an amount lasts as long as it pays for, and not a second longer', (t) => {
  const amount = fc.oneof(fc.integer({ min: 0, max: AMOUNT_MAX }), fc.integer({ min: 0, max: 5_000_000_000 }))
  fc.assert(
    fc.property(anyRate, amount, (rate, there) => {
      const seconds = secondsFor(rate, there)
      if (seconds > 0) t.true(costOf(rate, seconds) <= there)
      if (seconds < SECONDS_MAX) t.true(costOf(rate, seconds + 1) > there)
    }),
  )
})
