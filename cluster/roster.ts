/**
 * Whom this node knows: the members that are agreed on, or before that those it was configured with, and what each last said of itself.
 * It says whom to dial, and who may speak here. ◆
 */
import { type Judge, nameTrouble, oneOf, type Peer, PROTOCOL, type Said } from './hello.ts'
import type { Acquaintance } from './log/member.ts'
import type { Id } from './raft/types.ts'
import { type MemberChange, type MembersRow, type MemberView, viewOf } from './tables/members.ts'
import { isAddress, isName } from './tables/names.ts'

export interface RosterNeeds {
  readonly self: Acquaintance & { readonly directory: string }
  /** The voters that the log begins with. */
  readonly founders: readonly Id[]
  /** The members as the directory remembers them, this node included. */
  readonly acquainted: readonly Acquaintance[]
  /** Addresses that the operator wrote down; they go before those that are remembered. */
  readonly configured: readonly Peer[]
}

export const REMOVED = 'was removed from the cluster'
const OTHER_DIRECTORY = 'is not the one that is a member of the cluster'

export function otherDirectory(name: string): string {
  return (
    `the data directory of ${name} ${OTHER_DIRECTORY}: if that one is lost, ` +
    'raftel cluster join --replace makes this one a member in its place'
  )
}

/** Whether a refusal by most of the others is the end of the node that hears it. */
export function isFinal(why: string): boolean {
  return why.includes(REMOVED) || why.includes(OTHER_DIRECTORY)
}

/** New members that this node has not heard of by the log yet: so many at once, whatever strangers with the key say. */
const NEWCOMERS_MAX = 16

export class Roster {
  readonly #needs: RosterNeeds
  readonly #heard = new Map<Id, Said>()
  #row: MembersRow | null = null
  #peers: readonly Peer[] = []
  #view: readonly MemberView[] = []

  constructor(needs: RosterNeeds) {
    this.#needs = needs
    this.#arrange()
  }

  get row(): MembersRow | null {
    return this.#row
  }

  /** Whether the members are agreed on, as far as this node knows. */
  get isFounded(): boolean {
    return this.#row !== null || !this.#needs.founders.includes(this.#needs.self.id)
  }

  /** All others to be dialled, by id. */
  get peers(): readonly Peer[] {
    return this.#peers
  }

  /** The members, by id. */
  get view(): readonly MemberView[] {
    return this.#view
  }

  /** The voters that there are, or will be. */
  get voters(): number {
    return this.#view.filter(({ standing }) => standing === 'voter').length
  }

  /** Whether a member can give its vote, as far as it said: one that repairs itself, or has just come, cannot. */
  mayVote(id: Id): boolean {
    return id === this.#needs.self.id || this.#heard.get(id)?.repairing === false
  }

  nameOf(id: Id): string | undefined {
    const { self } = this.#needs
    return id === self.id ? self.name : this.#peers.find((peer) => peer.id === id)?.name
  }

  /** The members are these now. */
  set(row: MembersRow | null): void {
    this.#row = row
    for (const id of this.#heard.keys()) if (this.#standsOutside(id)) this.#heard.delete(id)
    this.#arrange()
  }

  /** A peer said hello; true when another is to be dialled now, or elsewhere. */
  hear(said: Said): boolean {
    const before = JSON.stringify(this.#peers)
    this.#heard.set(said.from, isAddress(said.address) ? said : { ...said, address: '' })
    this.#arrange()
    return JSON.stringify(this.#peers) !== before
  }

  readonly judge: Judge = (said) => {
    const { from, name, directory } = said
    const { self, acquainted, founders } = this.#needs
    if (this.#standsOutside(from)) {
      // A wiped directory is its founding again, whatever its node became since. One whose name another machine has now hears that it
      // is not the member: to replace that one is for the operator to decide.
      const isMember = this.#row?.all.some((one) => one.name === name)
      return isMember ? otherDirectory(name) : `node id ${from} (this was ${name}) ${REMOVED}`
    }
    const member = this.#row?.all.find(({ id }) => id === from)
    if (member && directory !== member.directory) return otherDirectory(member.name)
    const known = member ?? acquainted.find(({ id }) => id === from)
    if (known) return nameTrouble(from, name, known.name)
    // What is agreed on may be further than what this node has.
    if (said.protocol >= PROTOCOL) {
      if (!isName(name)) return `node id ${from} has a name that no node can have`
      const fits = this.#heard.has(from) || this.#newcomers.length < NEWCOMERS_MAX
      return fits ? null : 'too many nodes speak here that are no members'
    }
    if (this.isFounded) return `node id ${from} is no member of this cluster: raftel cluster join makes it one`
    return oneOf(acquainted.filter(({ id }) => id !== self.id && founders.includes(id)))(said)
  }

  /**
   * What makes the configured members founders; or why that cannot be yet, as a sentence. What a node said before it went out of reach
   * does not count: it may come back with the older program, or with another directory.
   */
  founding(isInReach: (id: Id) => boolean): MemberChange | string {
    const { self, founders } = this.#needs
    const members: Omit<MemberChange & { kind: 'found' }, 'kind'>['members'][number][] = []
    const silent: string[] = []
    const older: string[] = []
    for (const id of founders) {
      const name = this.nameOf(id) ?? `id ${id}`
      const heard = isInReach(id) ? this.#heard.get(id) : undefined
      const said = id === self.id ? { ...self, newest: PROTOCOL } : heard
      if (!said) silent.push(name)
      else if (said.newest < PROTOCOL || said.directory === '') older.push(name)
      else members.push({ id, name, address: said.address, directory: said.directory })
    }
    if (older.length > 0) return `${older.join(' and ')} runs an older version: upgrade all nodes first`
    if (silent.length > 0) return `${silent.join(' and ')} must be running when the members change for the first time`
    return { kind: 'found', members }
  }

  /** Where a member says that it listens, if that is not what is agreed on. */
  movedTo(id: Id): string | null {
    const { self } = this.#needs
    const said = id === self.id ? self.address : this.#heard.get(id)?.address
    const member = this.#row?.all.find((one) => one.id === id)
    return said && member && said !== member.address ? said : null
  }

  get #newcomers(): Id[] {
    return [...this.#heard.keys()].filter((id) => !this.#view.some((member) => member.id === id))
  }

  /** Whether an id was given once and is no member any more. */
  #standsOutside(id: Id): boolean {
    // Before its log says so a node knows nobody to have left: what it remembers may be of any time.
    if (!this.#row) return false
    return id < this.#row.next && this.#row.all.every((member) => member.id !== id)
  }

  #arrange(): void {
    const { self, founders, acquainted, configured } = this.#needs
    const row = this.#row
    this.#view = row
      ? viewOf(row)
      : [...acquainted]
          .sort((a, b) => a.id - b.id)
          .map((one) => ({ ...one, standing: founders.includes(one.id) ? 'voter' : 'learner' }))
    const written = (id: Id, name: string) => configured.find((peer) => peer.id === id && peer.name === name)?.address
    const newcomers = this.#newcomers.map((id) => ({ ...this.#heard.get(id)!, id }))
    this.#peers = [...this.#view, ...newcomers]
      .filter(({ id }) => id !== self.id)
      .map(({ id, name, address }) => {
        const said = this.#heard.get(id)?.address
        return { id, name, address: said || written(id, name) || address }
      })
  }
}
