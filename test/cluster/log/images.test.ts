import { rm } from 'node:fs/promises'
import ava from 'ava'
import { needing } from '../../peers.ts'
import { newRoot, seeded } from './faults/try.ts'
import { type Judged, judge, record } from './images/check.ts'

const SEED = 1
const PLACES = Number(process.env.RAFTEL_CRASH_PLACES ?? 150)

needing(ava, 'strace')(
  'wherever the power fails, what was acknowledged is there after the next start, and there is no false alarm',
  async (t) => {
    t.timeout(30 * 60_000)
    const root = await newRoot()
    t.teardown(() => rm(root, { recursive: true }))
    const recording = await record(root)
    const random = seeded(SEED)
    const all: Judged[] = []
    for (let place = 0; place < PLACES; place++) {
      const line = Math.floor(random() * recording.trace.lines)
      for (const luck of ['least', 'most', 'mixed', 'mixed'] as const)
        all.push(await judge(root, recording, line, luck, random))
    }
    t.log(`${all.length} images of ${recording.trace.lines} calls, ${recording.trace.inodes.length} files`)
    t.deepEqual(
      all.filter(({ wrong }) => wrong !== null),
      [],
    )
    t.true(new Set(all.map(({ acknowledged }) => acknowledged)).size > 20)
  },
)
