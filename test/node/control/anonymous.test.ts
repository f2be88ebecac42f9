import { mkdtempSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { controlProto } from '../../../proto/load.ts'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'
import type { OperatorToken__Output } from '../../../proto/types/raftel/v1/OperatorToken.ts'
import { bearer, guarded } from './guarded.ts'
import { ask, configIn, knowsItsMembers, nodeIn } from './node.ts'

const { Control } = controlProto()

/** An address of this machine that is not loopback: who comes from there is, to a node, on another machine. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address
if (outside === undefined)
  console.error('SKIPPED for want of an address that is not loopback: who may what from another machine')
// On CI absence is a failure, as of all that tests need.
const away = outside === undefined && !process.env.CI ? test.skip : test.serial

/** A node without TLS that listens everywhere, and how it is asked from the machine and from elsewhere. */
async function openNode(t: ExecutionContext, anonymous: 'admin' | 'viewer' | 'none' | null) {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-anonymous-'))
  const config = configIn(dir)
  const control = { ...config.control, listen: { host: '0.0.0.0', port: 0 }, anonymous }
  const { address } = await nodeIn(t, dir, { ...config, control })
  await knowsItsMembers(dir)
  const port = address.slice(address.lastIndexOf(':') + 1)
  const from = (host: string): ControlClient => {
    const client = new Control(`${host}:${port}`, credentials.createInsecure())
    t.teardown(() => client.close())
    return client
  }
  if (outside === undefined) throw new Error('this machine has no address that is not loopback')
  return { here: from('127.0.0.1'), there: from(outside) }
}

const NOBODY = new Metadata()

/** What who asks may do: nothing, look, or change. */
async function rights(client: ControlClient, metadata = NOBODY): Promise<'nothing' | 'looks' | 'changes'> {
  const may = (send: Parameters<typeof ask>[0]): Promise<boolean> =>
    ask(send).then(
      () => true,
      ({ code }: ServiceError) => {
        if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED) return false
        throw new Error(`answered ${code}`)
      },
    )
  if (!(await may((done) => client.getNode({}, metadata, done)))) return 'nothing'
  const ban = { source: '192.0.2.99', seconds: 60, reason: 'x' }
  return (await may((done) => client.addBan(ban, metadata, done))) ? 'changes' : 'looks'
}

for (const [anonymous, before, after, afterHere] of [
  [null, 'changes', 'nothing', 'changes'],
  ['admin', 'changes', 'changes', 'changes'],
  ['viewer', 'looks', 'looks', 'looks'],
  ['none', 'nothing', 'nothing', 'nothing'],
] as const) {
  away(
    `control.anonymous ${anonymous ?? 'that is not said'}: who shows nothing, before the first operator and after, from the machine and from elsewhere`,
    async (t) => {
      const { here, there } = await openNode(t, anonymous)
      t.is(await rights(there), before)
      // Somebody must be able to make the first one.
      t.is(await rights(here), 'changes')
      const { token } = await ask<OperatorToken__Output>((done) =>
        here.putOperator({ name: 'root', roles: ['admin'] }, done),
      )
      t.is(await rights(there), after)
      t.is(await rights(here), afterHere)
      t.is(await rights(here, bearer(token)), 'changes')
      const read = await t.throwsAsync<ServiceError>(ask((done) => there.getNode({}, bearer(token), done)))
      t.is(read?.code, status.PERMISSION_DENIED)
      t.regex(read?.details ?? '', /a token is taken only over TLS, or from the machine of the node/)
    },
  )
}

test.serial(
  'over TLS with control.anonymous none the first operator is made on the machine of the node, and a certificate alone is nobody',
  async (t) => {
    const { as } = await guarded(t, ', anonymous: none')
    const client = as('somebody')
    t.is(await rights(client), 'changes')
    await ask((done) =>
      client.putOperator({ name: 'alice', roles: ['admin'], certificate: 'CN=alice', noToken: true }, done),
    )
    t.is(await rights(client), 'nothing')
    t.is(await rights(as('alice')), 'changes')
  },
)
