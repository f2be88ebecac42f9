import { spawnSync } from 'node:child_process'
import path from 'node:path'
import test from 'ava'
import { needing } from '../peers.ts'
import { UNSHARE } from './inside.ts'

const PROBE = path.join(import.meta.dirname, 'probe.ts')

needing(
  test,
  'root',
  'ip',
  'tc',
  'nft',
  'unshare',
  'nsenter',
)('a machine that is made deaf to another hears nothing of it, all else passes, and healing heals', (t) => {
  t.timeout(60_000)
  const run = spawnSync('unshare', [...UNSHARE, process.execPath, PROBE], { encoding: 'utf8' })
  const open = { ab: true, ba: true, ac: true }
  t.is(run.status, 0, run.stderr)
  t.deepEqual(JSON.parse(run.stdout), {
    whole: open,
    // TCP needs both directions: who does not hear the answer has no connection either.
    deaf: { ab: false, ba: false, ac: true },
    lossy: { ab: false, ba: false, ac: false },
    narrow: open,
    healed: open,
  })
})
