/** Members that come and go, in real clusters: real streams, real directories. */
import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import ava, { type ExecutionContext } from 'ava'
import type { Cluster, MemberRequest, MembersRow } from '../../cluster/cluster.ts'
import { realDisk } from '../../cluster/log/disk.ts'
import { writeMember } from '../../cluster/log/member.ts'
import { keyId } from '../../cluster/seal.ts'
import { agreed, applied, freePort, type Lab, leaderOf, load, newLab, until, user } from './nodes.ts'

const test = ava.serial

async function running(t: ExecutionContext, count: number): Promise<Lab> {
  const lab = await newLab(count)
  t.teardown(lab.end)
  await Promise.all(Array.from({ length: count }, (_, i) => lab.start(`n${i + 1}`)))
  return lab
}

/** Asks whoever leads until it is done; a refusal is answered. */
async function change(lab: Lab, request: MemberRequest): Promise<MembersRow | string> {
  for (;;) {
    const leader = await leaderOf(lab.nodes.values())
    const outcome = await leader.changeMembers(request, 20_000)
    if (outcome.kind === 'done') return outcome.members
    if (outcome.kind === 'refused') return outcome.why
    if (outcome.kind === 'leads') {
      const next = [...lab.nodes.values()].find((node) => node !== leader)!
      await leader.transferLeader(next.node)
    } else if (outcome.kind !== 'not the leader' && outcome.kind !== 'no quorum') {
      throw new Error(JSON.stringify(outcome))
    }
  }
}

/** What `raftel cluster join` does: a directory, an id from the cluster, and the file that says both. */
async function join(lab: Lab, name: string, more: { vote?: boolean; replace?: boolean } = {}) {
  const { vote = true, replace = false } = more
  const directory = randomBytes(16).toString('hex')
  const address = `127.0.0.1:${await freePort()}`
  const row = await change(lab, { kind: 'join', member: { name, address, directory, vote }, replace })
  if (typeof row === 'string') return row
  const { id } = row.all.find((member) => member.directory === directory)!
  await rm(lab.dir(name), { recursive: true, force: true })
  await mkdir(lab.dir(name), { recursive: true })
  const members = row.all.map(({ id, name, address }) => ({ id, name, address }))
  const file = { cluster: keyId(lab.key), id, node: name, directory, founders: row.founders, members, lineage: null }
  await writeMember(realDisk, lab.dir(name), file)
  return { id, start: (onFatal = (_: Error) => {}) => lab.start(name, { nodes: [], listen: address, onFatal }) }
}

async function joined(lab: Lab, name: string, more: { vote?: boolean; replace?: boolean } = {}): Promise<Cluster> {
  const one = await join(lab, name, more)
  if (typeof one === 'string') throw new Error(one)
  return one.start()
}

const standing = (node: Cluster, name: string) => node.members().find((member) => member.name === name)?.standing

function voters(node: Cluster): string[] {
  return node
    .members()
    .filter((member) => member.standing === 'voter')
    .map(({ name }) => name)
}

test('a cluster of one grows to three under load, and then goes on without its first node', async (t) => {
  const lab = await running(t, 1)
  const first = lab.nodes.get('n1')!
  await agreed(first, user('alice'))
  const busy = load(lab)
  const second = await joined(lab, 'n2')
  const third = await joined(lab, 'n3')
  await until(third, 'all three vote', () => voters(third).length === 3)
  const answers = await busy.end()
  t.true(answers.every(({ kind }) => kind === 'agreed'))
  t.true(answers.length > 0)
  await lab.stop('n1')
  const { index } = await agreed(second, user('bob'))
  const states = await applied([second, third], index)
  t.is(states[0]!.hash, states[1]!.hash)
  t.true(third.tables.users.has('alice@pbx.test'))
})

test('a learner gets everything and no vote, until it is promoted', async (t) => {
  const lab = await running(t, 1)
  const learner = await joined(lab, 'n2', { vote: false })
  const { index } = await agreed(lab.nodes.get('n1')!, user('alice'))
  await applied([learner], index)
  t.is(standing(learner, 'n2'), 'learner')
  t.is(typeof (await change(lab, { kind: 'promote', node: 'n2' })), 'object')
  await until(learner, 'it votes', () => standing(learner, 'n2') === 'voter')
})

test('a member is removed under load; it ends with a sentence, and the rest needs it no more', async (t) => {
  const lab = await newLab(3)
  t.teardown(lab.end)
  const ended = Promise.withResolvers<string>()
  const onFatal = (error: Error) => ended.resolve(error.message)
  const all = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name, { onFatal })))
  const leader = await leaderOf(all)
  const gone = all.find((node) => node !== leader)!
  const rest = all.filter((node) => node !== gone)
  const busy = load({ ...lab, nodes: new Map(rest.map((node) => [node.node, node])) })
  t.is(typeof (await change(lab, { kind: 'remove', node: gone.node })), 'object')
  t.regex(await ended.promise, /this node was removed from the cluster/)
  await lab.stop(gone.node)
  const answers = await busy.end()
  t.true(answers.length > 0 && answers.every(({ kind }) => kind === 'agreed'))
  t.deepEqual(voters(leader), rest.map(({ node }) => node).sort())
  t.false(leader.tables.nodes.has(gone.node))
})

test('a leader that is to go hands over first', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  const row = await change(lab, { kind: 'remove', node: leader.node })
  t.true(typeof row !== 'string' && row.all.every(({ name }) => name !== leader.node))
})

test('a directory that was lost is not let in under its old name; a new one takes its place with an id of its own', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  const lost = [...lab.nodes.keys()].find((name) => name !== leader.node)!
  const { index } = await agreed(leader, user('alice'))
  await until(leader, 'there are founders', () => leader.tables.members !== null)
  await applied(lab.nodes.values(), index)
  await lab.stop(lost)
  await rm(lab.dir(lost), { recursive: true })
  const ended = Promise.withResolvers<string>()
  await lab.start(lost, { onFatal: (error) => ended.resolve(error.message) })
  t.regex(await ended.promise, /the data directory of n\d is not the one that is a member of the cluster.*--replace/)
  await lab.stop(lost)

  t.regex((await join(lab, lost)) as string, /is a member already/)
  const back = await joined(lab, lost, { replace: true })
  await until(back, 'it votes again', () => standing(back, lost) === 'voter')
  t.is(back.members().find(({ name }) => name === lost)!.id, 4)
  t.true(back.tables.users.has('alice@pbx.test'))
  for (const name of lab.nodes.keys()) if (name !== lost && name !== leader.node) await lab.stop(name)
  await agreed(back, user('bob'))
})

test('a node that moves is found again, though nobody else was told', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  await until(leader, 'there are founders', () => leader.tables.members !== null)
  const moving = [...lab.nodes.keys()].find((name) => name !== leader.node)!
  await lab.stop(moving)
  const listen = `127.0.0.1:${await freePort()}`
  const moved = await lab.start(moving, { listen })
  const there = (node: Cluster) => node.tables.members?.all.find(({ name }) => name === moving)?.address === listen
  for (const node of lab.nodes.values()) await until(node, 'the new address is agreed on', () => there(node))
  const third = [...lab.nodes.keys()].find((name) => name !== leader.node && name !== moving)!
  await lab.stop(third)
  t.is((await agreed(moved, user('alice'))).result.kind, 'done')
})

test('what would cost the majority is refused', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  await until(leader, 'there are founders', () => leader.tables.members !== null)
  const [one, other] = [...lab.nodes.keys()].filter((name) => name !== leader.node)
  await lab.stop(one!)
  await until(leader, 'it is out of reach', () => !leader.status().connected.includes(one!))
  const outcome = await leader.changeMembers({ kind: 'remove', node: other! }, 1000)
  t.regex(outcome.kind === 'late' ? outcome.why : outcome.kind, /without n\d there would be no majority/)
  t.is(await leader.changeMembers({ kind: 'remove', node: 'n9' }).then(({ kind }) => kind), 'unknown node')
})

test('whoever was away while all others were replaced finds the new ones', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  await until(leader, 'there are founders', () => leader.tables.members !== null)
  const away = [...lab.nodes.keys()].find((name) => name !== leader.node)!
  await applied(lab.nodes.values(), leader.status().last)
  await lab.stop(away)
  const fourth = await joined(lab, 'n4')
  await until(fourth, 'it votes', () => standing(fourth, 'n4') === 'voter')
  const fifth = await joined(lab, 'n5')
  await until(fifth, 'it votes', () => standing(fifth, 'n5') === 'voter')
  for (const name of ['n1', 'n2', 'n3'].filter((name) => name !== away)) {
    t.is(typeof (await change(lab, { kind: 'remove', node: name })), 'object', name)
    await lab.stop(name)
  }
  const { index } = await agreed(fourth, user('alice'))
  const back = await lab.start(away)
  await applied([back], index)
  await until(back, 'it knows who votes', () => voters(back).join() === [away, 'n4', 'n5'].join())
  t.true(back.tables.users.has('alice@pbx.test'))
})

test('a lost directory is refused also where its configuration names nodes that left long ago', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  await until(leader, 'there are founders', () => leader.tables.members !== null)
  const fourth = await joined(lab, 'n4')
  await until(fourth, 'it votes', () => standing(fourth, 'n4') === 'voter')
  for (const name of ['n2', 'n3']) {
    t.is(typeof (await change(lab, { kind: 'remove', node: name })), 'object', name)
    await lab.stop(name)
  }
  await lab.stop('n1')
  await rm(lab.dir('n1'), { recursive: true })
  const ended = Promise.withResolvers<string>()
  await lab.start('n1', { onFatal: (error) => ended.resolve(error.message) })
  t.regex(await ended.promise, /the data directory of n1 is not the one that is a member of the cluster.*--replace/)
})

test('whoever joins gets a snapshot that has it among the members, though the one there is was older', async (t) => {
  const lab = await newLab(1, { snapshotEvery: 100, keepEntries: 10 })
  t.teardown(lab.end)
  const first = await lab.start('n1')
  let last = 0
  // The entries from the beginning are gone, and the snapshot in their place is of a time without the new node.
  for (let i = 0; i < 150; i++) last = (await agreed(first, user(`early${i}`))).index
  const second = await joined(lab, 'n2')
  await applied([second], last)
  await until(second, 'it votes', () => standing(second, 'n2') === 'voter')
  t.is(second.tables.users.size, 150)
})

test('who comes gets a snapshot that was taken after it came; and whoever starts from one knows all members', async (t) => {
  const lab = await newLab(1, { snapshotEvery: 20, keepEntries: 1 })
  t.teardown(lab.end)
  const first = await lab.start('n1')
  for (let i = 0; i < 30; i++) await agreed(first, user(`early${i}`))
  const second = await joined(lab, 'n2', { vote: false })
  await applied([first, second], first.status().last)
  for (let i = 0; i < 30; i++) await agreed(first, user(`late${i}`))
  await lab.stop('n1')
  const again = await lab.start('n1')
  const { index } = await agreed(again, user('last'))
  await applied([again, second], index)
  t.is(standing(again, 'n2'), 'learner')
})

test('who lost its directory is sent away by one member alone, when the others are away', async (t) => {
  const lab = await running(t, 3)
  const leader = await leaderOf(lab.nodes.values())
  await until(leader, 'there are founders', () => leader.tables.members !== null)
  await applied(lab.nodes.values(), leader.status().last)
  const [lost, away] = [...lab.nodes.keys()].filter((name) => name !== leader.node)
  await lab.stop(lost!)
  await lab.stop(away!)
  await rm(lab.dir(lost!), { recursive: true })
  const ended = Promise.withResolvers<string>()
  await lab.start(lost!, { onFatal: (error) => ended.resolve(error.message) })
  const bound = setTimeout(() => ended.resolve('it waits in vain'), 20_000)
  t.teardown(() => clearTimeout(bound))
  t.regex(await ended.promise, /is not the one that is a member of the cluster/)
})

test('a lone founder that lost its directory begins no cluster of its own beside the one that grew from it', async (t) => {
  const lab = await running(t, 1)
  const second = await joined(lab, 'n2')
  await until(second, 'it votes', () => standing(second, 'n2') === 'voter')
  const third = await joined(lab, 'n3')
  await until(third, 'it votes', () => standing(third, 'n3') === 'voter')
  await lab.stop('n1')
  await rm(lab.dir('n1'), { recursive: true })
  const ended = Promise.withResolvers<string>()
  await lab.start('n1', { onFatal: (error) => ended.resolve(error.message) })
  t.regex(await ended.promise, /the data directory of n1 is not the one that is a member of the cluster.*--replace/)
  await agreed(third, user('alice'))
})
