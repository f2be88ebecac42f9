/** `raftel node`: one node in the foreground, and the key that nodes share. */
import { Command } from 'commander'
import { newClusterKey } from '../../cluster/seal.ts'
import { loadConfig, type Overrides } from '../../node/config.ts'
import { Fatal, type RunningNode, startNode } from '../../node/node.ts'
import { giveMemoryBack } from '../../proto/memory.ts'
import { Failure } from '../failure.ts'
import { signalled } from '../signalled.ts'

interface StartOptions {
  readonly config: string
  readonly set: readonly string[]
  readonly data?: string
  readonly logLevel?: string
}

export function nodeCommand(): Command {
  const start = new Command('start')
    .description('run one node in the foreground until SIGTERM; a second signal ends it at once')
    .requiredOption('--config <file>', 'YAML, see docs/configuration.md')
    .option('--data <directory>', 'instead of data in the file')
    .option('--log-level <level>', 'instead of log.level in the file')
    .option('--set <key=value>', 'any other key, like sip.advertise=192.0.2.1; repeatable', collect, [])
    .addHelpText('after', '\nExamples:\n  raftel node start --config /etc/raftel/node.yaml')
    .action(start_)
  const key = new Command('key')
    .description('print a new cluster key; every node gets the same file, readable by its user alone')
    .addHelpText('after', '\nExamples:\n  (umask 077; raftel node key > /etc/raftel/cluster.key)')
    .action(() => {
      process.stdout.write(newClusterKey())
    })
  return new Command('node').description('one node').addCommand(start).addCommand(key)
}

async function start_(options: StartOptions): Promise<void> {
  // drachtio-srf looks into the environment for every header it reads; in the real one each look is a system call away.
  process.env = { ...process.env }
  const read = loadConfig(options.config, flags(options))
  if (read.kind === 'faults') throw new Failure('failed', read.text)
  let node: RunningNode
  try {
    node = await startNode(read.config, (sentence) => {
      // The disk or the log failed: whatever this process would still say could be wrong.
      process.stderr.write(`raftel: ${sentence}\n`)
      process.exit(1)
    })
  } catch (error) {
    if (error instanceof Fatal) throw new Failure('failed', error.message)
    throw error
  }
  giveMemoryBack()
  await signalled()
  // A second signal: no goodbyes.
  const insist = (): void => process.exit(130)
  process.on('SIGTERM', insist).on('SIGINT', insist)
  await node.stop()
  process.exit(0)
}

function flags({ set, data, logLevel }: StartOptions): Overrides {
  const given: Record<string, string> = {}
  for (const one of set) {
    const at = one.indexOf('=')
    if (at < 1) throw new Failure('usage', `--set ${one}: write key=value, like sip.advertise=192.0.2.1`)
    given[one.slice(0, at)] = one.slice(at + 1)
  }
  if (data !== undefined) given.data = data
  if (logLevel !== undefined) given['log.level'] = logLevel
  return given
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
