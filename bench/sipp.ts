/** Runs SIPp, the load generator that this project did not write, and says how it went. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface SippOptions {
  readonly scenario: string
  readonly target: string
  readonly folder: string
  readonly name: string
  /** Lines of the injection file; SIPp takes them one after the other. */
  readonly users?: readonly string[]
  /** Calls to make; 0: until it is ended. */
  readonly calls: number
  /** Calls begun a second, and at most this many at once: with a high rate the limit makes a closed loop. */
  readonly rate?: number
  readonly atOnce?: number
  readonly transport?: 'u1' | 't1'
  readonly port: number
  readonly mediaPort?: number
  /** Milliseconds that a <pause/> takes. */
  readonly pause?: number
  readonly timeoutSeconds?: number
  readonly ip?: string
  /** Keeps what the scenario logs; read it from `SippResult.log`. */
  readonly log?: boolean
  /** Keeps every response time that the scenario takes (rtd); read them from `SippResult.times`. */
  readonly times?: boolean
  /** How long an answer may take before the call counts as failed, ms. */
  readonly answerWithin?: number
  /** Sends the RTP that it gets back to where that came from. */
  readonly echo?: boolean
}

export interface SippResult {
  readonly code: number
  readonly done: number
  readonly failed: number
  readonly retransmissions: number
  readonly seconds: number
  /** Last lines of its error log: what it saw when something was unexpected. */
  readonly errors: string
  readonly log: string
  /** Response times, ms. */
  readonly times: readonly number[]
}

export interface SippRun {
  readonly pid: number
  readonly result: Promise<SippResult>
  end(): void
}

export function sipp(options: SippOptions): SippRun {
  const base = path.join(options.folder, options.name)
  const args = [options.target, '-sf', options.scenario, '-i', options.ip ?? '127.0.0.1', '-p', String(options.port)]
  args.push('-nostdin', '-trace_stat', '-stf', base + '.csv', '-fd', '1', '-trace_err', '-error_file', base + '.errors')
  args.push(
    '-t',
    options.transport ?? 'u1',
    '-aa',
    '-default_behaviors',
    'all',
    '-recv_timeout',
    String(options.answerWithin ?? 20_000),
  )
  args.push('-max_socket', '60000', '-d', String(options.pause ?? 0))
  if (options.mediaPort !== undefined) args.push('-mp', String(options.mediaPort))
  if (options.echo) args.push('-rtp_echo')
  if (options.log) args.push('-trace_logs', '-log_file', base + '.log')
  if (options.times) args.push('-trace_rtt', '-rtt_freq', '1')
  if (options.calls > 0) args.push('-m', String(options.calls))
  args.push('-r', String(options.rate ?? 50), '-l', String(options.atOnce ?? 100))
  if (options.timeoutSeconds !== undefined) args.push('-timeout', `${options.timeoutSeconds}s`)
  if (options.users !== undefined) {
    writeFileSync(base + '.users', ['SEQUENTIAL', ...options.users].join('\n') + '\n')
    args.push('-inf', base + '.users')
  }
  const began = process.hrtime.bigint()
  const child = spawn('sipp', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TERM: 'xterm' },
    cwd: options.folder,
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000)
  })
  const result = new Promise<SippResult>((resolve) => {
    child.on('error', (error) => {
      stderr = error.message
    })
    child.on('close', (code) => {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9
      resolve({
        code: code ?? -1,
        ...totals(base + '.csv'),
        seconds,
        errors: (stderr + tail(base + '.errors')).trim(),
        log: read(base + '.log'),
        times: options.times ? timesOf(options, child.pid) : [],
      })
    })
  })
  return { pid: child.pid ?? -1, result, end: () => child.kill('SIGTERM') }
}

/** SIPp names the file after the scenario's own file and its process, and writes it where it runs. */
function timesOf({ scenario, folder }: SippOptions, pid: number | undefined): number[] {
  const file = path.join(folder, `${path.basename(scenario, '.xml')}_${pid}_rtt.csv`)
  const lines = read(file).trim().split('\n').slice(1)
  return lines.map((line) => Number(line.split(';')[1]))
}

/** SIPp's statistics file: names in the first line, totals so far in the last. */
function totals(file: string): { done: number; failed: number; retransmissions: number } {
  const lines = read(file).trim().split('\n')
  const names = lines[0]?.split(';') ?? []
  const values = lines.at(-1)?.split(';') ?? []
  const value = (name: string): number => Number(values[names.indexOf(name)] ?? 0)
  return {
    done: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
  }
}

function tail(file: string): string {
  return read(file).slice(-1500)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** CPU time that a process and its children have used so far, in seconds (user and system). */
export function cpuSeconds(pid: number): number {
  // Fields 14 and 15 of /proc/<pid>/stat, after the parenthesised name, in ticks of 10 ms.
  const own = read(`/proc/${pid}/stat`)
  const fields = own.slice(own.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  return ticks / 100 + childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), 0)
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      read(`/proc/${pid}/task/${task}/children`).trim().split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}
