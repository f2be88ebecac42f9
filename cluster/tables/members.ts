/**
 * Who the members of the cluster are: names, addresses and directories beside the core's configuration of ids. It changes with the
 * conf-change entries of the log and nothing else; both halves of a replica apply them with what is here, so what the tables
 * say and what the core does cannot differ (thesis §4; a change is effective when it is applied).
 *
 * An id is given once and never again, and belongs to one directory: whoever comes with another directory is somebody else. Before a
 * cluster is founded there is no row, and its members are those that its nodes were configured with.
 */
import { changed, confStateOf, leavesJoint, restored } from '../raft/confchange.ts'
import { decodeConfChange, encodeConfChange } from '../raft/confcodec.ts'
import { confOf } from '../raft/memory.ts'
import type { ConfChange, ConfState, Entry, Id } from '../raft/types.ts'
import { isDirectory, isName } from './names.ts'

export interface MemberRow {
  readonly id: Id
  readonly name: string
  /** `host:port` of its cluster listener. */
  readonly address: string
  /** Drawn when its data directory was made. */
  readonly directory: string
  /** It is to have a vote as soon as it has caught up, if it has none yet. */
  readonly vote: boolean
}

export interface MembersRow {
  /** The voters that the log begins with. */
  readonly founders: readonly Id[]
  /** In force after the last change. */
  readonly conf: ConfState
  /** By id. */
  readonly all: readonly MemberRow[]
  /** The id that the next new member gets. */
  readonly next: Id
}

export type NewMember = Omit<MemberRow, 'id'>

export type MemberChange =
  /** The members that were configured become the founders, each with its directory. */
  | { readonly kind: 'found'; readonly members: readonly Omit<MemberRow, 'vote'>[] }
  /** A learner comes; in the place of the member `replaces`, unless that is 0. */
  | { readonly kind: 'add'; readonly id: Id; readonly member: NewMember; readonly replaces: Id }
  /** A learner gets its vote. */
  | { readonly kind: 'promote'; readonly id: Id }
  | { readonly kind: 'remove'; readonly id: Id }
  /** It listens elsewhere now. */
  | { readonly kind: 'move'; readonly id: Id; readonly address: string }

export const MEMBERS_MAX = 15
export const ID_MAX = 65_535

/** What the core makes of a change that does nothing: every replica refuses the same ones. */
const NOTHING: ConfChange = { transition: 'auto', changes: [{ type: 'update', id: 0 }] }

/** The change as an entry carries it. */
export function entryOf(change: MemberChange): ConfChange {
  return { ...coreChange(change), context: Buffer.from(JSON.stringify(change)) }
}

/** Its bytes. */
export function encodeMemberChange(change: MemberChange): Uint8Array {
  return encodeConfChange(entryOf(change))
}

/**
 * Applies one conf-change entry: the row after it, and what the core is to make of it. What the members do not allow changes nothing.
 */
export function afterEntry(
  row: MembersRow | null,
  { data }: Pick<Entry, 'data'>,
): { readonly row: MembersRow | null; readonly core: ConfChange } {
  const decoded = decodeConfChange(data)
  if (decoded === 'malformed') return { row, core: NOTHING }
  if (leavesJoint(decoded)) {
    const conf = row && confAfter(row.conf, decoded)
    return { row: conf ? { ...row, conf } : row, core: decoded }
  }
  const change = decoded.context ? readChange(decoded.context) : null
  const next = change && after(row, change)
  return change && next ? { row: next, core: coreChange(change) } : { row, core: NOTHING }
}

/** The row after a change; null when the members do not allow it. */
export function after(row: MembersRow | null, change: MemberChange): MembersRow | null {
  if (change.kind === 'found') return row === null ? founded(change.members) : null
  if (row === null) return null
  const conf = confAfter(row.conf, coreChange(change))
  const one = row.all.find(({ id }) => id === ('replaces' in change ? change.replaces : change.id))
  if (conf === null) return null
  switch (change.kind) {
    case 'add': {
      const others = row.all.filter((member) => member !== one)
      const { id, member, replaces } = change
      const isTaken = others.some(({ name, directory }) => name === member.name || directory === member.directory)
      if (id !== row.next || id > ID_MAX || isTaken || others.length >= MEMBERS_MAX) return null
      // In the place of another means under its name, from a directory of its own.
      if (replaces !== 0 && (!one || one.name !== member.name || one.directory === member.directory)) return null
      return { ...row, conf, all: [...others, { id, ...member }], next: id + 1 }
    }
    case 'promote':
      if (!one || !row.conf.learners.includes(one.id)) return null
      return { ...row, conf, all: row.all.map((member) => (member === one ? { ...one, vote: true } : member)) }
    case 'remove':
      return one ? { ...row, conf, all: row.all.filter((member) => member !== one) } : null
    case 'move': {
      const { address } = change
      return one
        ? { ...row, conf, all: row.all.map((member) => (member === one ? { ...one, address } : member)) }
        : null
    }
  }
}

/** What a configuration is called for one of its members; null when it is none. */
export function standingOf(conf: ConfState, id: Id): 'voter' | 'learner' | null {
  if (conf.voters.includes(id)) return 'voter'
  // Until a joint configuration is left, one that loses its vote still has it.
  if (conf.learners.includes(id) || conf.learnersNext.includes(id)) return 'learner'
  return conf.votersOutgoing.includes(id) ? 'voter' : null
}

/** A member as it is shown. */
export interface MemberView {
  readonly id: Id
  readonly name: string
  /** `host:port` of its cluster listener. */
  readonly address: string
  readonly standing: 'voter' | 'learner'
}

/** By id. */
export function viewOf({ conf, all }: MembersRow): MemberView[] {
  return all.map(({ id, name, address }) => ({ id, name, address, standing: standingOf(conf, id) ?? 'learner' }))
}

function founded(members: readonly Omit<MemberRow, 'vote'>[]): MembersRow | null {
  const ids = members.map(({ id }) => id).sort((a, b) => a - b)
  const all = members.map((member) => ({ ...member, vote: true })).sort((a, b) => a.id - b.id)
  const unique = (of: (member: MemberRow) => unknown) => new Set(all.map(of)).size === all.length
  if (all.length === 0 || all.length > MEMBERS_MAX) return null
  if (!unique(({ id }) => id) || !unique(({ name }) => name) || !unique(({ directory }) => directory)) return null
  return { founders: ids, conf: confOf(ids), all, next: ids.at(-1)! + 1 }
}

/** The change of ids in a change of members. */
function coreChange(change: MemberChange): ConfChange {
  switch (change.kind) {
    case 'found':
      return NOTHING
    case 'add': {
      const add = { type: 'add-learner', id: change.id } as const
      // One step, so that there is no time in which the name belongs to nobody, or to two.
      return change.replaces === 0
        ? { transition: 'auto', changes: [add] }
        : { transition: 'joint-implicit', changes: [{ type: 'remove', id: change.replaces }, add] }
    }
    case 'promote':
      return { transition: 'auto', changes: [{ type: 'add-voter', id: change.id }] }
    case 'remove':
      return { transition: 'auto', changes: [{ type: 'remove', id: change.id }] }
    case 'move':
      return { transition: 'auto', changes: [{ type: 'update', id: change.id }] }
  }
}

const LIMITS = { maxInflightMsgs: 1, maxInflightBytes: 1 }

/** As the core does it; null when it refuses. */
function confAfter(conf: ConfState, change: ConfChange): ConfState | null {
  const result = changed({ ...LIMITS, membership: restored(conf, 0, LIMITS), lastIndex: 0 }, change)
  return result.kind === 'changed' ? confStateOf(result.membership.conf) : null
}

function readChange(bytes: Uint8Array): MemberChange | null {
  try {
    const said = JSON.parse(Buffer.from(bytes).toString()) as MemberChange
    return isChange(said) ? said : null
  } catch {
    return null
  }
}

function isChange(said: MemberChange | null): said is MemberChange {
  switch (said?.kind) {
    case 'found':
      return Array.isArray(said.members) && said.members.every((member) => isId(member?.id) && isMember(member))
    case 'add':
      return (
        isId(said.id) && isMember(said.member) && typeof said.member.vote === 'boolean' && isIdOrNone(said.replaces)
      )
    case 'promote':
    case 'remove':
      return isId(said.id)
    case 'move':
      return isId(said.id) && isText(said.address)
    default:
      return false
  }
}

function isMember(said: Omit<NewMember, 'vote'> | null | undefined): boolean {
  return !!said && isName(said.name) && isDirectory(said.directory) && isText(said.address)
}

/** Whoever is dialled there looks whether it is an address; a simulation has others. */
function isText(said: unknown): boolean {
  return typeof said === 'string' && said.length <= 300
}

function isId(said: unknown): boolean {
  return Number.isInteger(said) && (said as number) >= 1 && (said as number) <= ID_MAX
}

function isIdOrNone(said: unknown): boolean {
  return said === 0 || isId(said)
}
