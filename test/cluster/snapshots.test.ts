import test from 'ava'
import { confOf } from '../../cluster/raft/memory.ts'
import { message } from '../../cluster/raft/message.ts'
import { LOCAL_APPEND } from '../../cluster/raft/types.ts'
import { Snapshots } from '../../cluster/snapshots.ts'
import { entries, newDir, openAt } from './log/fixtures.ts'
import { QUIET } from './nodes.ts'

test('a snapshot names the members as the tables had them at its entry; before there were founders, those of the log', async (t) => {
  const log = await openAt(await newDir(t))
  t.teardown(() => log.close())
  await new Promise<void>((done) => {
    const written = { from: 1, term: 1, vote: 1, commit: 2, entries: entries(1, 2, 1) }
    log.append(message('storage-append', LOCAL_APPEND, written), done)
  })
  const asked: boolean[] = []
  const snapshots = new Snapshots(log, 1, QUIET, (first) => asked.push(first))
  for (const [index, conf] of [[1, null] as const, [2, { ...confOf([1, 2, 3]), learners: [4] }] as const]) {
    snapshots.applied(index)
    t.deepEqual(asked.splice(0), [true])
    snapshots.answered({ index, conf, bytes: null })
    await snapshots.settled()
    t.deepEqual([log.snapshot?.index, log.snapshot?.conf.learners], [index, conf?.learners ?? []])
    t.deepEqual(log.snapshot?.conf.voters, [1, 2, 3])
  }
})
