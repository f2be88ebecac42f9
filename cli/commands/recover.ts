/** `raftel cluster recover`: the way back when most nodes are lost for good. Not to be typed by accident. */
import { existsSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { record } from '../print.ts'
import { fields, keyOf, read, refuseExisting } from './snapshot.ts'

export function recoverCommand(): Command {
  return new Command('recover')
    .description(
      'most nodes are lost for good: save what the stopped node of this configuration has, to begin anew from',
    )
    .argument('<file>', 'the snapshot to write; must not exist')
    .requiredOption('--config <file>', 'configuration of the surviving node, which must be stopped')
    .option('--data <directory>', 'instead of data in the configuration')
    .option('--i-understand', 'what only the lost nodes had is lost; what was never agreed may come into force')
    .addHelpText(
      'after',
      '\nRead docs/damage.md first: with a majority alive this is never needed.\n\nExamples:\n' +
        '  raftel cluster recover survivor.snapshot --config /etc/raftel/node.yaml --i-understand\n' +
        '  raftel cluster snapshot restore survivor.snapshot --config /etc/raftel/new-node.yaml',
    )
    .action(recover)
}

interface RecoverOptions {
  readonly config: string
  readonly data?: string
  readonly iUnderstand?: true
}

async function recover(file: string, options: RecoverOptions, self: Command): Promise<void> {
  const { output } = globals(self)
  if (!options.iUnderstand) {
    throw new Failure(
      'usage',
      'entries that only the lost nodes had are lost by this, registrations that were answered among them. If a majority can ' +
        'still be started, start it instead. Else read docs/damage.md, and say --i-understand',
    )
  }
  const { loadConfig } = await import('../../node/config.ts')
  const { loadClusterKey } = await import('../../cluster/seal.ts')
  const { lookAt } = await import('../../node/enrolment.ts')
  const { salvage } = await import('../../cluster/salvage.ts')
  refuseExisting(file)
  const config = loadConfig(options.config, options.data === undefined ? {} : { data: options.data })
  if (config.kind === 'faults') throw new Failure('failed', config.text)
  const { node, id, dataDir: dir, cluster } = config.config
  if (!existsSync(path.join(dir, 'log'))) throw new Failure('not found', `${dir} is no data directory of a node`)
  const key = keyOf(() => loadClusterKey(cluster.keyFile))
  // Of a node that has joined, or was there when others did, its directory knows more than its configuration.
  const found = await lookAt(dir)
  const configured = cluster.nodes.length > 0 ? cluster.nodes.map((peer) => peer.id) : null
  const own =
    found.kind === 'member'
      ? { id: found.member.id, founders: found.member.founders }
      : { id, founders: configured, isOfFounding: true }
  const program = self.parent?.parent?.version() ?? ''
  const partial = `${file}.partial`
  try {
    const { bytes, unsure } = await salvage({ dir, node, ...own, key, program, time: Date.now() }).catch((error) => {
      throw new Failure('failed', (error as Error).message)
    })
    const to = await open(partial, 'w', 0o600)
    try {
      for await (const piece of bytes) await to.write(piece)
      await to.sync()
    } finally {
      await to.close()
    }
    const saved = await read(partial, false)
    refuseExisting(file)
    await rename(partial, file)
    process.stdout.write(record(output, { ...fields(saved, file), unsure }))
    process.stderr.write(
      `${file} has all that ${node} knew, ${unsure} entries among it that it did not know to be agreed. ` +
        'Move the data directory away and restore every node of the new cluster from this file: raftel cluster snapshot restore\n',
    )
  } finally {
    rmSync(partial, { force: true })
  }
}
