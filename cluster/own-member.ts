/**
 * Whose directory this is: what its file `member` says, or what this node is configured as when there is none; and of both, what
 * the log itself says. See log/member.ts.
 */
import type { Peer } from './hello.ts'
import type { Disk } from './log/disk.ts'
import { type Acquaintance, type MemberFile, readMember, writeMember } from './log/member.ts'
import type { Expected, Identity } from './log/recover.ts'
import { openTrouble } from './log/trouble.ts'

export interface OwnMemberOptions {
  readonly dataDir: string
  readonly node: string
  /** The founders as they are configured; none: the directory must know. */
  readonly nodes: readonly Peer[]
  /** `host:port` that the others reach this node at. */
  readonly address: string
  /** Names the cluster key. */
  readonly cluster: string
  readonly randomBytes: (count: number) => Buffer
}

export interface OwnMember {
  /** What the log is opened with. */
  readonly expected: Expected
  /** How the members were reached last. */
  readonly acquainted: readonly Acquaintance[]
  readonly lineage: string | null
  /** The file as it was found. */
  readonly file: MemberFile | null
}

/** Throws one sentence when the directory is another node's, or nobody knows whose it is. */
export async function ownMember(disk: Disk, options: OwnMemberOptions): Promise<OwnMember> {
  const { dataDir, node, nodes, cluster, randomBytes } = options
  const file = await readMember(disk, dataDir).catch((error) => {
    throw openTrouble(dataDir, error)
  })
  if (file) {
    checkFile(file, options)
    const { id, founders, directory, members, lineage } = file
    // What was configured stands against what the log was made for as long as the members are not agreed on.
    const configured = nodes.length > 0 && founders.includes(id) ? idsOf(nodes) : founders
    return { expected: { cluster, node, id, members: configured, directory }, acquainted: members, lineage, file }
  }
  const own = nodes.find(({ name }) => name === node)
  if (nodes.length > 0 && !own)
    throw new Error(`node ${node} is not among the nodes of the cluster: name it in cluster.nodes`)
  const directory = randomBytes(16).toString('hex')
  const members = own ? idsOf(nodes) : null
  return {
    expected: { cluster, node, id: own?.id ?? null, members, directory, isOfFounding: true },
    acquainted: nodes,
    lineage: null,
    file: null,
  }
}

/** Writes the file if it does not say what the log says; throws when the two are of different directories. */
export async function keepOwnMember(
  disk: Disk,
  { dataDir, node }: OwnMemberOptions,
  { file, acquainted }: OwnMember,
  identity: Identity,
): Promise<void> {
  const { cluster, id, members: founders, directory = '' } = identity
  if (file && (file.directory !== directory || file.id !== id)) {
    throw new Error(
      `the file member in ${dataDir} is of another directory than the log beside it: put the one that belongs there back, or remove it`,
    )
  }
  if (file) return
  const made = { cluster, id, node, directory, founders, members: acquainted, lineage: null }
  await writeMember(disk, dataDir, made).catch((error) => {
    throw openTrouble(dataDir, error)
  })
}

function checkFile({ cluster, node, id }: MemberFile, options: OwnMemberOptions): void {
  const { dataDir } = options
  if (cluster !== options.cluster) {
    throw new Error(
      `${dataDir} belongs to the cluster with key ${cluster}, this node has key ${options.cluster}: use its own directory`,
    )
  }
  const configured = options.nodes.find(({ name }) => name === options.node)
  if (node !== options.node) {
    throw new Error(
      `${dataDir} belongs to node ${node} (id ${id}), this is ${options.node} (id ${configured?.id ?? '?'}): use its own directory`,
    )
  }
}

function idsOf(nodes: readonly Peer[]): number[] {
  return nodes.map(({ id }) => id).sort((a, b) => a - b)
}
