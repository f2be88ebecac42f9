/** `raftel lab`: a rehearsal cluster on this machine. */
import { once } from 'node:events'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { defaultLabDir, globals, whole } from '../globals.ts'
import { type LabProcess, labDown, labKill, labStart, labStatus, labUp } from '../lab/lab.ts'
import { findRtpengine } from '../lab/rtpengine.ts'
import { list, record } from '../print.ts'

interface UpOptions {
  readonly nodes: number
  readonly basePort?: number
  readonly detach?: boolean
  readonly tls?: boolean
  readonly media?: 'rtpengine' | 'direct'
}

export function labCommand(): Command {
  const up = new Command('up')
    .description('start a cluster on 127.0.0.1, one process a node; ctrl-C ends it unless --detach')
    .addOption(new Option('--nodes <count>', 'how many nodes').default(3).argParser(nodeCount))
    .addOption(new Option('--base-port <port>', 'first of three ports a node; free ones by default').argParser(port))
    .addOption(
      new Option('--media <kind>', 'by default rtpengine when it is installed').choices(['rtpengine', 'direct']),
    )
    .option('--tls', 'nodes and command line show certificates of an authority of the lab')
    .option('--detach', 'return when the cluster is ready and print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel lab up\n  raftel lab up --tls --detach\n  raftel lab up --nodes 3 --dir /tmp/lab --base-port 15000 --detach',
    )
    .action(labUpAction)
  const down = new Command('down')
    .description('stop every node of the lab')
    .action(async (_: object, self: Command) => {
      const { nodes } = await labDown(dirOf(self))
      note(nodes.length === 1 ? '1 node is down' : `${nodes.length} nodes are down`)
    })
  const kill = new Command('kill')
    .description('kill -9 one node and its media relay')
    .argument('<node>')
    .action(async (id: string, _: object, self: Command) => {
      const { pid } = await labKill(dirOf(self), id)
      process.stdout.write(record(globals(self).output, { id, pid }))
    })
  const start = new Command('start')
    .description('bring a node back; returns when it has caught up')
    .argument('<node>')
    .action(async (id: string, _: object, self: Command) => {
      const { pid, sip, control } = await labStart(dirOf(self), id, note)
      process.stdout.write(record(globals(self).output, { id, pid, sip, control }))
    })
  const status = new Command('status')
    .description('the nodes of the lab and whether they run')
    .action((_: object, self: Command) => {
      const columns = [
        { title: 'NODE', text: (node: LabProcess) => node.id },
        { title: 'RUNNING', text: (node: LabProcess) => (node.pid === null ? 'no' : 'yes') },
        { title: 'PID', text: (node: LabProcess) => String(node.pid ?? '-'), right: true },
        { title: 'SIP', text: (node: LabProcess) => node.sip },
        { title: 'CONTROL', text: (node: LabProcess) => node.control },
        { title: 'MEDIA', text: (node: LabProcess) => node.media },
      ]
      process.stdout.write(list(globals(self).output, columns, labStatus(dirOf(self))))
    })
  const verbs = [down, kill, start, status]
  for (const verb of verbs) {
    const operand = verb === kill || verb === start ? ' n2' : ''
    verb.addHelpText('after', `\nExamples:\n  raftel lab ${verb.name()}${operand} --dir /tmp/lab`)
  }
  const lab = new Command('lab').description('a rehearsal cluster on this machine').addCommand(up)
  for (const verb of verbs) lab.addCommand(verb)
  return lab
}

async function labUpAction(options: UpOptions, self: Command): Promise<void> {
  const dir = dirOf(self)
  const media = options.media ?? (findRtpengine() === null ? 'direct' : 'rtpengine')
  if (options.media === undefined && media === 'direct') {
    note('rtpengine is not installed, so media is DIRECT: apt-get install rtpengine-daemon')
  }
  const { nodes, basePort = null, tls = false } = options
  const report = await labUp({ dir, nodes, basePort, media, tls, note })
  process.stdout.write(JSON.stringify(report, null, globals(self).output === 'ndjson' ? 0 : 2) + '\n')
  if (options.detach) return
  note(`the lab is up, ${report.leader} leads; ctrl-C ends it. Elsewhere: raftel tui --dir ${dir}`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
  note('ending the lab')
  await labDown(dir)
}

function dirOf(self: Command): string {
  return path.resolve(globals(self).dir ?? defaultLabDir(process.env))
}

/** Progress is no data. */
function note(text: string): void {
  process.stderr.write(`raftel: ${text}\n`)
}

function nodeCount(text: string): number {
  const count = whole(text)
  if (count < 1 || count > 9) throw new InvalidArgumentError('It must be 1 to 9.')
  return count
}

function port(text: string): number {
  const value = whole(text)
  if (value < 1024 || value > 65_000) throw new InvalidArgumentError('It must be 1024 to 65000.')
  return value
}
