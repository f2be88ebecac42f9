/** Who speaks on a stream, and whether to listen. ◆ */
import { timingSafeEqual } from 'node:crypto'
import { clean } from '../proto/text.ts'
import type { Hello__Output } from '../proto/types/raftel/cluster/v1/Hello.ts'
import { keyId, proof } from './seal.ts'

/** Raised when nodes of different versions would misunderstand each other. */
export const PROTOCOL = 3
/** Spoken with nodes that know nothing of a change of members, as long as there was none. */
export const PROTOCOL_BEFORE_MEMBERS = 2

export interface Self {
  readonly id: number
  readonly name: string
  readonly incarnation: string
  /** The cluster key. */
  readonly key: Uint8Array
  /** Which founding of the cluster it is of, see restore.ts; null: its directory is empty, so of any. Empty when left out. */
  readonly lineage?: () => string | null
  /** `host:port` that the others reach it at. */
  readonly address?: string
  /** See log/member.ts. */
  readonly directory?: string
  /** Whether the members are agreed on: then nobody may be among them who does not understand what that means. */
  readonly isFounded?: () => boolean
}

export interface Peer {
  readonly id: number
  readonly name: string
  /** `host:port` of its cluster listener. */
  readonly address: string
}

/** What a node says of its directory; see cluster/rebuild.ts. */
export interface Standing {
  /** It has no term and no entry, and took the place of none that had. */
  readonly untouched: boolean
  /** It has no vote yet: it took the place of a damaged one, or its node has joined and has not been given everything yet. */
  readonly repairing: boolean
  readonly term: number
  /** Last index that the receiver acknowledged to the sender, when that leads in `term`; else 0. */
  readonly acknowledged: number
}

/** What `self` says first to peer `to`. */
export function hello(self: Self, to: number, standing: Standing): Hello__Output {
  const { id: from, name, incarnation, address = '', directory = '' } = self
  const { untouched, repairing, term, acknowledged } = standing
  const own = { untouched, repairing, term, acknowledged }
  const who = { protocol: oldestOf(self), cluster: clusterOf(self, untouched), from, name, incarnation, to }
  const said = { ...who, ...own, newest: PROTOCOL, address, directory }
  return { ...said, proof: proofOf(self.key, said), seal: sealOf(self.key, said) }
}

/** The newest protocol that both would speak; 0 when there is none. */
function spoken(self: Self, { protocol, newest }: Pick<Hello__Output, 'protocol' | 'newest'>): number {
  const common = Math.min(PROTOCOL, Math.max(protocol, newest))
  return common >= Math.max(protocol, oldestOf(self)) ? common : 0
}

function oldestOf({ isFounded }: Self): number {
  return isFounded?.() ? PROTOCOL : PROTOCOL_BEFORE_MEMBERS
}

/** The lineage that a peer's hello names; null: its directory is empty. */
export function lineageOf(said: Pick<Hello__Output, 'cluster' | 'untouched'>): string | null {
  return partsOf(said)[1]
}

/** `key`, or `key.lineage`; of an empty directory that waits for repair `key.?`. */
function clusterOf({ key, lineage }: Self, untouched: boolean): string {
  const own = lineage ? lineage() : ''
  if (own === null) return untouched ? keyId(key) : `${keyId(key)}.?`
  return own === '' ? keyId(key) : `${keyId(key)}.${own}`
}

function partsOf({ cluster, untouched }: Pick<Hello__Output, 'cluster' | 'untouched'>): [string, string | null] {
  const [key = '', lineage = ''] = cluster.split('.', 2)
  return [key, lineage === '?' || (untouched && lineage === '') ? null : lineage]
}

function founding(lineage: string): string {
  return lineage === '' ? 'that of the cluster as it was first' : `that of the restored cluster ${lineage}`
}

/** What a hello says of its sender. */
export type Said = Pick<Hello__Output, 'from' | 'name' | 'protocol' | 'newest' | 'address' | 'directory' | 'repairing'>

/** Why a sender is not one that may speak here, as a sentence; null when it may. */
export type Judge = (said: Said) => string | null

/** It is one of these. */
export function oneOf(peers: readonly Peer[]): Judge {
  return ({ from, name }) => {
    const peer = peers.find(({ id }) => id === from)
    if (!peer) return `node id ${from} is not in this node's configuration: list it in cluster.nodes on every node`
    return nameTrouble(from, name, peer.name)
  }
}

export function nameTrouble(id: number, said: string, known: string): string | null {
  if (said === known) return null
  return `node id ${id} is ${clean(said, 40)} there and ${known} here: check the names of the nodes`
}

/** Why a hello is refused, as a sentence; null when it is one of ours. */
export function refusal(self: Self, judge: Judge, said: Hello__Output | null): string | null {
  if (!said) return 'it does not begin with a hello'
  if (spoken(self, said) === 0) {
    const theirs = Math.max(said.protocol, said.newest)
    return `it speaks protocol ${theirs}, this node speaks ${PROTOCOL}: run the same version on all nodes`
  }
  const own = keyId(self.key)
  const [key, lineage] = partsOf(said)
  if (key !== own)
    return `it is of another cluster (key ${clean(key, 16)}, here ${own}): give all nodes the same key file`
  const here = self.lineage ? self.lineage() : ''
  if (lineage !== null && here !== null && lineage !== here)
    return (
      `its data is ${founding(clean(lineage, 32))}, the data here is ${founding(here)}: ` +
      'restore all nodes from the same file, and start none with its old directory'
    )
  const isProved = equal(said.proof, proofOf(self.key, said))
  if (!isProved || (said.newest > 0 && !equal(said.seal, sealOf(self.key, said))))
    return 'it does not know the cluster key: give all nodes the same key file'
  // Being no member goes before a wrong id: who was wiped knows the others by old ids, and must hear that it is out.
  const why = judge(said)
  if (why) return why
  if (said.to !== self.id)
    return `it wants node id ${said.to}, this is ${self.name} with id ${self.id}: check the addresses of the nodes`
  return null
}

type Unsigned = Omit<Hello__Output, 'proof' | 'seal'>

/** Over what protocol 2 had: nodes that speak no later one check it. */
function proofOf(key: Uint8Array, said: Unsigned): string {
  const { protocol, cluster, from, name, incarnation, to, untouched, repairing, term, acknowledged } = said
  const all = [protocol, cluster, from, name, incarnation, to, untouched, repairing, term, acknowledged]
  return proof(key, 'hello', JSON.stringify(all))
}

/** Over all of it. */
function sealOf(key: Uint8Array, said: Unsigned): string {
  const { newest, address, directory } = said
  return proof(key, 'hello', JSON.stringify([proofOf(key, said), newest, address, directory]))
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
