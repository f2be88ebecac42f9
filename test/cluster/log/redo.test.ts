/** A write that stands in the frontier and not in the database: done again if nothing else is missing, and only then. */
import { copyFile, cp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { type Disk, realDisk } from '../../../cluster/log/disk.ts'
import { openLog } from '../../../cluster/log/open.ts'
import { packOperations, unpackOperations } from '../../../cluster/log/redo.ts'
import { message } from '../../../cluster/raft/message.ts'
import { type Entry, LOCAL_APPEND } from '../../../cluster/raft/types.ts'
import { entries, IDENTITY, newDir, openAt, REFUSED, terms, write, written } from './fixtures.ts'

/** The machine's disk, but no batch reaches the database. */
const lossy: Disk = {
  ...realDisk,
  async openDatabase(location) {
    const db = await realDisk.openDatabase(location)
    const { get, iterator, clear, close } = db
    const batch = async () => {
      throw new Error('the power went')
    }
    return { batch, get: get.bind(db), iterator: iterator.bind(db), clear: clear.bind(db), close: close.bind(db) }
  },
}

/** The power goes while this is written: the frontier has it, the database does not. */
async function crashAt(dir: string, list: readonly Entry[], term: number, vote: number): Promise<void> {
  const failed = Promise.withResolvers<void>()
  const log = await openLog({ dir, identity: IDENTITY, keep: 5, onFatal: () => failed.resolve(), disk: lossy })
  const fields = { from: 1, term, vote, commit: 1, entries: list }
  log.append(message('storage-append', LOCAL_APPEND, fields), () => {
    throw new Error('acknowledged')
  })
  await failed.promise
  await log.close()
}

test('what a crash left in the frontier alone is in the log after the next start', async (t) => {
  const dir = await written(t)
  await crashAt(dir, entries(101, 103, 1), 1, 1)
  const log = await openAt(dir)
  t.is(log.last, 103)
  await write(log, entries(104, 104, 1), 1)
  await log.close()
  const again = await openAt(dir)
  t.is(terms(again).split(' ').at(-1), '104:1')
  await again.close()
})

test('so is a vote', async (t) => {
  const dir = await written(t)
  await crashAt(dir, [], 7, 3)
  const log = await openAt(dir)
  t.deepEqual(log.storage.initialState().hardState, { term: 7, vote: 3, commit: 1 })
  await log.close()
})

test('also when the snapshot that was kept covers the whole log', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir, { keep: 0 })
  const conf = log.storage.initialState().conf
  async function* pieces() {
    yield Buffer.from('a')
  }
  await log.saveSnapshot({ index: 100, term: 1, conf }, pieces())
  await log.close()
  await crashAt(dir, entries(101, 101, 1), 1, 1)
  const again = await openAt(dir, { keep: 0 })
  t.is(terms(again), '101:1')
  await again.close()
})

/** Has `dir` again with its database as it was in `old`. */
async function rollBack(dir: string, old: string): Promise<void> {
  await rm(path.join(dir, 'log'), { recursive: true })
  await cp(old, path.join(dir, 'log'), { recursive: true })
}

async function copyOfDatabase(t: ExecutionContext, dir: string): Promise<string> {
  const old = path.join(await newDir(t), 'old')
  await cp(path.join(dir, 'log'), old, { recursive: true })
  return old
}

test('a database that lacks more than the last write is refused, whatever it lacks', async (t) => {
  const lost: Record<string, (log: Awaited<ReturnType<typeof openAt>>) => Promise<void>> = {
    entries: (log) => write(log, entries(101, 101, 1), 1),
    'a vote': (log) => write(log, [], 3),
  }
  for (const [what, more] of Object.entries(lost)) {
    const dir = await written(t)
    const old = await copyOfDatabase(t, dir)
    const log = await openAt(dir)
    await more(log)
    // Says nothing of the entries before it, or of the votes.
    if (what === 'entries') await write(log, [], 3)
    else await write(log, entries(101, 101, 3), 3)
    await log.close()
    await rollBack(dir, old)
    await t.throwsAsync(openAt(dir), { message: REFUSED }, what)
  }
})

test('an older frontier takes nothing back', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  await write(log, [], 3)
  await write(log, entries(101, 101, 3), 3)
  const old = path.join(await newDir(t), 'frontier')
  await copyFile(path.join(dir, 'frontier'), old)
  await write(log, [], 5)
  await log.close()
  await copyFile(old, path.join(dir, 'frontier'))
  const again = await openAt(dir)
  t.is(again.storage.initialState().hardState.term, 5)
  await again.close()
})

/** Where the log ends after the next start. */
async function endOf(dir: string): Promise<number> {
  const log = await openAt(dir)
  await log.close()
  return log.last
}

test('a write that does not fit is noted when the database has it', async (t) => {
  const dir = await written(t)
  await crashAt(dir, entries(101, 101, 1, 5000), 1, 1)
  t.is(await endOf(dir), 100)
})

test('a bit of the write that stands in the frontier is another: the slot before it counts', async (t) => {
  const dir = await written(t)
  await crashAt(dir, entries(101, 103, 1), 1, 1)
  const name = path.join(dir, 'frontier')
  const bytes = await readFile(name)
  const newest = bytes.readDoubleBE(12) > bytes.readDoubleBE(4096 + 12) ? 0 : 4096
  bytes[newest + 200]! ^= 1
  await writeFile(name, bytes)
  t.is(await endOf(dir), 100)
})

test('a frontier of an earlier version is read, and its program reads one of this version', async (t) => {
  const dir = await written(t)
  await crashAt(dir, entries(101, 103, 1), 1, 1)
  const name = path.join(dir, 'frontier')
  const bytes = await readFile(name)
  for (const at of [0, 4096]) {
    // All that an earlier program looks at.
    t.is(bytes.readUInt32BE(at + 4), 0x52464c31)
    t.is(bytes.readUInt32BE(at), crc32(bytes.subarray(at + 4, at + 52)))
    // It writes nothing else.
    bytes.fill(0, at + 52, at + 4096)
  }
  const newest = bytes.readDoubleBE(12) > bytes.readDoubleBE(4096 + 12) ? 0 : 4096
  const older = 4096 - newest
  bytes.copy(bytes, newest, older, older + 4096)
  await writeFile(name, bytes)
  const log = await openAt(dir)
  t.is(log.last, 100)
  await log.close()
})

test('rows are packed and unpacked; what is deleted, or too much, is not', (t) => {
  const put = (key: string, size: number) =>
    ({ type: 'put', key: Buffer.from(key), value: Buffer.alloc(size, 1) }) as const
  const rows = [put('a', 0), put('bcd', 300)]
  t.deepEqual(unpackOperations(packOperations(rows, 1000)!), rows)
  t.is(packOperations(rows, 6 + 1 + 6 + 3 + 300)?.length, 316)
  t.is(packOperations(rows, 315), null)
  t.is(packOperations([{ type: 'del', key: Buffer.from('a') }], 1000), null)
})
