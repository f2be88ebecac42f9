/**
 * Proposals of this node that nobody has answered yet. Each is encoded once and may be sent many times; its number makes
 * sure that it is applied once. What waits is bounded in number and bytes. ◆
 */
import { ChurnMap } from '../proto/churn-map.ts'
import type { Agreed } from './cluster.ts'
import { COMMAND_BYTES_MAX, encodeProposal } from './codec.ts'
import type { Command } from './tables/commands.ts'

const COUNT_MAX = 16_384
const BYTES_MAX = 32 * 1024 * 1024

interface Waiting {
  readonly bytes: Uint8Array
  /** Monotonic ms. */
  readonly deadline: number
  readonly answer: (agreed: Agreed) => void
  /** When to send it again if nothing has come back; sending at once is -Infinity. */
  sendAt: number
  tries: number
}

export class Outstanding {
  readonly #node: string
  readonly #incarnation: string
  readonly #waiting = new ChurnMap<number, Waiting>()
  /** Numbers to send in the next turn, in order. */
  #unsent: number[] = []
  #bytes = 0
  #seq = 0

  constructor(node: string, incarnation: string) {
    this.#node = node
    this.#incarnation = incarnation
  }

  /** Takes a proposal in; false when too much is waiting. Throws for a command that no log entry can carry. */
  add(command: Command, deadline: number, answer: (agreed: Agreed) => void): boolean {
    if (this.#waiting.size >= COUNT_MAX || this.#bytes >= BYTES_MAX) return false
    const seq = this.#seq + 1
    const proposer = { node: this.#node, incarnation: this.#incarnation, seq, floor: this.#floor(seq) }
    const bytes = encodeProposal(proposer, command)
    if (bytes.length > COMMAND_BYTES_MAX) {
      throw new RangeError(
        `a ${command.type} command of ${bytes.length} bytes is above the limit of ${COMMAND_BYTES_MAX}`,
      )
    }
    this.#seq = seq
    this.#waiting.set(seq, { bytes, deadline, answer, sendAt: Number.NEGATIVE_INFINITY, tries: 0 })
    this.#bytes += bytes.length
    this.#unsent.push(seq)
    return true
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0
  }

  /** What to send now, oldest first. It is due again after `againMs`, later after up to four times that. */
  takeUnsent(at: number, againMs: number): Uint8Array[] {
    const taken: Uint8Array[] = []
    for (const seq of this.#unsent) {
      const waiting = this.#waiting.get(seq)
      if (!waiting) continue
      waiting.sendAt = at + againMs * 2 ** Math.min(waiting.tries++, 2)
      taken.push(waiting.bytes)
    }
    this.#unsent = []
    return taken
  }

  /** Everything is to be sent again: there is another leader, and what the old one had may be lost. */
  resendAll(): void {
    for (const waiting of this.#waiting.values()) waiting.sendAt = Number.NEGATIVE_INFINITY
    this.#unsent = [...this.#waiting.keys()]
  }

  /** Gives up what is past its deadline, and sends again what has waited long. */
  tick(at: number): void {
    const again: number[] = []
    for (const [seq, waiting] of this.#waiting) {
      if (waiting.deadline <= at) this.settle(seq, { kind: 'no quorum' })
      else if (waiting.sendAt <= at) again.push(seq)
    }
    this.#unsent = again
  }

  /** Answers whoever waits for a number, if anybody does. */
  settle(seq: number, agreed: Agreed): void {
    const waiting = this.#waiting.get(seq)
    if (!waiting) return
    this.#waiting.delete(seq)
    this.#bytes -= waiting.bytes.length
    waiting.answer(agreed)
  }

  /** Gives up everything. */
  settleAll(agreed: Agreed): void {
    for (const seq of [...this.#waiting.keys()]) this.settle(seq, agreed)
    this.#unsent = []
  }

  #floor(seq: number): number {
    for (const first of this.#waiting.keys()) return first
    return seq
  }
}
