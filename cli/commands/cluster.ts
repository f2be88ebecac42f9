/** `raftel cluster`: who leads, who is reachable, who lags. */
import { Command } from 'commander'
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import { openClient } from '../client.ts'
import { globals } from '../globals.ts'
import { table } from '../print.ts'

export function clusterCommand(): Command {
  const status = new Command('status')
    .description('every node, asked one by one')
    .addHelpText('after', '\nExamples:\n  raftel cluster status\n  raftel cluster status -o json')
    .action(clusterStatus)
  return new Command('cluster').description('the nodes and their agreement').addCommand(status)
}

async function clusterStatus(_: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const status = await client.ask<ClusterStatus__Output>((control, options, done) =>
      control.getCluster({}, options, done),
    )
    const { leader, term, quorum, planVersion, answeredBy, nodes } = status
    if (given.output === 'table') {
      const agreed = quorum ? `leader ${leader || 'unknown'}, term ${term}` : 'NO QUORUM'
      process.stdout.write(
        `${agreed}, plan ${planVersion || 'none'}, answered by ${answeredBy}\n\n${table(COLUMNS, nodes)}`,
      )
      return
    }
    const full = { leader: leader || null, term, quorum, planVersion, answeredBy, nodes }
    process.stdout.write(JSON.stringify(full, null, given.output === 'json' ? 2 : 0) + '\n')
  } finally {
    client.close()
  }
}

const COLUMNS = [
  { title: 'NODE', text: (node: ClusterNode__Output) => node.id },
  { title: 'ROLE', text: (node: ClusterNode__Output) => node.role },
  { title: 'REACHABLE', text: (node: ClusterNode__Output) => (node.reachable ? 'yes' : 'NO') },
  { title: 'COMMIT', text: (node: ClusterNode__Output) => String(node.commit), right: true },
  { title: 'APPLIED', text: (node: ClusterNode__Output) => String(node.applied), right: true },
  { title: 'SIP', text: (node: ClusterNode__Output) => node.sip || '-' },
  { title: 'CONTROL', text: (node: ClusterNode__Output) => node.control || '-' },
  { title: 'MEDIA', text: (node: ClusterNode__Output) => node.media || '-' },
  { title: 'HASH', text: (node: ClusterNode__Output) => node.hash.slice(0, 12) || '-' },
]
