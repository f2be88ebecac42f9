/** Plays a script of whichever kind its commands are. */

import type { Guess } from './cluster.ts'
import { type Command, parseScript } from './datadriven.ts'
import { Interaction } from './interaction.ts'
import { isMembershipCommand, newMembershipScript } from './membership.ts'
import { isQuorumCommand, runQuorum } from './quorum.ts'
import { type Played, type Runner, replay } from './replay.ts'

const KINDS: readonly { isCommand: (name: string) => boolean; begin: (guess: Guess) => Runner }[] = [
  {
    isCommand: Interaction.isCommand,
    begin: (guess) => {
      const interaction = new Interaction(guess)
      return (command) => interaction.run(command)
    },
  },
  {
    isCommand: isQuorumCommand,
    begin: () => (command) => ({ said: runQuorum(command) }),
  },
  {
    isCommand: isMembershipCommand,
    begin: () => {
      const run = newMembershipScript()
      return (command) => ({ said: run(command) })
    },
  },
]

/** Throws when it is no script, or when its first command is of no kind that is known. */
export function play(text: string): Played {
  const commands = parseScript(text)
  return replay(commands, kindOf(commands))
}

function kindOf([first]: readonly Command[]): (guess: Guess) => Runner {
  const kind = KINDS.find(({ isCommand }) => isCommand(first!.name))
  if (kind === undefined) throw new Error(`line ${first!.line}: no command is called ${first!.name}`)
  return kind.begin
}
