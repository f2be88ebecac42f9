import { type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import type { MemberView } from '../../../cluster/cluster.ts'
import { keyId, loadClusterKey } from '../../../cluster/seal.ts'
import { nodes } from '../../../node/control/health.ts'
import { inOrder } from '../../../node/control/members.ts'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'
import type { Members__Output } from '../../../proto/types/raftel/v1/Members.ts'
import { ask, oneNode } from './node.ts'

const add = (client: ControlClient, request: object) =>
  ask<Members__Output>((done) => client.addMember(request, { deadline: Date.now() + 10_000 }, done))

test('a node becomes a member once however often it asks, under its own name, with the key of the cluster', async (t) => {
  const { client, dir } = await oneNode(t)
  const cluster = keyId(loadClusterKey(`${dir}/cluster.key`))
  const good = { cluster, name: 'n2', address: '127.0.0.1:7072', directory: 'ab'.repeat(16), learner: true }
  const refused = async (more: object): Promise<Partial<ServiceError>> =>
    (await t.throwsAsync<ServiceError>(add(client, { ...good, ...more }))) ?? {}
  for (const wrong of [
    { name: 'N2' },
    { name: '' },
    { name: 'x'.repeat(33) },
    { address: '127.0.0.1' },
    { address: '127.0.0.1:0' },
    { address: '127.0.0.1:65536' },
    { address: `${'x'.repeat(300)}:1` },
    { directory: 'AB'.repeat(16) },
    { directory: 'ab'.repeat(17) },
  ]) {
    t.is((await refused(wrong)).code, status.INVALID_ARGUMENT, JSON.stringify(wrong))
  }
  const foreign = await refused({ cluster: '0123456789ab' })
  t.is(foreign.code, status.FAILED_PRECONDITION)
  t.regex(foreign.details ?? '', /the cluster key of n2 is 0123456789ab, here it is .*key file of this cluster/)

  const first = await add(client, good)
  t.like(first, { id: 2, founders: [1], lineage: '' })
  t.deepEqual(await add(client, good), first)
  t.deepEqual(first.members.map(({ name, address, standing }) => [name, address, standing]).at(-1), [
    'n2',
    '127.0.0.1:7072',
    'learner',
  ])
  const other = await refused({ directory: 'cd'.repeat(16) })
  t.is(other.code, status.ALREADY_EXISTS)
  t.regex(other.details ?? '', /n2 is a member already, with another data directory: .*--replace/)
  const replaced = await add(client, { ...good, directory: 'cd'.repeat(16), replace: true })
  t.is(replaced.id, 3)
  t.is(replaced.members.length, 2)

  const remove = (node: string) =>
    ask<Members__Output>((done) => client.removeMember({ node }, { deadline: Date.now() + 10_000 }, done))
  t.is((await t.throwsAsync<ServiceError>(remove('n9')))?.code, status.NOT_FOUND)
  const last = await t.throwsAsync<ServiceError>(remove('n1'))
  t.is(last?.code, status.FAILED_PRECONDITION)
  t.regex(last?.details ?? '', /n1 is the last member with a vote/)
  const gone = await remove('n2')
  t.like(gone, { id: 0, members: [{ id: 1, name: 'n1', standing: 'voter' }] })
  const promoted = (node: string) =>
    t.throwsAsync<ServiceError>(ask((done) => client.promoteMember({ node }, { deadline: Date.now() + 10_000 }, done)))
  t.is((await promoted('n2'))?.code, status.NOT_FOUND)
})

test('the voter with the longest log is asked to lead first, one that does not answer last', (t) => {
  const those = [
    { name: 'n4', last: -1 },
    { name: 'n3', last: 7 },
    { name: 'n2', last: 7 },
    { name: 'n5', last: 9 },
  ]
  t.deepEqual(
    inOrder(those).map(({ name }) => name),
    ['n5', 'n2', 'n3', 'n4'],
  )
})

test('doctor warns of a member that is absent, and of one that waits for its vote', (t) => {
  const members: MemberView[] = [1, 2, 3].map((id) => ({
    id,
    name: `n${id}`,
    address: `127.0.0.1:${id}`,
    standing: id === 3 ? 'learner' : 'voter',
  }))
  const up = () => true
  t.like(nodes(members, up, []), { verdict: 'ok', detail: 'every member is connected; without a vote by choice: n3' })
  t.like(nodes(members, up, ['n3']), { verdict: 'warning', detail: 'without a vote until it has caught up: n3' })
  const absent = nodes(members, ({ name }) => name !== 'n3', ['n3'])
  t.like(absent, { verdict: 'warning', detail: 'not connected: n3' })
  t.regex(absent.remedy, /docs\/membership\.md/)
})
