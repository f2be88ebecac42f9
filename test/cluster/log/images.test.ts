import { cp, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import ava from 'ava'
import { openOrRepair } from '../../../cluster/log/repair.ts'
import { needing } from '../../peers.ts'
import { QUIET } from '../nodes.ts'
import { writeHistory } from './faults/history.ts'
import { newRoot, seeded } from './faults/try.ts'
import { type Judged, judge, record } from './images/check.ts'
import { imageAt, writeImage } from './images/disk.ts'
import { IDENTITY, KEEP } from './images/script.ts'

const SEED = 1
const PLACES = Number(process.env.RAFTEL_CRASH_PLACES ?? 100)

const test = needing(ava, 'strace').serial

test('wherever the power fails, what was acknowledged is there after the next start, and there is no false alarm', async (t) => {
  t.timeout(30 * 60_000)
  const root = await newRoot()
  t.teardown(() => rm(root, { recursive: true }))
  const recording = await record(root)
  const random = seeded(SEED)
  const all: Judged[] = []
  const { lines, syncs, inodes } = recording.trace
  // Where something has just become durable and what follows from it has not, and anywhere.
  for (const { to } of syncs)
    for (const luck of ['least', 'most'] as const) all.push(await judge(root, recording, to, luck, random))
  for (let place = 0; place < PLACES; place++) {
    const line = Math.floor(random() * lines)
    for (const luck of ['least', 'most', 'mixed', 'mixed'] as const)
      all.push(await judge(root, recording, line, luck, random))
  }
  t.log(`${all.length} images of ${lines} calls, ${inodes.length} files`)
  t.deepEqual(
    all.filter(({ wrong }) => wrong !== null),
    [],
  )
  t.true(new Set(all.map(({ acknowledged }) => acknowledged)).size > 20)
})

/** What is taken from a directory, and where the node's own record of it is then. */
for (const gone of ['frontier', 'log/CURRENT', 'log']) {
  test(`wherever the power fails while ${gone} is missed, the next start is under repair and nothing is thrown away`, async (t) => {
    t.timeout(110_000)
    const root = await newRoot()
    t.teardown(() => rm(root, { recursive: true }))
    const dir = path.join(root, 'damaged')
    await cp((await writeHistory(root)).dir, dir, { recursive: true })
    await rm(path.join(dir, gone), { recursive: true })
    const tables = await tablesIn(dir)
    t.is(tables.size > 0, gone !== 'log')
    const { trace } = await record(root, dir, path.join(import.meta.dirname, 'images', 'repairer.ts'))
    const random = seeded(SEED)
    const lines = new Set(
      [...trace.namings, ...trace.syncs].flatMap(({ from, to }) => [from, to]).filter((at) => at >= 0),
    )
    t.true(lines.size > 20)
    for (const line of lines) {
      for (const luck of ['least', 'most', 'mixed'] as const) {
        const image = path.join(root, 'image')
        await writeImage(image, imageAt(trace, dir, line, luck, random))
        const options = { dir: image, identity: IDENTITY, keep: KEEP, onFatal: (error: Error) => t.fail(error.message) }
        const log = await openOrRepair(options, QUIET)
        t.deepEqual([log.repair !== null, log.untouched, log.joined], [true, false, false], `${luck} at ${line}`)
        t.is(log.last, 0)
        await log.close()
        const kept = await tablesIn(image)
        t.true(
          [...tables].every((table) => kept.has(table)),
          `${luck} at ${line}`,
        )
        await rm(image, { recursive: true })
      }
    }
  })
}

/** Checksums of the tables in a directory and in whatever was set aside there. */
async function tablesIn(dir: string): Promise<Set<number>> {
  const names = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.ldb'))
  return new Set(await Promise.all(names.map(async (name) => crc32(await readFile(path.join(dir, name))))))
}
