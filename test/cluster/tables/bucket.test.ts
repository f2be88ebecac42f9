import test from 'ava'
import fc from 'fast-check'
import { type Bucket, filled, type Slice, sliced, spent, unsliced } from '../../../cluster/tables/bucket.ts'

const acts = fc.array(
  fc.record({
    ms: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 3_000 })),
    what: fc.constantFrom('call', 'slice', 'local', 'local', 'back'),
    tokens: fc.integer({ min: 1, max: 8 }),
    node: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 120 },
)

/** Nodes with slices and a log, both as hungry as they can be: when calls began, ms. */
function play(perSecond: number, burst: number, what: typeof acts extends fc.Arbitrary<infer A> ? A : never): number[] {
  const pace = { perSecond, burst }
  const began: number[] = []
  const hands: (Slice & { left: number })[] = []
  let bucket: Bucket | undefined
  let now = 0
  for (const act of what) {
    now += act.ms
    const node = `n${act.node}`
    if (act.what === 'local') {
      // What a node has in its hands it spends at once, up to the last moment.
      for (const slice of hands) {
        if (slice.node !== node || slice.until < now) continue
        for (; slice.left > 0; slice.left--) began.push(now)
      }
      continue
    }
    bucket = filled(bucket, pace, now)
    if (act.what === 'call') {
      const rest = spent(bucket)
      if (!rest) continue
      bucket = rest
      began.push(now)
    } else if (act.what === 'slice') {
      const wish = { node, incarnation: '1', tokens: act.tokens, until: now + 500 }
      const made = sliced(bucket, wish)
      bucket = made.bucket
      if (made.tokens > 0) hands.push({ ...wish, tokens: made.tokens, left: made.tokens })
    } else {
      const at = hands.findIndex((slice) => slice.node === node)
      const [slice] = at < 0 ? [] : hands.splice(at, 1)
      if (slice) bucket = unsliced(bucket, { ...slice, tokens: slice.left })
    }
  }
  return began
}

test('in no window of time more calls begin than the burst and what was added meanwhile, with slices as without', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), acts, (perSecond, burst, what) => {
      const began = play(perSecond, burst, what)
      for (let from = 0; from < began.length; from++) {
        for (let to = from; to < began.length; to++) {
          const most = burst + (perSecond * (began[to]! - began[from]!)) / 1000
          if (to - from + 1 > most)
            return t.fail(`${to - from + 1} calls within ${began[to]! - began[from]!} ms, ${most} may be`)
        }
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('a bucket that nobody used is full, fills at its rate, and gives one token a call', (t) => {
  const pace = { perSecond: 2, burst: 3 }
  let bucket = filled(undefined, pace, 1_000)
  for (let i = 0; i < 3; i++) bucket = spent(bucket)!
  t.is(spent(bucket), null)
  t.is(spent(filled(bucket, pace, 1_499)), null)
  t.not(spent(filled(bucket, pace, 1_500)), null)
  t.is(filled(bucket, pace, 60_000).level, 3_000)
})

test('what is left of a slice is there for all again', (t) => {
  const pace = { perSecond: 1, burst: 10 }
  const slice = { node: 'n1', incarnation: '1', tokens: 10, until: 1_500 }
  const { bucket, tokens } = sliced(filled(undefined, pace, 1_000), slice)
  t.is(tokens, 10)
  t.is(sliced(bucket, slice).tokens, 0)
  t.is(unsliced(bucket, { ...slice, tokens: 7 }).level, 7_000)
  t.is(unsliced(bucket, { ...slice, node: 'n2' }), bucket, 'of another node')
  t.is(unsliced(bucket, { ...slice, tokens: 99 }).level, 10_000, 'no more than it had')
})
