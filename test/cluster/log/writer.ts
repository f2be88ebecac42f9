/** Writes to the log of a directory until it is killed; says on stdout how far it was acknowledged. Run by crash.test.ts. */
import { openLog } from '../../../cluster/log/open.ts'
import { message } from '../../../cluster/raft/message.ts'
import { LOCAL_APPEND } from '../../../cluster/raft/types.ts'

const [dir, from] = process.argv.slice(2) as [string, string]
const identity = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3] } as const
const log = await openLog({ dir, identity, keep: 20, onFatal: console.error })
const term = Number(from) + 1
let index = log.last + 1
// Every life first overwrites a little of what the one before it wrote, as a new leader would.
if (index > 5) index -= 3
for (;;) {
  const entries = Array.from({ length: 7 }, (_, i) => ({
    index: index + i,
    term,
    type: 'normal' as const,
    data: Buffer.alloc(100),
  }))
  const fields = { from: 1, term, vote: 1, commit: 1, entries }
  await new Promise<void>((done) => log.append(message('storage-append', LOCAL_APPEND, fields), done))
  index += 7
  process.stdout.write(`${index - 1}\n`)
}
