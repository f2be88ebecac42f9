/** Scripts of changes of membership, without a log: `simple`, `enter-joint`, `leave-joint`. */

import {
  type Changed,
  enterJoint,
  leaveJoint,
  type Membership,
  NOBODY,
  type Refusal,
  simple,
} from '../../../../cluster/raft/confchange.ts'
import { viewOf } from '../../../../cluster/raft/progress.ts'
import { parseChanges, refuseUnknown, truth } from './args.ts'
import type { Command } from './datadriven.ts'
import { describeConf, describeProgressMap } from './describe.ts'

const REFUSALS: Record<Refusal, string> = {
  'already-joint': 'config is already joint',
  'not-joint': "can't leave a non-joint config",
  'no-voters': "can't make a zero-voter config joint",
  'no-voters-left': 'removed all voters',
  'simple-while-joint': "can't apply simple config change in joint config",
  'more-than-one-voter': 'more than one voter changed without entering joint config',
}

const COMMANDS = ['simple', 'enter-joint', 'leave-joint']

export function isMembershipCommand(name: string): boolean {
  return COMMANDS.includes(name)
}

export function newMembershipScript(): (command: Command) => string {
  let membership: Membership = NOBODY
  let lastIndex = 0
  return (command) => {
    const result = change(membership, lastIndex++, command)
    if (typeof result === 'string') return result
    if (result.kind === 'refused') return REFUSALS[result.why]
    membership = result.membership
    const progress = new Map([...membership.progress].map(([id, pr]) => [id, viewOf(pr)]))
    return `${describeConf(membership.conf)}\n${describeProgressMap(progress)}`
  }
}

function change(membership: Membership, lastIndex: number, command: Command): Changed | string {
  const from = { membership, lastIndex, maxInflightMsgs: 10, maxInflightBytes: 0 }
  const changes = parseChanges(command.input)
  if (typeof changes === 'string') return changes
  refuseUnknown(command, command.args, command.name === 'enter-joint' ? ['autoleave'] : [])
  switch (command.name) {
    case 'simple':
      return simple(from, changes)
    case 'enter-joint':
      return enterJoint(
        from,
        command.args.some(({ values }) => truth(values[0] ?? '') === true),
        changes,
      )
    case 'leave-joint':
      return changes.length > 0 ? 'this command takes no input' : leaveJoint(from)
  }
  return 'unknown command'
}
