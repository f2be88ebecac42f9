/** Does what the script says with a real log, and says on stdout what it begins and what is acknowledged. Run under strace. */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { realDisk } from '../../../../cluster/log/disk.ts'
import type { DurableLog } from '../../../../cluster/log/log.ts'
import { openLog } from '../../../../cluster/log/open.ts'
import { inPieces } from '../../../../cluster/log/pieces.ts'
import { keepOwnMember, ownMember } from '../../../../cluster/own-member.ts'
import { confOf } from '../../../../cluster/raft/memory.ts'
import { message } from '../../../../cluster/raft/message.ts'
import { type Entry, LOCAL_APPEND, type Snapshot } from '../../../../cluster/raft/types.ts'
import { entryOf, IDENTITY, KEEP, script, tablesAt } from './script.ts'

const [dir] = process.argv.slice(2) as [string]
const conf = confOf([1, 2, 3])
const open = () => openAsNode().catch(fatal)
let log = await open()
let [term, vote] = [0, 0]
/** What is not acknowledged yet; several are under way at once. */
const waiting: Promise<void>[] = []

for (const [i, op] of script().entries()) {
  writeSync(1, `begun ${i}\n`)
  if (op.kind === 'reopen') {
    await Promise.all(waiting.splice(0))
    await log.close()
    writeSync(1, 'closed\n')
    log = await open()
  } else if (op.kind === 'vote') {
    // What the new leader overwrites must have been written, not only asked for.
    await Promise.all(waiting.splice(0))
    ;[term, vote] = [op.term, op.vote]
    append(i, [])
  } else if (op.kind === 'append') {
    append(
      i,
      Array.from({ length: op.count }, (_, k) => entryOf(op.first + k, op.term)),
    )
  } else if (op.kind === 'snapshot') {
    await Promise.all(waiting.splice(0))
    waiting.push(log.saveSnapshot({ index: op.index, term, conf }, inPieces(tablesAt(op.index))))
  } else {
    await Promise.all(waiting.splice(0))
    const data = Buffer.from(tablesAt(op.index).join('\n'))
    append(i, [], { meta: { index: op.index, term: op.term, conf }, data })
  }
  if (waiting.length >= 3) await Promise.all(waiting.splice(0))
}
await Promise.all(waiting)
await log.close()

/** Its file `member` first, as a node does it. */
async function openAsNode(): Promise<DurableLog> {
  const { cluster, id, node, members } = IDENTITY
  const nodes = members.map((id) => ({ id, name: `n${id}`, address: `n${id}:1` }))
  const whose = { dataDir: dir, node, nodes, address: `n${id}:1`, cluster, randomBytes }
  const own = await ownMember(realDisk, whose)
  const opened = await openLog({ dir, identity: own.expected, keep: KEEP, onFatal: fatal })
  await keepOwnMember(realDisk, whose, own, opened.identity)
  return opened
}

function append(i: number, entries: readonly Entry[], snapshot?: Snapshot): void {
  const fields = { from: 1, term, vote, commit: 0, entries, ...(snapshot && { snapshot }) }
  waiting.push(
    new Promise((resolve) => {
      log.append(message('storage-append', LOCAL_APPEND, fields), () => {
        writeSync(1, `done ${i}\n`)
        resolve()
      })
    }),
  )
}

function fatal(error: Error): never {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
