/** Whom a node knows, whom it lets speak, and when the configured nodes become founders. */
import test from 'ava'
import { hello, PROTOCOL, PROTOCOL_BEFORE_MEMBERS, refusal, type Said } from '../../cluster/hello.ts'
import { Roster } from '../../cluster/roster.ts'
import type { MembersRow } from '../../cluster/tables/members.ts'

const directory = (digit: number) => String(digit).repeat(32)
const peer = (id: number) => ({ id, name: `n${id}`, address: `n${id}:1` })

function said(id: number, more: Partial<Said> = {}): Said {
  const { name, address } = peer(id)
  const spoken = { protocol: PROTOCOL_BEFORE_MEMBERS, newest: PROTOCOL, repairing: false }
  return { from: id, name, address, directory: directory(id), ...spoken, ...more }
}

function row(ids: readonly number[], next: number): MembersRow {
  const conf = { voters: [...ids], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false }
  return {
    founders: [1, 2, 3],
    conf,
    all: ids.map((id) => ({ ...peer(id), directory: directory(id), vote: true })),
    next,
  }
}

function rosterOf(id: number, founders = [1, 2, 3], acquainted = founders): Roster {
  const self = { ...peer(id), directory: directory(id) }
  return new Roster({ self, founders, acquainted: acquainted.map(peer), configured: founders.map(peer) })
}

const everybody = () => true

test('the configured nodes become founders when each of them was heard, with its directory, and knows what that means', (t) => {
  const roster = rosterOf(1)
  roster.hear(said(2))
  t.is(roster.founding(everybody), 'n3 must be running when the members change for the first time')
  roster.hear(said(3, { newest: 0, directory: '' }))
  t.is(roster.founding(everybody), 'n3 runs an older version: upgrade all nodes first')
  roster.hear(said(3))
  const members = [1, 2, 3].map((id) => ({ ...peer(id), directory: directory(id) }))
  t.deepEqual(roster.founding(everybody), { kind: 'found', members })
})

test('a member speaks from its own directory only, as soon as that is agreed on', (t) => {
  const roster = rosterOf(1)
  const other = said(2, { directory: directory(9) })
  t.is(roster.judge(other), null)
  roster.set(row([1, 2, 3], 4))
  t.is(roster.judge(said(2)), null)
  t.regex(roster.judge(other)!, /the data directory of n2 is not the one that is a member.*--replace/)
})

test('whoever was removed is told so, also by one that joined later', (t) => {
  const roster = rosterOf(1)
  roster.set(row([1, 3, 4], 5))
  t.regex(roster.judge(said(2))!, /node id 2 .*was removed from the cluster/)
  const later = rosterOf(5, [1, 2, 3], [1, 3, 5])
  t.is(later.judge(said(4, { protocol: PROTOCOL })), null, 'what it remembers may be of any time')
  later.set(row([1, 3, 5], 6))
  t.regex(later.judge(said(4, { protocol: PROTOCOL }))!, /was removed from the cluster/)
})

test('a wiped founder that had come back under another id is told how to come back once more', (t) => {
  const roster = rosterOf(1)
  const now = row([1, 2, 7], 8)
  roster.set({ ...now, all: now.all.map((one) => (one.id === 7 ? { ...one, name: 'n3' } : one)) })
  t.regex(roster.judge(said(3, { directory: directory(9) }))!, /the data directory of n3 is not the one.*--replace/)
})

test('so is a node that was removed and whose name another machine has now', (t) => {
  const roster = rosterOf(1)
  const now = row([1, 3, 4], 5)
  roster.set({ ...now, all: now.all.map((one) => (one.id === 4 ? { ...one, name: 'n2' } : one)) })
  t.is(roster.judge(said(4, { name: 'n2' })), null)
  t.regex(roster.judge(said(2))!, /the data directory of n2 is not the one that is a member/)
})

test('whoever lags lets in members that it has not heard of, so many and no more', (t) => {
  const roster = rosterOf(1)
  roster.set(row([1, 2, 3], 4))
  t.is(roster.judge(said(4, { protocol: PROTOCOL })), null)
  t.true(roster.hear(said(4)))
  t.deepEqual(
    roster.peers.map(({ id }) => id),
    [2, 3, 4],
  )
  t.false(roster.view.some(({ id }) => id === 4))
  for (let id = 5; id < 20; id++) roster.hear(said(id))
  t.regex(roster.judge(said(20, { protocol: PROTOCOL }))!, /too many/)
  roster.set(row([1, 2, 3], 20))
  t.deepEqual(
    roster.peers.map(({ id }) => id),
    [2, 3],
    'none of them is a member any more',
  )
})

test('before the members are agreed on only the configured nodes speak with an older program', (t) => {
  const roster = rosterOf(1)
  t.is(roster.judge(said(2)), null)
  t.regex(roster.judge(said(4))!, /not in this node's configuration/)
  t.regex(roster.judge(said(2, { name: 'n7' }))!, /check the names/)
})

test('who repairs itself, or has not been heard, cannot give its vote', (t) => {
  const roster = rosterOf(1)
  t.deepEqual(
    [1, 2].map((id) => roster.mayVote(id)),
    [true, false],
  )
  roster.hear(said(2, { repairing: true }))
  t.false(roster.mayVote(2))
  roster.hear(said(2))
  t.true(roster.mayVote(2))
})

test('a member is dialled where it says it listens, else where that is written down, else where it was', (t) => {
  const configured = [{ ...peer(2), address: 'written:2' }]
  const self = { ...peer(1), directory: directory(1) }
  const roster = new Roster({ self, founders: [1, 2, 3], acquainted: [1, 2, 3].map(peer), configured })
  t.deepEqual(
    roster.peers.map(({ address }) => address),
    ['written:2', 'n3:1'],
  )
  roster.set(row([1, 2, 3], 4))
  t.true(roster.hear(said(2, { address: 'said:2' })))
  t.is(roster.peers[0]!.address, 'said:2')
  t.is(roster.movedTo(2), 'said:2')
  t.is(roster.movedTo(3), null)
})

test('an older program is let in until the members are agreed on, and not any more', (t) => {
  const key = Buffer.alloc(32, 1)
  let isFounded = false
  const self = { ...peer(1), incarnation: 'a', key, isFounded: () => isFounded }
  const standing = { untouched: false, repairing: false, term: 1, acknowledged: 0 }
  const { newest: _, ...older } = hello({ ...peer(2), incarnation: 'b', key }, 1, standing)
  const judged = () => refusal(self, () => null, { ...older, newest: 0 })
  t.is(judged(), null)
  isFounded = true
  t.regex(judged()!, /speaks protocol 2, this node speaks 3: run the same version on all nodes/)
})

test('what a node said before it went out of reach founds nothing: it may come back with the older program', (t) => {
  const roster = rosterOf(1)
  roster.hear(said(2))
  roster.hear(said(3))
  t.is(
    roster.founding((id) => id !== 3),
    'n3 must be running when the members change for the first time',
  )
})

test('what a hello says of its directory is under the cluster key', (t) => {
  const key = Buffer.alloc(32, 1)
  const self = { ...peer(1), incarnation: 'a', key }
  const standing = { untouched: false, repairing: false, term: 1, acknowledged: 0 }
  const whole = hello({ ...peer(2), incarnation: 'b', key, directory: directory(2) }, 1, standing)
  t.is(
    refusal(self, () => null, whole),
    null,
  )
  t.regex(refusal(self, () => null, { ...whole, directory: directory(3) })!, /does not know the cluster key/)
  t.regex(refusal(self, () => null, { ...whole, address: 'elsewhere:1' })!, /does not know the cluster key/)
})
