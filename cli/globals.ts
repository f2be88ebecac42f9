/** Options that every command takes, and where the cluster is found from them. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { Failure, usage } from './failure.ts'
import type { Format } from './print.ts'

export interface Globals {
  readonly output: Format
  readonly endpoints?: string
  readonly dir?: string
  /** Seconds. */
  readonly timeout: number
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tokenFile?: string
  /** Of commands that change something: it stands in the audit. */
  readonly reason?: string
}

const DEFAULT_ENDPOINT = '127.0.0.1:7060'
const ENDPOINTS_MAX = 32

export function addGlobals(program: Command): Command {
  return program
    .addOption(
      new Option('-o, --output <format>', 'how data is printed').choices(['table', 'json', 'ndjson']).default('table'),
    )
    .option('--endpoints <host:port,…>', 'control addresses to try in order (RAFTEL_ENDPOINTS)')
    .option('--dir <directory>', 'directory of a lab, whose nodes are asked; for certs, of the certificates')
    .addOption(new Option('--timeout <seconds>', 'how long a command may take').default(10).argParser(seconds))
    .option('--tls-ca <file>', 'authority of the nodes (RAFTEL_TLS_CA)')
    .option('--tls-cert <file>', 'certificate of this client (RAFTEL_TLS_CERT)')
    .option('--tls-key <file>', 'its key (RAFTEL_TLS_KEY)')
    .option('--token-file <file>', 'file with the token of this operator (RAFTEL_TOKEN_FILE)')
}

export function globals(command: Command): Globals {
  return command.optsWithGlobals<Globals & Record<string, unknown>>()
}

/** --endpoints, else RAFTEL_ENDPOINTS, else the lab of --dir, else the default lab, else the default port. */
export function endpoints(given: Globals, env: NodeJS.ProcessEnv): string[] {
  const text = given.endpoints ?? (given.dir === undefined ? env.RAFTEL_ENDPOINTS : undefined)
  // A variable that a script forgot to set must not lead to another cluster.
  if (given.endpoints === '') throw usage('--endpoints is empty; write host:port, several with commas between')
  if (text) {
    const named = text.split(',').map((one) => one.trim())
    const wrong = named.find((one) => !/^[^\s,]+:\d{1,5}$/.test(one))
    if (wrong !== undefined) throw usage(`${wrong} is no endpoint; write host:port, several with commas between`)
    return named.slice(0, ENDPOINTS_MAX)
  }
  const dir = given.dir ?? defaultLabDir(env)
  const lab = labEndpoints(dir)
  if (lab !== null) return lab
  if (given.dir !== undefined) throw usage(`there is no lab in ${dir}; bring one up with raftel lab up --dir ${dir}`)
  return [DEFAULT_ENDPOINT]
}

export function defaultLabDir(env: NodeJS.ProcessEnv): string {
  const state = env.XDG_STATE_HOME || path.join(homedir(), '.local', 'state')
  return path.join(state, 'raftel', 'lab')
}

export interface TlsFiles {
  /** Paths of PEM files. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** --tls-*, else those of the lab of --dir, else RAFTEL_TLS_*, else those of the default lab if it is asked; null: no TLS. */
export function tlsFiles(given: Globals, env: NodeJS.ProcessEnv): TlsFiles | null {
  const flags = complete(given.tlsCa, given.tlsCert, given.tlsKey, '--tls-ca, --tls-cert and --tls-key')
  if (flags !== null) return flags
  if (given.dir !== undefined) return labTls(given.dir)
  const named = complete(
    env.RAFTEL_TLS_CA,
    env.RAFTEL_TLS_CERT,
    env.RAFTEL_TLS_KEY,
    'RAFTEL_TLS_CA, RAFTEL_TLS_CERT and RAFTEL_TLS_KEY',
  )
  if (named !== null) return named
  return given.endpoints || env.RAFTEL_ENDPOINTS ? null : labTls(defaultLabDir(env))
}

/** The token of who asks; null: there is none. A file that others can read is refused: it is as good as a password. */
export function tokenOf(given: Globals, env: NodeJS.ProcessEnv): string | null {
  const file = given.tokenFile ?? env.RAFTEL_TOKEN_FILE
  if (file === undefined || file === '') return null
  let text: string
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw usage(`the token file ${file} can be read by others: run chmod 600 ${file}`)
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('failed', `the token file cannot be used: ${(error as Error).message}`)
  }
  if (!/^[\x21-\x7e]{1,256}$/.test(text))
    throw usage(`${file} holds no token; it is one line, as raftel operator add told it`)
  return text
}

function complete(ca = '', cert = '', key = '', names: string): TlsFiles | null {
  if (!ca && !cert && !key) return null
  if (!ca || !cert || !key) throw usage(`TLS needs all of ${names}`)
  return { ca, cert, key }
}

/** The files of a lab whose nodes speak TLS: certificates of one of its nodes, or, as operator, this machine's user's. */
export function labFiles(dir: string, name: string): TlsFiles {
  const at = (file: string): string => path.join(dir, 'certs', file)
  return { ca: at('ca.pem'), cert: at(`${name}.pem`), key: at(`${name}.key`) }
}

export const LAB_OPERATOR = 'operator'

function labTls(dir: string): TlsFiles | null {
  return labFile(dir)?.tls ? labFiles(dir, LAB_OPERATOR) : null
}

function labEndpoints(dir: string): string[] | null {
  return labFile(dir)?.nodes.map((node) => node.control) ?? null
}

export interface LabNode {
  readonly id: string
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly sip: string
  readonly control: string
  readonly cluster: string
  readonly media: 'rtpengine' | 'direct'
}

export interface LabState {
  readonly dir: string
  readonly nodes: readonly LabNode[]
  /** Whether nodes and command line show certificates of the lab's own authority. */
  readonly tls: boolean
}

/** A lab.json; throws when it is none. */
export function labIn(text: string): LabState {
  const state: unknown = JSON.parse(text)
  if (!isLab(state)) throw new Error('it does not describe a lab')
  return state
}

function isLab(value: unknown): value is LabState {
  if (typeof value !== 'object' || value === null) return false
  const { dir, nodes } = value as Partial<LabState>
  const names = ['id', 'sip', 'control', 'cluster', 'media'] as const
  const whole = (node: LabNode | null): boolean => names.every((name) => typeof node?.[name] === 'string')
  return typeof dir === 'string' && Array.isArray(nodes) && nodes.length > 0 && nodes.every(whole)
}

function labFile(dir: string): LabState | null {
  const file = path.join(dir, 'lab.json')
  if (!existsSync(file)) return null
  try {
    return labIn(readFileSync(file, 'utf8'))
  } catch (error) {
    throw usage(`${file} cannot be read (${(error as Error).message}); name the nodes with --endpoints`)
  }
}

export function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('It must be a number of seconds, like 10.')
  return value
}

export function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }

/** How long, as people write it: 90s, 30m, 12h, 7d. Commander calls it for what was written; the default is left as it is. */
export function duration(text: string): number {
  const [, number, unit] = /^(\d{1,8})([smhd]?)$/.exec(text) ?? []
  const result = Number(number) * (UNITS[unit ?? ''] ?? 0)
  if (!(result >= 1 && result <= 315_360_000)) throw new InvalidArgumentError('write it like 90s, 30m, 12h or 7d')
  return result
}

/** A time, or how long ago: `2026-01-31`, `2026-01-31T12:00Z`, `24h`. Unix ms. */
export function moment(text: string): number {
  if (/^\d{1,8}[smhd]$/.test(text)) return Date.now() - duration(text) * 1000
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new InvalidArgumentError('write it like 2026-01-31, 2026-01-31T12:00Z or 24h')
  return at
}
