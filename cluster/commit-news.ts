/**
 * Appends that tell a follower no more than what is committed. The next entries say it too, so one waits for them a little, unless the
 * follower has proposed what it tells of: then somebody waits for it there. With one proposal at a time this is half of all messages. ◆
 */
import type { Id, Message } from './raft/types.ts'

/** How long news may wait for company, ms. */
export const NEWS_WAIT_MS = 1

export class CommitNews {
  readonly #held = new Map<Id, { readonly message: Message; readonly since: number }>()
  /** The commit index that each was told last. */
  readonly #told = new Map<Id, number>()
  /** The last index of what each has proposed. */
  readonly #proposed = new Map<Id, number>()

  get isEmpty(): boolean {
    return this.#held.size === 0
  }

  /** Whoever proposed entries up to `index` wants to hear of them at once. */
  proposed(by: Iterable<Id>, index: number): void {
    for (const id of by) this.#proposed.set(id, index)
  }

  /** Whether a message leaves now; if not, it is kept until something replaces it, or take() gives it. */
  leaves(message: Message, at: number): boolean {
    const { type, to, entries, commit } = message
    if (type !== 'app') return true
    const told = this.#told.get(to) ?? 0
    // One that tells nothing new asks for something.
    const canWait = entries.length === 0 && commit > told && (this.#proposed.get(to) ?? 0) <= told
    if (canWait) {
      this.#held.set(to, { message, since: this.#held.get(to)?.since ?? at })
      return false
    }
    this.#held.delete(to)
    this.#told.set(to, commit)
    return true
  }

  /** What has waited long enough. */
  take(at: number): Message[] {
    const taken: Message[] = []
    for (const [to, { message, since }] of this.#held) {
      if (at - since < NEWS_WAIT_MS) continue
      taken.push(message)
      this.#told.set(to, message.commit)
      this.#held.delete(to)
    }
    return taken
  }

  /** Who does not lead has none, and an index of another term says nothing. */
  clear(): void {
    this.#held.clear()
    this.#told.clear()
    this.#proposed.clear()
  }
}
