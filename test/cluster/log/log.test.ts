import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync } from 'node:fs'
import { cp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Disk, realDisk } from '../../../cluster/log/disk.ts'
import type { DurableLog } from '../../../cluster/log/log.ts'
import { openLog } from '../../../cluster/log/open.ts'
import { inPieces } from '../../../cluster/log/pieces.ts'
import { confOf } from '../../../cluster/raft/memory.ts'
import { message } from '../../../cluster/raft/message.ts'
import { LOCAL_APPEND, type Snapshot } from '../../../cluster/raft/types.ts'
import { entries, IDENTITY, newDir, openAt, REFUSED, terms, write, written } from './fixtures.ts'

async function writeByte(name: string, at: number, byte: number): Promise<void> {
  const file = await open(name, 'r+')
  await file.write(Buffer.of(byte), 0, 1, at)
  await file.close()
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
  // The first keeps the disk busy, so that the others become one batch.
  const [five, six, seven] = [entries(5, 5, 2), entries(6, 9, 2), entries(7, 7, 3)]
  await Promise.all([write(again, five, 2), write(again, six, 2), write(again, seven, 3)])
  t.is(terms(again), '1:1 2:1 3:1 4:2 5:2 6:2 7:3', 'also when both come in one batch')
  await again.close()
  const last = await openAt(dir)
  t.is(terms(last), '1:1 2:1 3:1 4:2 5:2 6:2 7:3')
  await last.close()
})

test('of writes that are made one the last vote counts, also after reopening', async (t) => {
  const dir = await newDir(t)
  const log = await openAt(dir)
  // The first keeps the disk busy, so that the others become one batch.
  await Promise.all([2, 3, 4].map((term) => write(log, [], term)))
  t.is(log.storage.initialState().hardState.term, 4)
  await log.close()
  const again = await openAt(dir)
  t.is(again.storage.initialState().hardState.term, 4)
  await again.close()
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
        // At once, and the first time alone: whatever is written from now on is too late.
        if (existsSync(crashed)) return
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

/** Five writes; `look` sees what is left when the database loses each right after it was acknowledged. */
async function losingTheLast(t: ExecutionContext, size: number, look: (cut: string, index: number) => Promise<void>) {
  const dir = await newDir(t)
  const log = await openAt(path.join(dir, 'live'))
  for (let index = 1; index <= 5; index++) {
    const cut = path.join(dir, `cut${index}`)
    await new Promise<void>((resolve) => {
      const fields = { from: 1, term: 1, vote: 1, commit: 1, entries: entries(index, index, 1, size) }
      log.append(message('storage-append', LOCAL_APPEND, fields), () => {
        cpSync(path.join(dir, 'live'), cut, { recursive: true })
        resolve()
      })
    })
    await truncate(await walOf(cut), (await readFile(await walOf(cut))).length - 1)
    await look(cut, index)
  }
  await log.close()
}

const isMissed = (t: ExecutionContext) => async (cut: string, index: number) => {
  await t.throwsAsync(openAt(cut), { message: new RegExp(`ends at entry ${index - 1}, but entry ${index} had been`) })
}

test('what was acknowledged last is missed as soon as it is gone', async (t) => {
  await losingTheLast(t, 5000, isMissed(t))
})

test('a small write that was acknowledged last is in the frontier too, and is given back when it is gone', async (t) => {
  await losingTheLast(t, 40, async (cut, index) => {
    // The first of all tells a database of ours from a new one.
    if (index === 1) return await isMissed(t)(cut, index)
    const log = await openAt(cut)
    t.is(terms(log).split(' ').length, index)
    t.deepEqual(log.storage.entries(index, index + 1, 1), entries(index, index, 1))
    await log.close()
    const again = await openAt(cut)
    t.is(again.last, index)
    await again.close()
  })
})

test('a snapshot that is found damaged while it is read ends the log, and the next start refuses it', async (t) => {
  const dir = await written(t)
  const first = await openAt(dir)
  const lines = Array.from({ length: 9 }, (_, i) => randomBytes(40_000).toString('base64') + i)
  await first.saveSnapshot({ index: 80, term: 1, conf: confOf([1, 2, 3]) }, inPieces(lines))
  await first.close()
  // From here on it is in tables.
  await (await openAt(dir)).close()
  let fatal: Error | null = null
  const log = await openAt(dir, { onFatal: (error) => (fatal = error) })
  for (const name of await readdir(path.join(dir, 'log'))) {
    if (!name.endsWith('.ldb')) continue
    const bytes = await readFile(path.join(dir, 'log', name))
    const at = bytes.indexOf(lines[5]!.slice(100, 120))
    if (at >= 0) await writeByte(path.join(dir, 'log', name), at, bytes[at]! ^ 1)
  }
  await t.throwsAsync(async () => {
    for await (const _ of log.snapshotPieces(log.snapshot!));
  })
  t.regex(String(fatal), /damaged.*This node has stopped: start it again, it then repairs itself from its peers/)
  await log.close()
  await t.throwsAsync(openAt(dir), { message: REFUSED })
})

test('a snapshot lets go of the entries behind it, and is read back', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  await log.saveSnapshot(
    { index: 80, term: 1, conf: confOf([1, 2, 3]) },
    inPieces(['a', 'b', 'c'.repeat(300_000), 'd']),
  )
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
  // More than the last write, which the frontier has too.
  await writeFile(wal, bytes.subarray(0, bytes.length - 1000))
  await t.throwsAsync(openAt(dir), { message: /ends at entry 80, but entry 100 had been written/ })

  const other = await written(t)
  await rm(await walOf(other))
  await t.throwsAsync(openAt(other), { message: REFUSED })
})

test('a database that was rolled back, or is gone, is refused', async (t) => {
  const dir = await written(t)
  const old = path.join(await newDir(t), 'old')
  await cp(path.join(dir, 'log'), old, { recursive: true })
  const log = await openAt(dir)
  await write(log, entries(101, 110, 2), 2)
  await write(log, entries(111, 120, 2), 2)
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
  await write(log, [], 4)
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
  await t.throwsAsync(openAt(dir), { message: /frontier is missing/ }, 'it is not made by looking for it')
})

test('a directory is under repair as long as the file that says so is there, whatever became of it', async (t) => {
  const dir = await written(t)
  await writeFile(path.join(dir, 'repair'), '{"what":"entry 5 is damaged","first":"damaged-1"}')
  const log = await openAt(dir)
  t.deepEqual([log.repair, log.joined, log.untouched], ['entry 5 is damaged', false, false])
  await log.close()
  for (const damaged of ['', 'null', '{"wh', Buffer.alloc(40)]) {
    await writeFile(path.join(dir, 'repair'), damaged)
    const again = await openAt(dir)
    t.is(again.repair, 'the directory was damaged')
    await again.close()
  }
  const last = await openAt(dir)
  await new Promise<void>((done) => last.join(done))
  t.deepEqual([last.repair, last.joined], [null, true])
  await last.close()
  const sound = await openAt(dir)
  t.deepEqual([sound.repair, sound.joined], [null, true])
  await sound.close()
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
  await t.throwsAsync(openAt('/proc/raftel/data'), { message: /cannot open \/proc\/raftel\/data: ENOENT.*may write/ })
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

test('a directory that adopted a lineage belongs to it after reopening', async (t) => {
  const dir = await newDir(t)
  const log = await openAt(dir)
  t.is(log.lineage, null)
  await new Promise<void>((done) => log.adopt('restored-once', done))
  await log.close()
  const again = await openAt(dir)
  t.is(again.lineage, 'restored-once')
  await again.close()
})
