import { type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { ACCESS } from '../../../node/control/access.ts'
import { controlProto } from '../../../proto/load.ts'
import type { AuditPage__Output } from '../../../proto/types/raftel/v1/AuditPage.ts'
import type { CommitList__Output } from '../../../proto/types/raftel/v1/CommitList.ts'
import type { Credit__Output } from '../../../proto/types/raftel/v1/Credit.ts'
import type { OperatorToken__Output } from '../../../proto/types/raftel/v1/OperatorToken.ts'
import type { PlanChanged__Output } from '../../../proto/types/raftel/v1/PlanChanged.ts'
import { bearer, guarded } from './guarded.ts'
import { ask } from './node.ts'

const { Control } = controlProto()

/** What a field is called by which a request says who asks it. */
const WHO = ['author', 'by', 'who', 'actor', 'user']

test('every field by which a request that changes something says who asks is known to be one', (t) => {
  const service = Control.service as unknown as Record<string, { requestType: { type: { field: { name: string }[] } } }>
  for (const [method, { requestType }] of Object.entries(service)) {
    const { need, by } = ACCESS[method]!
    if (need !== 'operate' && need !== 'administer') continue
    const fields = requestType.type.field.map(({ name }) => name).filter((name) => WHO.includes(name))
    t.deepEqual(by === undefined ? [] : [by], fields, method)
  }
})

test.serial(
  'who committed a plan and who granted credit is who proved to be it, whatever a client claims',
  async (t) => {
    const { as } = await guarded(t)
    const root = as('somebody')
    const claimed = await ask<PlanChanged__Output>((done) =>
      root.commitPlan({ text: 'domains: [pbx.test]', author: 'dora' }, done),
    )
    t.is(claimed.author, 'dora', 'as long as there is no operator nobody proves anything')
    const { token } = await ask<OperatorToken__Output>((done) =>
      root.putOperator({ name: 'alice', roles: ['admin'] }, done),
    )
    const alice = bearer(token)

    const text = 'domains: [pbx.test, other.test]'
    const changed = await ask<PlanChanged__Output>((done) => root.commitPlan({ text, author: 'mallory' }, alice, done))
    t.is(changed.author, 'alice')
    const back = await ask<PlanChanged__Output>((done) =>
      root.rollbackPlan({ version: claimed.version, author: 'mallory' }, alice, done),
    )
    t.is(back.author, 'alice')
    await ask((done) => root.removePlan({ document: 'main', author: 'mallory' }, alice, done))
    const { rows } = await ask<CommitList__Output>((done) => root.listCommits({}, alice, done))
    t.deepEqual(
      rows.map(({ author }) => author),
      ['alice', 'alice', 'alice', 'dora'],
    )
    const grant = { account: 'user:a@pbx.test', currency: 'EUR', amount: 1, id: 'g1', reason: 'r', by: 'mallory' }
    await ask((done) => root.addCredit(grant, alice, done))
    const { grants } = await ask<Credit__Output>((done) => root.getCredit({ account: grant.account }, alice, done))
    t.deepEqual(
      grants.map(({ by }) => by),
      ['alice'],
    )
    const { rows: audit } = await ask<AuditPage__Output>((done) => root.listAudit({}, alice, done))
    t.false(JSON.stringify(audit).includes('mallory'))
    t.deepEqual(
      audit.filter(({ what }) => what === 'credit-add').map(({ who }) => who),
      ['alice'],
    )
    const nobody = await t.throwsAsync<ServiceError>(ask((done) => root.commitPlan({ text, author: 'alice' }, done)))
    t.is(nobody?.code, status.UNAUTHENTICATED)
  },
)
