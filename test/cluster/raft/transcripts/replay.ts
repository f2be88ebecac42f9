/** Runs scripts against what is expected, guessing what the recording had drawn at random. */

import type { Command } from './datadriven.ts'
import type { Guess } from './interaction.ts'

export interface Mismatch {
  readonly line: number
  readonly said: string
  readonly expected: string
}

export type Runner = (command: Command) => string

/** A wrong guess shows within a few commands: a script that is answered rightly needs fewer than ten. */
const MAX_ATTEMPTS = 200

/**
 * Answers every command as expected, for some outcome of every draw? Guesses are tried depth first: after a mismatch the last
 * guess of "yes" becomes a "no". Returns the mismatch that was furthest into the script, or nothing.
 */
export function replay(commands: readonly Command[], begin: (guess: Guess) => Runner): Mismatch | undefined {
  let guesses: boolean[] = []
  let worst: Mismatch | undefined
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    let asked = 0
    const guess: Guess = () => {
      if (asked === guesses.length) guesses.push(true)
      return guesses[asked++]!
    }
    const mismatch = replayOnce(commands, begin(guess))
    if (mismatch === undefined) return undefined
    if (worst === undefined || mismatch.line > worst.line) worst = mismatch
    const last = guesses.lastIndexOf(true)
    if (last < 0) return worst
    guesses = [...guesses.slice(0, last), false]
  }
  return worst
}

function replayOnce(commands: readonly Command[], run: Runner): Mismatch | undefined {
  for (const command of commands) {
    const said = run(command).replace(/\n$/, '')
    if (said !== command.expected) return { line: command.line, said, expected: command.expected }
  }
  return undefined
}
