/** Whatever changes something stands in the audit: who, from where, what, why, and the row before and after. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Metadata, type ServiceError } from '@grpc/grpc-js'
import test from 'ava'
import type { Command } from 'commander'
import { build } from '../../../cli/program.ts'
import { keyId, loadClusterKey } from '../../../cluster/seal.ts'
import { ACCESS } from '../../../node/control/access.ts'
import { controlProto } from '../../../proto/load.ts'
import type { AuditEntry__Output } from '../../../proto/types/raftel/v1/AuditEntry.ts'
import type { AuditPage__Output } from '../../../proto/types/raftel/v1/AuditPage.ts'
import { ask, oneNode } from './node.ts'

const { Control } = controlProto()

/** Who needs the right to change something and changes nothing; and what needs a call that is live. */
const NOT_HERE = ['SaveSnapshot', 'TraceCall', 'HangUpCall']

type Row = 'new' | 'other' | 'gone' | 'none'

/** In this order: each finds what those before it made. `rows`: what becomes of the row that is told first. */
const CHANGES: readonly (readonly [method: string, request: object, key: string, row: Row])[] = [
  ['PutOperator', { name: 'op', roles: ['viewer'] }, 'op', 'new'],
  ['RotateOperator', { name: 'op' }, 'op', 'other'],
  ['RemoveOperator', { name: 'op' }, 'op', 'gone'],
  ['PutTenant', { tenant: { name: 'acme' } }, 'acme', 'new'],
  ['PutTenant', { tenant: { name: 'acme', display: 'Acme' }, replace: true }, 'acme', 'other'],
  ['RemoveTenant', { name: 'acme' }, 'acme', 'gone'],
  ['CommitPlan', { text: 'domains: [pbx.test]' }, 'main', 'new'],
  ['CommitPlan', { text: 'domains: [pbx.test, b.test]' }, 'main', 'other'],
  ['RollbackPlan', { version: 1 }, 'main', 'other'],
  ['AddUser', { aor: 'ann@pbx.test', password: 'x' }, 'ann@pbx.test', 'new'],
  ['SetProfile', { aor: 'ann@pbx.test', set: { name: 'Ann' } }, 'ann@pbx.test', 'new'],
  ['ImportUsers', { users: [{ aor: 'bob@pbx.test', password: 'x' }] }, 'bob@pbx.test', 'new'],
  ['RemoveUser', { aor: 'bob@pbx.test' }, 'bob@pbx.test', 'gone'],
  ['AddBan', { source: '192.0.2.9', seconds: 60, reason: 'x' }, '192.0.2.9', 'new'],
  ['RemoveBan', { source: '192.0.2.9' }, '192.0.2.9', 'gone'],
  ['PutTrunk', { name: 'tk', text: 'targets: ["sip:127.0.0.1:9"]\nprobe: 0' }, 'tk', 'new'],
  ['PutTrunk', { name: 'tk', text: 'targets: ["sip:127.0.0.1:9"]\nprobe: 0\ndisabled: true' }, 'tk', 'other'],
  ['RemoveTrunk', { name: 'tk' }, 'tk', 'gone'],
  ['SetLimit', { key: 'tenant:pbx.test', calls: 5 }, 'tenant:pbx.test', 'new'],
  ['RemoveLimit', { key: 'tenant:pbx.test' }, 'tenant:pbx.test', 'gone'],
  [
    'AddCredit',
    { account: 'user:ann@pbx.test', currency: 'EUR', amount: 5, id: 'g', reason: 'paid' },
    'user:ann@pbx.test',
    'new',
  ],
  [
    'ImportRates',
    { head: { deck: 'd', currency: 'EUR', uses: [] }, csv: Buffer.from('prefix,price\n49,0.01\n') },
    'd',
    'new',
  ],
  ['RemoveDeck', { name: 'd' }, 'd', 'gone'],
  ['AddSink', { name: 's', kind: 'jsonl', target: '/nowhere' }, 's', 'new'],
  ['PauseSink', { name: 's', paused: true }, 's', 'other'],
  ['RemoveSink', { name: 's' }, 's', 'gone'],
  ['RemovePlan', { document: 'main' }, 'main', 'gone'],
  ['TransferLeader', { node: 'n1' }, 'n1', 'none'],
  ['PromoteMember', { node: 'n1' }, 'n1', 'none'],
  ['AddMember', { name: 'n2', address: '127.0.0.1:9', directory: '0'.repeat(32), learner: true }, 'n2', 'none'],
  ['RemoveMember', { node: 'n2' }, 'n2', 'none'],
]

test('every RPC that changes something writes to the audit who, from where, what, why, and the row before and after', async (t) => {
  const asked = new Set([...CHANGES.map(([method]) => method), ...NOT_HERE])
  const changing = Object.keys(ACCESS).filter((method) => ['operate', 'administer'].includes(ACCESS[method]!.need))
  t.deepEqual(
    changing.filter((method) => !asked.has(method)),
    [],
    'each has its line above',
  )

  const { client, dir } = await oneNode(t)
  const { token } = await ask<{ token: string }>((done) =>
    client.putOperator({ name: 'alice', roles: ['admin'] }, done as never),
  )
  const cluster = keyId(loadClusterKey(path.join(dir, 'cluster.key')))
  const newest = async (): Promise<AuditEntry__Output[]> =>
    (await ask<AuditPage__Output>((done) => client.listAudit({ limit: 500 }, done))).rows
  let last = (await newest())[0]!.seq
  for (const [i, [method, request, key, row]] of CHANGES.entries()) {
    const metadata = new Metadata()
    const why = `reason ${i}`
    metadata.set('authorization', `Bearer ${token}`)
    metadata.set('raftel-reason-bin', Buffer.from(why))
    const full = method === 'AddMember' ? { ...request, cluster } : request
    await send(client, method, full, metadata).catch((error: ServiceError) => t.fail(`${method}: ${error.details}`))
    const rows = (await newest()).filter(({ seq }) => seq > last)
    last = rows[0]?.seq ?? last
    t.true(rows.length > 0, `${method} wrote nothing`)
    for (const entry of rows) t.like(entry, { who: 'alice', why }, method)
    for (const { from, what } of rows) t.true(/^127\.0\.0\.1:\d+$/.test(from) && what !== '', `${method} ${from}`)
    const entry = rows.find((one) => one.key === key)
    if (entry === undefined) {
      t.fail(`${method} says nothing of ${key}: ${rows.map((one) => `${one.table} ${one.key}`).join(', ')}`)
      continue
    }
    const became = entry.table === '' ? 'none' : entry.before === '' ? 'new' : entry.after === '' ? 'gone' : 'other'
    t.is(became, row, `${method} ${key}`)
  }
  const text = readFileSync(path.join(dir, 'node.log'), 'utf8')
  t.false(/is not in the audit/.test(text))
})

function send(client: object, method: string, request: object, metadata: Metadata): Promise<unknown> {
  const { requestStream } = (Control.service as unknown as Record<string, { requestStream: boolean }>)[method]!
  const call = (client as Record<string, (...given: unknown[]) => unknown>)[method]!.bind(client)
  return ask((done) => {
    if (!requestStream) return call(request, metadata, done)
    const stream = call(metadata, done) as { write(part: object): void; end(): void }
    stream.write(request)
    stream.end()
  })
}

/** Commands that change what the cluster knows, and those that only look or work on this machine alone. */
const CHANGING =
  /^(cluster (transfer-leader|promote|remove|join)|user (add|set|rm|import)|tenant (add|set|rm)|operator (add|set|rotate|rm)|plan (commit|rollback|remove)|ban (add|remove)|trunk (add|set|apply|enable|disable|rm)|limit (set|rm)|credit add|rate (import|rm)|call hangup|cdr sink (add|pause|resume|rm))$/

test('every command that changes something takes --reason, and no other does', async (t) => {
  const program = await build([])
  const found: string[] = []
  const walk = (command: Command, name: string): void => {
    for (const one of command.commands) walk(one as Command, `${name} ${one.name()}`.trim())
    if (command.commands.length > 0) return
    const has = command.options.some(({ long }) => long === '--reason')
    if (CHANGING.test(name)) found.push(name)
    t.is(has, CHANGING.test(name), name)
  }
  walk(program, '')
  t.is(found.length, CHANGING.source.split('|').length, found.join(', '))
})
