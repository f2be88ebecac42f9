/** What clients saw of the system: who asked what, when, and what came back. */

/** When an operation came back, and with what; or that nobody knows whether it was done, then or ever. */
export type Outcome<Output> = { readonly at: number; readonly output: Output } | 'unknown'

export interface Operation<Input, Output> {
  /** For people, and for parsers that pair calls with returns. */
  readonly process: string
  /** Operations on different keys have nothing to do with each other: each key is judged by itself (locality). */
  readonly key: string
  readonly input: Input
  /** A position in the history, or a time of one clock. A call and a return at the same moment count as concurrent. */
  readonly called: number
  readonly outcome: Outcome<Output>
}

/** The histories of the single keys, in the order in which the keys were first called. */
export function byKey<I, O>(history: readonly Operation<I, O>[]): Map<string, Operation<I, O>[]> {
  const parts = new Map<string, Operation<I, O>[]>()
  for (const operation of history) {
    const part = parts.get(operation.key)
    if (part === undefined) parts.set(operation.key, [operation])
    else part.push(operation)
  }
  return parts
}

type Ending<O> = { readonly kind: 'ok'; readonly output: O } | 'unknown' | 'did-nothing'

/** Pairs calls with returns as they come, one line of a log after another; the position is the time. */
export class Recorder<I, O> {
  readonly #open = new Map<string, { key: string; input: I; called: number }>()
  readonly #done: Operation<I, O>[] = []
  #now = 0

  /** Throws when the process still waits for an answer: it could not have asked. */
  call(process: string, key: string, input: I): void {
    if (this.#open.has(process)) throw new Error(`process ${process} calls again before its last call came back`)
    this.#open.set(process, { key, input, called: this.#now++ })
  }

  /** What was asked, so that a parser may check the answer against it. */
  waiting(process: string): I | undefined {
    return this.#open.get(process)?.input
  }

  /** `did-nothing`: refused for certain, so there was no operation. `unknown`: it may still happen, at any time. */
  end(process: string, ending: Ending<O>): void {
    const open = this.#open.get(process)
    if (open === undefined) throw new Error(`process ${process} returns without having called`)
    this.#open.delete(process)
    const at = this.#now++
    if (ending === 'did-nothing') return
    this.#done.push({ process, ...open, outcome: ending === 'unknown' ? ending : { at, output: ending.output } })
  }

  /** Every operation, in the order of the calls; what has not come back by now has an unknown outcome. */
  history(): Operation<I, O>[] {
    const open = [...this.#open].map(([process, call]) => ({ process, ...call, outcome: 'unknown' as const }))
    return [...this.#done, ...open].sort((a, b) => a.called - b.called)
  }
}

/** The history that a log tells, a line an event. Throws, with the number of the line, when one cannot be read. */
export function historyOf<Input, Output>(
  log: string,
  record: (recorder: Recorder<Input, Output>, line: string) => void,
): Operation<Input, Output>[] {
  const recorder = new Recorder<Input, Output>()
  for (const [i, line] of log.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      record(recorder, line.trim())
    } catch (error) {
      throw new Error(`line ${i + 1}: ${(error as Error).message}`)
    }
  }
  return recorder.history()
}
