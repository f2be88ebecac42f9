/** What the core says to the other nodes, on its way to the network: news of a commit alone waits a little for company. */
import { CommitNews, NEWS_WAIT_MS } from './commit-news.ts'
import type { Id, Message } from './raft/types.ts'
import type { Network, World } from './world.ts'

export class Outgoing {
  readonly #world: Pick<World, 'now' | 'every'>
  readonly #network: () => Network
  /** Something leaves that nobody asked for in this turn. */
  readonly #soon: () => void
  readonly #news = new CommitNews()
  #stopWaiting: (() => void) | null = null

  constructor(world: Pick<World, 'now' | 'every'>, network: () => Network, soon: () => void) {
    this.#world = world
    this.#network = network
    this.#soon = soon
  }

  send(message: Message): void {
    if (this.#news.leaves(message, this.#world.now())) this.#network().send(message)
  }

  /** Whoever proposed entries up to `index` hears at once that they are committed. */
  proposed(by: Iterable<Id>, index: number): void {
    this.#news.proposed(by, index)
  }

  /** Another leads, or leads in another term. */
  clear(): void {
    this.#news.clear()
  }

  /** All of this turn is said. */
  flush(): void {
    if (!this.#news.isEmpty) this.#stopWaiting ??= this.#world.every(NEWS_WAIT_MS, () => this.#look())
    this.#network().flush()
  }

  stop(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = null
  }

  #look(): void {
    if (this.#news.isEmpty) {
      this.stop()
      return
    }
    const due = this.#news.take(this.#world.now())
    for (const message of due) this.#network().send(message)
    if (due.length > 0) this.#soon()
  }
}
