import test, { type ExecutionContext } from 'ava'
import { type Random, randomOf } from '../raft/simulator/random.ts'
import { hasLinearOrder, isLinearOrder } from './bruteforce.ts'
import { check } from './checker.ts'
import type { Operation } from './history.ts'
import { type Model, register, registrar } from './models.ts'

interface Invented<I, O> {
  readonly input: (random: Random) => I
  /** An answer that may be wrong. */
  readonly output: (random: Random, input: I) => O
}

/** Seven operations by up to four clients; half of the histories come from a real copy, so that many are right. */
function invent<S, I, O>(random: Random, model: Model<S, I, O>, invented: Invented<I, O>): Operation<I, O>[] {
  const operations: { process: string; key: string; input: I; called: number; at: number }[] = []
  const free = [0, 0, 0, 0]
  for (let i = 0; i < 7; i++) {
    const client = random.below(free.length)
    const called = free[client]! + random.below(6)
    const at = called + random.below(8)
    free[client] = at + 1
    operations.push({ process: `p${client}`, key: '', input: invented.input(random), called, at })
  }
  const honest = random.chance(0.7)
  const lost = random.pick([0.1, 0.3, 0.7])
  let state = model.init()
  const inOrder = [...operations].sort((a, b) => a.called + random.below(3) - b.called)
  const answers = new Map<unknown, O>()
  for (const operation of inOrder) {
    const output = invented.output(random, operation.input)
    const outputs = [output, ...Array.from({ length: 30 }, () => invented.output(random, operation.input))]
    const right = outputs.find((one) => model.step(state, operation.input, { output: one }) !== undefined)
    answers.set(operation, honest && right !== undefined ? right : output)
    state = model.step(state, operation.input, undefined) ?? state
  }
  return operations.map(({ at, ...operation }, i) => ({
    ...operation,
    outcome: random.chance(lost) ? 'unknown' : { at, output: answers.get(operations[i])! },
  }))
}

function agrees<S, I, O>(t: ExecutionContext, model: Model<S, I, O>, invented: Invented<I, O>): void {
  const seen = { linearizable: 0, 'not-linearizable': 0, undecided: 0 }
  for (let seed = 1; seed <= 1500; seed++) {
    const history = invent(randomOf(seed), model, invented)
    const verdict = check(model, history)
    seen[verdict.kind]++
    const right = hasLinearOrder(model, history)
    if ((verdict.kind === 'linearizable') !== right)
      return void t.fail(`seed ${seed}: ${verdict.kind}, but every order tried says ${right}`)
    if (verdict.kind === 'linearizable' && !isLinearOrder(model, history, verdict.orders.get('') ?? [])) {
      return void t.fail(`seed ${seed}: the order that was found is none`)
    }
    if (verdict.kind === 'not-linearizable' && !isLinearOrder(model, verdict.longest, verdict.longest)) {
      return void t.fail(`seed ${seed}: the longest order is none`)
    }
  }
  t.true(seen.linearizable > 200 && seen['not-linearizable'] > 200, JSON.stringify(seen))
}

test('linearizability: random histories of a register are judged as trying every order judges them', (t) => {
  agrees(t, register, {
    input: (random) => {
      const kind = random.pick(['read', 'read', 'write', 'cas'] as const)
      if (kind === 'cas') return { kind, from: random.below(3), to: random.below(3) }
      return kind === 'read' ? { kind } : { kind, value: random.below(3) }
    },
    output: (random, input) =>
      input.kind === 'cas'
        ? random.chance(0.5)
        : input.kind === 'write'
          ? true
          : random.chance(0.2)
            ? null
            : random.below(3),
  })
})

test('linearizability: random histories of a registrar are judged as trying every order judges them', (t) => {
  agrees(t, registrar, {
    input: (random) => {
      const kind = random.pick(['register', 'register', 'look-up', 'de-register', 'de-register-all'] as const)
      return kind === 'register' || kind === 'de-register' ? { kind, contact: random.pick(['a', 'b']) } : { kind }
    },
    output: (random) => ['a', 'b'].filter(() => random.chance(0.5)),
  })
})
