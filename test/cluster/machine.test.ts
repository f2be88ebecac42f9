import test from 'ava'
import { encodeProposal, stamp } from '../../cluster/codec.ts'
import { Machine } from '../../cluster/machine.ts'
import type { Entry } from '../../cluster/raft/types.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import { register, user } from './nodes.ts'

function entry(index: number, command: Command): Entry {
  const proposer = { node: 'n1', incarnation: 'a', seq: index, floor: 1 }
  return { index, term: 1, type: 'normal', data: stamp(encodeProposal(proposer, command), 1000 + index)! }
}

/** Tables to which these commands were applied, from index 1. */
function machine(...commands: Command[]): Machine {
  const made = new Machine()
  for (const [i, command] of commands.entries()) made.apply(entry(i + 1, command))
  made.takeChanges()
  return made
}

test('a snapshot that replaces the tables tells each row that came, changed or went', (t) => {
  const behind = machine(user('gone'), user('alice'), register('alice', 1))
  const ahead = machine(user('alice'), user('new'), register('alice', 1), register('alice', 2))
  behind.load(ahead.applied, 1, ahead.lines())
  const told = behind.takeChanges().map(({ table, key, row }) => `${table} ${key} ${row === null ? 'went' : 'is'}`)
  t.true(told.includes('users gone@pbx.test went'))
  t.true(told.includes('users new@pbx.test is'))
  t.true(told.includes('registrations alice@pbx.test is'))
  t.is(behind.hash, ahead.hash)
  t.is(behind.applied, 4)
})

test('an entry that does not follow the one applied last is a bug, and is said', (t) => {
  const one = machine(user('alice'))
  t.throws(() => one.apply(entry(3, user('bob'))), { message: 'entry 3 after 1' })
  t.throws(() => one.apply(entry(1, user('bob'))), { message: 'entry 1 after 1' })
  t.false(one.tables.users.has('bob@pbx.test'))
})
