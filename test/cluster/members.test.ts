/** What a change of the members does, and what a leader makes of a wish: pure functions of the row and of what the core knows. */
import test from 'ava'
import { dueChange, type Facts, isSatisfied, LAG_MAX, type MemberRequest, planFor } from '../../cluster/membership.ts'
import { decodeConfChange } from '../../cluster/raft/confcodec.ts'
import type { ConfChange } from '../../cluster/raft/types.ts'
import { afterEntry, encodeMemberChange, type MemberChange, type MembersRow } from '../../cluster/tables/members.ts'
import { applyMembers } from '../../cluster/tables/members-apply.ts'
import { loadSnapshot, readHead, snapshotLines } from '../../cluster/tables/snapshot.ts'
import { newState } from '../../cluster/tables/state.ts'
import { elect, from, replica, settle } from './raft/fixtures.ts'

const directory = (digit: number | string) => String(digit).repeat(32)
const member = (name: string, digit: number | string, vote = true) => ({
  name,
  address: `${name}:1`,
  directory: directory(digit),
  vote,
})
const founder = (id: number) => ({ id, name: `n${id}`, address: `n${id}:1`, directory: directory(id) })
const entry = (change: MemberChange) => ({ data: encodeMemberChange(change) })

/** The row after these changes, one after the other, a joint configuration left at once. */
function rowAfter(...changes: readonly MemberChange[]): MembersRow {
  let row: MembersRow | null = afterEntry(null, entry({ kind: 'found', members: [1, 2, 3].map(founder) })).row
  for (const change of changes) {
    row = afterEntry(row, entry(change)).row
    if (row!.conf.votersOutgoing.length > 0) row = afterEntry(row, { data: new Uint8Array() }).row
  }
  return row!
}

const ids = (row: MembersRow | null) => row?.all.map(({ id }) => id).sort((a, b) => a - b)
const add = (id: number, name: string, digit: number | string, replaces = 0): MemberChange => ({
  kind: 'add',
  id,
  member: member(name, digit),
  replaces,
})

test('an id is given once: after a removal the next member gets the next one, and nobody else’s', (t) => {
  const row = rowAfter(add(4, 'n4', 4), { kind: 'remove', id: 4 })
  t.deepEqual([ids(row), row.next], [[1, 2, 3], 5])
  t.is(afterEntry(row, entry(add(4, 'n5', 5))).row, row)
  t.deepEqual(ids(afterEntry(row, entry(add(5, 'n5', 5))).row), [1, 2, 3, 5])
})

test('a name and a directory are one member’s', (t) => {
  const row = rowAfter()
  t.is(afterEntry(row, entry(add(4, 'n2', 4))).row, row)
  t.is(afterEntry(row, entry(add(4, 'n4', 2))).row, row)
})

test('in the place of another comes its name with another directory and id, as a learner, in one joint step', (t) => {
  const row = rowAfter()
  const { row: joint, core } = afterEntry(row, entry(add(4, 'n2', 4, 2)))
  t.deepEqual(joint!.conf, {
    voters: [1, 3],
    learners: [4],
    votersOutgoing: [1, 2, 3],
    learnersNext: [],
    autoLeave: true,
  })
  t.is(core.transition, 'joint-implicit')
  t.is(afterEntry(row, entry(add(4, 'n2', 2, 2))).row, row, 'the same directory')
  t.is(afterEntry(row, entry(add(4, 'n4', 4, 2))).row, row, 'another name')
})

test('founders are said once', (t) => {
  const row = rowAfter()
  t.is(afterEntry(row, entry({ kind: 'found', members: [founder(1)] })).row, row)
})

test('what the members do not allow does nothing in the core either', (t) => {
  const nothing: ConfChange = { transition: 'auto', changes: [{ type: 'update', id: 0 }] }
  const row = rowAfter()
  t.deepEqual(afterEntry(row, entry({ kind: 'remove', id: 9 })), { row, core: nothing })
  t.deepEqual(afterEntry(row, entry({ kind: 'promote', id: 2 })), { row, core: nothing })
  t.deepEqual(afterEntry(null, entry({ kind: 'remove', id: 2 })), { row: null, core: nothing })
  t.deepEqual(afterEntry(row, { data: Buffer.from([255, 1, 2]) }), { row, core: nothing })
})

test('the tables have the members of every entry, and a snapshot brings them', (t) => {
  const state = newState()
  const one = (index: number, change: MemberChange) =>
    applyMembers(state, { index, term: 1, type: 'conf-change-v2', data: encodeMemberChange(change) })
  one(1, { kind: 'found', members: [1, 2, 3].map(founder) })
  one(2, add(4, 'n4', 4))
  t.deepEqual(state.members, rowAfter(add(4, 'n4', 4)))
  const lines = [...snapshotLines(state)]
  t.deepEqual(loadSnapshot(lines).members, state.members)
  t.deepEqual(readHead(lines[0]!).members, state.members)
})

/** Node 1 leads 1, 2 and 3, and whoever it was told of since. */
function leading(row: MembersRow) {
  const one = replica(1)
  elect(one)
  for (const id of [2, 3]) one.raw.step(from(id, 'app-resp', { term: 1, index: 1 }))
  settle(one)
  const facts: Facts = { raft: one.raw.raft, reach: () => true, mayVote: () => true }
  // As the tables are told, so is the core.
  const learners = row.conf.learners.map((id) => ({ type: 'add-learner', id }) as const)
  if (learners.length > 0) one.raw.applyConfChange({ transition: 'auto', changes: learners })
  return { one, facts }
}

const plan = (facts: Facts, row: MembersRow | null, request: MemberRequest) => planFor(facts, row, request, 'too early')

test('nothing changes before there are founders, and what is done need not be done again', (t) => {
  const row = rowAfter(add(4, 'n4', 4))
  const { facts } = leading(row)
  const request = { kind: 'join', member: member('n4', 4), replace: false } as const
  t.deepEqual(plan(facts, null, request), { kind: 'wait', why: 'too early' })
  t.deepEqual(plan(facts, row, request), { kind: 'done' })
  t.true(isSatisfied(row, { kind: 'remove', node: 'n7' }))
  t.false(isSatisfied(null, { kind: 'remove', node: 'n7' }))
})

test('a name that is taken is refused, unless its member is to be replaced', (t) => {
  const row = rowAfter()
  const { facts } = leading(row)
  const request = { kind: 'join', member: member('n2', 4), replace: false } as const
  t.regex(JSON.stringify(plan(facts, row, request)), /n2 is a member already.*--replace/)
  const change = { kind: 'add', id: 4, member: member('n2', 4), replaces: 2 }
  t.deepEqual(plan(facts, row, { ...request, replace: true }), { kind: 'propose', change } as never)
})

test('a learner gets its vote when it is in reach, can vote and has caught up, not before', (t) => {
  const row = rowAfter(add(4, 'n4', 4))
  const { one, facts } = leading(row)
  const due = (more: Partial<Facts>) => dueChange({ ...facts, ...more }, row, () => null)
  const why = (more: Partial<Facts>) =>
    JSON.stringify(plan({ ...facts, ...more }, row, { kind: 'promote', node: 'n4' }))
  t.is(due({}), null, 'it has not answered yet')
  one.raw.step(from(4, 'app-resp', { term: 1, index: one.raw.raft.log.committed }))
  t.deepEqual(due({}), { kind: 'promote', id: 4 })
  t.is(due({ reach: () => false }), null)
  t.regex(why({ reach: () => false }), /n4 cannot be reached: start it/)
  t.is(due({ mayVote: (id) => id !== 4 }), null)
  t.regex(why({ mayVote: (id) => id !== 4 }), /n4 has not been given everything yet/)
  for (let i = 0; i <= LAG_MAX; i++) one.raw.propose(Buffer.from('x'))
  settle(one)
  t.is(due({}), null)
  t.regex(why({}), /n4 is \d+ entries behind/)
})

test('who leads hands over before it goes; the last vote stays; and a majority must be left', (t) => {
  const row = rowAfter()
  const { facts } = leading(row)
  const remove = (node: string, more: Partial<Facts> = {}) => plan({ ...facts, ...more }, row, { kind: 'remove', node })
  t.deepEqual(remove('n1'), { kind: 'leads' })
  t.deepEqual(remove('n2'), { kind: 'propose', change: { kind: 'remove', id: 2 } })
  t.regex(JSON.stringify(remove('n2', { reach: (id) => id !== 3 })), /without n2 there would be no majority/)
  t.regex(JSON.stringify(remove('n2', { mayVote: (id) => id !== 3 })), /n3 cannot be reached or repairs itself/)
  const alone = { ...row, conf: { ...row.conf, voters: [2] } }
  t.regex(JSON.stringify(plan(facts, alone, { kind: 'remove', node: 'n2' })), /the last member with a vote/)
  t.is(remove('n9').kind, 'done')
})

test('one change at a time', (t) => {
  const row = rowAfter()
  const { one, facts } = leading(row)
  one.raw.proposeConfChange(decodeConfChange(encodeMemberChange(add(4, 'n4', 4))) as ConfChange)
  t.regex(
    JSON.stringify(plan(facts, row, { kind: 'remove', node: 'n2' })),
    /another change of the members is under way/,
  )
  t.is(
    dueChange(facts, row, () => 'elsewhere:1'),
    null,
  )
})

test('a member that listens elsewhere is written down there', (t) => {
  const row = rowAfter()
  const { facts } = leading(row)
  const change = dueChange(facts, row, (id) => (id === 3 ? 'elsewhere:1' : null))!
  t.deepEqual(change, { kind: 'move', id: 3, address: 'elsewhere:1' })
  t.is(afterEntry(row, entry(change)).row!.all.find(({ id }) => id === 3)!.address, 'elsewhere:1')
})
