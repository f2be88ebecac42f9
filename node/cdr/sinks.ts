/**
 * The sinks of this node: files that are here, and, while it leads, all that can be reached from anywhere. A leader that was deposed and does
 * not know it yet may deliver what its successor delivers too: every sink takes a record once.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { SinkRow } from '../../cluster/tables/cdr-rows.ts'
import type { Sealed } from '../../cluster/tables/rows.ts'
import { secretPurpose, TABLE } from './config.ts'
import { fileSink } from './file.ts'
import { httpSink } from './http.ts'
import { postgresSink } from './postgres.ts'
import { type Running, runSink } from './run.ts'
import type { Sink } from './sink.ts'

export interface SinksNeeds {
  readonly cluster: Cluster
  readonly log: Logger
  /** Opens what was sealed for a purpose; throws a sentence. */
  unseal(purpose: string, sealed: Sealed): string
  chance(): number
}

export function startSinks(needs: SinksNeeds): { close(): Promise<void> } {
  const { cluster, log, chance } = needs
  const running = new Map<string, { readonly as: string; readonly sink: Running }>()
  /** Those that are being stopped: the same sink begins again only after that. */
  const stopping = new Map<string, Promise<void>>()
  let closed = false

  function isHere(row: SinkRow): boolean {
    if (row.node !== undefined) return row.node === cluster.node
    const { role, quorum } = cluster.status()
    return role === 'leader' && quorum
  }

  function check(): void {
    if (closed) return
    for (const [name, { as, sink }] of running) {
      const row = cluster.tables.sinks.get(name)
      if (row && isHere(row) && configOf(row) === as) continue
      running.delete(name)
      const stopped = sink.stop().finally(() => {
        stopping.delete(name)
        check()
      })
      stopping.set(name, stopped)
    }
    for (const row of cluster.tables.sinks.values()) {
      const { name } = row
      if (running.has(name) || stopping.has(name) || row.paused || !isHere(row)) continue
      const sink = runSink({ cluster, log, chance, name, open: () => openSink(needs, row) })
      running.set(name, { as: configOf(row), sink })
    }
    for (const { sink } of running.values()) sink.wake()
  }

  const stops = [
    cluster.watch((changes) => {
      if (changes.some(({ table }) => table === 'sinks')) check()
      else if (changes.some(({ table }) => table === 'cdrs')) for (const { sink } of running.values()) sink.wake()
    }),
    cluster.onStatus(check),
  ]
  check()

  return {
    async close() {
      closed = true
      for (const stop of stops) stop()
      await Promise.all([...[...running.values()].map(({ sink }) => sink.stop()), ...stopping.values()])
    },
  }
}

/** All that makes it another sink, and not only further on. */
function configOf({ kind, target, secret, table, tenant, fields, node, paused }: SinkRow): string {
  return JSON.stringify([kind, target, secret, table, tenant, fields, node, paused])
}

function openSink({ cluster, unseal }: SinksNeeds, row: SinkRow): Sink {
  const { name, kind, target, table = TABLE, fields, secret } = row
  const { lineage } = cluster.status()
  const given = secret === undefined ? undefined : unseal(secretPurpose(name, target), secret)
  const some = fields && { fields }
  switch (kind) {
    case 'jsonl':
    case 'csv':
      return fileSink({ name, kind, target, lineage, ...some })
    case 'http':
      return httpSink({ target, lineage, ...some, ...(given !== undefined && { authorization: given }) })
    case 'postgres':
      return postgresSink({ target, table, lineage, ...(given !== undefined && { password: given }) })
  }
}
