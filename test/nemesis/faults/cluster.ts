/** What an operator asks of the cluster while all else goes on: no fault, but it must not come to harm by the others. */
import { type ServiceError, status } from '@grpc/grpc-js'
import { broken } from '../../../cli/client.ts'
import type { TransferLeaderReply__Output } from '../../../proto/types/raftel/v1/TransferLeaderReply.ts'
import { ask, by } from '../cluster.ts'
import { always, type Fault } from './fault.ts'

const TRANSFER_MS = 5000

/** Another node leads, by plan. Under faults it may be refused; a node that fails to answer for reasons of its own is a finding. */
export const transfer: Fault = {
  kind: 'transfer',
  sort: 'network',
  absent: always,
  async begin({ cluster, random }, target) {
    const asked = random.pick(cluster.nodes)
    const said = await ask<TransferLeaderReply__Output>((done) =>
      cluster.clientOf(asked).transferLeader({ node: target.name }, by(TRANSFER_MS), done),
    ).then(
      ({ leader, moved }) => (moved ? `${leader} leads by plan` : `${leader} leads already`),
      (error: ServiceError) => {
        if (error.code === undefined || (error.code === status.INTERNAL && !broken(error))) throw error
        return `${target.name} shall lead: ${error.details}`
      },
    )
    return { said, end: async () => {} }
  },
}
