import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Media } from '../../../node/media/media.ts'
import { endLeftover } from '../../../node/media/process.ts'
import { logLines } from '../../../node/media/sidecar.ts'
import { startMedia } from '../../../node/media/start.ts'
import { keptLog, ownPlace, sdpAt, statusWhere, until } from './rig.ts'

const pidOf = (media: Media) => Number(/pid (\d+)/.exec(media.status().detail)![1])
const alive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

test('a killed sidecar is reported, replaced, and the call goes on with the next offer', async (t) => {
  const media = await startMedia({ mode: await ownPlace(t), whenDown: 'direct', log: keptLog() })
  t.teardown(() => media.close())
  const first = pidOf(media)
  const session = media.open('call-1')
  await session.offer('caller', sdpAt(4000))
  await session.answer('called', sdpAt(4002))

  const down = statusWhere(media, ({ detail }) => detail.includes('down'))
  process.kill(first, 'SIGKILL')
  t.is((await down).kind, 'direct')
  t.like(await session.offer('caller', sdpAt(4000)), { kind: 'failed', status: 503 })
  t.is(media.open('call-2').kind, 'direct')

  await statusWhere(media, ({ kind }) => kind === 'rtpengine')
  t.not(pidOf(media), first)
  t.is((await session.offer('caller', sdpAt(4000))).kind, 'sdp')
  t.is((await session.answer('called', sdpAt(4002))).kind, 'sdp')
  await session.end()
})

test('a sidecar that hangs is found by its silence, killed and replaced', async (t) => {
  const media = await startMedia({ mode: await ownPlace(t), whenDown: 'reject', log: keptLog() })
  t.teardown(() => media.close())
  const first = pidOf(media)
  process.kill(first, 'SIGSTOP')
  const down = await statusWhere(media, ({ detail }) => detail.includes('unanswered'))
  t.regex(down.detail, /refused with 503/)
  t.like(await media.open('call-1').offer('caller', sdpAt(4000)), { kind: 'failed', status: 503 })
  await statusWhere(media, ({ detail }) => /pid \d+$/.test(detail) && !detail.includes(`pid ${first}`))
  t.false(alive(first))
})

test('without rtpengine media is direct, and the status names the remedy', async (t) => {
  const log = keptLog()
  const mode = { ...(await ownPlace(t)), binary: 'rtpengine-that-is-absent' }
  const media = await startMedia({ mode, whenDown: 'reject', log })
  t.is(media.status().kind, 'direct')
  t.regex(media.status().detail, /apt-get install rtpengine-daemon/)
  t.true(log.lines.some((line) => line.includes('apt-get install')))
  const session = media.open('call-1')
  t.deepEqual(await session.offer('caller', sdpAt(4000)), { kind: 'sdp', sdp: sdpAt(4000) })
  t.like(await session.offer('caller', 'hello'), { kind: 'failed', status: 488 })
  await session.end()
  await media.close()
  t.is(media.status().sessions, 0)
})

test('a sidecar that cannot start says why and is tried again', async (t) => {
  const log = keptLog()
  const media = await startMedia({
    mode: { ...(await ownPlace(t)), interface: 'no-such-interface' },
    whenDown: 'direct',
    log,
  })
  t.teardown(() => media.close())
  t.is(media.status().kind, 'direct')
  await statusWhere(media, ({ detail }) => detail.includes('restarting in 400 ms'))
  await media.close()
  t.true(log.lines.some((line) => line.includes('is down')))
})

test('a data directory that cannot be written leaves media direct, and says so', async (t) => {
  const mode = { ...(await ownPlace(t)), dataDir: '/dev/null/media' }
  const media = await startMedia({ mode, whenDown: 'direct', log: keptLog() })
  t.teardown(() => media.close())
  t.regex(media.status().detail, /cannot be started.*ENOTDIR/)
  t.is(media.open('call-1').kind, 'direct')
})

test('closing ends the sidecar and its pidfile', async (t) => {
  const mode = await ownPlace(t)
  const media = await startMedia({ mode, whenDown: 'direct', log: keptLog() })
  const pid = pidOf(media)
  t.is(Number(readFileSync(join(mode.dataDir, 'rtpengine.pid'), 'utf8')), pid)
  await media.close()
  t.false(alive(pid))
  t.false(existsSync(join(mode.dataDir, 'rtpengine.pid')))
})

test('a node killed with -9 takes its sidecar with it', async (t) => {
  const mode = await ownPlace(t)
  const start = new URL('../../../node/media/start.ts', import.meta.url).pathname
  const script = `
    const { startMedia } = await import(${JSON.stringify(start)})
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const media = await startMedia({ mode: ${JSON.stringify(mode)}, whenDown: 'direct', log })
    console.log(media.status().detail)`
  const node = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(node.stdout, 'data')
  const pid = Number(/pid (\d+)/.exec(String(said))![1])
  t.true(alive(pid))
  node.kill('SIGKILL')
  await until(() => !alive(pid))
  t.pass()
})

test('a leftover of this data directory is ended; a stranger with its old pid is not', async (t) => {
  const mode = await ownPlace(t)
  const pidfile = join(mode.dataDir, 'rtpengine.pid')
  const ours = spawn('sh', ['-c', 'sleep 60 & wait', `--pidfile=${pidfile}`])
  const stranger = spawn('sleep', ['60'])
  t.teardown(() => ours.kill('SIGKILL'))
  t.teardown(() => stranger.kill('SIGKILL'))

  writeFileSync(pidfile, String(stranger.pid))
  t.is(await endLeftover(mode.dataDir), null)
  t.is(stranger.exitCode, null)
  writeFileSync(pidfile, 'not a pid')
  t.is(await endLeftover(mode.dataDir), null)

  writeFileSync(pidfile, String(ours.pid))
  const ended = once(ours, 'exit')
  t.is(await endLeftover(mode.dataDir), ours.pid ?? null)
  await ended
  t.true(alive(stranger.pid!))
})

test('lines of the sidecar reach the log cleaned, shortened and not by the thousand', (t) => {
  const log = keptLog()
  let now = 0
  const line = logLines(log, () => now)
  line(`[1.2] ERR: [core] \u001b[31m${'x'.repeat(1000)}`)
  t.regex(log.lines[0]!, /complains.*ERR: \[core\] \?\[31mx+/)
  t.true(log.lines[0]!.length < 400)
  for (let i = 0; i < 1000; i++) line('again')
  t.is(log.lines.length, 20)
  now = 1001
  line('later')
  t.regex(log.lines[20]!, /dropped.*981/)
})
