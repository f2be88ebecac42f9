/** ListCalls, GetCall, HangUpCall. What only the call's own node knows or can do is asked of that node. */
import { type ServiceError, status } from '@grpc/grpc-js'
import type { CallRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Call, Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { CallPage } from '../../proto/types/raftel/v1/CallPage.ts'
import type { HangUpCallReply, HangUpCallReply__Output } from '../../proto/types/raftel/v1/HangUpCallReply.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import { inTenant } from './access.ts'
import type { Needs } from './needs.ts'
import { partiesOf } from './own-side.ts'
import { page } from './page.ts'
import type { Peers } from './peers.ts'
import { notFound, Refusal } from './refusal.ts'
import { callView, callWords } from './views.ts'

export function listCalls({ cluster }: Needs, request: ListRequest__Output): CallPage {
  const isTheirs = inTenant(cluster.tables, request.tenant)
  const { rows, next, total } = page<CallRow>(
    [...cluster.tables.calls.values()].filter((call) => isTheirs(...partiesOf(call))),
    request,
    (row) => row.id,
    {
      id: (row) => row.id,
      state: (row) => row.state,
      from: (row) => row.from,
      to: (row) => row.to,
      node: (row) => row.node,
      startedAt: (row) => row.startedAt,
      answeredAt: (row) => row.answeredAt ?? 0,
      media: (row) => row.media,
      rule: (row) => row.rule,
      target: (row) => row.target,
    },
    callWords,
  )
  return { rows: rows.map(callView), next, total, applied: cluster.status().applied }
}

/** With the media streams when the call's own node can say; without them otherwise. */
export async function getCall(needs: Needs, peers: Peers, id: string, forwarded: boolean): Promise<Call> {
  const row = needs.cluster.tables.calls.get(id)
  if (row === undefined) throw gone(id)
  if (row.node === needs.cluster.node) {
    const streams = (await needs.calls.streams(id)) ?? []
    return { ...callView(row), streams: streams.map((stream) => ({ ...stream, endpoint: clean(stream.endpoint) })) }
  }
  if (forwarded) return callView(row)
  try {
    return await peers.ask<Call__Output>(row.node, (client, metadata, done) =>
      client.getCall({ id }, metadata, peers.deadline(), done),
    )
  } catch {
    return callView(row)
  }
}

export async function hangUp(needs: Needs, peers: Peers, id: string, forwarded: boolean): Promise<HangUpCallReply> {
  const { cluster, calls } = needs
  // Ours may be live before the cluster has heard of it, so it is tried before the table is asked.
  if (calls.hangUp(id)) return { id, node: cluster.node }
  const row = cluster.tables.calls.get(id)
  if (row === undefined || row.node === cluster.node || forwarded) throw gone(id)
  try {
    return await peers.ask<HangUpCallReply__Output>(row.node, (client, metadata, done) =>
      client.hangUpCall({ id }, metadata, peers.deadline(), done),
    )
  } catch (error) {
    const { code } = error as Partial<ServiceError>
    if (code === status.NOT_FOUND) throw gone(id)
    throw new Refusal(
      status.UNAVAILABLE,
      `${row.node} has this call and cannot be reached; it ends when ${row.node} is found dead`,
    )
  }
}

function gone(id: string): Refusal {
  return notFound(`no live call ${clean(id, 64)}; raftel call ls shows which there are`)
}
