/** `raftel cluster`: who leads, who is reachable, who lags; another leader; whether all have the same. */
import { Command } from 'commander'
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { ClusterVerdict__Output } from '../../proto/types/raftel/v1/ClusterVerdict.ts'
import type { NodeVerdict__Output } from '../../proto/types/raftel/v1/NodeVerdict.ts'
import type { TransferLeaderReply__Output } from '../../proto/types/raftel/v1/TransferLeaderReply.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { iso, record, span, table } from '../print.ts'
import { initCommand } from './init.ts'
import { joinCommand } from './join.ts'
import { promoteCommand, removeCommand } from './members.ts'
import { recoverCommand } from './recover.ts'
import { snapshotCommand } from './snapshot.ts'

export function clusterCommand(): Command {
  const status = new Command('status')
    .description('every node, asked one by one')
    .addHelpText('after', '\nExamples:\n  raftel cluster status\n  raftel cluster status -o json')
    .action(clusterStatus)
  const transfer = new Command('transfer-leader')
    .description('have another node lead, before maintenance of the one that does; nothing fails meanwhile')
    .argument('<node>', 'the node that is to lead')
    .addHelpText('after', '\nExamples:\n  raftel cluster transfer-leader n2')
    .action(transferLeader)
  const verify = new Command('verify')
    .description('compare the tables of all nodes at one index; exit 1 unless all were asked and are equal')
    .addHelpText('after', '\nExamples:\n  raftel cluster verify\n  raftel cluster verify -o json')
    .action(verifyCluster)
  return new Command('cluster')
    .description('the nodes and their agreement')
    .addCommand(initCommand())
    .addCommand(joinCommand())
    .addCommand(promoteCommand())
    .addCommand(removeCommand())
    .addCommand(status)
    .addCommand(transfer)
    .addCommand(verify)
    .addCommand(snapshotCommand())
    .addCommand(recoverCommand())
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
    const rows = nodes.map(({ _lag, lag, lastContact, memberId, member, ...node }) => ({
      ...node,
      lag: lag ?? null,
      lastContact: iso(lastContact),
      memberId,
      member: member || null,
    }))
    const full = { leader: leader || null, term, quorum, planVersion, answeredBy, nodes: rows }
    process.stdout.write(JSON.stringify(full, null, given.output === 'json' ? 2 : 0) + '\n')
  } finally {
    client.close()
  }
}

async function transferLeader(node: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    // It may be asked twice: a node that leads already says so.
    const { leader, term, moved } = await client.ask<TransferLeaderReply__Output>((control, options, done) =>
      control.transferLeader({ node }, options, done),
    )
    process.stdout.write(record(given.output, { leader, term, moved }))
    if (!moved) process.stderr.write(`${leader} leads already; nothing was changed\n`)
  } finally {
    client.close()
  }
}

async function verifyCluster(_: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const verdict = await client.ask<ClusterVerdict__Output>((control, options, done) =>
      control.verifyCluster({}, options, done),
    )
    const { index, hash, nodes } = verdict
    if (given.output === 'table') {
      process.stdout.write(`compared at index ${index || '-'}\n\n${table(VERDICTS, nodes)}`)
    } else {
      process.stdout.write(
        JSON.stringify({ index, hash: hash || null, nodes }, null, given.output === 'json' ? 2 : 0) + '\n',
      )
    }
    const wrong = faults(nodes)
    if (wrong !== '') throw new Failure('failed', wrong)
  } finally {
    client.close()
  }
}

/** One sentence about all that is not as it should be; empty: nothing. */
export function faults(nodes: readonly Pick<NodeVerdict__Output, 'id' | 'verdict'>[]): string {
  const REMEDIES = {
    differs:
      'has other tables than the others: stop it, move its data directory away, and join with --replace (docs/membership.md)',
    behind: 'has not caught up: try again later, and look at its log if that does not help',
    unreachable: 'could not be asked: start it, then verify again',
  }
  return Object.entries(REMEDIES)
    .flatMap(([verdict, remedy]) => {
      const those = nodes.filter((node) => node.verdict === verdict).map(({ id }) => id)
      return those.length === 0 ? [] : [`${those.join(', ')} ${remedy}`]
    })
    .join('; ')
}

/** A node is heard many times a second, so what is less than one is not told apart. */
function ago(at: number): string {
  return at === 0 ? '-' : `${span(Date.now() - at)} ago`
}

const VERDICTS = [
  { title: 'NODE', text: (node: NodeVerdict__Output) => node.id },
  { title: 'VERDICT', text: (node: NodeVerdict__Output) => node.verdict },
  { title: 'APPLIED', text: (node: NodeVerdict__Output) => String(node.applied), right: true },
  { title: 'HASH', text: (node: NodeVerdict__Output) => node.hash.slice(0, 12) || '-' },
]

const COLUMNS = [
  { title: 'NODE', text: (node: ClusterNode__Output) => node.id },
  { title: 'ID', text: (node: ClusterNode__Output) => String(node.memberId || '-'), right: true },
  { title: 'MEMBER', text: (node: ClusterNode__Output) => node.member || '-' },
  { title: 'ROLE', text: (node: ClusterNode__Output) => node.role },
  { title: 'REACHABLE', text: (node: ClusterNode__Output) => (node.reachable ? 'yes' : 'NO') },
  { title: 'COMMIT', text: (node: ClusterNode__Output) => String(node.commit), right: true },
  { title: 'APPLIED', text: (node: ClusterNode__Output) => String(node.applied), right: true },
  { title: 'LAG', text: (node: ClusterNode__Output) => String(node.lag ?? '-'), right: true },
  { title: 'LAST CONTACT', text: (node: ClusterNode__Output) => ago(node.lastContact), right: true },
  { title: 'SIP', text: (node: ClusterNode__Output) => node.sip || '-' },
  { title: 'CONTROL', text: (node: ClusterNode__Output) => node.control || '-' },
  { title: 'MEDIA', text: (node: ClusterNode__Output) => node.media || '-' },
  { title: 'HASH', text: (node: ClusterNode__Output) => node.hash.slice(0, 12) || '-' },
]
