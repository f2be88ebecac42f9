/** `raftel cluster join`: the data directory of a new node becomes one of the members of a cluster that runs. */
import { Command } from 'commander'
import type { Members__Output } from '../../proto/types/raftel/v1/Members.ts'
import { openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { type Globals, globals } from '../globals.ts'
import { record } from '../print.ts'
import { type DirectoryOptions, ownOf } from './init.ts'

interface JoinOptions extends DirectoryOptions {
  readonly learner?: true
  readonly replace?: true
}

export function joinCommand(): Command {
  return new Command('join')
    .description('make this node a member of a cluster that runs; it gets its vote when it runs and has caught up')
    .requiredOption('--config <file>', 'configuration of the new node; its cluster key must be that of the cluster')
    .option('--learner', 'it gets no vote by itself: raftel cluster promote gives it one')
    .option('--replace', 'in the place of the member of the same name, whose data directory is lost')
    .option('--data <directory>', 'instead of data in the configuration; must be empty or not there')
    .addHelpText(
      'after',
      '\n--endpoints (or RAFTEL_ENDPOINTS, or --dir of a lab) must say which cluster. It may be interrupted and said again.\n\nExamples:\n' +
        '  raftel cluster join --config /etc/raftel/node.yaml --endpoints 192.0.2.1:7060,192.0.2.2:7060\n' +
        '  raftel cluster join --config /etc/raftel/node.yaml --endpoints 192.0.2.1:7060 --replace\n' +
        '  raftel node start --config /etc/raftel/node.yaml',
    )
    .action(joinCluster)
}

async function joinCluster(options: JoinOptions, self: Command): Promise<void> {
  const given = globals(self)
  // The cluster that happens to run on this machine is rarely the one to be joined.
  if (given.endpoints === undefined && given.dir === undefined && !process.env.RAFTEL_ENDPOINTS) {
    throw usage('say which cluster: --endpoints host:port, the control addresses of some of its nodes')
  }
  const { beginJoin, endJoin } = await import('../../node/enrolment.ts')
  const { own, tls } = await ownOf(options)
  const begun = await beginJoin(own)
  if (begun.kind === 'refused') throw new Failure('conflict', begun.why)
  const say = (id: number, members: readonly { readonly name: string }[]): void => {
    const { node, dir: data, cluster } = own
    process.stdout.write(
      record(given.output, { node, id, data, cluster, members: members.map(({ name }) => name).join(',') }),
    )
  }
  if (begun.kind === 'joined already') {
    say(begun.member.id, begun.member.members)
    process.stderr.write(
      `${own.dir} is that of a member already; start it. If it was removed, move the directory away and join again\n`,
    )
    return
  }
  const client = openClient(asNode(given, tls))
  try {
    const { cluster, node: name, address } = own
    const { directory } = begun
    const { learner = false, replace = false } = options
    const request = { cluster, name, address, directory, learner, replace }
    // The same identity is asked for each time, so it may be asked of the next when a connection breaks.
    const { id, founders, members, lineage } = await client.ask<Members__Output>((control, within, done) =>
      control.addMember(request, within, done),
    )
    if (id === 0 || founders.length === 0)
      throw new Failure('failed', 'the cluster says not which member this is: upgrade its nodes')
    const known = members.map((member) => ({ id: member.id, name: member.name, address: member.address }))
    await endJoin(own, directory, { id, founders, members: known, lineage })
    say(id, members)
    process.stderr.write(
      `${name} is a member now; start it with raftel node start --config ${options.config}. ` +
        (learner
          ? `It has no vote until raftel cluster promote ${name}\n`
          : 'It gets its vote when it has caught up\n'),
    )
  } finally {
    client.close()
  }
}

/** Unless something else is said the node shows what it will show when it runs. */
function asNode(given: Globals, tls: { ca: string; cert: string; key: string } | null): Globals {
  const isSaid = given.tlsCa ?? given.tlsCert ?? given.tlsKey ?? given.dir ?? process.env.RAFTEL_TLS_CA
  return tls === null || isSaid !== undefined ? given : { ...given, tlsCa: tls.ca, tlsCert: tls.cert, tlsKey: tls.key }
}
