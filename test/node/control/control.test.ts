import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { certificates } from '../../../node/control/health.ts'
import type { Change__Output } from '../../../proto/types/raftel/v1/Change.ts'
import type { ClusterStatus__Output } from '../../../proto/types/raftel/v1/ClusterStatus.ts'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'
import type { Event__Output } from '../../../proto/types/raftel/v1/Event.ts'
import type { Health__Output } from '../../../proto/types/raftel/v1/Health.ts'
import type { Overview__Output } from '../../../proto/types/raftel/v1/Overview.ts'
import type { Plan__Output } from '../../../proto/types/raftel/v1/Plan.ts'
import type { PlanChanged__Output } from '../../../proto/types/raftel/v1/PlanChanged.ts'
import type { User__Output } from '../../../proto/types/raftel/v1/User.ts'
import type { UserPage__Output } from '../../../proto/types/raftel/v1/UserPage.ts'
import { ask, nodeUnderRepair, oneNode } from './node.ts'

const addUser = (client: ControlClient, aor: string, password = 'a password', replace = false) =>
  ask<User__Output>((done) => client.addUser({ aor, password, replace }, done))

const listUsers = (client: ControlClient, request: object) =>
  ask<UserPage__Output>((done) => client.listUsers(request, done))

const commit = (client: ControlClient, text: string, expect?: number) =>
  ask<PlanChanged__Output>((done) =>
    client.commitPlan({ text, author: 'alice', ...(expect === undefined ? {} : { expect }) }, done),
  )

test('a node says who it is, who leads, and what doctor finds', async (t) => {
  const { client, sip } = await oneNode(t)
  const cluster = await ask<ClusterStatus__Output>((done) => client.getCluster({}, done))
  t.is(cluster.leader, 'n1')
  t.true(cluster.quorum)
  t.deepEqual(
    cluster.nodes.map(({ id, role, reachable, sip, media }) => ({ id, role, reachable, sip, media })),
    [{ id: 'n1', role: 'leader', reachable: true, sip, media: 'direct' }],
  )
  const { checks } = await ask<Health__Output>((done) => client.getHealth({}, done))
  t.deepEqual(
    checks.filter((check) => check.verdict !== 'ok').map((check) => check.name),
    ['plan', 'users'],
  )
  t.true(checks.every((check) => (check.verdict === 'ok') === (check.remedy === '')))
})

test('a node whose directory is under repair says so, and why', async (t) => {
  const client = await nodeUnderRepair(t)
  const { nodes } = await ask<ClusterStatus__Output>((done) => client.getCluster({}, done))
  t.is(nodes.find(({ id }) => id === 'n1')?.role, 'repairing')
  const { checks } = await ask<Health__Output>((done) => client.getHealth({}, done))
  const data = checks.find(({ name }) => name === 'data')
  t.is(data?.verdict, 'warning')
  t.regex(data?.detail ?? '', /under repair, this node does not vote: a table is damaged/)
  t.regex(data?.remedy ?? '', /docs\/damage\.md/)
})

test('doctor warns of a certificate a month before it ends, and names the one that ends first', (t) => {
  const day = 86_400_000
  const own = [
    { file: 'later.pem', expires: 400 * day },
    { file: 'first.pem', expires: 100 * day },
  ]
  const at = (days: number) => certificates(own, days * day)
  t.like(at(60), { verdict: 'ok', detail: 'first.pem is good until 1970-04-11' })
  t.like(at(80), { verdict: 'warning', detail: 'first.pem expires on 1970-04-11' })
  t.like(at(100), { verdict: 'critical', detail: 'first.pem has expired on 1970-04-11' })
  t.regex(at(100).remedy, /restart this node/)
  t.is(certificates([], 0).verdict, 'ok')
})

test('a user is added once, and a password is nowhere to be read', async (t) => {
  const { client, dir } = await oneNode(t)
  const user = await addUser(client, 'alice@PBX.test', 'correct horse battery')
  t.is(user.aor, 'alice@pbx.test')
  const again = await t.throwsAsync<ServiceError>(addUser(client, 'alice@pbx.test'))
  t.is(again?.code, status.ALREADY_EXISTS)
  t.regex(again?.details ?? '', /--replace/)
  await addUser(client, 'alice@pbx.test', 'another', true)
  for (const wrong of ['alice', '@pbx.test', 'a b@pbx.test', 'a@-x', `${'a'.repeat(65)}@pbx.test`]) {
    t.is((await t.throwsAsync<ServiceError>(addUser(client, wrong)))?.code, status.INVALID_ARGUMENT, wrong)
  }
  t.is((await t.throwsAsync<ServiceError>(addUser(client, 'bob@pbx.test', '')))?.code, status.INVALID_ARGUMENT)
  t.false(readFileSync(path.join(dir, 'node.log'), 'utf8').includes('correct horse'))
})

test('a list is paged without gaps, sorted, and filtered whatever the letter case', async (t) => {
  const { client } = await oneNode(t)
  for (const name of ['dave', 'alice', 'carol', 'bob']) await addUser(client, `${name}@pbx.test`)
  const seen: string[] = []
  let after = ''
  do {
    const page = await listUsers(client, { limit: 3, after })
    t.is(page.total, 4)
    seen.push(...page.rows.map((row) => row.aor))
    after = page.next
  } while (after !== '')
  t.deepEqual(seen, ['alice@pbx.test', 'bob@pbx.test', 'carol@pbx.test', 'dave@pbx.test'])

  const down = await listUsers(client, { sort: '-aor', limit: 1 })
  t.is(down.rows[0]?.aor, 'dave@pbx.test')
  const rest = await listUsers(client, { sort: '-aor', limit: 9, after: down.next })
  t.deepEqual(rest.rows.map((row) => row.aor[0]).join(''), 'cba')
  const kept = async (filter: string) => (await listUsers(client, { filter })).rows.map((row) => row.aor[0]).join('')
  t.is(await kept('CAROL'), 'c')
  t.is(await kept('!carol'), 'abd')
  t.is(await kept('/^(BOB|dave)@'), 'bd')
  t.is(await kept('-f aip'), 'a')

  const wrongs = [{ sort: 'shoe' }, { sort: '__proto__' }, { after: 'nonsense' }, { filter: 'x'.repeat(999) }]
  for (const wrong of [...wrongs, { filter: '/a(' }]) {
    t.is((await t.throwsAsync<ServiceError>(listUsers(client, wrong)))?.code, status.INVALID_ARGUMENT)
  }
})

test('a plan with faults is refused with every line, and the one in force stays', async (t) => {
  const { client } = await oneNode(t)
  t.is((await ask<Plan__Output>((done) => client.getPlan({}, done))).version, 0)
  t.is((await commit(client, 'domains: [pbx.test]\n', 0)).version, 1)
  const rules = Array.from({ length: 150 }, (_, i) => `  - {name: r${i}, user: alice}\n`).join('')
  const faulty = `domains: [pbx.test]\nrulez: []\nrules:\n${rules}`
  const refused = await t.throwsAsync<ServiceError>(commit(client, faulty))
  t.is(refused?.code, status.INVALID_ARGUMENT)
  t.regex(refused?.details ?? '', /^plan:2:1: rulez: /m)
  t.regex(refused?.details ?? '', /^plan:102:\d+: .*\nand 51 more$/m)
  const moved = await t.throwsAsync<ServiceError>(commit(client, 'domains: [pbx.test]\n', 7))
  t.is(moved?.code, status.ABORTED)
  const plan = await ask<Plan__Output>((done) => client.getPlan({}, done))
  t.deepEqual([plan.version, plan.text, plan.author], [1, 'domains: [pbx.test]\n', 'alice'])
})

test('a watch gives the rows there are, then SYNCED, then every change', async (t) => {
  const { client } = await oneNode(t)
  await addUser(client, 'alice@pbx.test')
  const stream = client.watch({ table: 'users', filter: '/@pbx' }, { deadline: Date.now() + 20_000 })
  const seen: string[] = []
  for await (const change of stream as AsyncIterable<Change__Output>) {
    seen.push(`${change.kind} ${change.user?.aor ?? ''}`)
    if (change.kind === 'SYNCED') {
      await addUser(client, 'carol@elsewhere.test')
      await addUser(client, 'bob@pbx.test')
    }
    if (change.user?.aor === 'bob@pbx.test') break
  }
  t.deepEqual(seen, ['PUT alice@pbx.test', 'SYNCED ', 'PUT bob@pbx.test'])
})

test('watching a table that there is not is refused', async (t) => {
  const { client } = await oneNode(t)
  const error = await t.throwsAsync<ServiceError>(async () => {
    for await (const _ of client.watch({ table: 'secrets' })) t.fail('a row')
  })
  t.is(error?.code, status.INVALID_ARGUMENT)
})

test('events are remembered in order and told as they happen', async (t) => {
  const { client } = await oneNode(t)
  await addUser(client, 'alice@pbx.test')
  const stream = client.events({ follow: true }, { deadline: Date.now() + 20_000 })
  const kinds: string[] = []
  for await (const event of stream as AsyncIterable<Event__Output>) {
    kinds.push(event.kind)
    if (event.subject === 'alice@pbx.test') await commit(client, 'domains: [pbx.test]\n')
    if (event.kind === 'plan') break
  }
  t.deepEqual(kinds.slice(-2), ['user', 'plan'])
  t.true(kinds.includes('leader') && kinds.includes('node'))

  const last: string[] = []
  const remembered = client.events({ follow: false, last: 1 }) as AsyncIterable<Event__Output>
  for await (const event of remembered) last.push(event.kind)
  t.deepEqual(last, ['plan'])
})

test('a call that there is not cannot be shown or hung up', async (t) => {
  const { client } = await oneNode(t)
  for (const send of [
    (done: (error: ServiceError | null, reply?: object) => void) => client.getCall({ id: 'x' }, done),
    (done: (error: ServiceError | null, reply?: object) => void) => client.hangUpCall({ id: 'x' }, done),
  ]) {
    t.is((await t.throwsAsync<ServiceError>(ask<object>(send)))?.code, status.NOT_FOUND)
  }
  const overview = await ask<Overview__Output>((done) => client.getOverview({}, done))
  t.deepEqual([overview.nodes, overview.nodesUp, overview.calls, overview.media], [1, 1, 0, 'direct'])
  t.like(overview.sip, {
    connected: 1,
    serverTransactions: 0,
    unanswered: 0,
    connections: 0,
    overloadAdmittedPercent: 100,
  })
})
