/**
 * Takes a log through growing, being cut back by a newer leader, and being replaced by a snapshot; says each acknowledgement
 * on stdout at once. Run under strace by sync.test.ts.
 */
import { writeSync } from 'node:fs'
import { openLog } from '../../../cluster/log/open.ts'
import { confOf } from '../../../cluster/raft/memory.ts'
import { message } from '../../../cluster/raft/message.ts'
import { type Entry, LOCAL_APPEND, type Message } from '../../../cluster/raft/types.ts'

const dir = process.argv[2]!
const identity = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3] } as const

function entries(from: number, to: number, term: number): Entry[] {
  const indexes = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  return indexes.map((index) => ({ index, term, type: 'normal', data: Buffer.alloc(20) }))
}

/** In a life of its own each, so that what the frontier says has settled when the next one begins. */
async function step(last: number, fields: Partial<Message>): Promise<void> {
  const log = await openLog({ dir, identity, keep: 20, onFatal: console.error })
  const sent = message('storage-append', LOCAL_APPEND, { from: 1, vote: 1, commit: 1, ...fields })
  await new Promise<void>((done) =>
    log.append(sent, () => {
      writeSync(1, `acknowledged ${last}\n`)
      done()
    }),
  )
  await log.close()
}

await step(9, { term: 1, entries: entries(1, 9, 1) })
await step(4, { term: 2, entries: entries(4, 4, 2) })
await step(4, { term: 3 })
await step(12, { term: 3, entries: entries(5, 12, 3) })
const snapshot = { meta: { index: 7, term: 4, conf: confOf([1, 2, 3]) }, data: Buffer.from('state') }
await step(7, { term: 4, snapshot })
