import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import anyTest from 'ava'
import { terminal } from '../cli/tui/terminal.ts'
import { needing } from '../peers.ts'
import { RAFTEL, ROOT, raftel } from './lab.ts'

needing(anyTest, 'rtpengine').serial(
  'the demo ends by itself, and every call of it was answered and heard',
  async (t) => {
    t.timeout(120_000)
    const { code, stdout, stderr } = await raftel(['demo', '--for', '6'])
    t.is(code, 0, stdout + stderr)
    const { calls, ...said } = lastLine(stdout)
    t.true(Number(calls) > 0)
    t.deepEqual(said as object, { nodes: 3, answered: calls, heard: calls, media: 'rtpengine' })
  },
)

needing(anyTest, 'rtpengine', 'script').serial(
  'in a terminal the demo opens the screen on a live cluster, and q leaves no process and no port behind',
  async (t) => {
    t.timeout(120_000)
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-demo-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const screen = await terminal([RAFTEL, 'demo'], { cwd: ROOT, env: { TMPDIR: folder } })
    t.teardown(() => screen.end())
    await screen.until(/quorum 3\/3/, 60_000)
    await screen.until(/answered .*alice@pbx\.test/)
    const ports = portsUnder(folder)
    t.true(ports.length >= 9, `nine listeners of three nodes, found ${ports}`)
    t.true(processesUnder(folder).length >= 6, 'three nodes and three relays')
    screen.send('q')
    t.is(await screen.exit(60_000), 0)
    t.deepEqual(processesUnder(folder), [])
    t.deepEqual((await Promise.all(ports.map(async (port) => ((await taken(port)) ? [port] : [])))).flat(), [])
  },
)

needing(anyTest, 'root').serial(
  'where rtpengine cannot be had the demo says how to get it, loudly, and goes on with direct media',
  async (t) => {
    t.timeout(120_000)
    // In a mount namespace of its own the machine has neither rtpengine nor apt.
    const hide = ['rtpengine', 'apt-get'].map(
      (name) => `for f in /usr/bin/${name} /usr/sbin/${name}; do [ -e $f ] && mount --bind /dev/null $f; done`,
    )
    const child = spawn('unshare', ['-m', 'sh', '-c', `${hide.join('; ')}; exec ${RAFTEL} demo --for 6`], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    const code = await new Promise((resolve) => child.once('close', resolve))
    t.regex(stdout, /MEDIA IS DIRECT.*apt-get install rtpengine-daemon/)
    const { calls, ...said } = lastLine(stdout)
    t.deepEqual(said as object, { nodes: 3, answered: calls, heard: calls, media: 'direct' })
    t.is(code, 0, stdout)
  },
)

function lastLine(text: string): Record<string, unknown> {
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
}

/** Every `127.0.0.1:port` in the configurations that the demo wrote. */
function portsUnder(folder: string): number[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /nodes\/n\d\.yaml$/.test(name),
  )
  const text = files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n')
  return [...new Set([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map((match) => Number(match[1])))]
}

/** Running processes that name the folder in their command line; ended ones have none. */
function processesUnder(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return line.includes(folder) ? [`${pid} ${line}`] : []
      } catch {
        return []
      }
    })
}

function taken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
