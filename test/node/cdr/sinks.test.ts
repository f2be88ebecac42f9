import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import { open, seal } from '../../../cluster/seal.ts'
import type { SinkConfig } from '../../../cluster/tables/commands.ts'
import { secretPurpose } from '../../../node/cdr/config.ts'
import { httpSink } from '../../../node/cdr/http.ts'
import { createTable, postgresSink } from '../../../node/cdr/postgres.ts'
import { startSinks } from '../../../node/cdr/sinks.ts'
import type { Told } from '../../../proto/cdr.ts'
import { agreed, type Lab, leaderOf, newLab, QUIET, until } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { freePorts } from '../../ports.ts'
import { startPostgres } from '../../postgres.ts'
import { call, cdr, cdrs } from './rows.ts'

interface Posted {
  readonly headers: IncomingMessage['headers']
  readonly cdrs: readonly Told[]
}

/** What is posted, and what is answered to it. */
async function receiver(t: ExecutionContext, answer: (posted: Posted) => number) {
  const taken: Posted[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const posted = { headers: request.headers, cdrs: (JSON.parse(text) as { cdrs: Told[] }).cdrs }
    const status = answer(posted)
    if (status === 200) taken.push(posted)
    response.writeHead(status, status === 503 ? { 'Retry-After': '7' } : {}).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cdrs`, taken }
}

const seqs = (taken: readonly Posted[]): number[] => taken.flatMap((one) => one.cdrs.map(({ seq }) => seq))

test('what is posted has a key, and who is refused for what it is stands alone in that', async (t) => {
  const { url, taken } = await receiver(t, (posted) => (posted.cdrs.some(({ seq }) => seq === 6) ? 422 : 200))
  const sink = httpSink({ target: url, lineage: '', authorization: 'Bearer x' })
  const delivered = await sink.deliver(cdrs(1, 9))
  t.deepEqual(delivered, { kind: 'taken', refused: [{ seq: 6, why: '422 Unprocessable Entity' }] })
  t.deepEqual(seqs(taken), [1, 2, 3, 4, 5, 7, 8, 9])
  t.is(taken[0]?.headers.authorization, 'Bearer x')
  t.is(taken[0]?.headers['idempotency-key'], '"first-1-4"')
  await sink.close()
})

test('who is not let in, told to go elsewhere or asked to wait has lost nothing', async (t) => {
  let status = 401
  const { url } = await receiver(t, () => status)
  const sink = httpSink({ target: url, lineage: '' })
  t.deepEqual(await sink.deliver(cdrs(1, 2)), { kind: 'down', why: '401 Unauthorized' })
  status = 503
  t.deepEqual(await sink.deliver(cdrs(1, 2)), { kind: 'down', why: '503 Service Unavailable', afterMs: 7_000 })
  status = 302
  t.is((await sink.deliver(cdrs(1, 2))).kind, 'down')
  const [port = 0] = await freePorts(1)
  const gone = httpSink({ target: `http://127.0.0.1:${port}/`, lineage: '' })
  t.like(await gone.deliver(cdrs(1, 2)), { kind: 'down', why: `connect ECONNREFUSED 127.0.0.1:${port}` })
  await sink.close()
})

needing(test, 'initdb')(
  'a database has each record once however often it is delivered, all of a batch or nothing, and what it cannot take is parked',
  async (t) => {
    const database = await startPostgres()
    t.teardown(() => database.end())
    const { target, password } = database
    const sink = postgresSink({ target, password, table: 'raftel_cdrs', lineage: 'l' })
    t.teardown(() => sink.close())
    t.deepEqual(await sink.deliver(cdrs(1, 5)), { kind: 'taken', refused: [] })
    const poison = cdr(7, { cause: 2 ** 40 })
    const delivered = await sink.deliver([...cdrs(4, 6), poison, ...cdrs(8, 9)])
    t.deepEqual(delivered, {
      kind: 'taken',
      refused: [{ seq: 7, why: 'value "1099511627776" is out of range for type integer' }],
    })
    const rows = await database.query('SELECT seq::int, id, billable, legs, lineage FROM raftel_cdrs ORDER BY seq')
    t.deepEqual(
      rows.map((row) => row.seq),
      [1, 2, 3, 4, 5, 6, 8, 9],
    )
    t.deepEqual(rows[0], {
      seq: 1,
      id: 'call-1',
      billable: 55,
      legs: [{ role: 'caller', callId: '1@phone' }],
      lineage: 'l',
    })
    await database.stop()
    t.is((await sink.deliver(cdrs(10, 10))).kind, 'down')
    await database.start()
    t.is((await sink.deliver(cdrs(10, 10))).kind, 'taken')

    // One that may only insert, into a table that an administrator made.
    await database.query(createTable('billing.cdrs').replace('CREATE', 'CREATE SCHEMA billing; CREATE'))
    await database.query(
      `CREATE USER clerk PASSWORD 'x'; GRANT USAGE ON SCHEMA billing TO clerk; GRANT INSERT, SELECT ON billing.cdrs TO clerk`,
    )
    const clerk = target.replace('raftel@', 'clerk@')
    const modest = postgresSink({ target: clerk, password: 'x', table: 'billing.cdrs', lineage: '' })
    t.deepEqual(await modest.deliver(cdrs(1, 3)), { kind: 'taken', refused: [] })
    await modest.close()
    const wrong = postgresSink({ target: clerk, password: 'y', table: 'billing.cdrs', lineage: '' })
    t.like(await wrong.deliver(cdrs(1, 3)), { kind: 'down', why: 'password authentication failed for user "clerk"' })
    await wrong.close()
  },
)

/** A cluster whose nodes run sinks. */
async function cluster(
  t: ExecutionContext,
): Promise<{ lab: Lab; all: Cluster[]; stop: (node: Cluster) => Promise<void> }> {
  const lab = await newLab(3)
  const unseal = (purpose: string, sealed: string) => open(lab.key, purpose, sealed)
  const all = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  const running = new Map(
    all.map((node) => [node, startSinks({ cluster: node, log: QUIET, unseal, chance: () => 0.5 })]),
  )
  const stop = async (node: Cluster) => {
    await running.get(node)?.close()
    running.delete(node)
    await lab.stop(node.node)
  }
  t.teardown(async () => {
    await Promise.all([...running.values()].map((one) => one.close()))
    await lab.end()
  })
  return { lab, all, stop }
}

let calls = 0
async function calling(node: Cluster, count: number): Promise<void> {
  const ends = Array.from({ length: count }, () => `c${++calls}`).map((id) =>
    agreed(node, {
      type: 'call-end',
      id,
      end: { at: 1_800_000_000_000, status: 200, reason: 'caller hung up', cause: 16, by: 'caller', call: call(id) },
    }),
  )
  await Promise.all(ends)
}

test('the node that leads delivers; when it goes the next one does, from the cursor on, and a sink that is down is tried again', async (t) => {
  const { lab, all, stop } = await cluster(t)
  let isUp = false
  const { url, taken } = await receiver(t, () => (isUp ? 200 : 500))
  const leader = await leaderOf(all)
  const others = all.filter((node) => node !== leader)
  const config: SinkConfig = { name: 'hook', kind: 'http', target: url }
  const secret = seal(lab.key, secretPurpose('hook', url), 'Bearer s')
  await agreed(leader, { type: 'sink-put', sink: { ...config, secret }, replace: false })
  await calling(leader, 20)
  const row = (node = others[0]!) => node.tables.sinks.get('hook')
  await until(others[0]!, 'everybody hears that it is down', () => row()?.trouble?.why === '500 Internal Server Error')
  t.is(row()?.cursor, 0)
  isUp = true
  await until(others[0]!, 'it has them', () => row()?.cursor === 20 && row()?.trouble === undefined)
  t.is(taken[0]?.headers.authorization, 'Bearer s')

  await agreed(leader, { type: 'sink-pause', name: 'hook', paused: true })
  await calling(others[0]!, 5)
  await stop(leader)
  await leaderOf(others)
  await calling(others[0]!, 5)
  t.is(row()?.cursor, 20, 'nothing while it is paused')
  await agreed(others[0]!, { type: 'sink-pause', name: 'hook', paused: false })
  await until(others[1]!, 'the next leader delivers the rest', () => row(others[1])?.cursor === 30)
  t.deepEqual(
    seqs(taken),
    Array.from({ length: 30 }, (_, i) => i + 1),
  )
})
