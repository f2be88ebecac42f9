/** When a half of a replica does things: inputs at once, their effects together at the end of the turn. ◆ */
import type { World } from './world.ts'

export class Turns {
  readonly #world: Pick<World, 'soon'>
  readonly #act: () => void
  readonly #onThrow: (error: Error) => void
  #isDue = false
  #stopped = false

  /** A throw is the end of this node: it no longer knows what it knows. */
  constructor(world: Pick<World, 'soon'>, act: () => void, onThrow: (error: Error) => void) {
    this.#world = world
    this.#act = act
    this.#onThrow = onThrow
  }

  /** Nothing more is done after that. */
  stop(): void {
    this.#stopped = true
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Moves the half by one input; its effects follow at the end of this turn. */
  input(move: () => void): void {
    this.#guard(move)
    this.soon()
  }

  soon(): void {
    if (this.#isDue || this.#stopped) return
    this.#isDue = true
    this.#world.soon(() => {
      this.#isDue = false
      this.#guard(this.#act)
    })
  }

  /** Does something after this turn and what it has said to the network; not any more when it is stopped by then. */
  later(act: () => void): void {
    this.#world.soon(() => this.#guard(act))
  }

  #guard(move: () => void): void {
    if (this.#stopped) return
    try {
      move()
    } catch (error) {
      this.#onThrow(error as Error)
    }
  }
}
