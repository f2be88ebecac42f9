/**
 * The file `member`: whose directory this is, and of which cluster. It is written before anything else is, also by `raftel cluster
 * init` and `join`, and stays when the database is set aside. What it says of the other members is how they were reached last; who
 * they are is agreed on (tables/members.ts).
 */
import path from 'node:path'
import { crc32 } from 'node:zlib'
import type { Id } from '../raft/types.ts'
import type { Disk } from './disk.ts'

export interface Acquaintance {
  readonly id: Id
  readonly name: string
  /** `host:port` of its cluster listener. */
  readonly address: string
}

export interface MemberFile {
  /** Names the cluster key, see keyId. */
  readonly cluster: string
  readonly id: Id
  readonly node: string
  /** 32 hexadecimal digits, drawn when the directory was made. */
  readonly directory: string
  /** The voters that the log of the cluster begins with. */
  readonly founders: readonly Id[]
  /** Itself among them. */
  readonly members: readonly Acquaintance[]
  /** Which founding of the cluster, see restore.ts; null: not known yet. */
  readonly lineage: string | null
}

export const MEMBER = 'member'

/** Null: there is none, or it is damaged. */
export async function readMember({ files }: Pick<Disk, 'files'>, dir: string): Promise<MemberFile | null> {
  const text = files ? await files.read(path.join(dir, MEMBER)) : null
  return text === null ? null : parseChecked(text)
}

export async function writeMember({ files }: Pick<Disk, 'files'>, dir: string, member: MemberFile): Promise<void> {
  await files?.write(path.join(dir, MEMBER), checkedText(member))
}

/** How a small file says something, so that it can be seen whether it still does. */
export function checkedText(said: object): string {
  const body = JSON.stringify(said)
  return `${JSON.stringify({ version: VERSION, crc: crc32(body) })}\n${body}\n`
}

/** Null: it is damaged. */
export function parseChecked<T>(text: string): T | null {
  try {
    const [head = '', body = ''] = text.split('\n')
    const { version, crc } = JSON.parse(head) as { version?: unknown; crc?: unknown }
    if (version !== VERSION || crc !== crc32(body)) return null
    return JSON.parse(body) as T
  } catch {
    return null
  }
}

const VERSION = 1
