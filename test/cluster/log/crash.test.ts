import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { openLog } from '../../../cluster/log/open.ts'

const IDENTITY = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3] } as const
const WRITER = path.join(import.meta.dirname, 'writer.ts')

/** A life of the writer, killed after it acknowledged that many writes; the last index it acknowledged. */
async function killedAfter(dir: string, life: number, writes: number): Promise<number> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, dir, String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let last = 0
  let lines = 0
  for await (const line of createInterface(writer.stdout)) {
    last = Number(line)
    if (++lines === writes) writer.kill('SIGKILL')
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')
  return last
}

test('after kill -9 everything acknowledged is there, and the node starts', async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-crash-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  for (let life = 1; life <= 6; life++) {
    const acknowledged = await killedAfter(dir, life, 5 + life * 13)
    const log = await openLog({ dir, identity: IDENTITY, keep: 20, onFatal: (error) => t.fail(error.message) })
    t.true(log.last >= acknowledged, `life ${life}: ${log.last} of ${acknowledged}`)
    t.is(log.storage.term(acknowledged), life + 1)
    await log.close()
  }
})
