/**
 * Where every command lands. Applied in log order on every node: same commands, same tables. No clock but the time the
 * leader stamped, no randomness, no iteration whose order could differ.
 */
import { audit } from './audit.ts'
import { ban, unban } from './bans.ts'
import { endCall, putCall } from './calls.ts'
import { initCluster } from './cluster-row.ts'
import type { Command, Result } from './commands.ts'
import { addCredit } from './credit.ts'
import { putPiece, removeDeck, switchDeck } from './decks.ts'
import { releaseLease, renewLeases, takeLease } from './leases.ts'
import { removeLimit, setLimit, slice, unslice } from './limits.ts'
import { nodeDown, nodeUp } from './nodes.ts'
import { putOperator, removeOperator } from './operators.ts'
import { commitPlan, removePlan } from './plan.ts'
import { putProfile } from './profiles.ts'
import { bind, expire, lapse } from './registrations.ts'
import { expireLeases, release, renew, reserve } from './reservations.ts'
import { admit, keep, type Proposer } from './sessions.ts'
import { acknowledge, pauseSink, putSink, removeSink } from './sinks.ts'
import type { State } from './state.ts'
import { putTenant, removeTenant } from './tenants.ts'
import { putTrunk, putTrunkState, removeTrunk } from './trunks.ts'
import { putUser, putUsers, removeUser } from './users.ts'

/**
 * Applies one command at cluster time `time` (ms), which stands at `index` in the log. Changes the tables and `state.changes`; returns what it came to,
 * or null when the proposal was forgotten: of a process that is over, or given up by its proposer.
 */
export function apply(state: State, proposer: Proposer, command: Command, time: number, index = 0): Result | null {
  // Time never goes back, whoever stamped it.
  state.time = Math.max(state.time, time)
  const admission = admit(state, proposer, command.type === 'node-up')
  if (admission.kind === 'again') return admission.result
  if (admission.kind === 'forget') return null
  const told = state.changes.length
  const result = change(state, command)
  if (command.cause) audit(state, command, command.cause, state.changes.slice(told), index)
  if (proposer.seq > 0) keep(state, proposer, result)
  return result
}

function change(state: State, command: Command): Result {
  switch (command.type) {
    case 'cluster-init':
      return initCluster(state, command.nonceKey)
    case 'node-up':
      return nodeUp(state, command.node)
    case 'node-down':
      return nodeDown(state, command)
    case 'user-put':
      return putUser(state, command)
    case 'users-put':
      return putUsers(state, command)
    case 'user-remove':
      return removeUser(state, command.aor)
    case 'profile-put':
      return putProfile(state, command)
    case 'tenant-put':
      return putTenant(state, command)
    case 'tenant-remove':
      return removeTenant(state, command.name)
    case 'operator-put':
      return putOperator(state, command)
    case 'operator-remove':
      return removeOperator(state, command.name)
    case 'note':
      return { kind: 'done' }
    case 'bind':
      return bind(state, command)
    case 'expire':
      return expire(state, command.upTo, command.limit)
    case 'lapse':
      return lapse(state, command)
    case 'ban':
      return ban(state, command)
    case 'unban':
      return unban(state, command.source)
    case 'plan-commit':
      return commitPlan(state, command)
    case 'plan-remove':
      return removePlan(state, command)
    case 'call-put':
      return putCall(state, command.call, command.heard)
    case 'call-end':
      return endCall(state, command)
    case 'sink-put':
      return putSink(state, command.sink, command.replace)
    case 'sink-remove':
      return removeSink(state, command.name)
    case 'sink-pause':
      return pauseSink(state, command.name, command.paused)
    case 'cdr-ack':
      return acknowledge(state, command)
    case 'limit-set':
      return setLimit(state, command.limit)
    case 'limit-remove':
      return removeLimit(state, command.key)
    case 'reserve':
      return reserve(state, command)
    case 'renew':
      return renew(state, command)
    case 'release':
      return release(state, command)
    case 'expire-leases':
      return expireLeases(state, command.upTo)
    case 'slice':
      return slice(state, command.key, command, command.hold)
    case 'unslice':
      return unslice(state, command.key, command.rest)
    case 'credit-add':
      return addCredit(state, command)
    case 'deck-piece':
      return putPiece(state, command)
    case 'deck-use':
      return switchDeck(state, command)
    case 'deck-remove':
      return removeDeck(state, command.name)
    case 'trunk-put':
      return putTrunk(state, command)
    case 'trunk-remove':
      return removeTrunk(state, command.name)
    case 'trunk-state':
      return putTrunkState(state, command.state)
    case 'lease-take':
      return takeLease(state, command)
    case 'lease-renew':
      return renewLeases(state, command)
    case 'lease-release':
      return releaseLease(state, command)
  }
}
