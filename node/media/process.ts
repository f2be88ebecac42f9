/** One rtpengine process: found, started so that it cannot outlive the node, and ended. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export interface SidecarPlace {
  /** Path of the binary. */
  readonly binary: string
  /** As rtpengine's --interface: an address, or `address!advertised`. */
  readonly interface: string
  /** First and last UDP port for media. */
  readonly ports: readonly [number, number]
  /** The node's data directory; the pidfile lives in it. */
  readonly dataDir: string
}

export interface Sidecar {
  readonly pid: number
  readonly ngPort: number
  /** Settles when the process is gone, with what it last complained of. */
  readonly gone: Promise<string>
  /** SIGTERM, and SIGKILL two seconds later. Resolves when it is gone. */
  end(): Promise<void>
  kill(): void
}

/** The full path of `name`, or null when there is no such program. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/usr/bin`.split(delimiter).filter(Boolean)
  const candidates = name.includes('/') ? [name] : folders.map((folder) => join(folder, name))
  for (const path of candidates) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs) return path
  }
  return null
}

/** What `rtpengine --version` says, like `10.5.3.5-1+deb12u1`; 'unknown' if it will not say. */
export function versionOf(binary: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(binary, ['--version'], { timeout: 5000 }, (_error, stdout, stderr) => {
      resolve(/version:? *([\w.+~-]{1,40})/i.exec(`${stdout}\n${stderr}`)?.[1] ?? 'unknown')
    })
  })
}

/** Absolute, so that a leftover is known by its command line wherever the node is started from. */
const pidfileIn = (dataDir: string) => resolve(dataDir, 'rtpengine.pid')

/** Starts rtpengine in userspace on a control port the OS gives. `onLine` gets its log lines, as they are. */
export async function startSidecar(place: SidecarPlace, onLine: (line: string) => void): Promise<Sidecar> {
  await mkdir(place.dataDir, { recursive: true })
  const ngPort = await freeUdpPort()
  const pidfile = pidfileIn(place.dataDir)
  const parts = [
    '--config-file=none', // else it reads the distribution's file and takes that one's ports
    '--table=-1',
    '--foreground',
    '--log-stderr',
    '--log-level=4',
    '--delete-delay=0', // else ports stay taken for 30 s after each call
    '--timeout=60',
    '--silent-timeout=3600',
    '--tos=184',
    `--interface=${place.interface}`,
    `--listen-ng=127.0.0.1:${ngPort}`,
    `--port-min=${place.ports[0]}`,
    `--port-max=${place.ports[1]}`,
    `--pidfile=${pidfile}`,
  ]
  const setpriv = await findProgram('setpriv')
  // setpriv makes the kernel end it when the node dies, also by kill -9; then it becomes rtpengine, under the same pid.
  const [program, args] = setpriv
    ? [setpriv, ['--pdeathsig', 'KILL', place.binary, ...parts]]
    : [place.binary, [...parts]]
  // A session of its own: Ctrl-C in the node's terminal must not take the media away before the calls are ended.
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  return watch(child, ngPort, pidfile, onLine)
}

function watch(child: ChildProcess, ngPort: number, pidfile: string, onLine: (line: string) => void): Sidecar {
  let complaint = ''
  const lines = createInterface({ input: child.stderr! })
  lines.on('line', (line) => {
    if (/ (ERR|CRIT|ALERT|EMERG): |^Fatal/i.test(line)) complaint = line.slice(0, 300)
    onLine(line)
  })
  lines.on('error', () => {})
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    // 'close' and not 'exit': the reason is in the last lines.
    child.once('close', (code, signal) => resolve(complaint || `exit ${signal ?? code}`))
  })
  const gone = exited.then(async (why) => {
    await rm(pidfile, { force: true })
    return why
  })
  return {
    pid: child.pid ?? 0,
    ngPort,
    gone,
    kill: () => child.kill('SIGKILL'),
    async end() {
      child.kill('SIGTERM')
      const insist = setTimeout(() => child.kill('SIGKILL'), 2000)
      await gone
      clearTimeout(insist)
    },
  }
}

/**
 * Ends the rtpengine that an earlier node left behind in this data directory: the pid of the pidfile, if that process
 * has our own pidfile on its command line. A pid that the system gave to something else meanwhile is left alone.
 */
export async function endLeftover(dataDir: string): Promise<number | null> {
  const pidfile = pidfileIn(dataDir)
  const pid = Number(await readFile(pidfile, 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 1) return null
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  await rm(pidfile, { force: true })
  if (!commandLine.split('\0').includes(`--pidfile=${pidfile}`)) return null
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return null // It went by itself between the look and the signal.
  }
  return pid
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
