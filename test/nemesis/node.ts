/** One node of the cluster: a real process of the built program, started, killed, stopped and watched. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { which } from '../peers.ts'
import type { Machine } from './hosts.ts'
import { until } from './until.ts'

/**
 * Why a process ended, as far as the nemesis knows: its own doing, a disk that it made fail, a directory or a program that may not take
 * part any more, a member that was removed; or nothing of the kind.
 */
export type Cause =
  | 'killed'
  | 'disk failed'
  | 'asked to end'
  | 'other directory'
  | 'older program'
  | 'removed'
  | 'by itself'

export interface Exit {
  readonly node: string
  readonly cause: Cause
  readonly code: number | null
  readonly signal: string | null
  /** The last sentence for people in its log. */
  readonly words: string
}

export interface Start {
  /** Seconds by which its monotonic clock is ahead of the machine's. */
  readonly monotonic?: number
}

export interface Files {
  readonly config: string
  readonly data: string
  readonly log: string
  /** What libfaketime reads: by how much this node's wall clock is off. Null: its clock is the machine's. */
  readonly clock: string | null
  readonly faketime: string | null
}

export class NodeProcess {
  readonly name: string
  readonly machine: Machine
  readonly files: Files
  /** What it runs from its next start on: cli/main.js of a build. */
  program: string
  /** A fault of its process, its clock or its disk is at work: no other of that kind may be. */
  busy = false
  readonly #onExit: (exit: Exit) => void
  #child: ChildProcess | null = null
  #pid: number | null = null
  #gone: Promise<unknown> = Promise.resolve()
  #cause: Cause = 'by itself'

  constructor(machine: Machine, program: string, files: Files, onExit: (exit: Exit) => void) {
    this.name = machine.name
    this.program = program
    this.machine = machine
    this.files = files
    this.#onExit = onExit
  }

  get runs(): boolean {
    return this.#child !== null
  }

  /** Of the program itself, not of what started it. Null: it does not run. */
  get pid(): number | null {
    return this.#pid
  }

  get address(): { readonly sip: string; readonly control: string } {
    const { host, ports } = this.machine
    return { sip: `${host}:${ports.sip}`, control: `${host}:${ports.control}` }
  }

  async start({ monotonic }: Start = {}): Promise<void> {
    if (this.#child) return
    const time = monotonic === undefined ? [] : inTime(monotonic)
    // A process that outlives this one would be in nobody's care.
    const tied = which('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []
    const node = [
      process.execPath,
      '--enable-source-maps',
      this.program,
      'node',
      'start',
      '--config',
      this.files.config,
    ]
    const [first = '', ...rest] = [...this.machine.enter, ...time, ...tied, ...node]
    const log = openSync(this.files.log, 'a')
    const child = spawn(first, rest, { stdio: ['ignore', log, log], env: this.#environment() })
    closeSync(log)
    this.#cause = 'by itself'
    this.#child = child
    this.#gone = once(child, 'exit').then(([code, signal]) => this.#ended(code, signal))
    this.#pid = child.pid ?? null
    if (time.length > 0 && child.pid !== undefined) {
      const parent = child.pid
      await until(`the process of ${this.name} in its time namespace`, () => {
        this.#pid = childOf(parent)
        return this.#pid !== null || !this.runs
      })
    }
  }

  /** kill -9, or whatever signal is asked for; resolves when it is gone. */
  async end(cause: Cause = 'killed', signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#child) return
    this.#cause = cause
    this.signal('SIGCONT')
    this.signal(signal)
    await this.#gone
  }

  /** From now on it may end for this reason. */
  expect(cause: Cause): void {
    this.#cause = cause
  }

  /** Resolves when it does not run, or after the bound. */
  async gone(boundMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => (timer = setTimeout(resolve, boundMs)))
    await Promise.race([this.#gone, late])
    clearTimeout(timer)
    return !this.runs
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#pid === null) return
    try {
      process.kill(this.#pid, signal)
    } catch {
      // It went by itself just now.
    }
  }

  /** Where its log ends now; with it, what it says later can be told from what it said before. */
  logEnd(): number {
    return existsSync(this.files.log) ? statSync(this.files.log).size : 0
  }

  saidSince(at: number): string {
    return readFileSync(this.files.log).subarray(at).toString('utf8')
  }

  #ended(code: number | null, signal: string | null): void {
    // libfaketime leaves these behind when its process is killed.
    for (const name of ['faketime_shm', 'sem.faketime_sem']) rmSync(`/dev/shm/${name}_${this.#pid}`, { force: true })
    this.#child = null
    this.#pid = null
    this.#onExit({ node: this.name, cause: this.#cause, code, signal, words: this.lastWords() })
  }

  /** Its last sentence for people. */
  lastWords(): string {
    const lines = this.saidSince(0).trimEnd().split('\n')
    return (lines.filter((line) => line.startsWith('raftel: ')).at(-1) ?? lines.at(-1) ?? '').slice(0, 300)
  }

  #environment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('RAFTEL_') && name !== 'NODE_OPTIONS')
    const { clock, faketime } = this.files
    return {
      ...Object.fromEntries(own),
      NODE_ENV: 'production',
      ...(clock && faketime
        ? {
            LD_PRELOAD: faketime,
            FAKETIME_TIMESTAMP_FILE: clock,
            FAKETIME_CACHE_DURATION: '1',
            // Timers are not for this clock; the monotonic one is shifted with a time namespace.
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
          }
        : {}),
    }
  }
}

function inTime(seconds: number): readonly string[] {
  const shift = String(Math.round(seconds))
  return ['unshare', '--time', '--monotonic', shift, '--boottime', shift, '--fork', '--kill-child', '--']
}

function childOf(pid: number): number | null {
  try {
    const first = readFileSync(path.join('/proc', String(pid), 'task', String(pid), 'children'), 'utf8').split(' ')[0]
    return first ? Number(first) : null
  } catch {
    return null
  }
}
