/** What exists once in a cluster and is made when it first has a leader. */
import type { Result } from './commands.ts'
import type { Sealed } from './rows.ts'
import { putCluster, type State } from './state.ts'

/** The first one wins; a second leader that also saw no row changes nothing. */
export function initCluster(state: State, nonceKey: Sealed): Result {
  if (!state.cluster) putCluster(state, { nonceKey, createdAt: state.time })
  return { kind: 'done' }
}
