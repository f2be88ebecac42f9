/** A saved snapshot is whole or refused, and a cluster that is restored from one has its tables and nothing of the old one's nodes. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Cluster } from '../../cluster/cluster.ts'
import { encodeProposal } from '../../cluster/codec.ts'
import { openLog } from '../../cluster/log/open.ts'
import { message } from '../../cluster/raft/message.ts'
import { LOCAL_APPEND } from '../../cluster/raft/types.ts'
import { restore } from '../../cluster/restore.ts'
import { salvage } from '../../cluster/salvage.ts'
import { readSaved, type Saved } from '../../cluster/saved.ts'
import { keyId } from '../../cluster/seal.ts'
import { agreed, applied, type Lab, leaderOf, newLab, QUIET, register, until, user } from './nodes.ts'

async function savedBy(node: Cluster): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of node.save({ program: 'test', current: true }).bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** In pieces that fit no line. */
async function* cut(bytes: Buffer, size = 7): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (bytes: Buffer): Promise<Saved> => readSaved('file', cut(bytes, 1000))

async function three(t: ExecutionContext): Promise<{ lab: Lab; nodes: Cluster[]; leader: Cluster }> {
  const lab = await newLab(3)
  t.teardown(() => lab.end())
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  const leader = await leaderOf(nodes)
  return { lab, nodes, leader }
}

async function restored(lab: Lab, saved: Saved, name: string, lineage = 'again'): Promise<void> {
  const nodes = [1, 2, 3].map((id) => ({ id, name: `n${id}`, address: lab.address(`n${id}`) }))
  const node = nodes.some((one) => one.name === name) ? name : 'n1'
  await restore(saved, { dir: lab.dir(name), node, nodes, key: lab.key, lineage })
}

test('a file says what it is, and any byte that changes or is missing is seen', async (t) => {
  const { leader } = await three(t)
  for (const name of ['alice', 'bob']) {
    await agreed(leader, user(name))
    await agreed(leader, register(name, 1))
  }
  await agreed(leader, { type: 'ban', source: '192.0.2.1', reason: '', by: 'operator', seconds: 60 })
  const bytes = await savedBy(leader)
  const saved = await readSaved('file', cut(bytes))
  t.like(saved.head, { lineage: '', node: leader.node, current: true })
  t.like(saved.head.rows, { users: 2, registrations: 2, bindings: 2, calls: 0, bans: 1 })
  t.true(saved.head.index > 0 && saved.head.term > 0)
  t.is(saved.bytes, bytes.length)
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1 << (at % 8)
    await t.throwsAsync(read(flipped), undefined, `byte ${at}`)
    await t.throwsAsync(read(bytes.subarray(0, at)), undefined, `cut at ${at}`)
  }
  await t.throwsAsync(read(Buffer.concat([bytes, bytes])))
  await t.throwsAsync(read(Buffer.from('{}\n{}\n')), { message: /no snapshot that raftel/ })
})

test('a restored cluster has users and registrations, no calls and no nodes of before, and goes on', async (t) => {
  const { lab, leader } = await three(t)
  for (const name of ['alice', 'bob']) await agreed(leader, user(name))
  await agreed(leader, register('alice', 1))
  const saved = await read(await savedBy(leader))
  await agreed(leader, user('later'))
  for (const name of ['n1', 'n2', 'n3']) {
    await lab.stop(name)
    await rename(lab.dir(name), `${lab.dir(name)}-old`)
    await restored(lab, saved, name)
  }
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  const again = await leaderOf(nodes)
  t.true(again.status().term > saved.head.term)
  const { index } = await agreed(again, user('carol'))
  const states = await applied(nodes, index)
  t.is(new Set(states.map(({ hash }) => hash)).size, 1)
  for (const { tables } of nodes) {
    t.deepEqual([...tables.users.keys()].sort(), ['alice@pbx.test', 'bob@pbx.test', 'carol@pbx.test'])
    t.deepEqual([...tables.registrations.keys()], ['alice@pbx.test'])
    t.is(tables.calls.size, 0)
  }
  const second = again.save({ program: 'test', current: true })
  t.is(second.head.lineage, 'again')
})

test('an old directory is refused by a restored cluster; an empty one is filled and belongs to it from then on', async (t) => {
  const { lab, leader } = await three(t)
  await agreed(leader, user('alice'))
  const saved = await read(await savedBy(leader))
  await agreed(leader, user('later'))
  for (const name of ['n1', 'n2', 'n3']) await lab.stop(name)
  for (const name of ['n1', 'n2']) {
    await rename(lab.dir(name), `${lab.dir(name)}-old`)
    await restored(lab, saved, name)
  }
  // It has more entries than the others, and would win every election if it were let in.
  const said: string[] = []
  const log = { ...QUIET, warn: (_: object, text: string) => void said.push(text) }
  const old = await lab.start('n3', { log })
  const nodes = await Promise.all(['n1', 'n2'].map((name) => lab.start(name, { log })))
  const again = await leaderOf(nodes)
  await agreed(again, user('bob'))
  await until(again, 'the old one was heard and refused', () =>
    said.some((text) => /restored cluster again/.test(text)),
  )
  t.true(said.some((text) => /restore all nodes from the same file/.test(text)))
  t.deepEqual(old.status().connected, [])
  t.false(again.tables.users.has('later@pbx.test'))
  t.true(old.status().last > saved.head.index)
  await lab.stop('n3')
  await rename(lab.dir('n3'), `${lab.dir('n3')}-old`)

  const fresh = await lab.start('n3')
  await until(fresh, 'it has caught up', () => fresh.tables.users.has('bob@pbx.test'))
  t.is(fresh.save({ program: 'test', current: true }).head.lineage, 'again')
  await lab.stop('n3')
  const back = await lab.start('n3')
  const { index } = await agreed(again, user('carol'))
  const states = await applied([...nodes, back], index)
  t.is(new Set(states.map(({ hash }) => hash)).size, 1)
  t.is(back.save({ program: 'test', current: true }).head.lineage, 'again')
})

test('a directory with something in it is left alone, an empty one is filled', async (t) => {
  const { lab, leader } = await three(t)
  await agreed(leader, user('alice'))
  const saved = await read(await savedBy(leader))
  await lab.stop('n2')
  const before = await readdir(lab.dir('n2'))
  await t.throwsAsync(restored(lab, saved, 'n2'), { message: /n2 is not empty: move it away first/ })
  t.deepEqual(await readdir(lab.dir('n2')), before)
  await mkdir(path.join(lab.dir('n9'), 'restoring', 'log'), { recursive: true })
  await restored(lab, saved, 'n9')
  t.deepEqual((await readdir(lab.dir('n9'))).sort(), ['frontier', 'log', 'member'])
})

test('with two of three lost, all that the third has comes back, and it goes on alone', async (t) => {
  const { lab, nodes, leader } = await three(t)
  await agreed(leader, user('alice'))
  const { index } = await agreed(leader, register('alice', 1))
  await applied(nodes, index)
  const name = leader.node
  for (const node of nodes) await lab.stop(node.node)
  const id = Number(name.slice(1))
  const what = { dir: lab.dir(name), id, node: name, founders: [1, 2, 3], key: lab.key, program: 'test', time: 1 }
  const { head, bytes } = await salvage(what)
  t.is(head.current, false)
  const pieces: Buffer[] = []
  for await (const piece of bytes) pieces.push(piece)
  const saved = await read(Buffer.concat(pieces))
  t.like(saved.head.rows, { users: 1, registrations: 1 })
  await t.throwsAsync(salvage({ ...what, key: Buffer.alloc(32) }), { message: /belongs to the cluster with key/ })

  await rename(lab.dir(name), `${lab.dir(name)}-old`)
  const founders = [{ id, name, address: lab.address(name) }]
  await restore(saved, { dir: lab.dir(name), node: name, nodes: founders, key: lab.key, lineage: 'alone' })
  const alone = await lab.start(name, { nodes: founders })
  await until(alone, 'it leads', () => alone.status().role === 'leader')
  await agreed(alone, user('carol'))
  t.deepEqual([...alone.tables.users.keys()].sort(), ['alice@pbx.test', 'carol@pbx.test'])
})

test('a restore that was interrupted between its last steps leaves a node that is repaired by the others', async (t) => {
  const { lab, leader } = await three(t)
  await agreed(leader, user('alice'))
  const saved = await read(await savedBy(leader))
  for (const name of ['n1', 'n2', 'n3']) {
    await lab.stop(name)
    await rename(lab.dir(name), `${lab.dir(name)}-old`)
    await restored(lab, saved, name)
  }
  await rename(path.join(lab.dir('n3'), 'log'), path.join(lab.dir('n3-old'), 'not-moved-yet'))
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  const n3 = nodes[2]!
  t.truthy(n3.status().repair)
  const again = await leaderOf(nodes)
  const { index } = await agreed(again, user('bob'))
  await until(n3, 'it is repaired', () => n3.status().repair === null)
  const states = await applied(nodes, index)
  t.is(new Set(states.map(({ hash }) => hash)).size, 1)
  t.is(n3.save({ program: 'test', current: true }).head.lineage, 'again')
})

/** What salvage is told of a directory of n1, as member `id`, that has these users; only the first is known to be agreed. */
async function left(t: ExecutionContext, id: number, users: readonly string[]) {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-salvage-'))
  t.teardown(() => rm(dir, { recursive: true }))
  const key = randomBytes(32)
  const [node, founders] = ['n1', [1, 2, 3]]
  const identity = { version: 1, cluster: keyId(key), id, node, members: founders } as const
  const log = await openLog({ dir, identity, keep: 0, onFatal: (error) => t.fail(error.message) })
  const entries = users.map((name, i) => {
    const data = encodeProposal({ node, incarnation: 'a', seq: i + 1, floor: i + 1 }, user(name))
    return { term: 2, index: i + 1, type: 'normal' as const, data }
  })
  const append = message('storage-append', LOCAL_APPEND, { term: 2, commit: 1, entries })
  await new Promise<void>((done) => log.append(append, done))
  await log.close()
  return { dir, id, node, founders, key, program: 'test', time: 1 }
}

test('what a survivor does not know to be agreed is taken too, and counted', async (t) => {
  const { head, unsure } = await salvage(await left(t, 1, ['alice', 'bob', 'carol']))
  t.is(unsure, 2)
  t.like(head, { index: 3, term: 2, current: false, rows: { users: 3 } })
})

test('of a founder that was replaced, whose file is gone, all comes back whatever id it is configured with', async (t) => {
  const configured = { ...(await left(t, 4, ['alice'])), id: 1 }
  await t.throwsAsync(salvage(configured), { message: /belongs to node n1 \(id 4\)/ })
  const { head } = await salvage({ ...configured, isOfFounding: true })
  t.like(head, { index: 1, rows: { users: 1 } })
})
