/** `raftel cluster promote` and `remove`: changes of the members of a cluster that runs. */
import { Command } from 'commander'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { Members__Output } from '../../proto/types/raftel/v1/Members.ts'
import { type Client, openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { type Globals, globals } from '../globals.ts'
import { type Format, list } from '../print.ts'

export function promoteCommand(): Command {
  return new Command('promote')
    .description('give a member that joined with --learner its vote; waits until it has caught up')
    .argument('<node>', 'a member without a vote')
    .addHelpText('after', '\nExamples:\n  raftel cluster promote n4\n  raftel cluster promote n4 --timeout 300')
    .action((node: string, _: object, self: Command) =>
      withClient(self, (client, given) => promote(client, given, node)),
    )
}

async function promote(client: Client, { output }: Globals, node: string): Promise<void> {
  const { nodes } = await client.ask<ClusterStatus__Output>((control, options, done) =>
    control.getCluster({}, options, done),
  )
  const had = nodes.some(({ id, member }) => id === node && member === 'voter')
  // Asked also then: the node that answered may know less than the leader.
  const { members } = await client.ask<Members__Output>((control, options, done) =>
    control.promoteMember({ node }, options, done),
  )
  show(output, members)
  process.stderr.write(had ? `${node} has its vote already; nothing was changed\n` : `${node} has its vote now\n`)
}

export function removeCommand(): Command {
  return new Command('remove')
    .description('take a member out of the cluster for good; it stops by itself, and its data directory can be deleted')
    .argument('<node>', 'a member, also one that is lost')
    .addHelpText('after', '\nExamples:\n  raftel cluster remove n2')
    .action((node: string, _: object, self: Command) =>
      withClient(self, (client, given) => remove(client, given, node)),
    )
}

async function remove(client: Client, { output }: Globals, node: string): Promise<void> {
  const { leader, nodes } = await client.ask<ClusterStatus__Output>((control, options, done) =>
    control.getCluster({}, options, done),
  )
  if (!nodes.some(({ id }) => id === node)) {
    throw new Failure('not found', `there is no member ${node}; raftel cluster status shows which there are`)
  }
  if (leader === node) process.stderr.write(`${node} leads: another node is asked to lead first\n`)
  try {
    const { members } = await client.ask<Members__Output>((control, options, done) =>
      control.removeMember({ node }, options, done),
    )
    show(output, members)
  } catch (error) {
    // It was there a moment ago: the node that was asked first was the one to go, and could not say so any more.
    if (!(error instanceof Failure) || error.kind !== 'not found') throw error
  }
  process.stderr.write(`${node} is no member any more; its data directory can be deleted\n`)
}

function show(output: Format, members: Members__Output['members']): void {
  process.stdout.write(list(output, COLUMNS, members))
}

const COLUMNS = [
  { title: 'ID', text: ({ id }: Members__Output['members'][number]) => String(id), right: true },
  { title: 'NODE', text: ({ name }: Members__Output['members'][number]) => name },
  { title: 'MEMBER', text: ({ standing }: Members__Output['members'][number]) => standing },
  { title: 'ADDRESS', text: ({ address }: Members__Output['members'][number]) => address },
]

async function withClient(self: Command, act: (client: Client, given: Globals) => Promise<void>): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    await act(client, given)
  } finally {
    client.close()
  }
}
