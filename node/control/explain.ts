/** ExplainCall: why a call went where it went. The node that had its caller knows; the others know a little. */
import type { CallRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Explanation, Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'
import type { Needs, ToldView } from './needs.ts'
import type { Peers } from './peers.ts'
import { notFound } from './refusal.ts'
import { meant } from './trace.ts'

export async function explainCall(needs: Needs, peers: Peers, asked: string, forwarded: boolean): Promise<Explanation> {
  const { cluster, calls } = needs
  const id = forwarded ? asked : await meant(needs, peers, asked)
  const told = calls.explain(id)
  if (told !== null) return view(told, cluster.node)
  if (forwarded) throw forgotten(asked)
  const row = cluster.tables.calls.get(id)
  const others = (row ? [row.node] : [...cluster.tables.nodes.keys()]).filter((node) => node !== cluster.node)
  const found = await Promise.all(
    others.map((node) =>
      peers
        .ask<Explanation__Output>(node, (client, metadata, done) =>
          client.explainCall({ id }, metadata, peers.deadline(), done),
        )
        .catch(() => null),
    ),
  )
  const best = found.find((one) => one !== null) ?? (row ? ofRow(row) : pastRecord(needs, id))
  if (!best) throw forgotten(asked)
  return best
}

function view(told: ToldView, node: string): Explanation {
  const { asked, ...rest } = told
  return {
    ...rest,
    node,
    known: 'node',
    why: [...told.why],
    attempts: [...told.attempts],
    marks: [...told.marks],
    ...(asked && { asked }),
  }
}

/** Its node cannot be asked. */
function ofRow({ id, node, from, to, planVersion, rule, target, startedAt, answeredAt, about }: CallRow): Explanation {
  const marks = [
    { at: startedAt, what: 'begun' },
    ...(answeredAt === null ? [] : [{ at: answeredAt, what: 'answered' }]),
  ]
  return { id, node, from, to, planVersion, rule, target, why: [...(about?.decision ?? [])], marks, known: 'row' }
}

/** Of a call that is over and that no node remembers: what its record says. */
function pastRecord({ cluster }: Pick<Needs, 'cluster'>, id: string): Explanation | null {
  const row = cluster.tables.cdrs.get(id)
  if (!row) return null
  const { node, from, to, planVersion, rule, target, decision, startedAt, ringingAt, answeredAt, endedAt, reason } = row
  const marks = [
    { at: startedAt, what: 'begun' },
    ...(ringingAt === null ? [] : [{ at: ringingAt, what: 'ringing' }]),
    ...(answeredAt === null ? [] : [{ at: answeredAt, what: 'answered' }]),
    { at: endedAt, what: 'over' },
  ]
  return { id, node, from, to, planVersion, rule, target, why: [...decision], ending: reason, marks, known: 'record' }
}

function forgotten(id: string) {
  return notFound(
    `no node knows why a call ${clean(id, 64)} went where it went; the last 2,000 of each node are remembered, and records are kept: raftel call ls, raftel cdr ls`,
  )
}
