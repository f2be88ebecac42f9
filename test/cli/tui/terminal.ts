/**
 * A terminal to test in: a command under a real pseudo-terminal (util-linux `script`, so no native module), its output
 * drawn by @xterm/headless. What `screen()` returns is what an operator would see.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import xterm from '@xterm/headless'

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Terminal {
  /** The lines on the screen, top to bottom, spaces at their ends cut. */
  screen(): string[]
  /** Everything that was written to the terminal, escape sequences included. */
  written(): string
  /** Whether any cell on the screen has a colour of its own. */
  coloured(): boolean
  send(keys: string): void
  /** Resolves with the screen as soon as it satisfies; throws with the last screen after `boundMs`. */
  until(wanted: RegExp | ((lines: string[]) => boolean), boundMs?: number): Promise<string[]>
  resize(columns: number, rows: number): Promise<void>
  /** Of the command inside. */
  pid(): number
  /** Exit code of the command, when it ends by itself within `boundMs`. */
  exit(boundMs?: number): Promise<number>
  /** Ends it if it still runs. */
  end(): Promise<void>
}

const BOUND_MS = 30_000
const END_MS = 5_000

export async function terminal(command: readonly string[], options: TerminalOptions = {}): Promise<Terminal> {
  const { columns = 80, rows = 24 } = options
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const child = spawn('script', ['-qfec', `stty rows ${rows} cols ${columns}; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: options.cwd,
    env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', ...options.env },
  })
  const view = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  const watchers = new Set<() => void>()
  let bytes = ''
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  child.stdin.on('error', () => undefined)
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    bytes += data
    view.write(data, () => {
      for (const watch of watchers) watch()
    })
  })
  const screen = () => Array.from({ length: view.rows }, (_, y) => lineOf(view, y))

  return {
    screen,
    written: () => bytes,
    coloured: () => cells(view).some((cell) => !cell.isFgDefault() || !cell.isBgDefault()),
    send: (keys) => void child.stdin.write(keys),
    until: (wanted, boundMs = BOUND_MS) => {
      const good = wanted instanceof RegExp ? (lines: string[]) => wanted.test(lines.join('\n')) : wanted
      return new Promise((resolve, reject) => {
        const done = () => {
          watchers.delete(look)
          clearTimeout(timer)
        }
        const look = () => {
          if (!good(screen())) return
          done()
          resolve(screen())
        }
        const timer = setTimeout(() => {
          done()
          reject(new Error(`the screen never showed ${wanted}, it shows:\n${screen().join('\n')}`))
        }, boundMs)
        watchers.add(look)
        look()
      })
    },
    resize: async (width, height) => {
      // The kernel tells the command (SIGWINCH) when the size of its terminal is set from outside.
      view.resize(width, height)
      await run('stty', [
        '-F',
        readlinkSync(`/proc/${inner(child)}/fd/0`),
        'cols',
        String(width),
        'rows',
        String(height),
      ])
    },
    pid: () => inner(child),
    exit: (boundMs = BOUND_MS) =>
      bounded(ended, boundMs, () => `still running, the screen shows:\n${screen().join('\n')}`),
    end: async () => {
      const running = child.exitCode === null && child.signalCode === null && innerOf(child)
      if (running) process.kill(running, 'SIGTERM')
      await bounded(ended, END_MS, () => '').catch(() => child.kill('SIGTERM'))
      await ended
      view.dispose()
    },
  }
}

function lineOf(view: xterm.Terminal, y: number): string {
  return (
    view.buffer.active
      .getLine(view.buffer.active.viewportY + y)
      ?.translateToString(true, 0, view.cols)
      .trimEnd() ?? ''
  )
}

function cells(view: xterm.Terminal) {
  const { active } = view.buffer
  return Array.from({ length: view.rows }, (_, y) => active.getLine(active.viewportY + y)).flatMap((line) =>
    line ? Array.from({ length: view.cols }, (_, x) => line.getCell(x)!) : [],
  )
}

function inner(child: ChildProcess): number {
  const pid = innerOf(child)
  if (!pid) throw new Error('the command in the terminal has ended')
  return pid
}

// `script` has one child, the command; none when that has ended.
function innerOf(child: ChildProcess): number | undefined {
  const tasks = `/proc/${child.pid}/task`
  if (!existsSync(tasks)) return undefined
  const children = readdirSync(tasks).flatMap((task) =>
    readFileSync(`${tasks}/${task}/children`, 'utf8').trim().split(' '),
  )
  return Number(children.find((word) => word !== '')) || undefined
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')}: exit ${code}`)),
    )
  })
}

function bounded<T>(promise: Promise<T>, boundMs: number, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), boundMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
