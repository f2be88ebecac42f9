/** Trunks that are a tenant's, on a node as it runs. */
import { type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { registerDuty } from '../../../cluster/tables/trunks.ts'
import { trunkView } from '../../../node/control/trunks.ts'
import { writeTrunk } from '../../../node/trunks/spec.ts'
import type { RouteExplanation__Output } from '../../../proto/types/raftel/v1/RouteExplanation.ts'
import { agreed, newLab } from '../../cluster/nodes.ts'
import { until } from '../../nemesis/until.ts'
import { ask, oneNode } from './node.ts'

test('a trunk of a tenant is named by the plan of that tenant alone, and calls from there are decided by it alone', async (t) => {
  const { client } = await oneNode(t)
  const put = (name: string, text: string) => ask((done) => client.putTrunk({ name, text }, done))
  const commit = (document: string, text: string) => ask((done) => client.commitPlan({ document, text }, done))
  const refused = async (said: Promise<unknown>, code: status, why: RegExp): Promise<void> => {
    const error = await t.throwsAsync<ServiceError>(said)
    t.is(error?.code, code, error?.details)
    t.regex(error?.details ?? '', why)
  }
  const target = 'targets: ["sip:127.0.0.1:9"]\nprobe: 0\n'
  const plan = (tenant: string, trunk: string) =>
    `tenant: ${tenant}\ndomains: [${tenant}.test]\nusers: {u@${tenant}.test: {}}\nrules: [{name: out, prefix: "0", trunk: ${trunk}}]\n`
  await put('ta', `${target}tenant: acme\ninbound: {from: [192.0.2.7]}\n`)
  await put('tb', target)
  await commit('acme', plan('acme', 'ta'))
  await refused(
    commit('globex', plan('globex', 'ta')),
    status.INVALID_ARGUMENT,
    /^plan: rules\[0\]\.trunk: the trunk ta is acme's$/,
  )
  await commit('globex', plan('globex', 'tb'))
  await refused(
    put('tb', `${target}tenant: acme`),
    status.FAILED_PRECONDITION,
    /globex: rules\[0\]\.trunk: the trunk tb is acme's/,
  )
  await put('tb', `${target}tenant: globex`)
  await refused(
    put('ta', `${target}tenant: acme\ninbound: {domain: globex.test}`),
    status.INVALID_ARGUMENT,
    /globex\.test is no domain of acme/,
  )

  const explain = async (from: string, to: string, trunk = '') => {
    const { decision, steps } = await ask<RouteExplanation__Output>((done) =>
      client.explainRoute({ from, to, trunk }, done),
    )
    return steps[0]?.text ?? decision?.outcome ?? ''
  }
  t.regex(await explain('u@acme.test', '0123@acme.test'), /ta/)
  t.regex(await explain('+441', 'u@acme.test', 'ta'), /u@acme\.test/)
  t.regex(await explain('+441', 'u@globex.test', 'ta'), /404/)
  t.regex(await explain('+441', 'u@globex.test', 'tb'), /u@globex\.test/)
  // The plan stays as it is committed, and the trunk becomes another's: from then on nothing leaves by it.
  await commit('acme', plan('acme', 'other'))
  await put('ta', `${target}tenant: third`)
  await ask((done) =>
    client.commitPlan({ document: 'acme', text: plan('acme', 'ta'), breakGlass: true, reason: 'x' }, done),
  )
  t.regex(await explain('u@acme.test', '0123@acme.test'), /503/)
})

test('who registers a trunk is who has the lease, also while it is not agreed yet that the one before is dead', async (t) => {
  const lab = await newLab(1)
  t.teardown(() => lab.end())
  const cluster = await lab.start('n1')
  const duty = registerDuty('a')
  const view = () => trunkView({ cluster, writeTrunk }, cluster.tables.trunks.get('a')!)
  const up = (id: string, incarnation: string) => {
    const node = { id, incarnation, sip: '', control: '', media: 'direct', startedAt: 1 } as const
    return agreed(cluster, { type: 'node-up', node })
  }
  const take = (node: string, incarnation: string, ms: number) =>
    agreed(cluster, { type: 'lease-take', duty, node, incarnation, ms })
  const registers = (node: string, incarnation: string) => {
    const state = { trunk: 'a', node, incarnation, reach: 'up', why: '', registration: 'registered' } as const
    return agreed(cluster, { type: 'trunk-state', state })
  }
  const trunk = { name: 'a', targets: ['sip:192.0.2.1'], register: { user: 'u' } }
  await agreed(cluster, { type: 'trunk-put', trunk, expect: null })
  // Nobody hears of it any more.
  await up('n0', 'dead')
  await take('n0', 'dead', 1)
  await registers('n0', 'dead')
  t.is(view().registeredBy, 'n0')

  await up('n1', cluster.incarnation)
  await until('n1 has the lease', async () => {
    await take('n1', cluster.incarnation, 600_000)
    return cluster.tables.leases.get(duty)?.node === 'n1'
  })
  t.is(view().registeredBy, '')
  await registers('n1', cluster.incarnation)
  t.is(view().registeredBy, 'n1')
  t.deepEqual(
    (view().views ?? []).flatMap(({ node, registration }) => (registration ? [node] : [])),
    ['n1'],
  )
})
