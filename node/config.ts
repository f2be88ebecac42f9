/**
 * The configuration of one node: flag > environment > file > default, or everything that is wrong with it.
 * What belongs to the whole cluster (users, routing plan) is never here: it is agreed on, not configured.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { closest } from './closest.ts'
import { type FileConfig, fileConfig } from './config-schema.ts'
import { readSip, type SipConfig, type Wrong } from './config-sip.ts'
import { type Fault, inOrder, type Path, readYaml, sayFaults } from './yaml.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

export interface Tls {
  /** Paths of PEM files. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface ClusterPeer {
  readonly name: string
  readonly id: number
  /** `host:port` of its cluster listener. */
  readonly address: string
}

export type MediaConfig =
  | { readonly kind: 'spawn'; readonly binary: string | null; readonly interface: string; readonly ports: PortRange }
  | { readonly kind: 'external'; readonly host: string; readonly port: number }
  | { readonly kind: 'direct' }

export type PortRange = readonly [min: number, max: number]

export interface NodeConfig {
  readonly node: string
  /** What cluster.nodes says; null: the data directory knows it. */
  readonly id: number | null
  readonly dataDir: string
  readonly cluster: {
    readonly keyFile: string
    readonly listen: HostPort
    /** `host:port` that the other nodes reach this one at. */
    readonly address: string
    /** The founders; empty where the node was founded by `raftel cluster init` or has joined. */
    readonly nodes: readonly ClusterPeer[]
    readonly tls: Tls | null
  }
  readonly control: {
    readonly listen: HostPort
    readonly tls: Tls | null
    /** What those are who prove nothing; null: see docs/operators.md. */
    readonly anonymous: 'admin' | 'viewer' | 'none' | null
  }
  readonly sip: SipConfig
  readonly media: MediaConfig & { readonly whenDown: 'direct' | 'reject' }
  readonly calls: { readonly max: number; readonly maxSeconds: number; readonly checkSeconds: number }
  /** How much of SIP is remembered for `raftel call trace`. */
  readonly trace: { readonly bytes: number; readonly messages: number }
  readonly log: { readonly level: LogLevel; readonly file: string | null }
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type ConfigRead =
  | { readonly kind: 'ok'; readonly config: NodeConfig }
  /** One line a fault: `node.yaml:12:5: sip.listen[0]: …`, or `RAFTEL_SIP_LISTEN: …`. */
  | { readonly kind: 'faults'; readonly text: string }

/** Dotted keys of the file (`sip.listen`) → text; lists are separated by commas. */
export type Overrides = Readonly<Record<string, string>>

/** Keys that a flag or the environment may set. `sip.listen` is RAFTEL_SIP_LISTEN. */
export const OVERRIDABLE = [
  'node',
  'data',
  'cluster.key_file',
  'cluster.listen',
  'cluster.address',
  'control.listen',
  'sip.listen',
  'sip.advertise',
  'sip.registration.min_expires',
  'sip.registration.default_expires',
  'sip.registration.max_expires',
  'sip.registration.jitter_percent',
  'sip.registration.lease_seconds',
  'media.mode',
  'media.binary',
  'media.interface',
  'media.ports',
  'media.host',
  'media.port',
  'media.when_down',
  'calls.max',
  'calls.max_seconds',
  'calls.check_seconds',
  'trace.bytes',
  'trace.messages',
  'log.level',
  'log.file',
] as const

/** Reads a configuration file from disk; a file that cannot be read is one fault like any other. */
export function loadConfig(file: string, flags: Overrides = {}, env: NodeJS.ProcessEnv = process.env): ConfigRead {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return { kind: 'faults', text: `${file}: cannot be read: ${(error as Error).message}` }
  }
  return readConfig(text, file, flags, env)
}

/** The same for a text; `file` names it in faults, and relative paths are relative to its folder. */
export function readConfig(text: string, file: string, flags: Overrides = {}, env: NodeJS.ProcessEnv = {}): ConfigRead {
  const read = readYaml(text, fileConfig)
  if (read.kind === 'faults') return { kind: 'faults', text: sayFaults(file, read.faults) }
  const unknown = Object.keys(flags).filter((key) => !(OVERRIDABLE as readonly string[]).includes(key))
  if (unknown.length > 0) return { kind: 'faults', text: unknown.map(sayUnknown).join('\n') }

  const laid = overlay(read.value, overrides(flags, env))
  if (laid.kind === 'faults') return laid
  const value = laid.value

  const faults: Fault[] = []
  const wrong = (at: Path, message: string): void => {
    const origin = laid.origins.get(at.join('.'))
    const place = read.lineOf(at)
    faults.push({ ...place, path: origin ?? dotted(at), message })
  }
  const folder = path.dirname(path.resolve(file))
  const config = complete(value, folder, wrong)
  if (faults.length > 0 || config === null) return { kind: 'faults', text: sayFaults(file, inOrder(faults)) }
  return { kind: 'ok', config }
}

/** Defaults, and what one key means for another. Null only after a fault was told. */
function complete(value: FileConfig, folder: string, wrong: Wrong): NodeConfig | null {
  const { node, data, cluster, control, sip, media, calls, trace, log } = value
  if (node === undefined) wrong(['node'], 'missing: name this node, like n1')
  if (data === undefined) wrong(['data'], 'missing: name the directory that the node keeps its log in')
  if (cluster?.key_file === undefined) {
    wrong(['cluster', 'key_file'], 'missing: name the file with the cluster key (raftel node key > cluster.key)')
  }
  const nodes = cluster?.nodes ?? []
  unique(nodes, wrong)
  const self = nodes.findIndex((peer) => peer.name === node)
  const own = nodes[self]
  if (node !== undefined && nodes.length > 0 && own === undefined) {
    wrong(['node'], `${node} is not in cluster.nodes (${nodes.map((peer) => peer.name).join(', ')}); ${OUTSIDE}`)
  }
  const sipOf = readSip(sip, folder, wrong)
  const mediaOf = mediaConfig(media, folder, wrong)
  const file = (name: string) => path.resolve(folder, name)
  const tls = (given: Tls | undefined): Tls | null =>
    given === undefined ? null : { ca: file(given.ca), cert: file(given.cert), key: file(given.key) }

  const clusterListen = cluster?.listen ?? own?.address ?? cluster?.address
  const address = cluster?.address ?? own?.address ?? cluster?.listen
  if (clusterListen === undefined && nodes.length === 0) {
    wrong(['cluster', 'listen'], 'missing: say host:port where the other nodes connect')
  }
  if (clusterListen !== undefined && cluster !== undefined) {
    const written = own === undefined ? ['cluster', 'address'] : ['cluster', 'nodes', self, 'address']
    guard(cluster.listen === undefined ? written : ['cluster', 'listen'], clusterListen, cluster, 'cluster', wrong)
  }
  if (address !== undefined && own === undefined && isNowhere(address)) {
    const at = ['cluster', cluster?.address === undefined ? 'listen' : 'address']
    wrong(at, `other nodes cannot connect to ${address}; say in cluster.address which host:port they reach this one at`)
  }
  guard(['control', 'listen'], control.listen, control, 'control', wrong)

  if (node === undefined || data === undefined || cluster?.key_file === undefined) return null
  if (clusterListen === undefined || address === undefined || sipOf === null || mediaOf === null) return null
  return {
    node,
    id: own?.id ?? null,
    dataDir: file(data),
    cluster: {
      keyFile: file(cluster.key_file),
      listen: hostPort(clusterListen),
      address,
      nodes,
      tls: tls(cluster.tls),
    },
    control: { listen: hostPort(control.listen), tls: tls(control.tls), anonymous: control.anonymous ?? null },
    sip: sipOf,
    media: { ...mediaOf, whenDown: media.when_down },
    calls: { max: calls.max, maxSeconds: calls.max_seconds, checkSeconds: calls.check_seconds },
    trace,
    log: { level: log.level, file: log.file === undefined ? null : file(log.file) },
  }
}

const OUTSIDE = 'add it there, or leave cluster.nodes out if it joins a cluster that runs (docs/membership.md)'

/** An address to listen on that is none to connect to. */
function isNowhere(address: string): boolean {
  const { host, port } = hostPort(address)
  return port === 0 || /^[0:.]+$/.test(host)
}

function unique(nodes: readonly ClusterPeer[], wrong: Wrong): void {
  for (const key of ['name', 'id', 'address'] as const) {
    const seen = new Set<string | number>()
    nodes.forEach((peer, i) => {
      if (seen.has(peer[key])) wrong(['cluster', 'nodes', i, key], `${peer[key]} is given to two nodes; make it unique`)
      seen.add(peer[key])
    })
  }
}

/** Whoever reaches these listeners rules the cluster: off loopback only with certificates, or when told so. */
function guard(at: Path, listen: string, given: { tls?: Tls; insecure: boolean }, name: string, wrong: Wrong): void {
  const { host } = hostPort(listen)
  if (given.tls !== undefined || given.insecure || loopback(host)) return
  wrong(at, `${listen} is not loopback and has no TLS; add ${name}.tls {ca, cert, key}, or ${name}.insecure: true`)
}

export function loopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function mediaConfig(media: FileConfig['media'], folder: string, wrong: Wrong): MediaConfig | null {
  if (media.mode === 'direct') return { kind: 'direct' }
  if (media.mode === 'external') {
    if (media.host === undefined) wrong(['media', 'host'], 'missing: mode external needs host and port of rtpengine')
    if (media.port === undefined) wrong(['media', 'port'], "missing: the port of rtpengine's --listen-ng")
    if (media.host === undefined || media.port === undefined) return null
    return { kind: 'external', host: media.host, port: media.port }
  }
  const ports = portRange(media.ports)
  if (ports === null) {
    wrong(['media', 'ports'], `${media.ports} is no range of at least 4 ports; write it like 30000-31000`)
    return null
  }
  const { binary } = media
  const named = binary === undefined ? null : binary.includes('/') ? path.resolve(folder, binary) : binary
  return { kind: 'spawn', binary: named, interface: media.interface, ports }
}

function portRange(text: string): PortRange | null {
  const [min, max] = text.split('-').map(Number)
  if (min === undefined || max === undefined || min < 1 || max > 65_535 || max - min < 3) return null
  return [min, max]
}

/** `127.0.0.1:5060` or `[::1]:5060`; the schema has checked its form. */
export function hostPort(text: string): HostPort {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

interface Override {
  readonly key: string
  /** As the person knows it: `RAFTEL_LOG_LEVEL`, `--log-level` or `--set calls.max`. */
  readonly origin: string
  readonly text: string
}

function overrides(flags: Overrides, env: NodeJS.ProcessEnv): Override[] {
  return OVERRIDABLE.flatMap((key): Override[] => {
    const flag = flags[key]
    if (flag !== undefined) return [{ key, origin: FLAGS[key] ?? `--set ${key}`, text: flag }]
    const name = `RAFTEL_${key.replaceAll('.', '_').toUpperCase()}`
    const text = env[name]
    return text === undefined || text === '' ? [] : [{ key, origin: name, text }]
  })
}

/** Keys that have a flag of their own. */
const FLAGS: Readonly<Record<string, string>> = { data: '--data', 'log.level': '--log-level' }

function sayUnknown(key: string): string {
  const meant = closest(key, OVERRIDABLE)
  const instead = meant === null ? `known here: ${OVERRIDABLE.join(', ')}` : `did you mean ${meant}?`
  return `--set ${key}: unknown key; ${instead}`
}

type Laid =
  | { readonly kind: 'ok'; readonly value: FileConfig; readonly origins: ReadonlyMap<string, string> }
  | { readonly kind: 'faults'; readonly text: string }

function overlay(value: FileConfig, given: readonly Override[]): Laid {
  const raw = structuredClone(value) as Record<string, unknown>
  const origins = new Map<string, string>()
  for (const { key, origin, text } of given) {
    const keys = key.split('.')
    const last = keys.pop() ?? key
    let into = raw
    for (const part of keys) into = (into[part] ??= {}) as Record<string, unknown>
    into[last] = typed(key, text)
    origins.set(key, origin)
  }
  const checked = fileConfig.safeParse(raw)
  if (checked.success) return { kind: 'ok', value: checked.data, origins }
  const said = checked.error.issues.map((issue) => {
    const at = issue.path.join('.')
    const origin = [...origins].find(([key]) => at === key || at.startsWith(key + '.'))
    return `${origin?.[1] ?? at}: ${issue.message}`
  })
  return { kind: 'faults', text: said.join('\n') }
}

const NUMBERS = new Set([
  'media.port',
  'calls.max',
  'calls.max_seconds',
  'calls.check_seconds',
  'trace.bytes',
  'trace.messages',
])

function typed(key: string, text: string): unknown {
  if (key === 'sip.listen') return text.split(',').map((one) => one.trim())
  const isNumber = NUMBERS.has(key) || key.startsWith('sip.registration.')
  return isNumber && /^\d+$/.test(text) ? Number(text) : text
}

function dotted(at: Path): string {
  return at
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('')
}
