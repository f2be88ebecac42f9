/** Scripts of quorum arithmetic: `committed cfg=(1,2) cfgj=(2,3) idx=(5,_,7)` and `vote … votes=(y,n,_)`. */

import { ascending } from '../../../../cluster/raft/confchange.ts'
import {
  jointCommitted,
  jointVote,
  majorityCommitted,
  majorityVote,
  type VoteResult,
} from '../../../../cluster/raft/quorum.ts'
import { refuseUnknown, Unplayable } from './args.ts'
import type { Command } from './datadriven.ts'

const RESULTS: Record<VoteResult, string> = { won: 'VoteWon', lost: 'VoteLost', pending: 'VotePending' }

export function isQuorumCommand(name: string): boolean {
  return name === 'committed' || name === 'vote'
}

export function runQuorum(command: Command): string {
  const { name, args } = command
  if (!isQuorumCommand(name)) throw new Unplayable(command, `no command is called ${name}`)
  refuseUnknown(command, args, ['cfg', 'cfgj', 'idx', 'votes'])
  const values = (key: string): readonly string[] | undefined => args.find((arg) => arg.key === key)?.values
  const outgoing = values('cfgj')
  const voters = new Set((values('cfg') ?? []).map(Number))
  const votersOutgoing = new Set((outgoing ?? []).filter((id) => id !== 'zero').map(Number))
  const ids = [...new Set([...voters, ...votersOutgoing])]
  const given = values(name === 'vote' ? 'votes' : 'idx') ?? []
  if (given.length !== ids.length) {
    const numbers = given.map((text) => (text === '_' ? 0 : text === 'n' ? 1 : text === 'y' ? 2 : text))
    return `error: mismatched input (explicit or _) for voters map[${ascending(ids)
      .map((id) => `${id}:{}`)
      .join(' ')}]: [${numbers.join(' ')}]`
  }
  const known = new Map(ids.map((id, i) => [id, given[i]!] as const).filter(([, text]) => text !== '_'))
  if (name === 'vote') {
    const votes = new Map([...known].map(([id, text]) => [id, text === 'y']))
    const one = outgoing === undefined ? majorityVote(voters, votes) : jointVote({ voters, votersOutgoing }, votes)
    const other = jointVote({ voters: votersOutgoing, votersOutgoing: voters }, votes)
    return RESULTS[one] + (one === other ? '' : ' which is not symmetric')
  }
  const acked = (id: number): number | undefined => (known.has(id) ? Number(known.get(id)) : undefined)
  const one =
    outgoing === undefined ? majorityCommitted(voters, acked) : jointCommitted({ voters, votersOutgoing }, acked)
  const other = jointCommitted({ voters: votersOutgoing, votersOutgoing: voters }, acked)
  const text = one === Number.POSITIVE_INFINITY ? '∞' : String(one)
  return describeIndexes(ids, acked) + text + (one === other ? '' : ' which is not symmetric')
}

/** A bar for each voter, as long as there are voters behind it. */
function describeIndexes(ids: readonly number[], acked: (id: number) => number | undefined): string {
  if (ids.length === 0) return '<empty majority quorum>'
  const blanks = (n: number): string => ' '.repeat(n)
  const order = [...ids].sort((a, b) => (acked(a) ?? 0) - (acked(b) ?? 0) || a - b)
  const lines = ascending(ids).map((id) => {
    const index = acked(id) ?? 0
    const place = order.indexOf(id)
    const bar = place > 0 && (acked(order[place - 1]!) ?? 0) < index ? place : 0
    const drawn = acked(id) === undefined ? `?${blanks(ids.length)}` : `${'x'.repeat(bar)}>${blanks(ids.length - bar)}`
    return `${drawn} ${String(index).padStart(5)}    (id=${id})`
  })
  return `${blanks(ids.length)}    idx\n${lines.join('\n')}\n`
}
