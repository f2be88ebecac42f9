/**
 * How a data directory becomes one of a cluster before its node is started for the first time: as the first of a new cluster, or as a
 * member of one that runs. The file `joining` holds the identity that is asked for from before the cluster hears of it until the
 * file `member` says the same, so that whoever is interrupted at any step asks for the same one again.
 */
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { type Disk, realDisk } from '../cluster/log/disk.ts'
import {
  type Acquaintance,
  checkedText,
  MEMBER,
  type MemberFile,
  parseChecked,
  readMember,
  writeMember,
} from '../cluster/log/member.ts'

/** Whose directory it is to be. */
export interface Own {
  readonly dir: string
  /** Names the cluster key. */
  readonly cluster: string
  readonly node: string
  /** `host:port` that the other nodes reach it at. */
  readonly address: string
}

/** What a data directory is. */
export type Found =
  /** Empty, or not there. */
  | { readonly kind: 'nothing' }
  /** A join has begun, and did not end. */
  | { readonly kind: 'joining'; readonly joining: Joining }
  /** `hasLog`: its node was started. */
  | { readonly kind: 'member'; readonly member: MemberFile; readonly hasLog: boolean }
  /** It has something that says not whose it is. */
  | { readonly kind: 'other'; readonly names: readonly string[] }

export type Joining = Pick<MemberFile, 'cluster' | 'node' | 'directory'>

/** What the cluster answers to one that joins. */
export interface Joined {
  readonly id: number
  readonly founders: readonly number[]
  readonly members: readonly Acquaintance[]
  readonly lineage: string
}

export type Refused = { readonly kind: 'refused'; readonly why: string }

const JOINING = 'joining'
/** What an interrupted write leaves. */
const UNFINISHED = [`${JOINING}.new`, `${MEMBER}.new`]

type Files = Pick<Disk, 'files' | 'exists' | 'makeDirectory'>

export async function lookAt(dir: string, disk: Files = realDisk): Promise<Found> {
  if (!(await disk.exists(dir))) return { kind: 'nothing' }
  const names = (await disk.files!.list(dir)).filter((name) => !UNFINISHED.includes(name)).sort()
  const member = names.includes(MEMBER) ? await readMember(disk, dir) : null
  if (member) return { kind: 'member', member, hasLog: names.includes('log') }
  const rest = names.filter((name) => name !== JOINING)
  if (rest.length > 0) return { kind: 'other', names: rest }
  const joining =
    names.length > 0 ? parseChecked<Joining>((await disk.files!.read(path.join(dir, JOINING))) ?? '') : null
  return joining ? { kind: 'joining', joining } : { kind: 'nothing' }
}

/** Makes the directory that of the only node of a new cluster; it gets others by `raftel cluster join`. */
export async function init(
  own: Own,
  disk: Files = realDisk,
): Promise<{ readonly kind: 'made' | 'is made already'; readonly member: MemberFile } | Refused> {
  const found = await lookAt(own.dir, disk)
  const verdict = judgeInit(found, own)
  if (verdict !== null) return verdict
  if (found.kind === 'member') return { kind: 'is made already', member: found.member }
  const { cluster, node, address } = own
  const members = [{ id: 1, name: node, address }]
  const member = { cluster, id: 1, node, directory: drawDirectory(), founders: [1], members, lineage: null }
  await disk.makeDirectory(own.dir)
  await writeMember(disk, own.dir, member)
  return { kind: 'made', member }
}

/** Prepares to ask a cluster: what is to be asked for, or that there is nothing left to ask. */
export async function beginJoin(
  own: Own,
  disk: Files = realDisk,
): Promise<
  | { readonly kind: 'ask'; readonly directory: string }
  | { readonly kind: 'joined already'; readonly member: MemberFile }
  | Refused
> {
  const found = await lookAt(own.dir, disk)
  const verdict = judgeJoin(found, own)
  if (verdict !== null) return verdict
  if (found.kind === 'member') {
    await disk.files!.remove(path.join(own.dir, JOINING))
    return { kind: 'joined already', member: found.member }
  }
  if (found.kind === 'joining') return { kind: 'ask', directory: found.joining.directory }
  const { cluster, node } = own
  const directory = drawDirectory()
  await disk.makeDirectory(own.dir)
  await disk.files!.write(path.join(own.dir, JOINING), checkedText({ cluster, node, directory }))
  return { kind: 'ask', directory }
}

/** The cluster has this directory among its members: from now on its node can be started. */
export async function endJoin(
  own: Own,
  directory: string,
  joined: Joined,
  disk: Files = realDisk,
): Promise<MemberFile> {
  const { cluster, node } = own
  const member = { cluster, node, directory, ...joined }
  await writeMember(disk, own.dir, member)
  await disk.files!.remove(path.join(own.dir, JOINING))
  return member
}

/** Null: it may be made, or is. */
export function judgeInit(found: Found, own: Own): Refused | null {
  const { dir } = own
  switch (found.kind) {
    case 'nothing':
      return null
    case 'joining':
      return refused(`${dir} is about to join a running cluster: say raftel cluster join again, or remove it first`)
    case 'other':
      return refused(`${dir} is not empty (${some(found.names)}): move it away first, or name another with --data`)
    case 'member': {
      const { member, hasLog } = found
      const isSame = member.node === own.node && member.cluster === own.cluster
      const isAlone = member.founders.join() === '1' && member.id === 1
      if (isSame && isAlone && !hasLog) return null
      return refused(`${dir} ${belongs(member)}: start its node, or move the directory away to begin anew`)
    }
  }
}

/** Null: it may join, or has joined. */
export function judgeJoin(found: Found, own: Own): Refused | null {
  const { dir } = own
  switch (found.kind) {
    case 'nothing':
      return null
    case 'joining': {
      const { node, cluster } = found.joining
      if (node === own.node && cluster === own.cluster) return null
      return refused(`${dir} is about to join as ${node} under the cluster key ${cluster}: ${APART}`)
    }
    case 'other':
      return refused(`${dir} has data that is of no joined node (${some(found.names)}): ${APART}`)
    case 'member': {
      const { member } = found
      const isSame = member.node === own.node && member.cluster === own.cluster
      if (isSame && !member.founders.includes(member.id)) return null
      return refused(`${dir} ${belongs(member)}: ${APART}`)
    }
  }
}

const APART = 'move it away, or name another with --data'

function belongs({ node, id, cluster, founders }: MemberFile): string {
  const as = founders.includes(id) ? 'a founder of' : 'a member of'
  return `belongs to ${node}, ${as} a cluster (id ${id}, cluster key ${cluster})`
}

function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(', ')
}

function refused(why: string): Refused {
  return { kind: 'refused', why }
}

function drawDirectory(): string {
  return randomBytes(16).toString('hex')
}
