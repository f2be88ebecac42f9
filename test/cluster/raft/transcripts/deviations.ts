/**
 * Everything that this core does otherwise than the recordings, with the reason and with what it does instead. Nothing else is
 * excused: an answer must be the recorded one, or the one that stands here beside exactly that recorded one.
 */

import type { Command } from './datadriven.ts'

export interface Deviation {
  readonly name: string
  readonly reason: string
  /** Whether a script is about it at all; in others nothing is excused. */
  readonly concerns: (script: readonly Command[]) => boolean
  readonly answers: readonly {
    /** As it is written in the script. */
    readonly command: string
    readonly recorded: string
    readonly ours: string
  }[]
}

export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'no lease reads',
    reason:
      'a paused process may outlive its lease, so there are no lease reads here; hence no follower owes its leader a lease, and ' +
      'each may forget its leader when it is told to',
    concerns: (script) =>
      script.some(
        ({ name, args }) =>
          name === 'add-nodes' && args.some(({ key, values }) => key === 'read-only' && values.includes('lease-based')),
      ),
    answers: [
      {
        command: 'forget-leader 2',
        recorded: 'ERROR ignoring MsgForgetLeader due to ReadOnlyLeaseBased',
        ours: 'ok',
      },
      {
        command: 'raft-state',
        recorded:
          '1: StateLeader (Voter) Term:1 Lead:1\n2: StateFollower (Voter) Term:1 Lead:1\n3: StateFollower (Voter) Term:1 Lead:1',
        ours: '1: StateLeader (Voter) Term:1 Lead:1\n2: StateFollower (Voter) Term:1 Lead:0\n3: StateFollower (Voter) Term:1 Lead:1',
      },
    ],
  },
]

/** The deviation that explains this answer, if one does. */
export function deviationOf(
  script: readonly Command[],
  { text, expected }: Command,
  said: string,
): Deviation | undefined {
  return DEVIATIONS.find(
    ({ concerns, answers }) =>
      answers.some(({ command, recorded, ours }) => command === text && recorded === expected && ours === said) &&
      concerns(script),
  )
}

/**
 * The core does not log. A recording that was made below `log-level error` has lines of the library's own log in it, which say
 * nothing that the rest does not show; they are not compared. Those of level ERROR are.
 */
export function withoutLog(expected: string, levels: readonly string[]): string {
  if (levels.length === 0) return expected
  const lines = expected.split('\n')
  const kept = lines.filter((line) => !levels.includes(/^ *([A-Z]+) /.exec(line)?.[1] ?? ''))
  // Where there was nothing but the log, nothing is what was said, and that is called ok.
  return kept.length === 0 ? 'ok' : kept.join('\n')
}
