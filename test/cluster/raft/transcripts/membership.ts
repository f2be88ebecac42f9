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
import type { Command } from './datadriven.ts'
import { describeConf, describeProgressMap, parseChanges } from './describe.ts'

const REFUSALS: Record<Refusal, string> = {
  'already-joint': 'config is already joint',
  'not-joint': "can't leave a non-joint config",
  'no-voters': "can't make a zero-voter config joint",
  'no-voters-left': 'removed all voters',
  'simple-while-joint': "can't apply simple config change in joint config",
  'more-than-one-voter': 'more than one voter changed without entering joint config',
}

export function newMembershipScript(): (command: Command) => string {
  let membership: Membership = NOBODY
  let lastIndex = 0
  return (command) => {
    const result = change(membership, lastIndex++, command)
    if (result.kind === 'refused') return REFUSALS[result.why]
    membership = result.membership
    const progress = new Map([...membership.progress].map(([id, pr]) => [id, viewOf(pr)]))
    return `${describeConf(membership.conf)}\n${describeProgressMap(progress)}`
  }
}

function change(membership: Membership, lastIndex: number, { name, args, input }: Command): Changed {
  const from = { membership, lastIndex, maxInflightMsgs: 10, maxInflightBytes: 0 }
  const changes = parseChanges(input)
  switch (name) {
    case 'simple':
      return simple(from, changes)
    case 'enter-joint':
      return enterJoint(
        from,
        args.some(({ key, values }) => key === 'autoleave' && values[0] === 'true'),
        changes,
      )
    case 'leave-joint':
      return leaveJoint(from)
  }
  throw new Error(`no command is called ${name}`)
}
