import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { ACCESS, grants, judge, type Need, ROLES } from '../../../node/control/access.ts'
import { controlProto } from '../../../proto/load.ts'
import type { AuditPage__Output } from '../../../proto/types/raftel/v1/AuditPage.ts'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'
import type { OperatorToken__Output } from '../../../proto/types/raftel/v1/OperatorToken.ts'
import { bearer, guarded } from './guarded.ts'
import { ask, oneNode } from './node.ts'

const { Control } = controlProto()
const METHODS = Object.keys(Control.service)

/** What each role may, said once more and by hand: who may do what is not derived from what is tested. */
const MAY: Readonly<Record<string, readonly Need[]>> = {
  viewer: ['read'],
  operator: ['read', 'operate'],
  admin: ['read', 'operate', 'administer', 'audit'],
  auditor: ['read', 'audit'],
}

const CHANGES = /^(Add|Remove|Put|Set|Commit|Rollback|Import|HangUp|Rotate|Promote|Transfer|Save)/

test('every RPC says whom it is for, and nothing that changes something is for who may only read', (t) => {
  for (const method of METHODS) {
    const access = Object.hasOwn(ACCESS, method) ? ACCESS[method] : undefined
    if (!access) t.fail(`${method} has no entry in node/control/access.ts`)
    else if (CHANGES.test(method)) t.true(access.need === 'operate' || access.need === 'administer', method)
  }
  for (const method of [
    'PutOperator',
    'RotateOperator',
    'RemoveOperator',
    'AddMember',
    'RemoveMember',
    'SaveSnapshot',
    'PutTenant',
  ])
    t.is(ACCESS[method]!.need, 'administer', method)
  t.is(ACCESS.ListAudit!.need, 'audit')
})

/** How an RPC that is refused for who asks differs from one that is refused for what is asked, or answered. */
function outcome(client: ControlClient, method: string, metadata: Metadata): Promise<'may' | 'may not'> {
  const definition = (
    Control.service as unknown as Record<string, { requestStream: boolean; responseStream: boolean }>
  )[method]!
  const call = (client as unknown as Record<string, (...given: unknown[]) => unknown>)[method]!.bind(client)
  return new Promise((resolve) => {
    const judged = (error: ServiceError | null): void => {
      resolve(error && [status.PERMISSION_DENIED, status.UNAUTHENTICATED].includes(error.code) ? 'may not' : 'may')
    }
    const options = { deadline: Date.now() + 60_000 }
    // Nothing is there that these could name: what is let through comes to nothing.
    const request = { node: 'n9', aor: '', source: '', name: '', id: '', table: 'nodes', text: 'x: [', follow: false }
    if (definition.responseStream && !definition.requestStream) {
      const stream = call(request, metadata, options) as NodeJS.ReadableStream & { cancel(): void }
      stream.on('error', (error) => judged(error as ServiceError))
      stream.on('data', () => {
        stream.cancel()
        resolve('may')
      })
      stream.on('end', () => resolve('may'))
    } else if (definition.requestStream) {
      const stream = call(metadata, options, judged) as { end(): void }
      stream.end()
    } else call(request, metadata, options, judged)
  })
}

test.serial(
  'over TLS each role may ask what it is for and nothing else; every RPC is tried with every role',
  async (t) => {
    const { as } = await guarded(t)
    const root = as('somebody')
    const put = (name: string, roles: string[], certificate = ''): Promise<OperatorToken__Output> =>
      ask((done) => root.putOperator({ name, roles, certificate }, done))
    const viewerFirst = await t.throwsAsync<ServiceError>(put('viewer', ['viewer']))
    t.regex(viewerFirst?.details ?? '', /nobody would be left who may do everything/)
    // Until there is an operator, whoever has a certificate of the authority rules.
    const admin = await put('admin', ['admin'], 'CN=alice')
    t.regex(admin.token, /^raftel\.admin\.[\w-]{43}$/)
    const nobody = await t.throwsAsync<ServiceError>(put('late', ['admin']))
    t.is(nobody?.code, status.UNAUTHENTICATED)
    t.regex(nobody?.details ?? '', /--token-file/)

    const alice = as('alice')
    const tokens: Record<string, string> = { admin: admin.token }
    for (const name of ['viewer', 'operator', 'auditor']) {
      const reply = await ask<OperatorToken__Output>((done) => alice.putOperator({ name, roles: [name] }, done))
      tokens[name] = reply.token
    }
    for (const role of ROLES) {
      t.deepEqual(
        MAY[role],
        (['read', 'operate', 'administer', 'audit'] as const).filter((need) => grants([role], need)),
      )
      for (const method of METHODS) {
        const wanted = MAY[role]!.includes(ACCESS[method]!.need) ? 'may' : 'may not'
        t.is(await outcome(root, method, bearer(tokens[role]!)), wanted, `${role} ${method}`)
      }
    }
    for (const method of METHODS) t.is(await outcome(root, method, new Metadata()), 'may not', `nobody ${method}`)

    const wrong = bearer(`raftel.admin.${'A'.repeat(43)}`)
    const guess = () => t.throwsAsync<ServiceError>(ask((done) => root.getNode({}, wrong, done)))
    t.is((await guess())?.code, status.UNAUTHENTICATED)
    for (let i = 0; i < 9; i++) await guess()
    const tooMany = await guess()
    t.is(tooMany?.code, status.PERMISSION_DENIED)
    t.regex(tooMany?.details ?? '', /too many wrong tokens from 127\.0\.0\.1; wait a minute/)

    const reason = new Metadata()
    reason.set('raftel-reason-bin', Buffer.from('wegen Ärger'))
    await ask((done) => alice.addBan({ source: '192.0.2.9', seconds: 60, reason: 'x' }, reason, done))
    await ask((done) => alice.putOperator({ name: 'viewer', roles: ['viewer'], replace: true, disabled: true }, done))
    const { rows } = await ask<AuditPage__Output>((done) => alice.listAudit({ limit: 2 }, done))
    t.like(rows[1], { who: 'admin', what: 'ban', key: '192.0.2.9', why: 'wegen Ärger', table: 'bans' })
    t.like(rows[0], { who: 'admin', what: 'operator-put', table: 'operators', key: 'viewer' })
    t.false(JSON.stringify(rows).includes(tokens.viewer!.slice(-43)))
    const { rows: all } = await ask<AuditPage__Output>((done) => alice.listAudit({}, done))
    for (const { before, after } of all) t.false(/"token":"[0-9a-f]{8}/.test(`${before}${after}`))
  },
)

test.serial(
  'on loopback without TLS who asks is an admin, also once there are operators; a token counts all the same',
  async (t) => {
    const { client } = await oneNode(t)
    const first = await ask<OperatorToken__Output>((done) =>
      client.putOperator({ name: 'root', roles: ['admin'] }, done),
    )
    const { token } = await ask<OperatorToken__Output>((done) =>
      client.putOperator({ name: 'eye', roles: ['viewer'] }, done),
    )
    const refused = await t.throwsAsync<ServiceError>(
      ask((done) => client.removeOperator({ name: 'eye' }, bearer(token), done)),
    )
    t.is(refused?.code, status.PERMISSION_DENIED)
    t.regex(refused?.details ?? '', /eye may not do that: that needs the role admin; you have viewer/)
    const { token: fresh } = await ask<OperatorToken__Output>((done) =>
      client.rotateOperator({ name: 'root' }, bearer(first.token), done),
    )
    t.is(
      (await t.throwsAsync<ServiceError>(ask((done) => client.getNode({}, bearer(first.token), done))))?.code,
      status.UNAUTHENTICATED,
    )
    t.truthy(await ask((done) => client.getNode({}, bearer(fresh), done)))

    // What is not said of one who is there stays: other roles give nobody more time.
    const guest = async (more: object) => {
      const said = { name: 'guest', roles: ['viewer'], ...more }
      const { operator } = await ask<OperatorToken__Output>((done) => client.putOperator(said, done))
      return operator?.expires ?? 0
    }
    t.true((await guest({ expires: 100 })) > 90)
    t.true((await guest({ roles: ['auditor'], replace: true })) > 0)
    t.is(await guest({ replace: true, expires: 0 }), 0, 'never, if that is said')
  },
)

test('an operator for some tenants asks what is theirs alone', (t) => {
  const plan = (tenant: string, domain: string) => ({
    plan: {
      tenant,
      country: 'DE',
      domains: [domain],
      users: [{ aor: `ann@${domain}`, numbers: ['1001', '+4930771'], callerId: '+4930772' }],
      numbers: [{ number: tenant === 'acme' ? '030770' : '030880' }],
      rules: [],
      emergency: null,
    },
  })
  const plans = new Map([
    ['acme', plan('acme', 'acme.test')],
    ['other', plan('other', 'other.test')],
  ])
  const calls = new Map([
    ['c1', { from: 'ann@acme.test', to: '0301', target: '0301 by carrier', legs: [] }],
    ['c2', { from: 'ann@acme.test', to: '0302', target: 'bob@other.test', legs: [] }],
  ])
  const profiles = new Map([['old@acme.test', { callerId: '+4930779' }]])
  const tables = { plans, tenants: new Map(), calls, cdrs: new Map(), profiles } as never
  const may = (method: string, request: object, tenants = ['acme'], roles = ['operator' as const]) =>
    judge(method, request as never, { roles, tenants }, tables)
  t.like(may('AddUser', { aor: 'ann@ACME.test' }), { kind: 'may' })
  t.like(may('AddUser', { aor: 'ann@other.test' }), { kind: 'may not' })
  t.like(may('AddUser', { aor: 'ann@nowhere.test' }), { kind: 'may not' })
  t.like(may('HangUpCall', { id: 'c1' }), { kind: 'may' })
  t.like(may('HangUpCall', { id: 'c1' }, ['other']), { kind: 'may not' })
  t.like(may('HangUpCall', { id: 'c2' }, ['other']), { kind: 'may' }, 'who is rung by a number')
  t.deepEqual(may('ListUsers', { tenant: '' }), { kind: 'may', tenant: 'acme' })
  t.like(may('ListUsers', { tenant: '' }, ['acme', 'other']), { kind: 'may not' })
  t.like(may('ListUsers', { tenant: 'other' }), { kind: 'may not' })
  t.like(may('ImportUsers', { tenant: '' }), { kind: 'may', tenant: 'acme' })
  const shows = (callerId: string, tenants = ['acme'], aor = 'ann@acme.test') => [
    may('SetProfile', { aor, set: { callerId } }, tenants).kind,
    may('ImportUsers', { users: [{ aor, profile: { callerId } }], tenant: 'acme' }, tenants).kind,
  ]
  for (const number of ['+4930770', '+4930771', '+4930772']) t.deepEqual(shows(number), ['may', 'may'], number)
  t.deepEqual(shows('+4930779'), ['may not', 'may not'], 'a number of nobody')
  t.deepEqual(shows('+4930880'), ['may not', 'may not'], 'a number of another tenant')
  t.deepEqual(shows('+4930779', ['acme'], 'old@acme.test'), ['may', 'may'], 'what he has already')
  t.deepEqual(shows('+4930779', []), ['may', 'may'], 'who is for all tenants')
  t.regex(
    (may('SetProfile', { aor: 'ann@acme.test', set: { callerId: '+1' } }) as { why: string }).why,
    /is no number of the plan of acme/,
  )
  t.like(may('SetProfile', { aor: 'ann@acme.test', set: { name: 'Ann' } }), { kind: 'may' })
  t.like(may('CommitPlan', {}), { kind: 'may not' })
  t.like(may('Watch', { table: 'users' }), { kind: 'may not' })
  t.like(may('GetNode', {}), { kind: 'may' })
  t.like(may('Unheard', {}, []), { kind: 'may not' }, 'what is not in the table is for admins')
  t.like(may('Watch', { table: 'audit' }, []), { kind: 'may not' })
})
