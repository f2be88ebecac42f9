import test from 'ava'
import { hasLinearOrder } from './bruteforce.ts'
import { check } from './checker.ts'
import type { Operation } from './history.ts'
import {
  type RegisterInput,
  type RegisterOutput,
  type RegistrarInput,
  type RegistrarOutput,
  register,
  registrar,
} from './models.ts'
import { report } from './report.ts'

/** From `[from, to]` or `[from]` for what never came back. */
function op<I, O>(time: readonly [number, number?], input: I, output?: O, key = ''): Operation<I, O> {
  const [called, at] = time
  return { process: `p${called}`, key, input, called, outcome: at === undefined ? 'unknown' : { at, output: output! } }
}
const read = (
  time: [number, number?],
  value: RegisterOutput = null,
  key = '',
): Operation<RegisterInput, RegisterOutput> => op(time, { kind: 'read' }, value, key)
const write = (time: [number, number?], value: number, key = ''): Operation<RegisterInput, RegisterOutput> =>
  op(time, { kind: 'write', value }, true, key)
const cas = (
  time: [number, number?],
  from: number,
  to: number,
  found = true,
): Operation<RegisterInput, RegisterOutput> => op(time, { kind: 'cas', from, to }, found)

const HISTORIES: { name: string; right: boolean; history: Operation<RegisterInput, RegisterOutput>[] }[] = [
  { name: 'nothing happened', right: true, history: [] },
  { name: 'a read before any write sees nothing', right: true, history: [read([0, 1], null)] },
  { name: 'a read sees the write that came back before it', right: true, history: [write([0, 1], 1), read([2, 3], 1)] },
  { name: 'a stale read', right: false, history: [write([0, 1], 1), read([2, 3], null)] },
  { name: 'a read of what was never written', right: false, history: [write([0, 1], 1), read([2, 3], 2)] },
  {
    name: 'a read may see a write that goes on',
    right: true,
    history: [write([0, 9], 1), read([1, 2], null), read([3, 4], 1)],
  },
  { name: 'but not take it back', right: false, history: [write([0, 9], 1), read([1, 2], 1), read([3, 4], null)] },
  {
    name: 'two writes at once, seen in one order',
    right: true,
    history: [write([0, 3], 1), write([1, 4], 2), read([5, 6], 1), read([7, 8], 1)],
  },
  {
    name: 'two writes at once, seen in two orders',
    right: false,
    history: [write([0, 3], 1), write([1, 4], 2), read([5, 6], 1), read([7, 8], 2)],
  },
  {
    name: 'a write of unknown outcome is seen much later',
    right: true,
    history: [write([0], 1), read([1, 2], null), read([3, 4], 1)],
  },
  { name: 'a write of unknown outcome is never seen', right: true, history: [write([0], 1), read([1, 2], null)] },
  {
    name: 'a write of unknown outcome is seen and undone',
    right: false,
    history: [write([0], 1), read([1, 2], 1), read([3, 4], null)],
  },
  {
    name: 'a write of unknown outcome is seen before it was called',
    right: false,
    history: [read([0, 1], 1), write([2], 1)],
  },
  {
    name: 'one write of unknown outcome cannot happen twice',
    right: false,
    history: [write([0], 1), read([1, 2], 1), write([3, 4], 2), read([5, 6], 1)],
  },
  {
    name: 'two of them can',
    right: true,
    history: [write([0], 1), write([0], 1), read([1, 2], 1), write([3, 4], 2), read([5, 6], 1)],
  },
  {
    name: 'a cas that found what it expected',
    right: true,
    history: [write([0, 1], 1), cas([2, 3], 1, 2), read([4, 5], 2)],
  },
  {
    name: 'two cas cannot both find it',
    right: false,
    history: [write([0, 1], 1), cas([2, 5], 1, 2), cas([3, 4], 1, 3)],
  },
  {
    name: 'a cas that failed though nothing else was there',
    right: false,
    history: [write([0, 1], 1), cas([2, 3], 1, 2, false)],
  },
  {
    name: 'a cas of unknown outcome explains a read',
    right: true,
    history: [write([0, 1], 1), cas([2], 1, 2), read([3, 4], 1), read([5, 6], 2)],
  },
  {
    name: 'a call and a return at one moment are concurrent',
    right: true,
    history: [write([0, 2], 1), read([2, 3], null)],
  },
]

for (const { name, right, history } of HISTORIES) {
  test(`linearizability: ${name} is ${right ? 'fine' : 'a violation'}`, (t) => {
    t.is(check(register, history).kind, right ? 'linearizable' : 'not-linearizable')
    t.is(hasLinearOrder(register, history), right)
  })
}

test('linearizability: what was spent on a dead end is there again for another way', (t) => {
  // These are all there is to explain the reads, each at most once.
  const lost = [write([0], 2), write([0], 1), write([0], 1), cas([0], 1, 2), cas([0], 2, 3)]
  const inTurn = (values: readonly number[]) => values.map((value, i) => read([10 * i + 1, 10 * i + 2], value))
  for (const [seen, right] of [
    [[1, 2, 3, 1, 2], true],
    [[1, 2, 1, 2], true],
    [[1, 2, 1, 2, 1], false],
    [[2, 3, 1, 2, 1], true],
    [[2, 3, 2, 3], false],
  ] as const) {
    const history = [...lost, ...inTurn(seen)]
    t.is(check(register, history).kind, right ? 'linearizable' : 'not-linearizable', String(seen))
    t.is(hasLinearOrder(register, history), right, String(seen))
  }
})

test('linearizability: a violation names the key, the longest order and what could not be placed', (t) => {
  const history = [write([0, 1], 1, 'a'), write([2, 3], 7, 'b'), read([4, 5], 7, 'b'), read([6, 7], 8, 'b')]
  const verdict = check(register, history)
  if (verdict.kind !== 'not-linearizable') {
    t.fail(verdict.kind)
    return
  }
  t.is(verdict.key, 'b')
  t.deepEqual(verdict.longest, history.slice(1, 3))
  t.is(verdict.state, 7)
  t.is(verdict.stuck, history[3]!)
  t.regex(
    report(register, verdict),
    /on key "b"[\s\S]*write 7[\s\S]*read → 7[\s\S]*leads to 7[\s\S]*process p6, 6 to 7: read → 8/,
  )
})

test('linearizability: keys have nothing to do with each other', (t) => {
  t.is(check(register, [write([0, 1], 1, 'a'), read([2, 3], null, 'b'), read([4, 5], 1, 'a')]).kind, 'linearizable')
})

test('linearizability: a search that is too long or too large ends undecided, and says which', (t) => {
  const writes = Array.from({ length: 14 }, (_, i) => write([0, 100], i))
  const history = [...writes, read([101, 102], 99)]
  t.like(check(register, history, { maxSteps: 2000 }), { kind: 'undecided', exhausted: 'maxSteps', steps: 2000 })
  t.like(check(register, history, { maxConfigurations: 500 }), { kind: 'undecided', exhausted: 'maxConfigurations' })
})

test('linearizability: a key that is wrong decides though another cannot be', (t) => {
  const writes = Array.from({ length: 14 }, (_, i) => write([0, 100], i, 'slow'))
  const history = [...writes, read([101, 102], 99, 'slow'), read([0, 1], 5, 'wrong')]
  t.like(check(register, history, { maxSteps: 3000 }), { kind: 'not-linearizable', key: 'wrong' })
})

test('linearizability: a long history without much at once costs little more than its length', (t) => {
  const history = Array.from({ length: 20_000 }, (_, i) =>
    i % 2 === 0 ? write([3 * i, 3 * i + 4], i) : read([3 * i, 3 * i + 2], i - 1),
  )
  const verdict = check(register, history)
  t.is(verdict.kind, 'linearizable')
  t.true(verdict.steps < 3 * history.length, `${verdict.steps} steps`)
})

const bind = (
  time: [number, number?],
  contact: string,
  after: readonly string[],
): Operation<RegistrarInput, RegistrarOutput> => op(time, { kind: 'register', contact }, after)
const lookUp = (time: [number, number], found: readonly string[]): Operation<RegistrarInput, RegistrarOutput> =>
  op(time, { kind: 'look-up' }, found)

test('linearizability: a registrar keeps every contact that was answered 200 until it is de-registered', (t) => {
  const bound = [bind([0, 5], 'a', ['a']), bind([1, 6], 'b', ['b', 'a'])]
  t.is(check(registrar, [...bound, lookUp([7, 8], ['a', 'b'])]).kind, 'linearizable')
  t.is(check(registrar, [...bound, lookUp([7, 8], ['b'])]).kind, 'not-linearizable')
  const gone = op<RegistrarInput, RegistrarOutput>([9, 10], { kind: 'de-register', contact: 'a' }, ['b'])
  t.is(check(registrar, [...bound, gone, lookUp([11, 12], ['b'])]).kind, 'linearizable')
  t.is(check(registrar, [...bound, gone, lookUp([11, 12], ['a', 'b'])]).kind, 'not-linearizable')
  const maybe = op<RegistrarInput, RegistrarOutput>([9], { kind: 'de-register-all' })
  for (const found of [['a', 'b'], []]) {
    t.is(check(registrar, [...bound, maybe, lookUp([11, 12], found)]).kind, 'linearizable')
  }
})
