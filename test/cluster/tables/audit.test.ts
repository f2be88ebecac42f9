import test from 'ava'
import fc from 'fast-check'
import { apply } from '../../../cluster/tables/apply.ts'
import { AUDIT_ROWS_MAX, AUDIT_SIZE_MAX, shown, TOLD_MAX } from '../../../cluster/tables/audit.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import { stateHash } from '../../../cluster/tables/hash.ts'
import { loadSnapshot, snapshotLines } from '../../../cluster/tables/snapshot.ts'
import { newState, type State, takeChanges } from '../../../cluster/tables/state.ts'
import { user } from '../nodes.ts'

const DUTY = { node: 'n1', incarnation: '1', seq: 0, floor: 0 }
const cause = { who: 'alice', from: '192.0.2.1:5', why: 'a test' }
/** What only follows from the change of another row, or is the audit itself. */
const FOLLOWS = ['registrations', 'calls', 'nodes', 'texts', 'commits', 'audit']

const name = fc.constantFrom('a', 'b', 'c')
const aor = name.map((one) => `${one}@pbx.test`)
const role = fc.constantFrom('viewer' as const, 'operator' as const, 'admin' as const)
const plan = { domains: ['pbx.test'], users: [], rules: [], emergency: null }
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(name, fc.boolean()).map(([one, replace]): Command => ({ ...user(one), replace }) as Command),
  aor.map((one): Command => ({ type: 'user-remove', aor: one })),
  fc
    .tuple(aor, fc.option(aor), fc.boolean())
    .map(([one, always, dnd]): Command => ({ type: 'profile-put', aor: one, set: { forwards: { always }, dnd } })),
  fc
    .tuple(name, fc.boolean())
    .map(([one, replace]): Command => ({ type: 'tenant-put', tenant: { name: one }, replace })),
  name.map((one): Command => ({ type: 'tenant-remove', name: one })),
  fc.tuple(name, role, fc.boolean()).map(([one, has, replace]): Command => {
    const operator = { name: one, roles: [has], tenants: [], token: 'ab'.repeat(32) }
    return { type: 'operator-put', operator, replace }
  }),
  name.map((one): Command => ({ type: 'operator-remove', name: one })),
  name.map(
    (one): Command => ({ type: 'ban', source: `192.0.2.${one.charCodeAt(0)}`, reason: '', by: 'x', seconds: 9 }),
  ),
  name.map((one): Command => ({ type: 'unban', source: `192.0.2.${one.charCodeAt(0)}` })),
  fc
    .constantFrom(null, 0, 1, 2)
    .map((expect): Command => ({ type: 'plan-commit', expect, text: 'x', plan, author: 'a', at: 1 })),
  fc.array(name, { maxLength: 3 }).map((names): Command => {
    const users = names.map((one) => ({ user: (user(one) as Extract<Command, { type: 'user-put' }>).user }))
    return { type: 'users-put', users, replace: true }
  }),
)

test('every row that a command of an operator changes has one entry that says how, on every node the same; what nobody asked for has none', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(commands, fc.boolean()), { maxLength: 60 }), fc.nat(60), (script, cut) => {
      const state = newState()
      let entries = 0
      for (const [i, [command, isAsked]] of script.entries()) {
        apply(state, DUTY, isAsked ? { ...command, cause } : command, 1_000 + i, i + 1)
        const changes = takeChanges(state).filter(({ table }) => !FOLLOWS.includes(table))
        const fresh = [...state.audit.values()].slice(entries)
        t.is(fresh.length, isAsked ? changes.length : 0, command.type)
        entries += fresh.length
        for (const [j, row] of fresh.entries()) {
          const change = changes[j]!
          const { table, key, what, index, at, who, before, after } = row
          t.deepEqual(
            [table, key, what, index, at, who],
            [change.table, change.key, command.type, i + 1, 1_000 + i, 'alice'],
          )
          t.is(after === null, change.row === null)
          t.is(before === null, !('before' in change && change.before !== null))
          t.false(`${before}${after}`.includes('ab'.repeat(32)), 'no secret')
        }
      }
      const play = (from: State, part: typeof script, at: number): State => {
        for (const [i, [command, isAsked]] of part.entries())
          apply(from, DUTY, isAsked ? { ...command, cause } : command, 1_000 + at + i, at + i + 1)
        return from
      }
      t.is(stateHash(play(newState(), script, 0)), stateHash(state))
      const half = loadSnapshot([...snapshotLines(play(newState(), script.slice(0, cut), 0))])
      t.is(stateHash(play(half, script.slice(cut), Math.min(cut, script.length))), stateHash(state))
    }),
    { numRuns: 150 },
  )
})

test('the audit forgets the oldest first, by number and by size, also after a snapshot', (t) => {
  const state = newState()
  const note = (key: string): Command => ({ type: 'note', what: 'HangUpCall', key, cause })
  for (let i = 0; i < AUDIT_ROWS_MAX + 10; i++) apply(state, DUTY, note(`call-${i}`), i)
  t.is(state.audit.size, AUDIT_ROWS_MAX)
  t.like([...state.audit.values()][0], { seq: 11, key: 'call-10', table: '', what: 'HangUpCall' })
  const loaded = loadSnapshot([...snapshotLines(state)])
  const long = 'x'.repeat(AUDIT_SIZE_MAX / 4)
  for (let i = 0; i < 6; i++) for (const one of [state, loaded]) apply(one, DUTY, note(long), 60_000)
  t.is(state.audit.size, 3, 'with a fourth they would be too large')
  t.is(stateHash(loaded), stateHash(state))
  t.is([...state.audit.values()].at(-1)?.seq, AUDIT_ROWS_MAX + 16)
})

test('a command that changes very many rows is told of the first, and how many more there are', (t) => {
  const state = newState()
  const users = Array.from({ length: TOLD_MAX + 7 }, (_, i) => {
    return { user: (user(`u${i}`) as Extract<Command, { type: 'user-put' }>).user }
  })
  apply(state, DUTY, { type: 'users-put', users, replace: false, cause }, 1)
  t.is(state.audit.size, TOLD_MAX + 1)
  t.is([...state.audit.values()].at(-1)?.key, 'and 7 more')
})

test('a row in the audit has no secret in it, says which were changed, and is short', (t) => {
  const sealed = 'v1.0123456789ab.AAAA'
  const row = {
    aor: 'a',
    credentials: sealed,
    pin: 'x',
    deep: { password: 'y', other: sealed },
    plan: 'p'.repeat(5_000),
  }
  const text = shown(row, { ...row, pin: 'before' })
  t.regex(text, /"credentials":"\(sealed\)","pin":"\(sealed, another\)"/)
  t.regex(text, /"deep":\{"password":"\(sealed\)","other":"\(sealed\)"\}/)
  t.regex(text, /"plan":"\(5002 characters, sha256 [0-9a-f]{12}\)"/)
  t.false(/0123456789ab|"y"|"x"/.test(text))
})

test('forwards that lead in a circle are not set; the last admin for all stays', (t) => {
  const state = newState()
  const does = (command: Command) => apply(state, DUTY, command, 1)!
  for (const one of ['a', 'b', 'c']) does(user(one))
  const forward = (from: string, forwards: object): Command => ({
    type: 'profile-put',
    aor: `${from}@pbx.test`,
    set: { forwards },
  })
  t.is(does(forward('a', { busy: 'b@pbx.test' })).kind, 'done')
  t.is(does(forward('b', { always: 'c@pbx.test', noAnswer: '1001' })).kind, 'done')
  t.deepEqual(does(forward('c', { unregistered: 'a@pbx.test' })), {
    kind: 'forwards in a circle',
    chain: ['c', 'a', 'b', 'c'].map((one) => `${one}@pbx.test`),
  })
  t.false(state.profiles.has('c@pbx.test'))
  does(forward('b', { always: null, noAnswer: null }))
  t.false(state.profiles.has('b@pbx.test'), 'a row that says nothing is none')
  t.is(does(forward('c', { unregistered: 'a@pbx.test' })).kind, 'done')
  does({ type: 'user-remove', aor: 'a@pbx.test' })
  t.false(state.profiles.has('a@pbx.test'))

  const operator = (one: string, has: 'admin' | 'viewer', replace = false): Command => {
    return { type: 'operator-put', operator: { name: one, roles: [has], tenants: [] }, replace }
  }
  t.is(does(operator('v', 'viewer')).kind, 'last admin', 'the first must be one')
  t.is(does(operator('x', 'admin')).kind, 'done')
  t.is(does(operator('v', 'viewer')).kind, 'done')
  t.is(does(operator('x', 'viewer', true)).kind, 'last admin')
  t.is(does({ type: 'operator-remove', name: 'x' }).kind, 'last admin')
  does({ type: 'operator-remove', name: 'v' })
  t.is(does({ type: 'operator-remove', name: 'x' }).kind, 'done')
})
