import test, { type ExecutionContext } from 'ava'
import { realDisk } from '../../../cluster/log/disk.ts'
import type { DurableLog } from '../../../cluster/log/log.ts'
import { inPieces } from '../../../cluster/log/pieces.ts'
import { RECEIVEDS } from '../../../cluster/log/records.ts'
import type { Incoming } from '../../../cluster/log/transfers.ts'
import { confOf } from '../../../cluster/raft/memory.ts'
import type { Snapshot } from '../../../cluster/raft/types.ts'
import { entries, newDir, openAt, write, written } from './fixtures.ts'

const conf = confOf([1, 2, 3])

async function send(incoming: Incoming, texts: readonly string[]): Promise<void> {
  for (const text of texts) await incoming.write(Buffer.from(text))
  incoming.end()
}

function snapshotOf({ number }: Incoming, index: number): Snapshot {
  return { meta: { index, term: 2, conf }, data: new Uint8Array(), received: number }
}

async function textOf(pieces: AsyncIterable<Buffer>): Promise<string> {
  const found: string[] = []
  for await (const piece of pieces) found.push(piece.toString())
  return found.join('|')
}

const current = (log: DurableLog) => textOf(log.snapshotPieces(log.snapshot!))

/** How many pieces of snapshots that came from others the database has; the log is closed. */
async function piecesIn(dir: string): Promise<number> {
  const db = await realDisk.openDatabase(`${dir}/log`)
  let count = 0
  for await (const _ of db.iterator(RECEIVEDS)) count++
  await db.close()
  return count
}

async function opened(t: ExecutionContext) {
  const dir = await newDir(t)
  return { dir, log: await openAt(dir) }
}

test('a snapshot that came counts from its installation on, also after a restart; until then the one before it does', async (t) => {
  const { dir, log } = await opened(t)
  const first = log.receive()
  await send(first, ['a', 'b', 'c'])
  await write(log, [], 2, snapshotOf(first, 9))
  const second = log.receive()
  await send(second, ['d', 'e'])
  t.is(await current(log), 'a|b|c')
  await log.close()
  // A crash before it was installed.
  const again = await openAt(dir)
  t.deepEqual([again.snapshot?.index, await current(again)], [9, 'a|b|c'])
  const third = again.receive()
  await send(third, ['f', 'g'])
  await write(again, [], 2, snapshotOf(third, 12))
  t.is(await current(again), 'f|g')
  await again.close()
  const last = await openAt(dir)
  t.deepEqual([last.snapshot?.index, await current(last)], [12, 'f|g'])
  t.is(last.takeToLoad()?.head.toString(), 'f')
  await last.close()
  t.is(await piecesIn(dir), 2, 'nothing of the others is left')
})

test('two snapshots of one index that come at once do not mix: the later stream counts', async (t) => {
  const { dir, log } = await opened(t)
  const slow = log.receive()
  await slow.write(Buffer.from('of an old leader'))
  const quick = log.receive()
  await quick.write(Buffer.from('x'))
  await t.throwsAsync(slow.write(Buffer.from('late')), { message: 'another snapshot has begun to arrive' })
  await quick.write(Buffer.from('y'))
  await slow.drop()
  quick.end()
  await write(log, [], 2, snapshotOf(quick, 9))
  t.is(await current(log), 'x|y')
  await log.close()
  t.is(await piecesIn(dir), 2)
})

test('a snapshot that is not whole, or that nobody wanted, is never installed and leaves nothing', async (t) => {
  const dir = await newDir(t)
  const failed = Promise.withResolvers<Error>()
  const log = await openAt(dir, { onFatal: failed.resolve })
  const unwanted = log.receive()
  await send(unwanted, ['a'])
  log.forget(unwanted.number)
  const half = log.receive()
  await half.write(Buffer.from('b'))
  void write(log, [], 2, snapshotOf(half, 9))
  t.regex((await failed.promise).message, /the snapshot at entry 9 did not arrive/)
  t.is(log.snapshot, null)
  await log.close()
  await (await openAt(dir)).close()
  t.is(await piecesIn(dir), 0)
})

test('a snapshot that is being loaded is read to its end, also when a newer one takes its place', async (t) => {
  const { log } = await opened(t)
  const first = log.receive()
  await send(first, ['a', 'b', 'c'])
  await write(log, [], 2, snapshotOf(first, 9))
  const load = log.takeToLoad()!
  t.deepEqual([load.index, load.head.toString()], [9, 'a'])
  const second = log.receive()
  await send(second, ['d'])
  await write(log, [], 2, snapshotOf(second, 20))
  t.is(await textOf(load.pieces), 'a|b|c')
  t.is(await textOf(log.takeToLoad()!.pieces), 'd')
  t.is(log.takeToLoad(), null)
  await log.close()
})

test('a snapshot of our own takes the place of one that came', async (t) => {
  const dir = await written(t)
  const log = await openAt(dir)
  const incoming = log.receive()
  await send(incoming, ['theirs'])
  await write(log, [], 2, snapshotOf(incoming, 100))
  await write(log, entries(101, 120, 2), 2)
  await log.saveSnapshot({ index: 110, term: 2, conf }, inPieces(['ours']))
  t.is(await current(log), 'ours')
  await log.close()
  const again = await openAt(dir)
  t.is(await current(again), 'ours')
  await again.close()
  t.is(await piecesIn(dir), 0)
})
