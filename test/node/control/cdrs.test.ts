import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { parse } from 'csv-parse/sync'
import type { Told } from '../../../proto/cdr.ts'
import type { Health__Output } from '../../../proto/types/raftel/v1/Health.ts'
import { authorization, newCallId, rawPhone, registerOnce, request } from '../../acceptance/sip.ts'
import { until } from '../../nemesis/until.ts'
import { ask, oneNode } from './node.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts')

/** The command line from its sources, as it would be typed. */
function raftel(endpoint: string, args: readonly string[], input = '') {
  const child = spawn(process.execPath, [MAIN, ...args, '--endpoints', endpoint])
  let [out, err] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (out += bytes))
  child.stderr.on('data', (bytes: Buffer) => (err += bytes))
  child.stdin.end(input)
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  )
}

test('calls that are over are listed, shown and exported; a sink is added, seen, paused and removed by hand', async (t) => {
  const { client, sip, dir } = await oneNode(t)
  const endpoint = client.getChannel().getTarget().replace(/^dns:/, '')
  const cdr = (...args: string[]) => raftel(endpoint, ['cdr', ...args])
  const files = mkdtempSync(path.join(tmpdir(), 'raftel-cdr-'))
  t.teardown(() => rmSync(files, { recursive: true, force: true }))

  const added = await cdr('sink', 'add', 'files', '--kind', 'csv', '--target', files, '-o', 'json')
  t.is(added.code, 0, added.err)
  t.like(JSON.parse(added.out), { name: 'files', kind: 'csv', node: 'n1', state: 'ok', cursor: 0, lag: 0 })
  t.is((await cdr('sink', 'add', 'files', '--kind', 'csv', '--target', files)).code, 5)
  const inUrl = await cdr('sink', 'add', 'db', '--kind', 'postgres', '--target', 'postgres://u:secret@127.0.0.1/x')
  t.regex(inUrl.err, /--secret-stdin/)
  t.notRegex(inUrl.err, /u:secret/)
  const hook = ['cdr', 'sink', 'add', 'hook', '--kind', 'http', '--target', 'http://127.0.0.1:9/', '--secret-stdin']
  t.is((await raftel(endpoint, hook, 'Bearer very-secret\n')).code, 0)

  // One refused call of a user: nobody is there.
  await ask((done) => client.addUser({ aor: 'alice@pbx.test', password: 'pw' }, done))
  await ask((done) => client.commitPlan({ text: 'domains: [pbx.test]\n', author: 'test' }, done))
  const phone = await rawPhone(sip)
  t.teardown(() => phone.close())
  t.is((await registerOnce(phone, 'alice@pbx.test', 'pw'))?.status, 200)
  const callId = newCallId()
  const uri = 'sip:=1+1@pbx.test'
  const words = { method: 'INVITE', uri, from: 'sip:alice@pbx.test', to: uri, callId }
  const asked = await phone.ask(request(phone.port, { ...words, cseq: 1 }), callId, 1)
  const challenge = asked?.headers('proxy-authenticate').find((one) => /algorithm="?MD5/i.test(one)) ?? ''
  const answer = authorization({ challenge, algorithm: 'MD5', user: 'alice', password: 'pw', method: 'INVITE', uri })
  const headers = [`Proxy-Authorization: ${answer}`]
  t.is((await phone.ask(request(phone.port, { ...words, cseq: 2, headers }), callId, 2))?.status, 404)

  const rows = async (...args: string[]) => JSON.parse((await cdr('ls', '-o', 'json', ...args)).out) as Told[]
  await until('it is recorded', async () => (await rows()).length === 1, 20_000)
  const [row] = await rows(
    '--from',
    'ALICE',
    '--to',
    '1+1',
    '--since',
    '1h',
    '--cause',
    '1',
    '--disposition',
    'refused',
  )
  t.like(row ?? {}, { seq: 1, dialled: '=1+1', status: 404, by: 'node', problem: null })
  t.deepEqual(await rows('--problem'), [])
  t.deepEqual(await rows('--until', '2020-01-01'), [])
  const shown = await cdr('show', '1', '-o', 'json')
  t.is((JSON.parse(shown.out) as Told).id, row?.id ?? '')
  t.is((await cdr('show', 'none')).code, 3)
  const exported = parse((await cdr('export')).out, { columns: true }) as Record<string, string>[]
  t.like(exported[0] ?? {}, { seq: '1', dialled: "'=1+1" })

  await until('it is in the file', () => readdirSync(files).length === 1, 20_000)
  const file = path.join(files, readdirSync(files)[0] ?? '')
  await until('its line too', () => readFileSync(file, 'utf8').split('\n').length === 3, 20_000)
  const sinks = async () => JSON.parse((await cdr('sink', 'ls', '-o', 'json')).out)
  await until(
    'one has it, one is down',
    async () => (await sinks())[1].trouble !== null && (await sinks())[0].lag === 0,
    20_000,
  )
  const [csv, down] = await sinks()
  t.like(csv, { name: 'files', state: 'ok', cursor: 1, trouble: null })
  t.like(down, { name: 'hook', state: 'down', cursor: 0, lag: 1 })
  const health = await ask<Health__Output>((done) => client.getHealth({}, done))
  t.like(
    health.checks.find(({ name }) => name === 'cdr'),
    { verdict: 'warning' },
  )

  t.like(JSON.parse((await cdr('sink', 'pause', 'hook', '-o', 'json')).out), { state: 'paused', trouble: null })
  t.is((await cdr('sink', 'rm', 'hook')).code, 0)
  t.is((await cdr('sink', 'resume', 'hook')).code, 3)
  t.true(existsSync(path.join(dir, 'node.log')))
  t.notRegex(readFileSync(path.join(dir, 'node.log'), 'utf8'), /very-secret/)
})
