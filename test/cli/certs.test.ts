import { execFileSync, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { give, initCa, listGiven } from '../../cli/certs/authority.ts'
import { inside, integer, oid, time } from '../../cli/certs/der.ts'
import { needing } from '../peers.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
const DAY_MS = 86_400_000

test('a directory becomes an authority that gives certificates, for its user alone', async (t) => {
  const dir = folder(t)
  t.is((await certs('init', '--dir', dir, '--name', 'pbx')).code, 0)
  t.is((await certs('node', 'n1', '--dir', dir, '--host', 'n1.pbx.test', '192.0.2.1', '2001:db8::7')).code, 0)
  t.is((await certs('client', 'alice', '--dir', dir, '--days', '90')).code, 0)
  const listed = await certs('ls', '--dir', dir, '-o', 'json')
  t.is(listed.code, 0)
  t.is(listed.stderr, '')
  const rows = JSON.parse(listed.stdout) as { name: string; role: string; hosts: string[]; expires: string }[]
  t.deepEqual(
    rows.map(({ name, role, hosts }) => ({ name, role, hosts })),
    [
      { name: 'ca', role: 'ca', hosts: [] },
      { name: 'alice', role: 'operator', hosts: [] },
      { name: 'n1', role: 'node', hosts: ['n1.pbx.test', '192.0.2.1', '2001:db8::7'] },
    ],
  )
  t.is(statSync(dir).mode & 0o777, 0o700)
  for (const file of readdirSync(dir)) t.is(statSync(path.join(dir, file)).mode & 0o777, 0o600, file)

  const shown = JSON.parse((await certs('show', 'n1', '--dir', dir, '-o', 'json')).stdout)
  t.is(shown.fingerprint, new X509Certificate(readFileSync(path.join(dir, 'n1.pem'))).fingerprint256)
  t.is(shown.subject, 'O=pbx, OU=node, CN=n1')
})

needing(test, 'openssl')('openssl takes every certificate, each for its role and no other', (t) => {
  const dir = folder(t)
  initCa(dir, 'pbx', 3650, false, Date.now())
  give(dir, { name: 'n1', role: 'node', hosts: ['192.0.2.1', '::1'], days: 365, force: false }, Date.now())
  // Beyond 2049 a time is written in another form.
  initCa(path.join(dir, 'far'), 'far', 36_500, false, Date.now())
  const far = { name: 'alice', role: 'operator', hosts: [], days: 36_000, force: false } as const
  give(path.join(dir, 'far'), far, Date.now())
  const verify = (folder: string, name: string, purpose: string) =>
    execFileSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'ca.pem', `${name}.pem`], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  t.regex(verify(dir, 'n1', 'sslserver'), /OK/)
  t.regex(verify(dir, 'n1', 'sslclient'), /OK/)
  t.regex(verify(path.join(dir, 'far'), 'alice', 'sslclient'), /OK/)
  t.throws(() => verify(path.join(dir, 'far'), 'alice', 'sslserver'), { message: /purpose/ })
})

test('nothing is replaced without --force, and with it a certificate is renewed', async (t) => {
  const dir = folder(t)
  const order = ['node', 'n1', '--dir', dir, '--host', '192.0.2.1']
  await certs('init', '--dir', dir)
  await certs(...order)
  const before = readFileSync(path.join(dir, 'n1.pem'), 'utf8')
  const again = await certs(...order)
  t.is(again.code, 5)
  t.regex(again.stderr, /n1\.key is there already; replace it with --force/)
  t.is((await certs('init', '--dir', dir)).code, 5)
  t.is(readFileSync(path.join(dir, 'n1.pem'), 'utf8'), before)
  t.is((await certs(...order, '--force')).code, 0)
  t.not(readFileSync(path.join(dir, 'n1.pem'), 'utf8'), before)
  t.deepEqual(readdirSync(dir).sort(), ['ca.key', 'ca.pem', 'n1.key', 'n1.pem'])
})

test('what has expired is named with its remedy and ends with 1; what expires soon is only named', async (t) => {
  const dir = folder(t)
  const past = Date.now() - 400 * DAY_MS
  initCa(dir, 'pbx', 3650, false, past)
  give(dir, { name: 'n1', role: 'node', hosts: ['192.0.2.1'], days: 420, force: false }, past)
  const soon = await certs('ls', '--dir', dir)
  t.is(soon.code, 0)
  t.regex(soon.stderr, /n1 expires soon, on .*; issue it again: raftel certs node n1/)
  give(dir, { name: 'n2', role: 'node', hosts: ['192.0.2.2'], days: 365, force: false }, past)
  const late = await certs('ls', '--dir', dir, '-o', 'json')
  t.is(late.code, 1)
  t.regex(late.stderr, /n2 has expired on/)
  t.deepEqual(
    (JSON.parse(late.stdout) as { state: string }[]).map((row) => row.state),
    ['valid', 'expires soon', 'expired'],
  )
  t.is((await certs('show', 'n2', '--dir', dir)).code, 1)
  t.is((await certs('show', 'n1', '--dir', dir)).code, 0)
})

test('no certificate outlives its authority', async (t) => {
  const dir = folder(t)
  initCa(dir, 'pbx', 10, false, Date.now())
  const given = await certs('client', 'alice', '--dir', dir)
  t.is(given.code, 0)
  t.regex(given.stderr, /alice ends with its authority/)
  const [ca, alice] = listGiven(dir, Date.now())
  t.is(ca?.expires, alice?.expires)
})

test('what is wrong is said with what to do', async (t) => {
  const dir = folder(t)
  const says = async (code: number, pattern: RegExp, ...args: string[]): Promise<void> => {
    const ran = await certs(...args)
    t.is(ran.code, code, ran.stderr)
    t.regex(ran.stderr, pattern)
    t.is(ran.stdout, '')
  }
  await says(2, /--dir/, 'init')
  await says(3, /make an authority with raftel certs init/, 'client', 'alice', '--dir', dir)
  await says(3, /no directory/, 'ls', '--dir', path.join(dir, 'absent'))
  await certs('init', '--dir', dir)
  await says(2, /--host/, 'node', 'n1', '--dir', dir)
  await says(2, /without a port/, 'node', 'n1', '--dir', dir, '--host', '192.0.2.1:7070')
  await says(2, /is no host/, 'node', 'n1', '--dir', dir, '--host', '192.0.2.999')
  await says(2, /is no name/, 'client', '../alice', '--dir', dir)
  await says(2, /name of the authority/, 'client', 'ca', '--dir', dir)
  await says(2, /1 to 36500 days/, 'client', 'alice', '--dir', dir, '--days', '0')
  chmodSync(path.join(dir, 'ca.key'), 0o644)
  await says(4, /chmod 600/, 'client', 'alice', '--dir', dir)
  chmodSync(path.join(dir, 'ca.key'), 0o600)
  const other = path.join(dir, 'other')
  initCa(other, 'other', 10, false, Date.now())
  writeFileSync(path.join(dir, 'ca.key'), readFileSync(path.join(other, 'ca.key')))
  await says(1, /restore both from one copy/, 'client', 'alice', '--dir', dir)
  writeFileSync(path.join(dir, 'key.pem'), readFileSync(path.join(dir, 'ca.key')))
  t.is((await certs('ls', '--dir', dir)).code, 0)
  writeFileSync(path.join(dir, 'broken.pem'), 'nonsense')
  await says(1, /broken\.pem holds no certificate/, 'ls', '--dir', dir)
})

test('DER has its shortest forms: signs, long lengths, long arcs, and the turn of 2050', (t) => {
  t.is(integer(Buffer.from([0, 0, 0x80])).toString('hex'), '02020080')
  t.is(integer(Buffer.from([0])).toString('hex'), '020100')
  t.is(oid('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302')
  t.is(
    time(Date.UTC(2049, 11, 31, 23, 59, 59))
      .toString('latin1')
      .slice(2),
    '491231235959Z',
  )
  t.is(
    time(Date.UTC(2050, 0, 1))
      .toString('latin1')
      .slice(2),
    '20500101000000Z',
  )
  t.throws(() => inside(Buffer.from([0x30, 0x05, 0x02])), { message: /cut short/ })
})

function folder(t: { teardown(end: () => void): void }): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-certs-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function certs(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, 'certs', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
