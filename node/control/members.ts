/**
 * AddMember, PromoteMember, RemoveMember: asked of any node, carried out by the leader. A change may be asked for again, also of
 * another leader, so this goes on until it is done, refused or too late.
 */
import { type Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { MemberRequest } from '../../cluster/cluster.ts'
import { keyId } from '../../cluster/seal.ts'
import type { MembersRow } from '../../cluster/tables/members.ts'
import { isDirectory, isName, portOf } from '../../cluster/tables/names.ts'
import { DECIDED } from '../../proto/decided.ts'
import { clean } from '../../proto/text.ts'
import type { AddMemberRequest__Output } from '../../proto/types/raftel/v1/AddMemberRequest.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'
import type { Members, Members__Output } from '../../proto/types/raftel/v1/Members.ts'
import type { NodeStatus__Output } from '../../proto/types/raftel/v1/NodeStatus.ts'
import type { Needs } from './needs.ts'
import type { Done, Peers } from './peers.ts'
import { cannot, exists, invalid, noQuorum, Refusal } from './refusal.ts'
import { unknown } from './transfer.ts'

/** A learner may have much to be sent before it is promoted. */
export const CHANGE_MAX_MS = 10 * 60_000
const AGAIN_MS = 100

export interface Asked {
  readonly request: MemberRequest
  /** Milliseconds that it may take. */
  readonly within: number
  /** By another node: then this one must lead, or be told to. */
  readonly forwarded: boolean
  /** Asks the same of a leader. */
  readonly pass: (
    client: ControlClient,
    metadata: Metadata,
    options: { deadline: number },
    done: Done<Members__Output>,
  ) => void
}

/** What is asked for, or the refusal that says what is wrong with it. */
export function joinOf({ key }: Pick<Needs, 'key'>, said: AddMemberRequest__Output): MemberRequest {
  const { name, address, directory, learner, replace } = said
  if (!isName(name)) throw invalid('the name of a node must be 1 to 32 of a-z, 0-9 and -, like n4')
  if (!portOf(address)) throw invalid('the address of a node must be host:port, like 192.0.2.4:7070')
  if (!isDirectory(directory)) throw invalid('the directory of a node must be 32 hexadecimal digits')
  const own = keyId(key)
  if (said.cluster !== own) {
    const theirs = clean(said.cluster, 16)
    throw cannot(`the cluster key of ${name} is ${theirs}, here it is ${own}: give it the key file of this cluster`)
  }
  return { kind: 'join', member: { name, address, directory, vote: !learner }, replace }
}

export async function changeMembers(needs: Needs, peers: Peers, asked: Asked): Promise<Members> {
  const { cluster } = needs
  const { request, forwarded } = asked
  const deadline = Date.now() + asked.within
  const left = (): number => Math.max(1, deadline - Date.now())
  // Once a leader has been asked, a member that is not there is one that was removed.
  let isAsked = false
  for (;;) {
    // Answered by a majority, so whoever leads by now is known here, and who the members are.
    if ((await cluster.catchUp(left())) === 'no quorum') throw noQuorum()
    const { members } = cluster.tables
    if (isAsked && request.kind === 'remove' && members?.all.every(({ name }) => name !== request.node))
      return reply(needs, request, members)
    if (!isAsked) refuseAtOnce(needs, request)
    const outcome = await cluster.changeMembers(request, left())
    switch (outcome.kind) {
      case 'done':
        return reply(needs, request, outcome.members)
      case 'unknown node':
        throw unknown(nameOf(request))
      case 'leads':
        await handOver(needs, peers, deadline)
        if (forwarded) throw moved()
        break
      case 'not the leader': {
        if (forwarded) throw moved()
        const { leader } = cluster.status()
        if (leader === null || leader === cluster.node) break
        const answer = await askLeader(peers, leader, asked, deadline)
        if (answer !== null) return answer
        break
      }
      case 'no quorum':
        // Nobody leads at this moment; whether that stays so is asked above.
        break
      case 'refused':
        throw cannot(outcome.why)
      case 'late':
        throw late(outcome.why)
    }
    isAsked = true
    if (left() <= AGAIN_MS) throw late('the leader changed meanwhile')
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Null: the leader is another by now, or did not say what became of it; as it may be asked again, it is. */
async function askLeader(peers: Peers, leader: string, { pass }: Asked, deadline: number): Promise<Members | null> {
  try {
    return await peers.ask<Members__Output>(leader, (client, metadata, done) =>
      pass(client, metadata, { deadline }, done),
    )
  } catch (error) {
    const { code, details, metadata } = error as Partial<ServiceError>
    const isDecided = (metadata?.get(DECIDED).length ?? 0) > 0
    if (isDecided && code !== undefined && code !== status.UNAVAILABLE) throw new Refusal(code, details ?? '')
    return null
  }
}

function moved(): Refusal {
  return new Refusal(status.UNAVAILABLE, 'the leader changed just now; look at raftel cluster status, then try again')
}

/** What the members as they are known here do not allow: nobody need wait for that. */
function refuseAtOnce({ cluster }: Needs, request: MemberRequest): void {
  const name = nameOf(request)
  const isMember = cluster.members().some((member) => member.name === name)
  if (request.kind !== 'join') {
    if (!isMember) throw unknown(name)
    return
  }
  const { directory } = request.member
  const isSame = cluster.tables.members?.all.some((member) => member.directory === directory) ?? false
  if (!isMember || isSame || request.replace) return
  throw exists(
    `${name} is a member already, with another data directory: give the new node another name, or, if the old directory is lost, ` +
      'join with --replace, which removes the old member',
  )
}

function nameOf(request: MemberRequest): string {
  return request.kind === 'join' ? request.member.name : request.node
}

function late(why: string): Refusal {
  return new Refusal(
    status.DEADLINE_EXCEEDED,
    `not done in this time, because ${why}; it may still come about: look at raftel cluster status, then try again`,
  )
}

function reply({ cluster }: Needs, request: MemberRequest, row: MembersRow): Members {
  const is = (member: MembersRow['all'][number]): boolean =>
    request.kind === 'join' ? member.directory === request.member.directory : member.name === request.node
  const { voters } = row.conf
  const standing = (id: number): string => (voters.includes(id) ? 'voter' : 'learner')
  return {
    id: row.all.find(is)?.id ?? 0,
    founders: [...row.founders],
    members: row.all.map(({ id, name, address }) => ({ id, name, address, standing: standing(id) })),
    lineage: cluster.status().lineage,
  }
}

/** Has the voter lead that has most of the log, of those that can be asked. */
async function handOver({ cluster }: Needs, peers: Peers, deadline: number): Promise<void> {
  const others = cluster.members().filter(({ name, standing }) => name !== cluster.node && standing === 'voter')
  if (others.length === 0) throw cannot(`${cluster.node} is the last member with a vote`)
  const asked = await Promise.all(
    others.map(async ({ name }) => {
      const said = peers.ask<NodeStatus__Output>(name, (client, metadata, done) =>
        client.getNode({}, metadata, peers.deadline(), done),
      )
      return { name, last: await said.then(({ last }) => last).catch(() => -1) }
    }),
  )
  let why = ''
  for (const { name } of inOrder(asked)) {
    const outcome = await cluster.transferLeader(name, Math.max(1, deadline - Date.now()))
    if (outcome.kind === 'leads' || outcome.kind === 'not the leader') return
    if (outcome.kind === 'no quorum') throw noQuorum()
    why = `${name} does not take over: ${outcome.kind === 'refused' ? outcome.why : 'it is no member any more'}`
  }
  throw cannot(`${cluster.node} leads, and another must lead before it goes; ${why}`)
}

/** Those with the longest log first. */
export function inOrder<One extends { readonly name: string; readonly last: number }>(those: readonly One[]): One[] {
  return [...those].sort((a, b) => b.last - a.last || (a.name < b.name ? -1 : 1))
}
