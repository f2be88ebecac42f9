/** TransferLeader: a planned change of the leader, asked of any node, carried out by the leader. */
import { type ServiceError, status } from '@grpc/grpc-js'
import type { HandedOver } from '../../cluster/cluster.ts'
import { clean } from '../../proto/text.ts'
import type {
  TransferLeaderReply,
  TransferLeaderReply__Output,
} from '../../proto/types/raftel/v1/TransferLeaderReply.ts'
import type { Needs } from './needs.ts'
import type { Peers } from './peers.ts'
import { cannot, noQuorum, notFound, Refusal } from './refusal.ts'

/** `within`: milliseconds that it may take. */
export async function transferLeader(
  { cluster }: Needs,
  peers: Peers,
  node: string,
  within: number,
  forwarded: boolean,
): Promise<TransferLeaderReply> {
  const deadline = Date.now() + within
  const isMember = (): boolean => cluster.members().some(({ name }) => name === node)
  // Answered by a majority, so whoever leads by now is known here, and who the members are.
  if ((await cluster.catchUp(within)) === 'no quorum') throw isMember() ? noQuorum() : unknown(node)
  if (!isMember()) throw unknown(node)
  const left = (): number => Math.max(1, deadline - Date.now())
  const outcome = await cluster.transferLeader(node, left())
  if (outcome.kind !== 'not the leader') return reply(node, outcome)
  const { leader } = cluster.status()
  if (forwarded || leader === null || leader === cluster.node) {
    throw new Refusal(status.UNAVAILABLE, 'the leader changed just now; look at raftel cluster status, then try again')
  }
  try {
    return await peers.ask<TransferLeaderReply__Output>(leader, (client, metadata, done) =>
      client.transferLeader({ node }, metadata, { deadline }, done),
    )
  } catch (error) {
    const { code, details } = error as Partial<ServiceError>
    if (code === status.FAILED_PRECONDITION && details) throw cannot(details)
    throw new Refusal(
      status.UNAVAILABLE,
      `${leader} leads and was asked, but did not say what became of it; look at raftel cluster status, then try again`,
    )
  }
}

function reply(node: string, outcome: Exclude<HandedOver, { kind: 'not the leader' }>): TransferLeaderReply {
  switch (outcome.kind) {
    case 'leads':
      return { leader: node, term: outcome.term, moved: outcome.moved }
    case 'unknown node':
      throw unknown(node)
    case 'refused':
      throw cannot(`${node} does not take over: ${outcome.why}`)
    case 'no quorum':
      throw noQuorum()
  }
}

export function unknown(node: string): Refusal {
  return notFound(`there is no node ${clean(node, 64)} in this cluster; raftel cluster status shows which there are`)
}
