import path from 'node:path'
import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { loadClusterKey } from '../../../cluster/seal.ts'
import { behalf, FRESH_MS, readBehalves } from '../../../node/control/behalf.ts'
import { controlProto } from '../../../proto/load.ts'
import type { OperatorToken__Output } from '../../../proto/types/raftel/v1/OperatorToken.ts'
import { guarded } from './guarded.ts'
import { ask } from './node.ts'

const { Control } = controlProto()
const { path: GET_NODE } = Control.service.GetNode
const { path: HANG_UP } = Control.service.HangUpCall

test('what a node shows another is good for one method of one node, once and for two minutes', (t) => {
  const key = Buffer.alloc(32, 1)
  const alice = { who: 'alice', from: '127.0.0.1:1', why: '' }
  const question = { node: 'n1', method: GET_NODE, now: 1_000_000 }
  const made = () => behalf(key, { name: 'n2', cause: alice }, question, `${Math.random()}`)
  const read = readBehalves(key)
  t.deepEqual(read(made(), question), { name: 'n2', cause: alice })
  const late = (by: number) => ({ ...question, now: question.now + by })
  t.truthy(read(made(), late(FRESH_MS - 1)))
  t.truthy(read(made(), late(1 - FRESH_MS)), 'a clock that is behind')
  t.is(read(made(), late(FRESH_MS)), null)
  t.is(read(made(), late(-FRESH_MS)), null)
  t.is(read(made(), { ...question, method: HANG_UP }), null)
  t.is(read(made(), { ...question, node: 'n3' }), null)
  t.is(readBehalves(Buffer.alloc(32, 2))(made(), question), null)

  const once = made()
  t.truthy(read(once, question))
  for (let i = 0; i < 100; i++) t.truthy(read(made(), question))
  t.is(read(once, question), null)
  // When it is forgotten that it was shown, its time is over.
  for (let by = 0; by <= 3 * FRESH_MS; by += FRESH_MS / 10) {
    t.truthy(read(behalf(key, { name: 'n2', cause: null }, late(by), `later ${by}`), late(by)))
    t.is(read(once, late(by)), null)
  }
  for (const text of ['', '.', 'x', 'x.y', `${once}x`, once.slice(1)]) t.is(read(text, question), null)
})

test.serial(
  'a node answers another that shows who it is, and nobody who shows what was meant for something else',
  async (t) => {
    const { as, dir } = await guarded(t)
    const client = as('somebody')
    await ask<OperatorToken__Output>((done) => client.putOperator({ name: 'alice', roles: ['admin'] }, done))
    const key = loadClusterKey(path.join(dir, 'cluster.key'))
    const shows = (node: string, method: string): Metadata => {
      const metadata = new Metadata()
      const question = { node, method, now: Date.now() }
      metadata.set('raftel-behalf', behalf(key, { name: 'n2', cause: null }, question, `${Math.random()}`))
      return metadata
    }
    const own = shows('n1', GET_NODE)
    t.truthy(await ask((done) => client.getNode({}, own, done)))
    for (const metadata of [own, shows('n3', GET_NODE), shows('n1', HANG_UP)]) {
      const refused = await t.throwsAsync<ServiceError>(ask((done) => client.getNode({}, metadata, done)))
      t.is(refused?.code, status.UNAUTHENTICATED)
    }
  },
)
