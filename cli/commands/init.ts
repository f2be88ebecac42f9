/** `raftel cluster init`: the data directory of the first node of a new cluster. */
import { Command } from 'commander'
import type { Own } from '../../node/enrolment.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { record } from '../print.ts'
import { keyOf } from './snapshot.ts'

export function initCommand(): Command {
  return new Command('init')
    .description(
      'a new cluster of this node alone, which others join; asks no node, and changes nothing but the data directory',
    )
    .requiredOption('--config <file>', 'configuration of the node, without cluster.nodes')
    .option('--data <directory>', 'instead of data in the configuration; must be empty or not there')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  (umask 077; raftel node key > /etc/raftel/cluster.key)\n' +
        '  raftel cluster init --config /etc/raftel/node.yaml\n' +
        '  raftel node start --config /etc/raftel/node.yaml',
    )
    .action(initCluster)
}

async function initCluster(options: DirectoryOptions, self: Command): Promise<void> {
  const { init } = await import('../../node/enrolment.ts')
  const { own, nodes } = await ownOf(options)
  if (nodes.length > 0) {
    throw new Failure(
      'usage',
      'cluster.nodes names the founders of a cluster already, and its nodes are just started; leave cluster.nodes out to begin ' +
        'with this node alone',
    )
  }
  const outcome = await init(own)
  if (outcome.kind === 'refused') throw new Failure('conflict', outcome.why)
  const { member, kind } = outcome
  process.stdout.write(
    record(globals(self).output, { node: own.node, id: member.id, data: own.dir, cluster: own.cluster }),
  )
  const made = kind === 'made' ? '' : 'this was done before, and is as it was; '
  process.stderr.write(
    `${made}start it with raftel node start --config ${options.config}; others join with raftel cluster join\n`,
  )
}

export interface DirectoryOptions {
  readonly config: string
  readonly data?: string
}

/** Whose the data directory of a configuration is to be. */
export async function ownOf({ config: file, data }: DirectoryOptions) {
  const { loadConfig } = await import('../../node/config.ts')
  const { keyId, loadClusterKey } = await import('../../cluster/seal.ts')
  const read = loadConfig(file, data === undefined ? {} : { data })
  if (read.kind === 'faults') throw new Failure('failed', read.text)
  const { node, dataDir: dir, cluster, control } = read.config
  const key = keyOf(() => loadClusterKey(cluster.keyFile))
  const own: Own = { dir, node, cluster: keyId(key), address: cluster.address }
  return { own, nodes: cluster.nodes, tls: control.tls }
}
