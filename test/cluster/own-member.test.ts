/**
 * The file `member` on real files, with a real log beside it: whatever becomes of it, a node is who its log says it is, or says why it is
 * not started.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { realDisk } from '../../cluster/log/disk.ts'
import {
  checkedText,
  MEMBER,
  type MemberFile,
  parseChecked,
  readMember,
  writeMember,
} from '../../cluster/log/member.ts'
import { openLog } from '../../cluster/log/open.ts'
import { openOwnLog } from '../../cluster/opening.ts'
import { LIMITS } from '../../cluster/options.ts'
import { keepOwnMember, type OwnMemberOptions, ownMember } from '../../cluster/own-member.ts'
import { keyId } from '../../cluster/seal.ts'
import { realWorld } from '../../cluster/world.ts'
import { QUIET } from './nodes.ts'

const FILE: MemberFile = {
  cluster: 'c',
  id: 4,
  node: 'n4',
  directory: 'd'.repeat(32),
  founders: [1, 2, 3],
  members: [1, 2, 3, 4].map((id) => ({ id, name: `n${id}`, address: `n${id}:1` })),
  lineage: null,
}

async function newDir(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-member-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const whose = (dataDir: string, more: Partial<OwnMemberOptions> = {}): OwnMemberOptions => ({
  dataDir,
  node: 'n4',
  nodes: [],
  address: 'n4:1',
  cluster: 'c',
  randomBytes: (count) => randomBytes(count),
  ...more,
})

/** As a start does it; who the node is then, or why it does not start. */
async function started(dataDir: string, more: Partial<OwnMemberOptions> = {}): Promise<string> {
  const options = whose(dataDir, more)
  try {
    const own = await ownMember(realDisk, options)
    const log = await openLog({ dir: dataDir, identity: own.expected, keep: 10, onFatal: () => {} })
    try {
      await keepOwnMember(realDisk, options, own, log.identity)
      const { id, node, directory, members } = log.identity
      return `${id} ${node} ${directory} ${members.join()}`
    } finally {
      await log.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}

const WHO = `4 n4 ${'d'.repeat(32)} 1,2,3`

/** A directory that was started once, with the file. */
async function running(t: ExecutionContext): Promise<string> {
  const dir = await newDir(t)
  await writeMember(realDisk, dir, FILE)
  t.is(await started(dir), WHO)
  return dir
}

test('one bit that flips, or a byte that is missing, makes it no file', (t) => {
  const bytes = Buffer.from(checkedText(FILE))
  t.deepEqual(parseChecked(bytes.toString()), FILE)
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[at]! ^= 1 << bit
      const read = parseChecked(flipped.toString())
      // The line’s end at the end says nothing.
      if (read) t.deepEqual(read, FILE, `${at} ${bit}`)
    }
    const cut = parseChecked(bytes.subarray(0, at).toString())
    if (cut) t.deepEqual(cut, FILE, `cut at ${at}`)
  }
})

test('a file that is damaged, cut or gone: the log says who it is, and the file is written again', async (t) => {
  const dir = await running(t)
  const file = path.join(dir, MEMBER)
  const text = await readFile(file)
  const faults = [
    () => rm(file),
    () => truncate(file, 0),
    () => truncate(file, text.length >> 1),
    () => writeFile(file, text.toString().replace('"id":4', '"id":3')),
  ]
  for (const fault of faults) {
    await fault()
    t.is(await readMember(realDisk, dir), null)
    t.is(await started(dir), WHO)
    t.like(await readMember(realDisk, dir), { id: 4, directory: FILE.directory })
  }
})

test('a founder that was replaced is who its log says it is, also without the file, whatever it was configured as', async (t) => {
  const dir = await newDir(t)
  const nodes = FILE.members.slice(0, 3)
  await writeMember(realDisk, dir, { ...FILE, node: 'n1' })
  const who = await started(dir, { node: 'n1', nodes })
  t.regex(who, /^4 n1 d+ 1,2,3$/)
  await truncate(path.join(dir, MEMBER), 10)
  t.is(await started(dir, { node: 'n1', nodes }), who)
  t.like(await readMember(realDisk, dir), { id: 4, directory: FILE.directory })
  // A founder that is none of the later ones has the id that it is configured with.
  const other = await newDir(t)
  t.regex(await started(other, { node: 'n1', nodes }), /^1 n1/)
  await rm(path.join(other, MEMBER))
  const swapped = nodes.map((one) => ({ ...one, id: one.id === 1 ? 2 : one.id === 2 ? 1 : one.id }))
  t.regex(await started(other, { node: 'n1', nodes: swapped }), /belongs to node n1 \(id 1\), this is n1 \(id 2\)/)
})

test('nobody is looked for where a founder was before it was replaced: that is this node', async (t) => {
  const dir = await newDir(t)
  const key = randomBytes(32)
  const nodes = FILE.members.slice(0, 3)
  const members = [...nodes.slice(1), { id: 4, name: 'n1', address: 'n1:1' }]
  await writeMember(realDisk, dir, { ...FILE, node: 'n1', cluster: keyId(key), members })
  const options = {
    ...{ node: 'n1', incarnation: 'a', nodes, listen: 'n1:1', address: 'n1:1', dataDir: dir, key, tls: null },
    ...{ tickMs: 100, snapshotEvery: 1000, keepEntries: 10, nodeDownMs: 1000, limits: LIMITS },
  }
  const acquainted = async () => {
    const { log, own } = await openOwnLog(options, realWorld, QUIET, () => {})
    await log.close()
    return own.acquainted.map(({ id, name }) => `${id} ${name}`)
  }
  t.deepEqual(await acquainted(), ['2 n2', '3 n3', '4 n1'])
  await rm(path.join(dir, MEMBER))
  t.deepEqual(await acquainted(), ['4 n1', '2 n2', '3 n3'])
  t.deepEqual(
    (await readMember(realDisk, dir))?.members.map(({ id }) => id),
    [4, 2, 3],
  )
})

test('an older copy of it changes nothing but how the others are looked for', async (t) => {
  const dir = await running(t)
  await writeMember(realDisk, dir, { ...FILE, members: FILE.members.slice(0, 2) })
  t.is(await started(dir), WHO)
})

test('one of another directory, or of another node, is not believed over the log: the node does not start', async (t) => {
  const dir = await running(t)
  await writeMember(realDisk, dir, { ...FILE, directory: 'e'.repeat(32) })
  t.regex(await started(dir), /is of another directory than the log beside it/)
  await writeMember(realDisk, dir, { ...FILE, id: 5 })
  t.regex(await started(dir), /belongs to node n4 \(id 4\)/)
  await writeMember(realDisk, dir, { ...FILE, node: 'n5' })
  t.regex(await started(dir), /belongs to node n5/)
  await writeMember(realDisk, dir, { ...FILE, cluster: 'other' })
  t.regex(await started(dir), /belongs to the cluster with key other/)
})

test('without a file, a log or a configuration nobody knows whose it is', async (t) => {
  t.regex(await started(await newDir(t)), /no longer says whose it is/)
  t.regex(await started(await newDir(t), { nodes: FILE.members.slice(0, 3) }), /not among the nodes of the cluster/)
})

test('a configured node draws a directory of its own, once', async (t) => {
  const dir = await newDir(t)
  const nodes = FILE.members.slice(0, 3)
  const first = await started(dir, { node: 'n1', nodes })
  t.regex(first, /^1 n1 [0-9a-f]{32} 1,2,3$/)
  t.is(await started(dir, { node: 'n1', nodes }), first)
  t.not(await started(await newDir(t), { node: 'n1', nodes }), first)
})

test('a file that cannot be read is told with what to do', async (t) => {
  const dir = await newDir(t)
  await mkdir(path.join(dir, MEMBER))
  t.regex(await started(dir), /^cannot open .*: EISDIR.*; see that the disk works/)
})
