import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Disk, realDisk } from '../../../cluster/log/disk.ts'
import { type DurableLog, openLog } from '../../../cluster/log/log.ts'
import type { Identity } from '../../../cluster/log/recover.ts'
import { confOf } from '../../../cluster/raft/memory.ts'
import { message } from '../../../cluster/raft/message.ts'
import { type Entry, LOCAL_APPEND, type Snapshot } from '../../../cluster/raft/types.ts'

const IDENTITY: Identity = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3] }

async function newDir(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-log-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

function openAt(dir: string, more: { identity?: Identity; keep?: number; onFatal?: (error: Error) => void } = {}) {
  const onFatal = (error: Error) => {
    throw error
  }
  return openLog({ dir, identity: IDENTITY, keep: 5, onFatal, ...more })
}

function entries(from: number, to: number, term: number, size = 40): Entry[] {
  const list: Entry[] = []
  for (let index = from; index <= to; index++) {
    list.push({ index, term, type: 'normal', data: Buffer.alloc(size, `${term}/${index} `) })
  }
  return list
}

/** Resolves when it is on the disk. */
function write(log: DurableLog, list: readonly Entry[], term: number, snapshot?: Snapshot): Promise<void> {
  const fields = { from: 1, term, vote: 1, commit: list[0]?.index ?? 1, entries: list, ...(snapshot && { snapshot }) }
  return new Promise((done) => log.append(message('storage-append', LOCAL_APPEND, fields), done))
}

function terms(log: DurableLog): string {
  const { storage } = log
  const all = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Number.POSITIVE_INFINITY)
  return typeof all === 'string' ? all : all.map((entry) => `${entry.index}:${entry.term}`).join(' ')
}

/** A directory with 100 entries, written in ten batches and closed. */
async function written(t: ExecutionContext): Promise<string> {
  const dir = await newDir(t)
  const log = await openAt(dir)
  for (let i = 0; i < 10; i++) await write(log, entries(i * 10 + 1, i * 10 + 10, 1), 1)
  await log.close()
  return dir
}

async function walOf(dir: string): Promise<string> {
  const names = await readdir(path.join(dir, 'log'))
  return path.join(
    dir,
    'log',
    names
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1)!,
  )
}

test('what was written is there after reopening', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  t.is(log.storage.lastIndex(), 100)
  t.deepEqual(log.storage.initialState().hardState, { term: 1, vote: 1, commit: 91 })
  t.deepEqual(log.storage.initialState().conf, confOf([1, 2, 3]))
  await log.close()
})

test('entries of a newer leader replace what they conflict with, also after reopening', async (t) => {
  const dir = await newDir(t)
  const log = await openAt(dir)
  await write(log, entries(1, 6, 1), 1)
  await write(log, entries(4, 4, 2), 2)
  t.is(terms(log), '1:1 2:1 3:1 4:2')
  await log.close()
  const again = await openAt(dir)
  t.is(terms(again), '1:1 2:1 3:1 4:2')
  await Promise.all([write(again, entries(5, 9, 2), 2), write(again, entries(6, 7, 3), 3)])
  t.is(terms(again), '1:1 2:1 3:1 4:2 5:2 6:3 7:3', 'also when both come in one batch')
  await again.close()
  const last = await openAt(dir)
  t.is(terms(last), '1:1 2:1 3:1 4:2 5:2 6:3 7:3')
  await last.close()
})

test('at the moment a write is acknowledged it is in the files, and they would open after a crash', async (t) => {
  const dir = await newDir(t)
  const log = await openAt(path.join(dir, 'live'))
  const writes = [entries(1, 6, 1), entries(7, 9, 1), entries(4, 4, 2), entries(5, 8, 2), entries(2, 3, 3)]
  for (const [i, list] of writes.entries()) {
    const crashed = path.join(dir, `crashed${i}`)
    const fields = { from: 1, term: list[0]!.term, vote: 1, commit: 1, entries: list }
    await new Promise<void>((resolve) => {
      log.append(message('storage-append', LOCAL_APPEND, fields), () => {
        // At once: whatever is written from now on is too late.
        cpSync(path.join(dir, 'live'), crashed, { recursive: true })
        resolve()
      })
    })
    const again = await openAt(crashed)
    t.is(again.storage.lastIndex(), list.at(-1)!.index)
    t.is(again.storage.term(again.last), list[0]!.term)
    await again.close()
  }
  await log.close()
})

test('a snapshot lets go of the entries behind it, and is read back', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  await log.saveSnapshot({ index: 80, term: 1, conf: confOf([1, 2, 3]) }, ['a', 'b', 'c'.repeat(300_000), 'd'])
  t.is(log.storage.firstIndex(), 76)
  await log.close()
  const again = await openAt(dir)
  t.is(again.storage.firstIndex(), 76)
  t.is(again.storage.lastIndex(), 100)
  t.is((again.storage.snapshot() as Snapshot).meta.index, 80)
  const pieces: Buffer[] = []
  for await (const piece of again.snapshotPieces(again.snapshot!)) pieces.push(piece)
  t.deepEqual(pieces.join('\n').split('\n'), ['a', 'b', 'c'.repeat(300_000), 'd'])
  await write(again, entries(101, 102, 1), 1)
  await again.close()
  await (await openAt(dir)).close()
})

test('a snapshot from the leader replaces the log, also one that went further', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  const snapshot = { meta: { index: 90, term: 3, conf: confOf([1, 2, 3]) }, data: Buffer.from('x\ny') }
  await write(log, [], 3, snapshot)
  t.is(log.storage.lastIndex(), 90)
  await log.close()
  const again = await openAt(dir)
  t.is(again.storage.lastIndex(), 90)
  t.is(again.storage.term(90), 3)
  await write(again, entries(91, 93, 3), 3)
  await again.close()
  const last = await openAt(dir)
  t.is(terms(last), '91:3 92:3 93:3')
  await last.close()
})

const REFUSED = /does not start: move .* away and start it again, it is then rebuilt from its peers/

test('a flipped bit in the write-ahead log is seen and refused', async (t) => {
  const dir = await written(t)
  const wal = await walOf(dir)
  const bytes = await readFile(wal)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  await writeFile(wal, bytes)
  await t.throwsAsync(openAt(dir), { message: REFUSED })
})

test('a write-ahead log that was deleted or cut is seen and refused', async (t) => {
  const dir = await written(t)
  const wal = await walOf(dir)
  const bytes = await readFile(wal)
  await writeFile(wal, bytes.subarray(0, bytes.length - 50))
  await t.throwsAsync(openAt(dir), { message: /ends at entry 90, but entry 100 had been written/ })

  const other = await written(t)
  await rm(await walOf(other))
  await t.throwsAsync(openAt(other), { message: REFUSED })
})

test('a database that was rolled back, or is gone, is refused', async (t) => {
  const dir = await written(t)
  const old = path.join(await newDir(t), 'old')
  await cp(path.join(dir, 'log'), old, { recursive: true })
  const log = await openAt(dir)
  await write(log, entries(101, 120, 2), 2)
  await log.close()
  await rm(path.join(dir, 'log'), { recursive: true })
  await t.throwsAsync(openAt(dir), { message: REFUSED })
  await cp(old, path.join(dir, 'log'), { recursive: true })
  await t.throwsAsync(openAt(dir), { message: REFUSED })
})

test('a vote that was rolled back is refused', async (t) => {
  const dir = await written(t)
  const old = path.join(await newDir(t), 'old')
  await cp(path.join(dir, 'log'), old, { recursive: true })
  const log = await openAt(dir)
  await write(log, [], 5)
  await log.close()
  await rm(path.join(dir, 'log'), { recursive: true })
  await cp(old, path.join(dir, 'log'), { recursive: true })
  await t.throwsAsync(openAt(dir), { message: /has forgotten a vote: it says term 1, but term 5/ })
})

test('a frontier file that is missing or damaged is refused', async (t) => {
  const dir = await written(t)
  await writeFile(path.join(dir, 'frontier'), Buffer.alloc(8192, 7))
  await t.throwsAsync(openAt(dir), { message: /frontier is damaged/ })
  await rm(path.join(dir, 'frontier'))
  await t.throwsAsync(openAt(dir), { message: /frontier is missing/ })
})

test('the directory of another node or cluster is refused', async (t) => {
  const dir = await written(t)
  await t.throwsAsync(openAt(dir, { identity: { ...IDENTITY, id: 2, node: 'n2' } }), { message: /belongs to node n1/ })
  await t.throwsAsync(openAt(dir, { identity: { ...IDENTITY, cluster: 'd' } }), {
    message: /belongs to the cluster with key c/,
  })
  await (await openAt(dir)).close()
})

test('a directory that cannot be made is said; one with parents that are missing is made', async (t) => {
  await t.throwsAsync(openAt('/proc/raftel/data'), { message: /cannot open \/proc\/raftel\/data: ENOENT/ })
  const deep = path.join(await newDir(t), 'a', 'b', 'c')
  await (await openAt(deep)).close()
  t.true((await readdir(deep)).includes('log'))
})

test('a full disk stops the node with a sentence, and nothing acknowledged is lost', async (t) => {
  const dir = await newDir(t)
  if (process.getuid?.() !== 0) {
    t.log('skipped: only root can mount a small file system')
    return t.pass()
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', dir])
  t.teardown(() => execFileSync('umount', ['-l', dir]))
  const data = path.join(dir, 'data')
  let acknowledged = 0
  const fatal = new Promise<Error>((resolve) => {
    void openAt(data, { onFatal: resolve }).then(async (log) => {
      const stopped = fatal.then(() => 'stopped' as const)
      for (let index = 1; ; index++) {
        const wrote = await Promise.race([
          stopped,
          write(log, entries(index, index, 1, 50_000), 1).then(() => 'wrote' as const),
        ])
        if (wrote === 'stopped') break
        acknowledged = index
      }
      await log.close()
    })
  })
  t.regex(
    (await fatal).message,
    /disk full: free space on .*data and start the node again; nothing acknowledged is lost/,
  )
  execFileSync('mount', ['-o', 'remount,size=64m', dir])
  const again = await reopened(data)
  t.true(acknowledged > 0 && again.storage.lastIndex() >= acknowledged)
  await again.close()
})

/** The failed log is closing; its lock is free when it has. */
async function reopened(dir: string): Promise<DurableLog> {
  for (;;) {
    try {
      return await openAt(dir)
    } catch (error) {
      if (!/in use/.test((error as Error).message)) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** The machine's disk, but for the batches of the database. */
function withoutBatches(batch: () => Promise<void>): Disk {
  return {
    ...realDisk,
    async openDatabase(location) {
      const db = await realDisk.openDatabase(location)
      const { get, iterator, clear, close } = db
      return { batch, get: get.bind(db), iterator: iterator.bind(db), clear: clear.bind(db), close: close.bind(db) }
    },
  }
}

test('a disk that is full when a directory is made says what to do', async (t) => {
  const dir = await newDir(t)
  const full = withoutBatches(async () => {
    throw new Error('IO error: No space left on device')
  })
  const options = { dir, identity: IDENTITY, keep: 5, onFatal: () => {}, disk: full }
  await t.throwsAsync(openLog(options), { message: /^disk full: free space on .* and start the node again/ })
})

test('a crash between cutting back the frontier and overwriting entries of an older term leaves a log that opens', async (t) => {
  const dir = await written(t)
  let onFatal = () => {}
  const failed = new Promise<void>((resolve) => (onFatal = resolve))
  const disk = withoutBatches(async () => {
    throw new Error('the power went')
  })
  const log = await openLog({ dir, identity: IDENTITY, keep: 5, onFatal, disk })
  void write(log, entries(50, 52, 2), 2)
  await failed
  await log.close()
  const again = await openAt(dir)
  t.is(again.last, 100)
  t.is(again.storage.initialState().hardState.term, 1)
  await again.close()
})
