/** Operators on a cluster whose nodes speak TLS: whoever is asked, all answer for the cluster, and the audit says who it was. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { give } from '../../cli/certs/authority.ts'
import { RAFTEL, ROOT, raftel, until, withLab } from './lab.ts'

interface Entry {
  readonly seq: number
  readonly who: string
  readonly from: string
  readonly why: string
  readonly what: string
  readonly table: string
  readonly key: string
  readonly before: unknown
  readonly after: { readonly reason?: string } | null
}

test('nodes ask each other for an operator, who stands in the audit with his reason; it is followed and exported', async (t) => {
  await withLab(t, { nodes: 3, tls: true }, async (lab) => {
    const certs = path.join(lab.dir, 'certs')
    const file = path.join(lab.dir, 'alice.token')
    await lab.founded()
    const { token } = await lab.json<{ token: string }>(['operator', 'add', 'alice', '--role', 'admin'])
    writeFileSync(file, `${token}\n`)
    chmodSync(file, 0o600)
    const alice = ['--token-file', file]
    t.is((await lab.raftel(['user', 'ls'])).code, 4, 'the certificate of the lab is of no operator')

    const { leader } = lab
    const followers = lab.nodes.filter(({ id }) => id !== leader)
    const [asked, next] = followers as [(typeof followers)[0], (typeof followers)[0]]
    const at = ['--endpoints', asked.control, ...alice]
    await until(
      'every node says its own hash to the one that is asked',
      async () => JSON.parse((await lab.raftel(['cluster', 'status', '-o', 'json', ...at])).stdout),
      ({ nodes }: { nodes: { hash: string }[] }) => nodes.length === 3 && nodes.every(({ hash }) => hash !== ''),
    )
    const moved = await lab.raftel(['cluster', 'transfer-leader', next.id, '--reason', 'a new disk', ...at])
    t.is(moved.code, 0, moved.stderr)

    // Somebody follows while somebody else changes something.
    const files = [
      '--tls-ca',
      `${certs}/ca.pem`,
      '--tls-cert',
      `${certs}/operator.pem`,
      '--tls-key',
      `${certs}/operator.key`,
    ]
    const watcher = spawn(RAFTEL, ['audit', 'ls', '-w', '-o', 'ndjson', '--what', 'ban', ...at, ...files], {
      cwd: ROOT,
    })
    let seen = ''
    watcher.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text))
    const closed = once(watcher, 'close')
    t.teardown(() => watcher.kill('SIGKILL'))
    give(certs, { name: 'carl', role: 'operator', hosts: [], days: 5, force: false }, Date.now())
    const carl = ['operator', 'add', 'carl', '--role', 'operator', '--certificate', 'CN=carl', '--no-token', ...alice]
    t.is((await lab.raftel(carl)).code, 0)
    let n = 0
    await until(
      'a ban by carl, who shows his certificate, is seen by who follows',
      async () => {
        const own = ['--tls-ca', `${certs}/ca.pem`, '--tls-cert', `${certs}/carl.pem`, '--tls-key', `${certs}/carl.key`]
        const ban = ['ban', 'add', `192.0.2.${++n}`, '--reason', 'guesses', '--endpoints', lab.endpoints]
        const ran = await raftel([...ban, ...own])
        if (ran.code !== 0) throw new Error(ran.stderr)
        return seen
      },
      (text) => text.includes('"who":"carl"'),
    )
    watcher.kill('SIGINT')
    const [code] = (await closed) as [number | null]
    t.is(code, 0, 'interrupting is how following ends')
    const followed = seen
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    t.true(followed.every(({ what, why }) => what === 'ban' && why === 'guesses'))

    const exported = await lab.raftel(['audit', 'export', ...alice])
    t.is(exported.code, 0, exported.stderr)
    const entries = exported.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    t.deepEqual(
      entries.map(({ seq }) => seq),
      [...entries.map(({ seq }) => seq)].sort((a, b) => a - b),
      'the oldest first',
    )
    for (const { who, from, what } of entries) t.true(who !== '' && from !== '' && what !== '')
    const transfers = entries.filter(({ what }) => what === 'TransferLeader')
    t.like(transfers, [{ who: 'alice', why: 'a new disk', key: next.id }])
    t.is(transfers.length, 1, 'once, although two nodes were asked')
    const bans = entries.filter(({ what }) => what === 'ban')
    t.is(bans.length, n)
    t.like(bans[0], { who: 'carl', why: 'guesses', table: 'bans', key: '192.0.2.1', before: null })
    t.is(bans[0]?.after?.reason, 'guesses')
    const since = await lab.raftel(['audit', 'export', '--who', 'carl', '--since', '1h', ...alice])
    t.is(since.stdout.trim().split('\n').length, n)
  })
})
