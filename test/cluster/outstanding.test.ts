import test from 'ava'
import type { Agreed } from '../../cluster/cluster.ts'
import { decodeProposal, stamp } from '../../cluster/codec.ts'
import { Outstanding } from '../../cluster/outstanding.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import { user } from './nodes.ts'

const big: Command = {
  type: 'plan-commit',
  expect: null,
  text: 'x'.repeat(1_900_000),
  plan: { domains: [], users: [], rules: [], emergency: null },
  author: 'alice',
  at: 1,
}

/** Proposes until it is refused; how often it was taken, and the answers that came. */
function fill(outstanding: Outstanding, command: Command) {
  const answers: Agreed[] = []
  let taken = 0
  while (taken < 20_000 && outstanding.add(command, 1000, (agreed) => answers.push(agreed))) taken++
  return { taken, answers }
}

test('what waits for a majority is bounded, in number and in bytes', (t) => {
  t.is(fill(new Outstanding('n1', 'a'), user('alice')).taken, 16_384)
  const outstanding = new Outstanding('n1', 'a')
  const { taken, answers } = fill(outstanding, big)
  t.true(taken * 1_900_000 >= 32 * 1024 * 1024 && taken < 20, `${taken} of 1.9 MB`)
  outstanding.tick(1000)
  t.deepEqual(answers, Array(taken).fill({ kind: 'no quorum' }))
  t.true(
    outstanding.add(big, 2000, () => {}),
    'there is room again when they have been answered',
  )
})

test('what is sent again has the number it had, and tells the lowest that is still waited for (thesis §6.3)', (t) => {
  const outstanding = new Outstanding('n1', 'a')
  for (const name of ['alice', 'bob']) outstanding.add(user(name), 1000, () => {})
  const numbers = (at: number) =>
    outstanding.takeUnsent(at, 10).map((bytes) => {
      const { seq, floor } = decodeProposal(stamp(bytes, 1)!)!.proposer
      return [seq, floor]
    })
  const first = numbers(0)
  t.deepEqual(first, [
    [1, 1],
    [2, 1],
  ])
  outstanding.tick(10)
  t.deepEqual(numbers(10), first)
  outstanding.settle(1, { kind: 'no quorum' })
  outstanding.resendAll()
  outstanding.add(user('carol'), 1000, () => {})
  t.deepEqual(numbers(20), [
    [2, 1],
    [3, 2],
  ])
})
