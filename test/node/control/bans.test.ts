import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import path from 'node:path'
import test from 'ava'
import { authorization, strongestChallenge } from '../../../node/sip/authorize.ts'
import type { Ban__Output } from '../../../proto/types/raftel/v1/Ban.ts'
import type { BanPage__Output } from '../../../proto/types/raftel/v1/BanPage.ts'
import type { Change__Output } from '../../../proto/types/raftel/v1/Change.ts'
import type { Event__Output } from '../../../proto/types/raftel/v1/Event.ts'
import type { Overview__Output } from '../../../proto/types/raftel/v1/Overview.ts'
import type { User__Output } from '../../../proto/types/raftel/v1/User.ts'
import { ask, oneNode } from './node.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts')

/** The command line from its sources, as it would be typed. */
function raftel(endpoint: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args, '--endpoints', endpoint])
  let [out, err] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (out += bytes))
  child.stderr.on('data', (bytes: Buffer) => (err += bytes))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

test('a ban is added, listed and lifted by hand, and told as an event', async (t) => {
  const { client } = await oneNode(t)
  const endpoint = client.getChannel().getTarget().replace(/^dns:/, '')
  const ban = (...args: string[]) => raftel(endpoint, 'ban', ...args)
  const rows = async () => (await ask<BanPage__Output>((done) => client.listBans({}, done))).rows

  const watched: string[] = []
  const stream = client.watch({ table: 'bans' }, { deadline: Date.now() + 60_000 })
  stream.on('data', ({ kind, key }: Change__Output) => watched.push(`${kind} ${key}`)).on('error', () => {})
  t.teardown(() => stream.cancel())

  const added = await ban('add', '192.0.2.7', '--for', '2h', '--reason', 'guessed\u0007', '-o', 'json')
  t.is(added.code, 0, added.err)
  t.like(JSON.parse(added.out), { source: '192.0.2.7', by: 'operator' })
  const request = { source: '2001:db8:1:2:3::4', seconds: 86_400 }
  await ask<Ban__Output>((done) => client.addBan(request, done))
  const all = await rows()
  t.deepEqual(
    all.map(({ source }) => source),
    ['192.0.2.7', '2001:db8:1:2::/64'],
  )
  t.true(all[0]!.expires > 7_000 && all[0]!.expires <= 7_200, `${all[0]!.expires}`)
  t.false(JSON.stringify(all).includes('\u0007'))
  const listed = await ban('list', '--filter', '192')
  t.regex(listed.out, /^SOURCE +EXPIRES +BY +REASON\n192\.0\.2\.7 +\d+s +operator +guessed/)
  t.is((await ask<Overview__Output>((done) => client.getOverview({}, done))).bans, 2)

  t.is((await ban('remove', '2001:db8:1:2::/64')).code, 0)
  t.deepEqual(
    (await rows()).map(({ source }) => source),
    ['192.0.2.7'],
  )
  const [gone, name, ever, own, network, ...helps] = await Promise.all([
    ban('remove', '2001:db8:1:2::/64'),
    ban('add', 'pbx.test'),
    ban('add', '192.0.2.8', '--for', 'ever'),
    ban('add', '::ffff:127.0.0.1'),
    ban('add', '192.0.2.0/24'),
    ban('add', '--help'),
    ban('remove', '--help'),
  ])
  t.deepEqual([gone.code, name.code, ever.code, own.code, network.code], [3, 2, 2, 1, 2])
  t.regex(own.err, /127\.0\.0\.1 is a node, or in sip\.abuse\.trusted of n1, and is heard all the same/)
  t.regex(network.err, /a network belongs in sip\.acl/)
  for (const { out } of helps) t.regex(out, /Examples:\n {2}raftel ban/)

  t.deepEqual(watched, ['SYNCED ', 'PUT 192.0.2.7', 'PUT 2001:db8:1:2::/64', 'REMOVED 2001:db8:1:2::/64'])
  const events: string[] = []
  for await (const event of client.events({ follow: false, last: 0 }) as AsyncIterable<Event__Output>) {
    if (event.kind === 'ban') events.push(event.text)
  }
  t.regex(events[0] ?? '', /^192\.0\.2\.7 is banned for 7200 s by operator: guessed/)
  t.is(events.at(-1), '2001:db8:1:2::/64 is banned no more')
})

test('a ban that is over is not among the rows that are watched, and who watches hears when one ends', async (t) => {
  const { client } = await oneNode(t)
  const add = (source: string, seconds: number) => ask<Ban__Output>((done) => client.addBan({ source, seconds }, done))
  const watch = async (until: string) => {
    const stream = client.watch({ table: 'bans' }, { deadline: Date.now() + 60_000 })
    stream.on('error', () => {})
    const told: string[] = []
    for await (const { kind, key } of stream as AsyncIterable<Change__Output>) {
      told.push(`${kind} ${key}`)
      if (told.at(-1) === until) break
    }
    stream.cancel()
    return told
  }
  await add('192.0.2.2', 600)
  await add('192.0.2.1', 1)
  t.deepEqual(await watch('REMOVED 192.0.2.1'), ['PUT 192.0.2.1', 'PUT 192.0.2.2', 'SYNCED ', 'REMOVED 192.0.2.1'])
  t.deepEqual(await watch('SYNCED '), ['PUT 192.0.2.2', 'SYNCED '])
})

test('a node whose configuration says nothing bans who guesses ten passwords, and hears him no more', async (t) => {
  const { client, sip } = await oneNode(t)
  await ask<User__Output>((done) => client.addUser({ aor: 'alice@pbx.test', password: 'right' }, done))
  const thief = createSocket('udp4')
  t.teardown(() => thief.close())
  thief.bind(0, '127.0.0.2')
  await once(thief, 'listening')
  const [host, port] = sip.split(':')
  let sent = 0
  const register = (more: readonly string[] = []): void => {
    const via = `Via: SIP/2.0/UDP 127.0.0.2;rport;branch=z9hG4bK${++sent}`
    const who = ['From: <sip:alice@pbx.test>;tag=1', 'To: <sip:alice@pbx.test>', `Call-ID: guess-${sent}`]
    const lines = ['REGISTER sip:pbx.test SIP/2.0', via, ...who, `CSeq: ${sent} REGISTER`, ...more, '', '']
    thief.send(lines.join('\r\n'), Number(port), host)
  }
  for (let i = 0; i < 10; i++) {
    register()
    const [challenge] = (await once(thief, 'message')) as [Buffer]
    const value = /^WWW-Authenticate: (.*)$/m.exec(challenge.toString())![1]!
    const proof = { method: 'REGISTER', uri: 'sip:pbx.test', user: 'alice', password: `guess ${i}`, cnonce: 'c' }
    register([`Authorization: ${authorization(strongestChallenge(value)!, proof)}`])
    const [refused] = (await once(thief, 'message')) as [Buffer]
    t.regex(refused.toString(), /^SIP\/2.0 401/)
  }
  const bans = () => ask<BanPage__Output>((done) => client.listBans({ linearizable: true }, done))
  let rows = (await bans()).rows
  while (rows.length === 0) rows = (await bans()).rows
  t.like(rows[0], { source: '127.0.0.2', by: 'n1', reason: 'wrong passwords, at last for alice@pbx.test' })
  register()
  const overview = () => ask<Overview__Output>((done) => client.getOverview({}, done))
  let { refused } = await overview()
  while (refused.banned === 0) refused = (await overview()).refused
  t.like(refused, { password: 10, banned: 1, bans: 1 })
})

test('how often somebody was refused is in the overview, by reason', async (t) => {
  const { client } = await oneNode(t)
  const { refused } = await ask<Overview__Output>((done) => client.getOverview({}, done))
  t.like(refused, { acl: 0, banned: 0, shunned: 0, 'too fast': 0, scanner: 0, malformed: 0, password: 0, account: 0 })
})
