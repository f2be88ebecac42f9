/** `add-nodes 3 voters=(1,2,3) index=10 …`: the members it asks for. */

import { confOf } from '../../../../cluster/raft/memory.ts'
import { RawNode } from '../../../../cluster/raft/rawnode.ts'
import type { Config, Snapshot } from '../../../../cluster/raft/types.ts'
import { firstWord, integer, refuseUnknown, truth, Unplayable } from './args.ts'
import type { Command } from './datadriven.ts'
import { HistoryStorage, type Member } from './member.ts'

export const ELECTION_TICK = 3
export const HEARTBEAT_TICK = 1

const KNOWN = [
  'voters',
  'learners',
  'inflight',
  'index',
  'content',
  'async-storage-writes',
  'prevote',
  'checkquorum',
].concat('max-committed-size-per-ready', 'disable-conf-change-validation', 'read-only', 'step-down-on-removal')

/** New members, numbered on from `from`; or what the reference says of a command that cannot be carried out. */
export function newMembers(command: Command, from: number): Member[] | string {
  const count = integer(command, firstWord(command), 'how many')
  const options = command.args.slice(1)
  refuseUnknown(command, options, KNOWN)
  const values = (key: string): readonly string[] => options.flatMap((arg) => (arg.key === key ? arg.values : []))
  const numbers = (key: string): number[] => values(key).map((text) => integer(command, text, key))
  const isTrue = (key: string): boolean => {
    const truths = values(key).map((text) => {
      const value = truth(text)
      if (value === undefined) throw new Unplayable(command, `${key} must be true or false, not ${text}`)
      return value
    })
    return truths.at(-1) ?? false
  }
  const wrong = values('read-only').find((kind) => kind !== 'safe' && kind !== 'lease-based')
  if (wrong !== undefined) return `invalid read-only option ${JSON.stringify(wrong)}`
  const index = numbers('index').at(-1) ?? 0
  const conf = { ...confOf(numbers('voters')), learners: numbers('learners') }
  const content = values('content').at(-1) ?? ''
  const bootstrap = index !== 0 || content !== '' || conf.voters.length + conf.learners.length > 0
  if (bootstrap && count > 0 && index <= 1) return 'index must be specified as > 1 due to bootstrap'
  const snapshot: Snapshot = { meta: { index, term: 1, conf }, data: new TextEncoder().encode(content) }
  const asynchronous = isTrue('async-storage-writes')
  return Array.from({ length: count }, (_, i) => {
    const storage = new HistoryStorage()
    if (bootstrap) {
      storage.applySnapshot(snapshot)
      storage.latest = snapshot
    }
    const timeout = { atLeast: ELECTION_TICK }
    const config: Config = {
      id: from + i,
      electionTick: ELECTION_TICK,
      heartbeatTick: HEARTBEAT_TICK,
      storage,
      applied: index,
      asyncStorageWrites: asynchronous,
      maxSizePerMsg: Number.POSITIVE_INFINITY,
      maxCommittedSizePerReady: numbers('max-committed-size-per-ready').at(-1) ?? 0,
      maxInflightMsgs: numbers('inflight').at(-1) ?? 2 ** 31 - 1,
      checkQuorum: isTrue('checkquorum'),
      preVote: isTrue('prevote'),
      disableConfChangeValidation: isTrue('disable-conf-change-validation'),
      stepDownOnRemoval: isTrue('step-down-on-removal'),
      random: () => {
        timeout.atLeast = ELECTION_TICK
        return 0.99
      },
    }
    return { raw: new RawNode(config), timeout, storage, asynchronous, appendWork: [], applyWork: [] }
  })
}
