/** Rows of other groups in the database: each key begins with the number of its group (records.ts). */
import test from 'ava'
import { GROUP } from '../../../cluster/group.ts'
import { realDisk } from '../../../cluster/log/disk.ts'
import type { DurableLog } from '../../../cluster/log/log.ts'
import { confOf } from '../../../cluster/raft/memory.ts'
import { entries, newDir, openAt, terms, write } from './fixtures.ts'

const OTHERS = [GROUP - 1, GROUP + 1]
const conf = confOf([1, 2, 3])

/** What the database of a closed log holds of those groups, as hex. */
async function rowsOf(dir: string, groups: readonly number[]): Promise<string[]> {
  const db = await realDisk.openDatabase(`${dir}/log`)
  const rows: string[] = []
  for await (const [key, value] of db.iterator({})) {
    if (groups.includes(key[0]!)) rows.push(`${key.toString('hex')} ${value.toString('hex')}`)
  }
  await db.close()
  return rows
}

/** Each row of ours once more for every other group, as if these had written the same. */
async function copyToOthers(dir: string): Promise<void> {
  const db = await realDisk.openDatabase(`${dir}/log`)
  for await (const [key, value] of db.iterator({ gte: Buffer.of(GROUP), lt: Buffer.of(GROUP + 1) })) {
    for (const group of OTHERS) {
      const other = Buffer.concat([Buffer.of(group), key.subarray(1)])
      await db.batch([{ type: 'put', key: other, value }], { sync: true })
    }
  }
  await db.close()
}

async function textOf(log: DurableLog): Promise<string> {
  const found: string[] = []
  for await (const piece of log.snapshotPieces(log.snapshot!)) found.push(piece.toString())
  return found.join('|')
}

/** The number of a transfer that is whole, and not installed yet. */
async function received(log: DurableLog, texts: readonly string[]): Promise<number> {
  const incoming = log.receive()
  for (const text of texts) await incoming.write(Buffer.from(text))
  incoming.end()
  return incoming.number
}

async function* own(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
}

test('rows of another group are neither read nor cleared as ours, whatever becomes of ours', async (t) => {
  const dir = await newDir(t)
  const first = await openAt(dir)
  await write(first, entries(1, 20, 1), 1)
  await first.saveSnapshot({ index: 10, term: 1, conf }, own('ours at 10'))
  await received(first, ['never', 'installed'])
  await first.close()
  await copyToOthers(dir)
  const others = await rowsOf(dir, OTHERS)
  const kinds = new Set(others.map((row) => row.slice(0, 4)))
  t.deepEqual([...kinds], ['0001', '0002', '0003', '0004', '0201', '0202', '0203', '0204'], 'every kind of row')

  const second = await openAt(dir)
  t.is(second.last, 20)
  t.is(await textOf(second), 'ours at 10')
  // Cut back by a newer leader, shorter than what the other groups have.
  await write(second, entries(12, 13, 2), 2)
  await second.close()
  const third = await openAt(dir)
  t.is(terms(third), '6:1 7:1 8:1 9:1 10:1 11:1 12:2 13:2')
  await third.saveSnapshot({ index: 13, term: 2, conf }, own('ours at 13'))
  const transfer = await received(third, ['from', 'the leader'])
  await write(third, [], 3, { meta: { index: 30, term: 3, conf }, data: new Uint8Array(), received: transfer })
  t.is(await textOf(third), 'from|the leader')
  await third.close()
  const last = await openAt(dir)
  t.deepEqual([last.last, terms(last), await textOf(last)], [30, '', 'from|the leader'])
  await last.close()

  t.deepEqual(await rowsOf(dir, OTHERS), others)
  const ours = await rowsOf(dir, [GROUP])
  t.deepEqual([...new Set(ours.map((row) => row.slice(0, 4)))], ['0101', '0104'], 'of ours what was replaced is gone')
})
