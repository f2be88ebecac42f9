import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import ava from 'ava'
import { openLog } from '../../../cluster/log/open.ts'
import { newClusterKey } from '../../../cluster/seal.ts'
import { needing } from '../../peers.ts'
import { freePorts } from '../../ports.ts'
import { newRoot } from './faults/try.ts'
import { IDENTITY, KEEP, script, wrongWith } from './images/script.ts'

// Their processes are waited for, so one after another.
const test = needing(ava, 'strace').serial

const WRITER = path.join(import.meta.dirname, 'images', 'writer.ts')
const MAIN = path.join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts')
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning']

/**
 * Which calls of which number fail; what is asked of the disk later fails too, as on one that is broken. strace counts in each
 * thread: there are two, for the database and the frontier.
 */
const FAILING: Record<string, readonly number[]> = {
  fdatasync: [1, 3, 6, 10, 15, 20, 27],
  fsync: [1, 2, 3, 5],
  pwrite64: [1, 2, 5, 10, 18, 26],
  write: [1, 2, 5, 10],
}

/** Only what goes to LevelDB's write-ahead logs; the others go to the data directory alone anyway. */
function logsIn(dir: string): string[] {
  return Array.from({ length: 30 }, (_, i) => ['-P', path.join(dir, 'log', `${String(i).padStart(6, '0')}.log`)]).flat()
}

for (const error of ['EIO', 'ENOSPC']) {
  test(`${error} at any call ends the process with a sentence, and what was acknowledged is there afterwards`, async (t) => {
    t.timeout(115_000)
    const root = await newRoot()
    t.teardown(() => rm(root, { recursive: true }))
    let acknowledged = 0
    for (const [call, numbers] of Object.entries(FAILING)) {
      for (const number of numbers) {
        const what = `${call} ${number}`
        const dir = path.join(root, what)
        const inject = `inject=${call}:error=${error}:when=${number}+`
        const where = call === 'write' ? logsIn(dir) : []
        const args = ['-f', '-o', '/dev/null', ...where, '-e', `trace=${call}`, '-e', inject, ...NODE, WRITER, dir]
        const env = { ...process.env, UV_THREADPOOL_SIZE: '2' }
        const run = spawnSync('strace', args, { encoding: 'utf8', timeout: 30_000, env })
        t.is(run.status, 1, `${what}: ${run.stderr}`)
        const last = run.stderr.trim().split('\n').at(-1)!
        t.regex(
          last,
          error === 'EIO' ? /^cannot (open|write to) .*see (to|that) the disk/ : /^disk full: free space on /,
        )
        const told = (word: string) =>
          Number(
            run.stdout
              .trim()
              .split('\n')
              .findLast((line) => line.startsWith(word))
              ?.slice(word.length) ?? -1,
          )
        const log = await openLog({ dir, identity: IDENTITY, keep: KEEP, onFatal: (fatal) => t.fail(fatal.message) })
        t.is(await wrongWith(log, script(), told('done '), told('begun ')), null, what)
        acknowledged += told('done ') + 1
        await log.close()
      }
    }
    t.true(acknowledged > 100, String(acknowledged))
  })
}

test('a node whose disk fails says so in its last line, exits with 1, and has every user that was acknowledged', async (t) => {
  const root = await newRoot()
  t.teardown(() => rm(root, { recursive: true }))
  const [cluster, control, sip] = await freePorts(3)
  await writeFile(path.join(root, 'key'), newClusterKey(), { mode: 0o600 })
  const config = path.join(root, 'node.yaml')
  await writeFile(
    config,
    [
      'node: n1',
      'data: data',
      `cluster: {key_file: key, nodes: [{name: n1, id: 1, address: "127.0.0.1:${cluster}"}]}`,
      `control: {listen: "127.0.0.1:${control}"}`,
      `sip: {listen: ["udp:127.0.0.1:${sip}"]}`,
      'media: {mode: direct}',
      'log: {file: log}',
    ].join('\n'),
  )
  const start = [...NODE, MAIN, 'node', 'start', '--config', config]
  const raftel = async (...args: string[]) => {
    const run = spawn(start[0]!, [start[1]!, MAIN, ...args, '--endpoints', `127.0.0.1:${control}`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    run.stdin.on('error', () => {})
    run.stdin.end('secret\n')
    let stdout = ''
    run.stdout.on('data', (chunk) => (stdout += chunk))
    const [status] = await once(run, 'close')
    return { status, stdout }
  }
  const isUp = async () => {
    for (let i = 0; i < 60; i++) if ((await raftel('cluster', 'status')).status === 0) return true
    return false
  }
  const failing = ['-f', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=20+']
  // One thread, since strace counts in each.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  const node = spawn('strace', [...failing, ...start], { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env })
  t.teardown(() => node.exitCode ?? process.kill(-node.pid!, 'SIGKILL'))
  const ended = once(node, 'exit')
  const said: string[] = []
  createInterface(node.stderr).on('line', (line) => said.push(line))
  t.true(await isUp())
  const added: string[] = []
  for (let i = 0; node.exitCode === null && i < 60; i++) {
    if ((await raftel('user', 'add', `u${i}@pbx.test`, '--password-stdin')).status === 0) added.push(`u${i}@pbx.test`)
  }
  const [code] = await ended
  t.is(code, 1)
  t.regex(
    said.at(-1)!,
    /^raftel: cannot write to .*data .*see to the disk and start the node again; nothing acknowledged is lost$/,
  )
  t.true(added.length > 0)

  const again = spawn(start[0]!, start.slice(1), { stdio: 'ignore' })
  t.teardown(() => again.kill('SIGKILL'))
  t.true(await isUp())
  const { stdout } = await raftel('user', 'ls')
  t.deepEqual(
    added.filter((aor) => !stdout.includes(aor)),
    [],
  )
  again.kill('SIGTERM')
  await once(again, 'exit')
})
