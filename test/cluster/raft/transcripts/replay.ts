/** Runs scripts against what is expected, guessing what the recording had drawn at random. */

import type { Guess } from './cluster.ts'
import type { Command } from './datadriven.ts'
import { type Deviation, deviationOf, withoutLog } from './deviations.ts'
import type { Answer } from './interaction.ts'

export interface Mismatch {
  readonly command: Command
  readonly said: string
  readonly expected: string
}

export interface Played {
  /** The one that was furthest into the script; none when everything was answered as expected. */
  readonly mismatch?: Mismatch
  /** What had to be excused. */
  readonly deviations: ReadonlySet<Deviation>
}

export type Runner = (command: Command) => Answer

/** A wrong guess shows within a few commands: a script that is answered rightly needs fewer than ten. */
const MAX_ATTEMPTS = 200

/**
 * Answers every command as expected, for some outcome of every draw? Guesses are tried depth first: after a mismatch the last
 * guess of "yes" becomes a "no".
 */
export function replay(commands: readonly Command[], begin: (guess: Guess) => Runner): Played {
  let guesses: boolean[] = []
  let worst: Played | undefined
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    let asked = 0
    const guess: Guess = () => {
      if (asked === guesses.length) guesses.push(true)
      return guesses[asked++]!
    }
    const played = replayOnce(commands, begin(guess))
    if (played.mismatch === undefined) return played
    if (worst?.mismatch === undefined || played.mismatch.command.line > worst.mismatch.command.line) worst = played
    const last = guesses.lastIndexOf(true)
    if (last < 0) break
    guesses = [...guesses.slice(0, last), false]
  }
  return worst!
}

function replayOnce(commands: readonly Command[], run: Runner): Played {
  const deviations = new Set<Deviation>()
  for (const command of commands) {
    const answer = answerOf(command, run)
    const said = answer.said.replace(/\n$/, '')
    const expected = withoutLog(command.expected, answer.logged ?? [])
    if (said === expected) continue
    const deviation = deviationOf(commands, command, said)
    if (deviation === undefined) return { mismatch: { command, said, expected }, deviations }
    deviations.add(deviation)
  }
  return { deviations }
}

/** Nothing throws in a recording: a throw is an answer that is never expected, and says why. */
function answerOf(command: Command, run: Runner): Answer {
  try {
    return run(command)
  } catch (error) {
    return { said: `(it threw: ${(error as Error).message})` }
  }
}
