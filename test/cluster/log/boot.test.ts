/** What is believed at boot: the files say it, whatever LevelDB says. */
import { readdir, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Level } from 'level'
import { inPieces } from '../../../cluster/log/pieces.ts'
import { chunkKey, decodeEntry, encodeEntry, entryKey } from '../../../cluster/log/records.ts'
import { confOf } from '../../../cluster/raft/memory.ts'
import type { Snapshot } from '../../../cluster/raft/types.ts'
import { entries, newDir, openAt, REFUSED, write, written } from './fixtures.ts'

const conf = confOf([1, 2, 3])

/** What LevelDB has and the types of `level`, which are for browsers too, have not. */
interface Compacting {
  compactRange(from: Buffer, to: Buffer): Promise<void>
}

/** Changes the database behind the log's back. */
async function meddle(dir: string, change: (db: Level<Buffer, Buffer>) => Promise<void>): Promise<void> {
  const db = new Level<Buffer, Buffer>(path.join(dir, 'log'), { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await change(db)
  await db.close()
}

async function entryAt(db: Level<Buffer, Buffer>, index: number) {
  const key = entryKey(index)
  return decodeEntry(key, (await db.get(key))!)!
}

test('an entry of which one bit is another is refused, wherever the bit is', async (t) => {
  const dir = await written(t)
  const key = entryKey(50)
  let length = 0
  await meddle(dir, async (db) => void (length = (await db.get(key))!.length))
  // Checksum, checksum before, term, type, data.
  for (const at of [0, 5, 9, 16, 20, length - 1]) {
    const flip = () =>
      meddle(dir, async (db) => {
        const value = Buffer.from((await db.get(key))!)
        value[at]! ^= 4
        await db.put(key, value)
      })
    await flip()
    await t.throwsAsync(openAt(dir), { message: REFUSED }, `byte ${at}`)
    await flip()
  }
  await (await openAt(dir)).close()
})

test('a log with a hole is refused, and the entry that is missing is named', async (t) => {
  const dir = await written(t)
  await meddle(dir, (db) => db.del(entryKey(50)))
  await t.throwsAsync(openAt(dir), { message: /entry 50 is missing/ })
})

test('an entry of another history in the middle of the log is refused', async (t) => {
  const dir = await written(t)
  await meddle(dir, async (db) => {
    const { entry } = await entryAt(db, 50)
    // Sound in itself, after an entry that this log does not have.
    await db.put(entryKey(50), encodeEntry(entryKey(50), entry, 12_345).value)
  })
  await t.throwsAsync(openAt(dir), { message: /entry 50 .* does not follow the one before it/ })
})

test('a last entry that is not the one that had been written is refused', async (t) => {
  const dir = await written(t)
  await meddle(dir, async (db) => {
    const { entry, before } = await entryAt(db, 100)
    const other = { ...entry, data: Buffer.from('other') }
    await db.put(entryKey(100), encodeEntry(entryKey(100), other, before).value)
  })
  await t.throwsAsync(openAt(dir), { message: /entry 100 .* is not the one that had been written/ })
})

test('a snapshot of which a piece is gone is refused', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  await log.saveSnapshot({ index: 80, term: 1, conf }, inPieces(['a', 'b'.repeat(300_000), 'c']))
  t.is(log.snapshot?.pieces, 2)
  await log.close()
  await meddle(dir, (db) => db.del(chunkKey(80, 1)))
  await t.throwsAsync(openAt(dir), { message: /piece 1 of the snapshot at entry 80 .* is missing/ })
})

test('a snapshot of our own that ends after a newer one came from the leader is let go', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  const newer: Snapshot = { meta: { index: 110, term: 2, conf }, data: Buffer.from('newer') }
  let installed = Promise.resolve()
  function* lines() {
    yield 'own'
    // While this one is written.
    installed = write(log, [], 2, newer)
    yield 'own'
  }
  await log.saveSnapshot({ index: 80, term: 1, conf }, inPieces(lines()))
  await installed
  t.is(log.snapshot?.index, 110)
  await write(log, entries(111, 112, 2), 2)
  await log.close()
  const again = await openAt(dir)
  t.is(again.snapshot?.index, 110)
  t.deepEqual([again.storage.firstIndex(), again.storage.lastIndex()], [111, 112])
  for await (const piece of again.snapshotPieces(again.snapshot!)) t.is(piece.toString(), 'newer')
  await again.close()
})

test('a directory that may vote may do so after a restart too', async (t) => {
  const dir = await newDir(t)
  const log = await openAt(dir)
  t.false(log.joined)
  await new Promise<void>((done) => log.join(done))
  t.true(log.joined)
  await log.close()
  const again = await openAt(dir)
  t.true(again.joined)
  await again.close()
})

test('a write that fails is never acknowledged, and ends the log with one sentence', async (t) => {
  const dir = await newDir(t)
  const failed: Error[] = []
  const fatal = Promise.withResolvers<'failed'>()
  const onFatal = (error: Error) => {
    failed.push(error)
    fatal.resolve('failed')
  }
  const log = await openAt(dir, { onFatal })
  await rm(path.join(dir, 'log'), { recursive: true })
  // LevelDB goes on with the files it has open, until it has to make a new one.
  let last: 'written' | 'failed' = 'written'
  for (let index = 1; index <= 100 && last === 'written'; index++) {
    const one = write(log, entries(index, index, 1, 200_000), 1).then(() => 'written' as const)
    last = await Promise.race([one, fatal.promise])
  }
  t.is(last, 'failed')
  t.is(failed.length, 1)
  t.regex(failed[0]!.message, /cannot write to .* nothing acknowledged is lost/)
  await log.close()
})

const UNREADABLE = /^cannot open .*ELOOP.*see that the disk works/

test('a write-ahead log that cannot be read is no damage: it is said, and with it all is there', async (t) => {
  const dir = await written(t)
  const [name = ''] = (await readdir(path.join(dir, 'log'))).filter((name) => name.endsWith('.log'))
  await isSaidAndKept(t, dir, path.join(dir, 'log', name))
})

test('a database that cannot be looked at is not one that is missing', async (t) => {
  const dir = await written(t)
  await isSaidAndKept(t, dir, path.join(dir, 'log'))
})

/** While nobody can read that, not even root, the log does not open; afterwards all is there. */
async function isSaidAndKept(t: ExecutionContext, dir: string, location: string): Promise<void> {
  const kept = path.join(dir, 'kept')
  await rename(location, kept)
  await symlink(path.basename(location), location)
  await t.throwsAsync(openAt(dir), { message: UNREADABLE })
  await rm(location)
  await rename(kept, location)
  const log = await openAt(dir)
  t.is(log.last, 100)
  await log.close()
}

test('a directory that another process has open is not taken for a damaged one, whatever that one merges meanwhile', async (t) => {
  const dir = await written(t)
  await meddle(dir, async (db) => {
    let merging = true
    const merge = async (): Promise<void> => {
      for (let round = 0; merging; round++) {
        const rows = Array.from({ length: 300 }, (_, i) => ({
          type: 'put' as const,
          key: Buffer.from(`other group ${(i * 7919 + round) % 5000}`),
          value: Buffer.alloc(500, round),
        }))
        await db.batch(rows)
        await (db as unknown as Compacting).compactRange(Buffer.alloc(1), Buffer.alloc(1, 255))
      }
    }
    const merged = merge()
    try {
      for (let n = 0; n < 300; n++) await t.throwsAsync(openAt(dir), { message: /is in use by another process/ })
    } finally {
      merging = false
      await merged
    }
  })
})
