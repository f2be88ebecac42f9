/** A data directory becomes one of a cluster in steps; after each of them the whole may be said again. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Disk, realDisk } from '../../cluster/log/disk.ts'
import { checkedText, type MemberFile, parseChecked } from '../../cluster/log/member.ts'
import { beginJoin, endJoin, init, lookAt, type Own } from '../../node/enrolment.ts'

function ownIn(t: ExecutionContext): Own {
  const root = mkdtempSync(path.join(tmpdir(), 'raftel-enrolment-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  return { dir: path.join(root, 'data'), cluster: 'aabbccddeeff', node: 'n4', address: '127.0.0.1:7074' }
}

const JOINED = {
  id: 4,
  founders: [1, 2, 3],
  members: [1, 2, 3, 4].map((id) => ({ id, name: `n${id}`, address: `127.0.0.1:707${id}` })),
  lineage: 'again',
}

test('a new cluster begins with a directory of one founder, and said twice it is the same one', async (t) => {
  const own = ownIn(t)
  const made = await init(own)
  if (made.kind !== 'made') return t.fail(made.kind)
  t.like(made.member, { id: 1, node: 'n4', founders: [1], cluster: own.cluster })
  t.regex(made.member.directory, /^[0-9a-f]{32}$/)
  const again = await init(own)
  t.like(again, { kind: 'is made already', member: made.member })
  t.deepEqual(readdirSync(own.dir), ['member'])

  const other = await init({ ...own, node: 'n5' })
  t.regex(other.kind === 'refused' ? other.why : '', /belongs to n4, a founder of a cluster \(id 1/)
  mkdirSync(path.join(own.dir, 'log'))
  const started = await init(own)
  t.regex(started.kind === 'refused' ? started.why : '', /start its node, or move the directory away/)
})

test('a directory that has anything is not made one of a cluster', async (t) => {
  const own = ownIn(t)
  mkdirSync(path.join(own.dir, 'log'), { recursive: true })
  writeFileSync(path.join(own.dir, 'frontier'), '')
  for (const outcome of [await init(own), await beginJoin(own)])
    t.regex(outcome.kind === 'refused' ? outcome.why : outcome.kind, /\(frontier, log\): move it away/)
  t.deepEqual(readdirSync(own.dir).sort(), ['frontier', 'log'])

  const founder = ownIn(t)
  await init(founder)
  const founded = await beginJoin(founder)
  t.regex(founded.kind === 'refused' ? founded.why : founded.kind, /a founder of a cluster/)
  const joining = ownIn(t)
  await beginJoin(joining)
  const half = await init(joining)
  t.regex(half.kind === 'refused' ? half.why : half.kind, /about to join a running cluster/)
})

test('whoever joins asks for one identity until it has it, wherever it was interrupted', async (t) => {
  const own = ownIn(t)
  const first = await beginJoin(own)
  if (first.kind !== 'ask') return t.fail(first.kind)
  const { directory } = first
  t.deepEqual(await lookAt(own.dir), { kind: 'joining', joining: { cluster: own.cluster, node: own.node, directory } })
  t.deepEqual(await beginJoin(own), { kind: 'ask', directory })
  const renamed = await beginJoin({ ...own, node: 'n5' })
  t.regex(renamed.kind === 'refused' ? renamed.why : '', /about to join as n4/)

  // The file that says whose it is was written, and the other not removed yet.
  const between: Pick<Disk, 'files' | 'exists' | 'makeDirectory'> = {
    ...realDisk,
    files: { ...realDisk.files!, remove: () => Promise.reject(new Error('killed')) },
  }
  await t.throwsAsync(endJoin(own, directory, JOINED, between), { message: 'killed' })
  t.deepEqual(readdirSync(own.dir).sort(), ['joining', 'member'])
  const again = await beginJoin(own)
  t.like(again, { kind: 'joined already', member: { id: 4, directory, founders: [1, 2, 3], lineage: 'again' } })
  t.deepEqual(readdirSync(own.dir), ['member'])
})

test('what an interrupted write leaves is nothing, and what is damaged is never believed', async (t) => {
  const own = ownIn(t)
  mkdirSync(own.dir)
  writeFileSync(path.join(own.dir, 'joining.new'), '{"version":1')
  t.deepEqual(await lookAt(own.dir), { kind: 'nothing' })
  const begun = await beginJoin(own)
  if (begun.kind !== 'ask') return t.fail(begun.kind)
  const file = path.join(own.dir, 'joining')
  const text = readFileSync(file, 'utf8')
  t.is(text, checkedText({ cluster: own.cluster, node: own.node, directory: begun.directory }))
  for (let at = 0; at < text.length - 1; at++) t.is(parseChecked(text.slice(0, at)), null, `cut at ${at}`)
  writeFileSync(file, text.replace(begun.directory.slice(0, 4), 'zzzz'))
  t.deepEqual(await lookAt(own.dir), { kind: 'nothing' })

  const member = checkedText({ ...JOINED, cluster: own.cluster, node: own.node, directory: begun.directory })
  t.is(parseChecked<MemberFile>(member)?.id, 4)
  writeFileSync(path.join(own.dir, 'member'), member.replace('"id":4', '"id":5'))
  t.deepEqual(await lookAt(own.dir), { kind: 'other', names: ['member'] })
})
