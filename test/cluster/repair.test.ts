import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ava, { type ExecutionContext } from 'ava'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { ClusterOptions } from '../../cluster/replica.ts'
import { agreed, applied, type Lab, leaderOf, newLab, QUIET, until, user } from './nodes.ts'

// One cluster at a time: an election needs the processor too.
const test = ava.serial

/** Small enough that a few commands make snapshots and let go of entries. */
const SMALL = { snapshotEvery: 20, keepEntries: 10 }
const NAMES = ['n1', 'n2', 'n3']

/** Three nodes that agreed on users and were stopped and started, so that there are tables, a snapshot and a log. */
async function threeThatRan(t: ExecutionContext, common: Partial<ClusterOptions> = {}): Promise<Lab> {
  const lab = await newLab(3, { ...SMALL, ...common })
  t.teardown(lab.end)
  for (let life = 0; life < 3; life++) {
    await Promise.all(NAMES.map((name) => lab.start(name)))
    await addUsers(lab, `life${life}-`, 30)
    await Promise.all(NAMES.map((name) => lab.stop(name)))
  }
  return lab
}

/** Adds that many users through whichever node, all at once; the index of the last. */
async function addUsers(lab: Lab, prefix: string, count: number): Promise<number> {
  const nodes = [...lab.nodes.values()]
  const commands = Array.from({ length: count }, (_, i) => user(`${prefix}${i}`))
  const answers = await Promise.all(commands.map((command, i) => agreed(nodes[i % nodes.length]!, command)))
  return Math.max(...answers.map(({ index }) => index))
}

async function fileOf(dir: string, pattern: RegExp): Promise<string> {
  const names = (await readdir(path.join(dir, 'log'))).filter((name) => pattern.test(name)).sort()
  const name = names.at(-1)
  if (!name) throw new Error(`no ${pattern} in ${dir}`)
  return path.join(dir, 'log', name)
}

async function flip(file: string, part: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[Math.floor(bytes.length * part)]! ^= 8
  await writeFile(file, bytes)
}

type Damage = (dir: string) => Promise<void>

const WAYS: Record<string, Damage> = {
  'a bit of the write-ahead log': async (dir) => await flip(await fileOf(dir, /\.log$/), 0.3),
  'a bit of a table': async (dir) => await flip(await fileOf(dir, /\.ldb$/), 0.5),
  'a write-ahead log that is gone': async (dir) => await rm(await fileOf(dir, /\.log$/)),
  'a manifest that is gone': async (dir) => await rm(await fileOf(dir, /^MANIFEST/)),
  'a database that is gone': async (dir) => await rm(path.join(dir, 'log'), { recursive: true }),
  'a frontier that is gone': async (dir) => await rm(path.join(dir, 'frontier')),
  'a frontier that is cut': async (dir) => await truncate(path.join(dir, 'frontier'), 3),
}

/** Collects what a node says. */
function listening(): { log: Logger; said: string[]; heard: (pattern: RegExp) => boolean } {
  const said: string[] = []
  const say = (_: object, line: string) => void said.push(line)
  return {
    log: { ...QUIET, info: say, warn: say, error: say },
    said,
    heard: (pattern) => said.some((line) => pattern.test(line)),
  }
}

for (const [what, damage] of Object.entries(WAYS)) {
  test(`${what}: the node says so, repairs itself, and is as the others`, async (t) => {
    const lab = await threeThatRan(t)
    await damage(lab.dir('n2'))
    await Promise.all(['n1', 'n3'].map((name) => lab.start(name)))
    const before = await addUsers(lab, 'without-', 5)
    const { log, heard } = listening()
    const node = await lab.start('n2', { log })
    t.true(heard(/does not vote and repairs itself from its peers\. What was there is kept in .*damaged-1/))
    t.truthy(node.status().repair)
    t.deepEqual(await readdir(path.join(lab.dir('n2'), 'damaged-1')).then((names) => names.length > 0), true)
    await until(node, 'it is repaired', () => node.status().repair === null)
    t.true(heard(/this node is repaired and votes again/))
    const index = await addUsers(lab, 'after-', 5)
    t.true(index > before)
    const states = await applied(lab.nodes.values(), index)
    t.is(new Set(states.map(({ hash }) => hash)).size, 1)
    t.is(node.tables.users.size, 100, 'nothing acknowledged is lost')
    // It counts again: with the leader gone there is one.
    const leader = await leaderOf(lab.nodes.values())
    await lab.stop(leader.node)
    await agreed([...lab.nodes.values()][0]!, user('last'))
  })
}

test('until it is repaired it neither votes nor stands, and a crash changes nothing of that', async (t) => {
  const lab = await threeThatRan(t)
  await flip(await fileOf(lab.dir('n2'), /\.ldb$/), 0.5)
  for (let life = 0; life < 3; life++) {
    const node = await lab.start('n2')
    t.truthy(node.status().repair)
    await lab.stop('n2')
  }
  t.deepEqual(await asides(lab.dir('n2')), ['damaged-1'], 'an empty directory that is sound is not set aside')
  // The other knows all that was agreed, and waits in vain for the vote of this one.
  const { log, heard } = listening()
  await lab.start('n1', { log })
  const node = await lab.start('n2')
  const answer = await lab.nodes.get('n1')!.propose(user('nobody'), 3000)
  t.is(answer.kind, 'no quorum')
  t.true(heard(/candidate in term/))
  t.is(node.status().role, 'follower')
  await lab.start('n3')
  await until(node, 'it is repaired', () => node.status().repair === null)
  await until(node, 'it has loaded all', () => node.tables.users.size === 90)
})

test('a node whose repair comes in a snapshot that has all votes again', async (t) => {
  // Each entry makes a snapshot, and none stays behind it.
  const lab = await threeThatRan(t, { snapshotEvery: 1, keepEntries: 0 })
  await flip(await fileOf(lab.dir('n2'), /\.ldb$|\.log$/), 0.5)
  const { log, heard } = listening()
  await Promise.all(['n1', 'n3'].map((name) => lab.start(name)))
  const leader = await leaderOf(lab.nodes.values())
  await agreed(leader, user('last'))
  await applied(lab.nodes.values(), leader.status().last)
  const node = await lab.start('n2', { log })
  t.truthy(node.status().repair)
  await until(node, 'it is repaired', () => node.status().repair === null)
  t.true(heard(/the leader's snapshot at entry \d+ is installed/))
  await until(node, 'it has loaded all', () => node.tables.users.size === 91)
})

test('two damaged of three: no new cluster is founded, and they say what is missing', async (t) => {
  const lab = await threeThatRan(t)
  await flip(await fileOf(lab.dir('n2'), /\.ldb$/), 0.5)
  await rm(path.join(lab.dir('n3'), 'frontier'))
  const { log, heard } = listening()
  const two = await Promise.all(['n2', 'n3'].map((name) => lab.start(name, { log })))
  await until(two[0]!, 'they have met', () => two[0]!.status().connected.length === 1)
  t.is((await two[0]!.propose(user('anew'), 3000)).kind, 'no quorum', 'not among themselves')
  await lab.start('n1')
  t.is((await lab.nodes.get('n1')!.propose(user('anew'), 3000)).kind, 'no quorum', 'nor with the one that remembers')
  t.true(heard(/no majority knows what was agreed: there is no quorum until/))
  for (const node of two) {
    t.is(node.status().term, 0)
    t.truthy(node.status().repair)
  }
  t.is(lab.nodes.get('n1')!.tables.users.size > 0, true, 'what it knows can still be read')
})

test('a node alone has no peers to repair itself from, and does not start', async (t) => {
  const lab = await newLab(1, SMALL)
  t.teardown(lab.end)
  const alone = await lab.start('n1')
  await agreed(alone, user('alice'))
  await lab.stop('n1')
  await rm(path.join(lab.dir('n1'), 'frontier'))
  await t.throwsAsync(lab.start('n1'), { message: /frontier is missing\. .*it does not start: restore a snapshot/ })
  t.deepEqual(await asides(lab.dir('n1')), [])
})

test('damage again and again: what a repair began with stays, at most one more does', async (t) => {
  const lab = await threeThatRan(t)
  const dir = lab.dir('n2')
  for (let i = 0; i < 5; i++) {
    await rm(path.join(dir, 'frontier'))
    await lab.start('n2')
    await lab.stop('n2')
  }
  const [first, ...more] = await asides(dir)
  t.is(first, 'damaged-1')
  t.true(more.length <= 1, String(more))
  t.truthy(await fileOf(path.join(dir, 'damaged-1'), /\.ldb$/))
})

test('the leader tells a node that its directory is an older copy; it stops, and the next start repairs it', async (t) => {
  const lab = await threeThatRan(t)
  const copy = path.join(lab.dir('n2'), '..', 'copy')
  await cp(lab.dir('n2'), copy, { recursive: true })
  await Promise.all(NAMES.map((name) => lab.start(name)))
  // It must be a follower: what it acknowledged is what the leader knows.
  const leader = await leadOther(lab, 'n2')
  await addUsers(lab, 'more-', 5)
  await applied(lab.nodes.values(), leader.status().last)
  await lab.stop('n2')
  await rm(lab.dir('n2'), { recursive: true })
  await cp(copy, lab.dir('n2'), { recursive: true })
  const failed = new Promise<Error>((resolve) => void lab.start('n2', { onFatal: resolve }))
  t.regex(
    (await failed).message,
    /has this node’s word for entry \d+: the directory is an older copy\. .*start it again/,
  )
  await lab.stop('n2')
  const node = await lab.start('n2')
  t.regex(node.status().repair ?? '', /an older copy/)
  await until(node, 'it is repaired', () => node.status().repair === null)
  const states = await applied(lab.nodes.values(), leader.status().last)
  t.is(new Set(states.map(({ hash }) => hash)).size, 1)
})

async function asides(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.startsWith('damaged')).sort()
}

/** The leader, once it is not that one. */
async function leadOther(lab: Lab, name: string): Promise<Cluster> {
  for (;;) {
    const leader = await leaderOf(lab.nodes.values())
    if (leader.node !== name) return leader
    await lab.stop(name)
    await leaderOf(lab.nodes.values())
    await lab.start(name)
  }
}
