/** `raftel cluster snapshot`: the tables as a file; what a file is; a data directory from a file. */
import { createReadStream, existsSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import path from 'node:path'
import type { ServiceError } from '@grpc/grpc-js'
import { Command } from 'commander'
import type { Saved } from '../../cluster/saved.ts'
import type { SnapshotBytes__Output } from '../../proto/types/raftel/v1/SnapshotBytes.ts'
import { failureOf, openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { iso, record } from '../print.ts'

export function snapshotCommand(): Command {
  const save = new Command('save')
    .description('write the tables of one node into a new file, checked as it comes')
    .argument('<file>', 'must not exist; readable by this user alone')
    .addHelpText('after', '\nExamples:\n  raftel cluster snapshot save raftel-2026-07-01.snapshot')
    .action(saveSnapshot)
  const inspect = new Command('inspect')
    .description('check a file and say what is in it; asks no node')
    .argument('<file>')
    .addHelpText('after', '\nExamples:\n  raftel cluster snapshot inspect raftel-2026-07-01.snapshot -o json')
    .action(inspectSnapshot)
  const restore = new Command('restore')
    .description(
      'make the data directory of one node of a NEW cluster from a file; run it once for every node, all stopped',
    )
    .argument('<file>', 'the same for every node')
    .requiredOption(
      '--config <file>',
      'configuration of the node with cluster.nodes; its cluster key must be that of the snapshot',
    )
    .option('--data <directory>', 'instead of data in the configuration; must be empty or not there')
    .option('--lineage <name>', 'names the new cluster, the same for every node; needed when a file is restored again')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel cluster snapshot restore saved.snapshot --config /etc/raftel/node.yaml',
    )
    .action(restoreSnapshot)
  return new Command('snapshot')
    .description('save the tables, and begin anew from what was saved')
    .addCommand(save)
    .addCommand(inspect)
    .addCommand(restore)
}

async function saveSnapshot(file: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  refuseExisting(file)
  const client = openClient(given)
  const partial = `${file}.partial`
  try {
    const control = await client.connection()
    const stream = control.saveSnapshot({})
    const to = await open(partial, 'w', 0o600)
    // As long as something comes it may take as long as it takes.
    const idle = setTimeout(() => stream.destroy(silent(given.timeout)), given.timeout * 1000)
    try {
      for await (const { data } of stream as AsyncIterable<SnapshotBytes__Output>) {
        idle.refresh()
        await to.write(data)
      }
      await to.sync()
    } catch (error) {
      throw 'code' in (error as object) && 'details' in (error as object)
        ? failureOf(error as ServiceError, given.timeout)
        : error
    } finally {
      clearTimeout(idle)
      stream.cancel()
      await to.close()
    }
    const saved = await read(partial, false)
    refuseExisting(file)
    await rename(partial, file)
    process.stdout.write(record(given.output, fields(saved, file)))
    if (!saved.head.current) {
      process.stderr.write(
        'there was no quorum: this is what that one node knew; entries that others agreed on may be missing\n',
      )
    }
  } finally {
    rmSync(partial, { force: true })
    client.close()
  }
}

async function inspectSnapshot(file: string, _: object, self: Command): Promise<void> {
  process.stdout.write(record(globals(self).output, fields(await read(file, false), file)))
}

interface RestoreOptions {
  readonly config: string
  readonly data?: string
  readonly lineage?: string
}

async function restoreSnapshot(file: string, options: RestoreOptions, self: Command): Promise<void> {
  // Half of the project comes with these; the other commands stay quick.
  const { loadConfig } = await import('../../node/config.ts')
  const { keyId, loadClusterKey } = await import('../../cluster/seal.ts')
  const { isFree, restore } = await import('../../cluster/restore.ts')
  const config = loadConfig(options.config, options.data === undefined ? {} : { data: options.data })
  if (config.kind === 'faults') throw new Failure('failed', config.text)
  const { node, dataDir: dir, cluster } = config.config
  if (cluster.nodes.length === 0) {
    throw new Failure(
      'usage',
      `a new cluster begins with the nodes that are in cluster.nodes of every one of them, and ${options.config} has none: ` +
        'list name, id and address of each there, the same on all; for one node alone, that one',
    )
  }
  if (!(await isFree(dir))) {
    throw new Failure('conflict', `${dir} is not empty; stop ${node} if it runs, and move the directory away first`)
  }
  if (options.lineage !== undefined && !/^[a-z0-9][a-z0-9-]{0,31}$/.test(options.lineage)) {
    throw new Failure('usage', '--lineage must be 1 to 32 of a-z, 0-9 and -')
  }
  const key = keyOf(() => loadClusterKey(cluster.keyFile))
  const saved = await read(file, true)
  if (saved.head.cluster !== keyId(key)) {
    throw new Failure(
      'failed',
      `${file} was saved under the cluster key ${saved.head.cluster}, ${cluster.keyFile} holds ${keyId(key)}: ` +
        'passwords and secrets in the file open with its own key only; put that key file in place',
    )
  }
  const lineage = options.lineage ?? saved.sha256.slice(0, 16)
  if (lineage === saved.head.lineage) {
    throw new Failure('conflict', `${file} is of the cluster ${lineage} itself; give the new one another --lineage`)
  }
  const rows = await restore(saved, { dir, node, nodes: cluster.nodes, key, lineage })
  const { index, term } = saved.head
  process.stdout.write(record(self.optsWithGlobals().output, { node, data: dir, lineage, index, term, ...rows }))
  const others = cluster.nodes.map((peer) => peer.name).filter((name) => name !== node)
  process.stderr.write(
    `${dir} belongs to a NEW cluster now (lineage ${lineage}), as of ${iso(saved.head.time)}: what was agreed after that is not in it. ` +
      (others.length > 0
        ? `Restore ${others.join(', ')} from the same file before any of them starts; nodes with an older directory are refused.\n`
        : 'Start the node.\n'),
  )
}

export function fields({ head, bytes, sha256 }: Saved, file: string): Record<string, string | number | boolean> {
  const { version, cluster, lineage, index, term, time, node, program, current, rows } = head
  const what = { file, version, cluster, lineage, index, term, time: iso(time) ?? '', node, program, current }
  return { ...what, ...rows, bytes, sha256 }
}

/** Checks all of it. */
export async function read(file: string, keep: boolean): Promise<Saved> {
  const { readSaved } = await import('../../cluster/saved.ts')
  try {
    return await readSaved(path.basename(file), createReadStream(file), keep)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw code === 'ENOENT' ? new Failure('not found', `there is no file ${file}`) : new Failure('failed', message)
  }
}

function silent(timeout: number): Failure {
  return new Failure('timeout', `nothing came for ${timeout} s; give --timeout more, or look at raftel doctor`)
}

export function refuseExisting(file: string): void {
  if (existsSync(file)) throw new Failure('conflict', `${file} is there already; name another file`)
}

export function keyOf(load: () => Buffer): Buffer {
  try {
    return load()
  } catch (error) {
    throw new Failure('failed', (error as Error).message)
  }
}
