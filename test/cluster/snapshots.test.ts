import test, { type ExecutionContext } from 'ava'
import { coreConfig, LIMITS } from '../../cluster/options.ts'
import { decodeConfChange } from '../../cluster/raft/confcodec.ts'
import { RawNode } from '../../cluster/raft/rawnode.ts'
import { LOCAL_APPEND, LOCAL_APPLY, type Message } from '../../cluster/raft/types.ts'
import { Snapshots } from '../../cluster/snapshots.ts'
import { IDENTITY, newDir, openAt } from './log/fixtures.ts'

/** A core on a real log that leads alone, and the entries that it handed out; `hears` is told how far the tables are. */
async function leading(t: ExecutionContext) {
  const log = await openAt(await newDir(t), { identity: { ...IDENTITY, members: [1] } })
  t.teardown(() => log.close())
  const core = new RawNode(coreConfig(1, log.storage, 0, () => 0.5, LIMITS))
  const applying: Message[] = []
  const settle = async (): Promise<void> => {
    while (core.hasReady()) {
      for (const message of core.ready().messages) {
        if (message.to === LOCAL_APPEND) await new Promise<void>((done) => log.append(message, done))
        if (message.to === LOCAL_APPLY) applying.push(message)
        else for (const response of message.responses ?? []) core.step(response)
      }
    }
  }
  const hears = (applied: number): void => {
    while (applying[0] && applying[0].entries.at(-1)!.index <= applied) {
      const { entries, responses } = applying.shift()!
      for (const { type, data } of entries) if (type === 'conf-change-v2') change(core, data)
      for (const response of responses ?? []) core.step(response)
    }
  }
  const asked: boolean[] = []
  let heard = (): void => {}
  const ask = (first: boolean): void => {
    asked.push(first)
    heard()
  }
  /** The piece before the one that is asked for now is on the disk. */
  const asks = (times: number): Promise<void> =>
    new Promise((resolve) => {
      heard = () => asked.length >= times && resolve()
      heard()
    })
  const standing = () => ({ applied: core.raft.log.applied, conf: core.status().conf })
  const snapshots = new Snapshots(log, 1, ask, standing)
  core.campaign()
  await settle()
  return { log, core, settle, hears, snapshots, asked, asks }
}

function change(core: RawNode, data: Uint8Array): void {
  const decoded = decodeConfChange(data)
  if (decoded !== 'malformed') core.applyConfChange(decoded)
}

async function end(snapshots: Snapshots, index: number): Promise<void> {
  snapshots.answered({ index, bytes: null })
  await snapshots.settled()
}

test('a snapshot names the members as of its index, also when they change in the turn in which it begins', async (t) => {
  const { log, core, settle, hears, snapshots, asks } = await leading(t)
  hears(1)
  snapshots.applied(1)
  core.proposeConfChange({ transition: 'auto', changes: [{ type: 'add-learner', id: 4 }] })
  await settle()
  // All of one batch: the first piece, of before the change, then that the change is applied.
  snapshots.answered({ index: 1, bytes: Buffer.from('as of 1') })
  hears(2)
  t.deepEqual(core.status().conf.learners, [4])
  await asks(2)
  await end(snapshots, 1)
  t.is(log.snapshot?.index, 1)
  t.deepEqual(log.snapshot?.conf.learners, [])
  snapshots.applied(2)
  snapshots.answered({ index: 2, bytes: Buffer.from('as of 2') })
  await asks(4)
  await end(snapshots, 2)
  t.is(log.snapshot?.index, 2)
  t.deepEqual(log.snapshot?.conf.learners, [4])
})

test('a snapshot of an index that the core does not know to be applied is not kept, and the next one is begun anew', async (t) => {
  const { log, core, settle, hears, snapshots, asked, asks } = await leading(t)
  hears(1)
  snapshots.applied(1)
  core.proposeConfChange({ transition: 'auto', changes: [{ type: 'add-learner', id: 4 }] })
  await settle()
  snapshots.answered({ index: 2, bytes: Buffer.from('as of 2') })
  await snapshots.settled()
  t.is(log.snapshot, null)
  hears(2)
  snapshots.applied(2)
  t.deepEqual(asked, [true, true])
  snapshots.answered({ index: 2, bytes: Buffer.from('as of 2') })
  await asks(3)
  await end(snapshots, 2)
  t.deepEqual([log.snapshot?.index, log.snapshot?.conf.learners], [2, [4]])
})
