/**
 * From a directory to a vote: what is not to be trusted is rebuilt first (rebuild.ts), and one that looks sound is an older copy
 * when a leader has this node's word for more than it holds.
 */
import type { Standing } from './hello.ts'
import type { DurableLog } from './log/log.ts'
import type { Logger } from './logger.ts'
import { lastIndex } from './raft/log.ts'
import type { Raft } from './raft/raft.ts'
import type { Id, Message } from './raft/types.ts'
import { forgetProgress, Rebuild } from './rebuild.ts'
import type { Roster } from './roster.ts'
import { Tellings } from './tellings.ts'

export interface JoiningNeeds {
  readonly log: DurableLog
  readonly dataDir: string
  /** This node's id. */
  readonly id: Id
  readonly founders: readonly Id[]
  readonly roster: Roster
  readonly say: Logger
  /** Runs an input of the consensus, when something that was waited for is on the disk. */
  readonly input: (move: () => void) => void
  /** Says hello anew to everybody. */
  readonly greet: () => void
}

export class Joining {
  readonly #needs: JoiningNeeds
  /** Null once this node may vote. */
  #rebuild: Rebuild | null
  #isHopeless = false
  readonly #tellings = new Tellings()

  constructor(needs: JoiningNeeds) {
    this.#needs = needs
    const { log, id, founders, roster } = needs
    const count = founders.includes(id) ? founders.length : 0
    this.#rebuild = log.joined ? null : new Rebuild(count, log.repair !== null, () => roster.voters)
  }

  /** Whether this node may vote, and stand. */
  get isDone(): boolean {
    return this.#rebuild === null
  }

  /** Whether the others must not count on its vote; a new cluster, which none of them has seen agree on anything, needs all. */
  get isRepairing(): boolean {
    const { log, id, founders } = this.#needs
    return this.#rebuild !== null && (log.repair !== null || !founders.includes(id))
  }

  /** What the core may see of a message; null: nothing. */
  filter(raft: Raft, message: Message): Message | null {
    if (this.#rebuild) return this.#rebuild.filter(message, this.#needs.log.last)
    // Of what the leader has no word for it says nothing in a heartbeat (it may come before its hello).
    const { type, from, term, commit } = message
    if (type !== 'heartbeat' || term < raft.term || commit <= lastIndex(raft.log)) return message
    this.#distrust(lastIndex(raft.log), from, term, commit)
    return null
  }

  tick(raft: Raft): void {
    this.#tellings.tick(raft)
    this.#rebuild?.tick()
    this.#end()
  }

  onHello(raft: Raft, from: Id, untouched: boolean, standing?: Omit<Standing, 'untouched'>): void {
    // Whoever came later has nothing to say about how the cluster began.
    const { founders, roster } = this.#needs
    const votes = roster.view.some(({ id, standing }) => id === from && standing === 'voter')
    if (founders.includes(from) || !untouched) this.#rebuild?.onHello(from, untouched, votes && standing?.repairing)
    const waits = untouched || standing?.repairing === true
    if (waits) forgetProgress(raft, from)
    this.#tellings.heard(from, waits)
    if (standing && !this.#rebuild) this.#checkWord(raft, from, standing)
    this.#end()
  }

  /** A leader has this node's word for entries that its directory, which looks sound, does not have: it is an older copy. */
  #checkWord(raft: Raft, from: Id, { term, acknowledged }: Omit<Standing, 'untouched'>): void {
    const { log } = this.#needs
    // In a later term they may have been replaced by others.
    if (term >= raft.term && acknowledged > log.last) this.#distrust(log.last, from, term, acknowledged)
  }

  #distrust(last: number, from: Id, term: number, acknowledged: number): void {
    const { log, roster, dataDir } = this.#needs
    const what =
      `the log in ${dataDir} ends at entry ${last}, but ${roster.nameOf(from)}, ` +
      `which leads in term ${term}, has this node’s word for entry ${acknowledged}: the directory is an older copy`
    void log.distrust(what)
  }

  #end(): void {
    if (!this.#rebuild) return
    const { log, say, input, greet } = this.#needs
    this.#sayHopeless(this.#rebuild.isHopeless)
    if (!this.#rebuild.ends(log.untouched, log.storage)) return
    const repaired = log.repair !== null
    const wasAwaited = this.isRepairing
    log.join(() => {
      say.info(
        {},
        repaired
          ? 'this node is repaired and votes again: what was set aside can be deleted'
          : 'this node votes from now on: its directory has all that it may be asked for',
      )
      input(() => {
        this.#rebuild = null
        if (wasAwaited) greet()
      })
    })
  }

  #sayHopeless(isHopeless: boolean): void {
    if (isHopeless && !this.#isHopeless) this.#needs.say.error({}, HOPELESS)
    this.#isHopeless = isHopeless
  }
}

const HOPELESS =
  'the directories of so many nodes are damaged that no majority knows what was agreed: there is no quorum until enough of ' +
  'them have a sound directory again (docs/damage.md)'
