/** AddSink, ListSinks, RemoveSink, PauseSink: where records of calls go. */
import type { Cluster } from '../../cluster/cluster.ts'
import { seal } from '../../cluster/seal.ts'
import type { SinkRow } from '../../cluster/tables/cdr-rows.ts'
import { queueOf } from '../../cluster/tables/cdrs.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import { clean } from '../../proto/text.ts'
import type { AddSinkRequest__Output } from '../../proto/types/raftel/v1/AddSinkRequest.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { Sink } from '../../proto/types/raftel/v1/Sink.ts'
import type { SinkPage } from '../../proto/types/raftel/v1/SinkPage.ts'
import { readSink, secretPurpose, TOO_MANY } from '../cdr/config.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, exists, invalid, notFound } from './refusal.ts'

const SECRET_MAX = 4_096

/** `within`: milliseconds that agreeing may take. */
export async function addSink(
  { cluster, key }: Pick<Needs, 'cluster' | 'key'>,
  request: AddSinkRequest__Output,
  within: number,
): Promise<Sink> {
  mustKnow(cluster)
  const { name, secret, replace, from } = request
  const members = cluster.members().map((member) => member.name)
  const config = readSink(request, cluster.node, members)
  if (typeof config === 'string') throw invalid(config)
  if (secret.length > SECRET_MAX) throw invalid(`the secret is longer than ${SECRET_MAX} characters`)
  if (config.kind === 'http' && !/^[\t\x20-\x7e]*$/.test(secret))
    throw invalid('the secret has characters that no header takes: printable ASCII only')
  if (secret !== '' && config.node !== undefined) throw invalid('files have no secret; leave --secret-stdin out')
  const old = cluster.tables.sinks.get(name)
  // It was sealed for where it went, and must not go anywhere else.
  const kept = old && old.target === config.target ? old.secret : undefined
  const sealed = secret === '' ? kept : seal(key, secretPurpose(name, config.target), secret)
  const sink = { ...config, ...(sealed !== undefined && { secret: sealed }), ...(from !== undefined && { from }) }
  const result = agreed(await cluster.propose({ type: 'sink-put', sink, replace }, within))
  if (result.kind === 'sink exists') throw exists(`there is a sink ${name}; --replace changes it`)
  if (result.kind === 'too many sinks') throw cannot(TOO_MANY)
  return viewOf(cluster, name)
}

export async function removeSink({ cluster }: Pick<Needs, 'cluster'>, name: string, within: number): Promise<Sink> {
  const before = viewOf(cluster, name)
  await change(cluster, name, { type: 'sink-remove', name }, within)
  return before
}

export async function pauseSink(
  { cluster }: Pick<Needs, 'cluster'>,
  { name, paused }: { readonly name: string; readonly paused: boolean },
  within: number,
): Promise<Sink> {
  await change(cluster, name, { type: 'sink-pause', name, paused }, within)
  return viewOf(cluster, name)
}

export function listSinks({ cluster }: Pick<Needs, 'cluster'>, request: ListRequest__Output): SinkPage {
  const { rows, next, total } = page<SinkRow>(
    cluster.tables.sinks.values(),
    request,
    (row) => row.name,
    {
      name: (row) => row.name,
      kind: (row) => row.kind,
      target: (row) => row.target,
      cursor: (row) => row.cursor,
      lag: (row) => queueOf(cluster.tables).next - 1 - row.cursor,
    },
    (row) => [row.name, row.kind, row.target, row.tenant ?? ''],
  )
  const { dropped } = queueOf(cluster.tables)
  return { rows: rows.map((row) => sinkView(cluster, row)), next, total, applied: cluster.status().applied, dropped }
}

/** Behind is who has not got records that are older. */
export const LATE_MS = 60_000

export function sinkView(cluster: Cluster, row: SinkRow): Sink & { readonly state: string; readonly lag: number } {
  const { name, kind, target, cursor, lost, parked, trouble, paused } = row
  const { next } = queueOf(cluster.tables)
  const oldest = cluster.tables.cdrOrder.at(cursor + 1)?.recordedAt ?? 0
  const late = oldest !== 0 && cluster.now() - oldest > LATE_MS
  return {
    name,
    kind,
    target: clean(target, 1_024),
    node: paused ? '' : (row.node ?? cluster.status().leader ?? ''),
    table: row.table ?? '',
    tenant: clean(row.tenant ?? ''),
    fields: [...(row.fields ?? [])],
    state: paused ? 'paused' : trouble ? 'down' : late ? 'behind' : 'ok',
    cursor,
    lag: next - 1 - cursor,
    lost,
    parked,
    refused: row.refused.map(({ seq, why }) => ({ seq, why: clean(why) })),
    trouble: clean(trouble?.why ?? ''),
    troubleSince: trouble?.since ?? 0,
    oldest,
  }
}

function viewOf(cluster: Cluster, name: string): Sink {
  const row = cluster.tables.sinks.get(name)
  if (row === undefined) throw noSink(name)
  return sinkView(cluster, row)
}

async function change(cluster: Cluster, name: string, command: Command, within: number): Promise<void> {
  mustKnow(cluster)
  const result = agreed(await cluster.propose(command, within))
  if (result.kind === 'no such sink') throw noSink(name)
}

function noSink(name: string) {
  return notFound(`there is no sink ${clean(name, 64)}; raftel cdr sink ls shows which there are`)
}

/** Older programs know of no sinks. */
function mustKnow({ tables }: Cluster): void {
  if (tables.members === null)
    throw cannot('not all nodes are known to run a program that knows sinks yet: upgrade all nodes, or wait a moment')
}
