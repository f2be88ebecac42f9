import test from 'ava'
import { encodeProposal, stamp } from '../../cluster/codec.ts'
import { Loads, ROWS_A_SLICE } from '../../cluster/loads.ts'
import { inPieces, linesOfPieces } from '../../cluster/log/pieces.ts'
import { Machine } from '../../cluster/machine.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import { stateHash } from '../../cluster/tables/hash.ts'
import { loadSnapshot } from '../../cluster/tables/snapshot.ts'
import { register, user } from './nodes.ts'

const ROWS = 3000

function apply(machine: Machine, command: Command): void {
  const index = machine.applied + 1
  const proposer = { node: 'n1', incarnation: 'a', seq: index, floor: index }
  machine.apply({ index, term: 1, type: 'normal', data: stamp(encodeProposal(proposer, command), 1000 + index)! })
}

/** So many users, each with a contact. */
function filled(rows: number, name: string): Machine {
  const machine = new Machine()
  for (let i = 0; i < rows / 2; i++) {
    apply(machine, user(`${name}${i}`))
    apply(machine, register(`${name}${i}`, 1))
  }
  machine.takeChanges()
  return machine
}

/** Loads whose turns come when they are called. */
function byHand(moved = () => {}) {
  const turns: (() => void)[] = []
  const loads = new Loads({ later: (act) => turns.push(act), moved })
  return {
    loads,
    turn: () => turns.shift()?.(),
    get waits() {
      return turns.length
    },
  }
}

test('a snapshot is loaded so many rows a turn, and until it is whole the tables are those of before', (t) => {
  const target = filled(20, 'old')
  const source = filled(ROWS, 'new')
  const before = target.hash
  let read = 0
  function* counted(): Generator<string> {
    for (const line of source.lines()) {
      read++
      yield line
    }
  }
  const hand = byHand()
  hand.loads.add(() => target.loading(source.applied, 1, counted(), () => false))
  let turns = 0
  for (let last = 0; !hand.loads.isIdle; last = read) {
    hand.turn()
    turns++
    t.true(read - last <= ROWS_A_SLICE, `${read - last} rows in one turn`)
    if (!hand.loads.isIdle) {
      t.is(target.hash, before)
      t.true(target.tables.registrations.has('old0@pbx.test'))
    }
  }
  t.true(turns >= ROWS / ROWS_A_SLICE)
  t.is(target.hash, source.hash)
  t.is(target.applied, source.applied)
  t.false(target.tables.registrations.has('old0@pbx.test'))
})

test('the rows that differ are told in slices too, each with the row before it', (t) => {
  const target = filled(ROWS, 'a')
  const source = filled(ROWS, 'a')
  apply(source, register('a7', 2, { userAgent: 'another' }))
  apply(source, { type: 'user-remove', aor: 'a9@pbx.test' })
  const told: string[] = []
  let steps = 0
  const hand = byHand(() => {
    for (const change of target.takeChanges()) {
      if (change.table !== 'registrations' && change.table !== 'users') continue
      told.push(`${change.table} ${change.key} ${change.before ? 'was' : 'came'} ${change.row ? 'is' : 'went'}`)
    }
  })
  function* counted(inner: Iterator<unknown>): Generator<undefined> {
    for (; !inner.next().done; yield) steps++
  }
  hand.loads.add(() => counted(target.loading(source.applied, 1, source.lines(), () => true)))
  for (let last = 0; !hand.loads.isIdle; last = steps) {
    hand.turn()
    t.true(steps - last <= ROWS_A_SLICE)
  }
  t.deepEqual(told.sort(), [
    'registrations a7@pbx.test was is',
    'registrations a9@pbx.test was went',
    'users a9@pbx.test was went',
  ])
  t.true(steps > 2.9 * ROWS, 'every row was looked at, no more than so many a turn')
})

test('entries, and a second snapshot, wait in order behind one that is loaded', (t) => {
  const target = filled(20, 'old')
  const [first, second] = [filled(ROWS, 'b'), filled(ROWS, 'c')]
  const hand = byHand()
  const done: string[] = []
  const load = (source: Machine, index: number) =>
    hand.loads.add(() => target.loading(index, 1, source.lines(), () => false))
  load(first, 5000)
  hand.loads.inOrder(() => {
    apply(target, user('after-first'))
    done.push(`${target.applied}`)
  })
  load(second, 6000)
  hand.loads.inOrder(() => {
    apply(target, user('after-second'))
    done.push(`${target.applied}`)
  })
  t.deepEqual(done, [])
  let settled = false
  void hand.loads.settled().then(() => (settled = true))
  while (hand.waits > 0) hand.turn()
  t.deepEqual(done, ['5001', '6001'])
  t.true(target.tables.users.has('after-second@pbx.test'))
  t.false(target.tables.users.has('after-first@pbx.test'))
  return Promise.resolve().then(() => t.true(settled))
})

test('a snapshot that is taken piece by piece while the tables change is that of the moment when it began', async (t) => {
  const machine = filled(ROWS, 'd')
  const then = machine.hash
  const sizes: number[] = []
  let i = 0
  const soon = (act: () => void) => {
    // Between two pieces phones register, users come and go.
    for (let n = 0; n < 50; n++, i++) {
      apply(machine, register(`d${i % 1500}`, 2 + i, { userAgent: `later ${i}` }))
      apply(machine, i % 3 === 0 ? { type: 'user-remove', aor: `d${(i * 7) % 1500}@pbx.test` } : user(`e${i}`))
    }
    setImmediate(act)
  }
  const pieces: Buffer[] = []
  for await (const piece of inPieces(machine.lines(), { bytes: 8192, soon })) {
    pieces.push(piece)
    sizes.push(piece.toString().split('\n').length)
  }
  t.true(sizes.length > 20)
  t.true(Math.max(...sizes) < 8192 / 100, 'no piece has many rows')
  t.not(machine.hash, then)
  t.is(stateHash(loadSnapshot(linesOfPieces(pieces))), then)
})

test('lines come out of pieces as they went in, also when all pieces are one', (t) => {
  const pieces = ['a\nb', 'ü😀', '', 'c'].map((text) => Buffer.from(text))
  const one = Buffer.from('a\nb\nü😀\n\nc')
  const lines = ['a', 'b', 'ü😀', '', 'c']
  t.deepEqual([...linesOfPieces(pieces)], lines)
  t.deepEqual([...linesOfPieces([one])], lines)
})
