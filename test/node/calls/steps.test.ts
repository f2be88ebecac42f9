import test from 'ava'
import fc from 'fast-check'
import { endingOf, isLastWord, type Said, stepAfter } from '../../../node/calls/steps.ts'
import type { Ending, Step, TrunkStep } from '../../../node/routing/decision.ts'

const NONE: ReadonlySet<number> = new Set()
const said = (status: number, more: Partial<Said> = {}): Said => ({ status, reason: '', rang: false, ...more })
const late = (rang = true): Said => said(408, { rang, late: true })

test('how a step of phones ended is what most of them can be told by', (t) => {
  const ending = (...all: Said[]): Ending => endingOf({ kind: 'phones' }, all)
  t.is(ending(), 'unregistered')
  t.is(ending(said(486)), 'busy')
  t.is(ending(said(600)), 'busy')
  t.is(ending(said(486), said(480)), 'busy')
  t.is(ending(said(486), late()), 'no answer', 'one is busy, the other rang for nothing')
  t.is(ending(late(false)), 'no answer')
  t.is(ending(said(480, { rang: true })), 'no answer')
  t.is(ending(said(408, { rang: true })), 'no answer')
  t.is(ending(said(408), said(430)), 'unregistered', 'it is bound, and gone')
  t.is(ending(said(503, { unreached: true })), 'unregistered')
  t.is(ending(said(603)), 'declined')
  t.is(ending(late(), said(603)), 'declined')
  t.is(ending(said(404)), 'failed')
  t.is(ending(said(480), said(500)), 'failed')
})

const trunk = (more: Partial<TrunkStep> = {}): TrunkStep => ({
  kind: 'trunk',
  trunk: 'a',
  number: '1',
  seconds: 9,
  ...more,
})

test('what a carrier says of itself leads to the next one, what it says of the number is the end', (t) => {
  const ends = (one: Said, step = trunk()): boolean => isLastWord(step, [one])
  for (const status of [408, 430, 480, 484, 488, 500, 503]) t.false(ends(said(status)), `${status}`)
  for (const status of [404, 410, 486, 487, 504, 600, 603]) t.true(ends(said(status)), `${status}`)
  t.false(ends(said(404), trunk({ causes: [404] })))
  t.true(ends(said(503), trunk({ causes: [404] })))
  t.false(ends(said(503, { unreached: true }), trunk({ causes: [404] })), 'it was not even asked')
  t.false(ends(late(false), trunk({ causes: [404] })), 'nothing was heard of it')
  t.true(ends(late()), 'the phone there rang')
  t.false(ends(late(), trunk({ next: { 'no answer': 1 } })))
  t.false(ends(late(), trunk({ causes: [408] })))
})

const kinds = fc.constantFrom('phones', 'trunk', 'voicemail')
const target = (size: number) => fc.option(fc.integer({ min: -1, max: size + 1 }), { nil: null })
const endings: readonly Ending[] = ['busy', 'no answer', 'unregistered', 'declined', 'failed']
const stepOf = (size: number): fc.Arbitrary<Step> =>
  fc
    .record({
      kind: kinds,
      next: fc.option(fc.dictionary(fc.constantFrom(...endings), target(size)), { nil: undefined }),
      causes: fc.option(fc.uniqueArray(fc.integer({ min: 400, max: 699 }), { maxLength: 4 }), { nil: undefined }),
    })
    .map(({ kind, next, causes }) => {
      const named = next && { next }
      if (kind === 'trunk') return { ...trunk(causes && { causes }), ...named }
      if (kind === 'phones') return { kind, aors: ['a@b'], seconds: 1, ...named }
      return { kind: 'voicemail', name: 'v', seconds: 1, ...named }
    })
const stepsOf = fc
  .integer({ min: 0, max: 6 })
  .chain((size) => fc.array(stepOf(size), { minLength: size, maxLength: size }))
const anySaid: fc.Arbitrary<Said> = fc.record({
  status: fc.oneof(fc.constantFrom(408, 430, 480, 486, 503, 600, 603), fc.integer({ min: 300, max: 699 })),
  reason: fc.constant(''),
  rang: fc.boolean(),
  late: fc.boolean(),
  unreached: fc.boolean(),
})

test('whatever a decision and whatever was said: a call takes each step once at most, comes to an end, and goes nowhere but to a step', (t) => {
  fc.assert(
    fc.property(
      stepsOf,
      fc.array(fc.array(anySaid, { maxLength: 3 }), { minLength: 8, maxLength: 8 }),
      (steps, all) => {
        const begun = new Set<number>()
        let at: number | null = steps.length === 0 ? null : 0
        while (at !== null) {
          t.false(begun.has(at))
          t.true(Number.isInteger(at) && at >= 0 && at < steps.length)
          begun.add(at)
          at = stepAfter(steps, at, all[begun.size - 1] ?? [], begun)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('what a step names for an ending is what follows; else the next one, but after who declined for all', (t) => {
  fc.assert(
    fc.property(stepsOf, fc.array(anySaid, { maxLength: 3 }), fc.nat(5), (steps, all, nth) => {
      const step = steps[nth]
      const next = stepAfter(steps, nth, all, NONE)
      if (step === undefined) return t.is(next, null)
      const named = step.next?.[endingOf(step, all)]
      const isOver =
        step.kind === 'trunk' ? isLastWord(step, all) : named === undefined && all.some(({ status }) => status >= 600)
      const wanted = isOver ? null : named === undefined ? nth + 1 : named
      return t.is(next, wanted !== null && steps[wanted] ? wanted : null)
    }),
    { numRuns: 2_000 },
  )
})

test('a hunt goes on after 4xx and 5xx and ends with a 6xx, as it did before there were other steps', (t) => {
  const hunt: Step[] = [1, 2, 3].map(() => ({ kind: 'phones', aors: ['a@b'], seconds: 1 }))
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 300, max: 699 }), { maxLength: 4 }), (statuses) => {
      const next = stepAfter(
        hunt,
        0,
        statuses.map((status) => said(status)),
        NONE,
      )
      t.is(next, statuses.some((status) => status >= 600) ? null : 1)
    }),
  )
})
