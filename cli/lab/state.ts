/**
 * A lab on disk: one directory with `lab.json`, the cluster key, and each node's configuration, data and log. Nothing here
 * changes while the lab runs: which process a node is, the system knows (process.ts), so no two commands can disagree on it.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newClusterKey } from '../../cluster/seal.ts'
import { CA_DAYS, certOf, DAYS, give, initCa, read } from '../certs/authority.ts'
import { Failure } from '../failure.ts'
import { LAB_OPERATOR, type LabNode, type LabState, labFiles, labIn, type TlsFiles } from '../globals.ts'

export type { LabNode, LabState } from '../globals.ts'

export interface LabPlan {
  readonly dir: string
  readonly count: number
  readonly basePort: number
  readonly media: 'rtpengine' | 'direct'
  readonly tls: boolean
}

/** Ports of one node, from the base of its block. */
export const PORTS_PER_NODE = 3

const HOST = '127.0.0.1'

export const configOf = (dir: string, id: string): string => path.join(dir, 'nodes', `${id}.yaml`)
export const logOf = (dir: string, id: string): string => path.join(dir, 'logs', `${id}.log`)
export const dataOf = (dir: string, id: string): string => path.join(dir, 'data', id)

/** Writes everything that nodes need to start; nothing runs yet. */
export function writeLab({ dir, count, basePort, media, tls }: LabPlan): LabState {
  for (const folder of ['nodes', 'logs', 'data']) makeDirectory(path.join(dir, folder))
  const key = path.join(dir, 'cluster.key')
  // A lab that comes up again in its directory keeps its key: what it sealed must still open.
  if (!existsSync(key)) writeFileSync(key, newClusterKey(), { mode: 0o600 })
  chmodSync(key, 0o600)
  const nodes = Array.from({ length: count }, (_, i): LabNode => {
    const port = basePort + i * PORTS_PER_NODE
    const [sip, control, cluster] = [`${HOST}:${port}`, `${HOST}:${port + 1}`, `${HOST}:${port + 2}`]
    return { id: `n${i + 1}`, sip, control, cluster, media }
  })
  const ids = nodes.map(({ id }) => id)
  const peers = nodes.map(({ id, cluster }, i) => `    - {name: ${id}, id: ${i + 1}, address: ${cluster}}`).join('\n')
  nodes.forEach((node, i) => {
    writeFileSync(configOf(dir, node.id), configText(node, peers, mediaAddress(basePort, i), tls))
  })
  if (tls) writeCertificates(dir, ids)
  const state = { dir, nodes, tls }
  writeState(state)
  return state
}

/** Node's own recursive mkdir never returns where nothing can be made, as under /proc. */
export function makeDirectory(dir: string): void {
  const made = (): boolean => {
    try {
      mkdirSync(dir)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' && statSync(dir).isDirectory()) return true
      if (code === 'ENOENT') return false
      throw new Failure('failed', `${(error as Error).message}; name another directory with --dir`)
    }
  }
  if (made()) return
  if (path.dirname(dir) !== dir) makeDirectory(path.dirname(dir))
  if (!made()) throw new Failure('failed', `${dir} cannot be made; name another directory with --dir`)
}

/** Loopback has 16 million addresses: each node's relay has its own, so that all can use the same range of ports. */
export function mediaAddress(basePort: number, index: number): string {
  return `127.${basePort >> 8}.${basePort & 255}.${index + 1}`
}

/** What the lab's own commands show; null: its nodes do not speak TLS. */
export function operatorOf(state: LabState): TlsFiles | null {
  return state.tls ? labFiles(state.dir, LAB_OPERATOR) : null
}

/** A lab that comes up again keeps its authority, and its nodes get certificates that are good for a year again. */
function writeCertificates(dir: string, ids: readonly string[]): void {
  const certs = path.join(dir, 'certs')
  const now = Date.now()
  if (!existsSync(certOf(certs, 'ca')) || read(certs, 'ca', now).state !== 'valid')
    initCa(certs, 'lab', CA_DAYS, true, now)
  for (const name of ids) give(certs, { name, role: 'node', hosts: [HOST, 'localhost'], days: DAYS, force: true }, now)
  give(certs, { name: LAB_OPERATOR, role: 'operator', hosts: [], days: DAYS, force: true }, now)
}

function configText(
  { id, sip, control, cluster, media }: LabNode,
  peers: string,
  address: string,
  tls: boolean,
): string {
  const files = labFiles('..', id)
  const secret = tls ? `  tls: {ca: ${files.ca}, cert: ${files.cert}, key: ${files.key}}\n` : ''
  return `# Written by raftel lab up.
node: ${id}
data: ../data/${id}
cluster:
  key_file: ../cluster.key
  listen: ${cluster}
  nodes:
${peers}
${secret}control:
  listen: ${control}
${secret}sip:
  listen: [udp:${sip}, tcp:${sip}]
media:
  mode: ${media === 'direct' ? 'direct' : `spawn\n  interface: ${address}\n  ports: 30000-31000`}
`
}

export function readState(dir: string): LabState {
  const file = path.join(dir, 'lab.json')
  if (!existsSync(file)) {
    throw new Failure('not found', `there is no lab in ${dir}; bring one up with raftel lab up --dir ${dir}`)
  }
  try {
    return labIn(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Failure('failed', `${file} cannot be read (${(error as Error).message}); remove ${dir} and begin anew`)
  }
}

function writeState(state: LabState): void {
  const file = path.join(state.dir, 'lab.json')
  // Of a name of its own: several commands may be at it.
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, JSON.stringify(state, null, 2) + '\n')
  renameSync(fresh, file)
}

export function nodeOf(state: LabState, id: string): LabNode {
  const node = state.nodes.find((one) => one.id === id)
  if (node === undefined) {
    throw new Failure('not found', `the lab has no node ${id}; it has ${state.nodes.map((one) => one.id).join(', ')}`)
  }
  return node
}
