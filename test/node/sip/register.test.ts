import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import anyTest, { type ExecutionContext, type TestFn } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import { realWorld } from '../../../cluster/world.ts'
import {
  ALGORITHMS,
  type Algorithm,
  credentialsOf,
  ha1Of,
  parseAuthorization,
  responseTo,
} from '../../../node/sip/digest.ts'
import { until } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { type Registrar, registrar } from './registrar.ts'
import { addressOf, headersOf, type Peer, port, SDP_A, soon, udpPeer } from './support.ts'

const test = anyTest as TestFn

interface Ask {
  user?: string
  password?: string
  algorithm?: Algorithm
  uri?: string
  digestUri?: string
  to?: string
  cseq?: number
  callId?: string
  nc?: string
  agent?: string
}

const DAY_MS = 86_400_000

let calls = 0

class Phone {
  readonly peer: Peer
  #challenge = ''
  #cseq = 0
  readonly #callId = `phone-${calls++}`

  constructor(peer: Peer) {
    this.peer = peer
  }

  /** Sends a REGISTER as it is told, and gives back what comes. */
  async register(extra: readonly string[], ask: Ask = {}, authorization?: string): Promise<string> {
    const cseq = ask.cseq ?? ++this.#cseq
    this.peer.send(`REGISTER ${ask.uri ?? 'sip:pbx.test'} SIP/2.0`, [
      `From: <sip:alice@pbx.test>;tag=${calls++}`,
      `To: <${ask.to ?? 'sip:alice@pbx.test'}>`,
      `Call-ID: ${ask.callId ?? this.#callId}`,
      `CSeq: ${cseq} REGISTER`,
      'Max-Forwards: 70',
      ...(ask.agent ? [`User-Agent: ${ask.agent}`] : []),
      ...(authorization ? [`Authorization: ${authorization}`] : []),
      ...extra,
    ])
    return this.peer.next('SIP/2.0')
  }

  /** Does as a phone does: once without, and again with the answer to the challenge. */
  async registered(extra: readonly string[], ask: Ask = {}): Promise<string> {
    const first = await this.register(extra, ask)
    if (!first.startsWith('SIP/2.0 401')) return first
    const all = headersOf(first, 'WWW-Authenticate')
    const wanted = ask.algorithm ? [ask.algorithm] : ALGORITHMS
    this.#challenge = wanted.flatMap((name) => all.filter((one) => one.includes(`algorithm=${name},`)))[0]!
    return this.register(extra, ask, this.answer(ask))
  }

  answer(ask: Ask = {}): string {
    const { user = 'alice', password = `${user}-secret`, nc = '00000001' } = ask
    const algorithm = /algorithm=([\w-]+)/.exec(this.#challenge)![1] as Algorithm
    const nonce = /nonce="([^"]*)"/.exec(this.#challenge)![1]!
    const uri = ask.digestUri ?? ask.uri ?? 'sip:pbx.test'
    const draft = `Digest username="${user}",realm="pbx.test",nonce="${nonce}",uri="${uri}",algorithm=${algorithm},qop=auth,nc=${nc},cnonce="c"`
    const [parsed] = parseAuthorization(`${draft},response="0"`)
    const known = credentialsOf(user, 'pbx.test', password)
    return `${draft},response="${responseTo(parsed!, ha1Of(known, algorithm)!, 'REGISTER')}"`
  }

  contact(params = '', user = 'alice'): string {
    return `Contact: <sip:${user}@127.0.0.1:${this.peer.port}>${params}`
  }
}

async function phone(t: ExecutionContext): Promise<Registrar & { phone: Phone }> {
  const all = await registrar(t)
  return { ...all, phone: new Phone(await udpPeer(t, all.sip)) }
}

const bindings = (cluster: Cluster) => cluster.tables.registrations.get('alice@pbx.test')?.bindings ?? []

test('a phone registers with any algorithm, and the cluster has what its 200 says', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  for (const algorithm of ALGORITHMS) {
    const ok = await alice.registered([alice.contact(';expires=600;q=0.5')], { algorithm, agent: 'Test 1.0' })
    t.true(ok.startsWith('SIP/2.0 200'), ok)
    t.regex(headersOf(ok, 'Contact')[0]!, /^<sip:alice@127\.0\.0\.1:\d+>;expires=600;q=0\.5$/)
    t.is(headersOf(ok, 'Date').length, 1)
  }
  t.like(bindings(cluster), {
    0: { contact: `sip:alice@127.0.0.1:${alice.peer.port}`, transport: 'udp', node: 'n1', q: 0.5 },
    length: 1,
  })
  t.is(bindings(cluster)[0]!.received, `127.0.0.1:${alice.peer.port}`)
  t.is(bindings(cluster)[0]!.userAgent, 'Test 1.0')
})

test('challenges are a header each, the order depends on who asks', async (t) => {
  const { phone: alice } = await phone(t)
  const algorithms = async (agent?: string) =>
    headersOf(await alice.register([alice.contact()], agent ? { agent } : {}), 'WWW-Authenticate').map(
      (one) => /algorithm=([\w-]+)/.exec(one)![1],
    )
  t.deepEqual(await algorithms('Desk 2'), ['SHA-512-256', 'SHA-256', 'MD5'])
  t.deepEqual(await algorithms(), ['MD5', 'SHA-512-256', 'SHA-256'])
  t.deepEqual(await algorithms('baresip v1.0.0 (x86_64/linux)'), ['MD5'])
})

test('an overheard registration is not taken by another node: it is stale there', async (t) => {
  const { sip, others, identityOf } = await registrar(t, ['alice'], { nodes: 3 })
  const alice = new Phone(await udpPeer(t, sip))
  t.regex(await alice.registered([alice.contact()]), /^SIP\/2.0 200/)
  const elsewhere = await port(t)
  await until(others[0]!, 'it knows the user', () => others[0]!.tables.users.has('alice@pbx.test'))
  const identity = identityOf(others[0]!)
  elsewhere.on('register', (request) => {
    const who = identity.registrar(request, 'pbx.test')
    if (who.kind === 'challenge') request.reply(who.status, { headers: who.headers })
    else request.reply(who.kind === 'known' ? 200 : who.status)
  })
  const thief = new Phone(await udpPeer(t, elsewhere))
  const told = await thief.register([thief.contact()], {}, alice.answer())
  t.regex(told, /^SIP\/2.0 401/)
  t.true(headersOf(told, 'WWW-Authenticate').every((one) => one.endsWith('stale=true')))
  t.regex(await thief.registered([thief.contact()]), /^SIP\/2.0 200/, 'who knows the password goes on there')
})

test('whoever writes another address on a datagram has it sent less than three times as much', async (t) => {
  const { sip } = await registrar(t)
  const [host, to] = addressOf(sip, 'udp').split(':')
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  const answerTo = async (lines: readonly string[]) => {
    const [start, ...rest] = lines
    const text = [start, `Via:SIP/2.0/UDP h;branch=z9hG4bK${calls++}`, ...rest, '', ''].join('\r\n')
    const heard = once(socket, 'message')
    socket.send(text, Number(to), host)
    const [answer] = (await soon('an answer', heard)) as [Buffer]
    t.regex(answer.toString(), /^SIP\/2.0 401/)
    t.true(answer.length < 3 * text.length, `${answer.length} for ${text.length}`)
    return headersOf(answer.toString(), 'WWW-Authenticate').length
  }
  const least = ['From:<sip:a@pbx.test>;tag=1', 'To:<sip:a@pbx.test>', 'CSeq:1 REGISTER']
  const start = 'REGISTER sip:pbx.test SIP/2.0'
  t.is(await answerTo([start, ...least, 'Call-ID:1']), 1)
  t.is(await answerTo([start, ...least, 'Call-ID:2', `Subject:${'x'.repeat(80)}`]), 2)
  const usual = [
    `Contact: <sip:alice@192.0.2.1:5060;transport=udp>`,
    'Max-Forwards: 70',
    'User-Agent: Desk 2',
    'Expires: 3600',
  ]
  t.is(await answerTo([start, ...least, 'Call-ID: 843817637684230@998sdasdh09', ...usual]), 3)
})

test('a realm with a user of an older program is not asked for what that user has no HA1 of', async (t) => {
  const { phone: alice, cluster, addOlder } = await phone(t)
  const algorithms = async () =>
    headersOf(await alice.register([alice.contact()], { agent: 'Desk 2' }), 'WWW-Authenticate').map(
      (one) => /algorithm=([\w-]+)/.exec(one)![1],
    )
  t.is((await algorithms())[0], 'SHA-512-256')
  await addOlder('carol')
  t.deepEqual(await algorithms(), ['SHA-256', 'MD5'])
  const ask = { user: 'carol', to: 'sip:carol@pbx.test', algorithm: 'SHA-256' } as const
  t.regex(await alice.registered([alice.contact('', 'carol')], ask), /^SIP\/2.0 200/)
  await cluster.propose({ type: 'user-remove', aor: 'carol@pbx.test' })
  t.is((await algorithms())[0], 'SHA-512-256')
})

test('nobody learns whether a user exists, and a wrong password is no registration', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  const wrong = await alice.registered([alice.contact()], { password: 'x' })
  const nobody = await alice.registered([alice.contact()], { user: 'nobody', to: 'sip:nobody@pbx.test' })
  for (const answer of [wrong, nobody]) {
    t.true(answer.startsWith('SIP/2.0 401'), answer)
    t.is(headersOf(answer, 'WWW-Authenticate').length, 3)
    t.notRegex(answer, /stale/)
  }
  t.is(cluster.tables.bindings, 0)
})

test('an answer is taken once: heard again it is stale', async (t) => {
  const { phone: alice } = await phone(t)
  t.true((await alice.registered([alice.contact()])).startsWith('SIP/2.0 200'))
  const again = await alice.register([alice.contact()], {}, alice.answer())
  t.true(again.startsWith('SIP/2.0 401'))
  t.regex(headersOf(again, 'WWW-Authenticate')[0]!, /stale=true/)
  const counted = await alice.register([alice.contact()], {}, alice.answer({ nc: '00000002' }))
  t.true(counted.startsWith('SIP/2.0 200'), counted)
})

test('refusals say what is wrong', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  const cases: [string, readonly string[], Ask, RegExp][] = [
    ['another domain', [alice.contact()], { to: 'sip:alice@other.test' }, /^SIP\/2.0 404/],
    ['another registrar', [alice.contact()], { uri: 'sip:other.test' }, /^SIP\/2.0 404/],
    ['another user', [alice.contact()], { to: 'sip:bob@pbx.test' }, /^SIP\/2.0 403/],
    ['a foreign digest', [alice.contact()], { digestUri: 'sip:evil.test' }, /^SIP\/2.0 400/],
    ['too brief', [alice.contact(';expires=5')], {}, /^SIP\/2.0 423[\s\S]*Min-Expires: 60/],
    ['star with time', ['Contact: *', 'Expires: 60'], {}, /^SIP\/2.0 400/],
    ['no URI', ['Contact: <alice@example.com>'], {}, /^SIP\/2.0 400/],
    ['many', Array.from({ length: 11 }, (_, i) => alice.contact('', `a${i}`)), {}, /^SIP\/2.0 400/],
  ]
  for (const [what, headers, ask, expected] of cases) t.regex(await alice.registered(headers, ask), expected, what)
  t.is(cluster.tables.bindings, 0)
})

test('the registrar may be addressed by its number, as SIPp and many phones do', async (t) => {
  const { phone: alice, sip } = await phone(t)
  const ok = await alice.registered([alice.contact()], { uri: 'sip:pbx.test', digestUri: `sip:${sip.address}` })
  t.true(ok.startsWith('SIP/2.0 200'), ok)
  t.true((await alice.registered([alice.contact()], { uri: `sip:${sip.address}` })).startsWith('SIP/2.0 200'))
})

test('contacts add up, are asked for, and go one by one or all at once', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  await alice.registered([alice.contact('', 'one'), alice.contact(';q=0.1', 'two')])
  const asked = await alice.registered([])
  t.regex(asked, /^SIP\/2.0 200/)
  t.is(headersOf(asked, 'Contact').join(',').split('<sip:').length - 1, 2)
  t.is(bindings(cluster)[0]!.contact.slice(0, 7), 'sip:one', 'best first')
  await alice.registered([alice.contact(';expires=0', 'one')])
  t.is(bindings(cluster).length, 1)
  const gone = await alice.registered(['Contact: *', 'Expires: 0'])
  t.regex(gone, /^SIP\/2.0 200/)
  t.deepEqual(headersOf(gone, 'Contact'), [])
  t.is(cluster.tables.bindings, 0)
})

test('a contact that is no SIP address is bound beside the phone, listed, and goes like any other', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  const both = await alice.registered([`${alice.contact('', 'one')}, <mailto:alice@pbx.test>;q=0.2`])
  t.regex(both, /^SIP\/2.0 200/)
  const listed = headersOf(both, 'Contact').join(',')
  t.regex(listed, /<mailto:alice@pbx\.test>;expires=\d+;q=0\.2/)
  t.regex(listed, /<sip:one@/)
  t.is(bindings(cluster).length, 2)
  // As RFC 3665 §2.2 writes it.
  t.regex(await alice.registered(['Contact: mailto:alice@pbx.test;expires=0']), /^SIP\/2.0 200/)
  t.deepEqual(
    bindings(cluster).map(({ contact }) => contact.slice(0, 7)),
    ['sip:one'],
  )
})

test('a REGISTER that comes late changes nothing', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  await alice.registered([alice.contact()], { callId: 'c', cseq: 10 })
  t.regex(await alice.registered([alice.contact(';expires=0')], { callId: 'c', cseq: 9 }), /^SIP\/2.0 500/)
  t.regex(await alice.registered([alice.contact(';expires=0')], { callId: 'c', cseq: 10 }), /^SIP\/2.0 400/)
  t.is(bindings(cluster).length, 1)
})

test('a refresh costs no log entry, and the phone hears its whole time; what changes something costs one', async (t) => {
  const { phone: alice, cluster, registrar } = await phone(t)
  const callId = 'economy'
  let cseq = 0
  const register = async (extra: readonly string[]): Promise<string> => {
    cseq += 2
    return alice.registered(extra, { callId, cseq })
  }
  const entriesOf = async (extra: readonly string[], expected = /^SIP\/2.0 200/): Promise<number> => {
    const before = cluster.status().applied
    t.regex(await register(extra), expected)
    return cluster.status().applied - before
  }
  t.is(await entriesOf([alice.contact(';expires=600')]), 1)
  const row = cluster.tables.registrations.get('alice@pbx.test')
  t.is(registrar.secondsLeft(row!.bindings[0]!), 600)
  t.true(row!.bindings[0]!.expiresAt - cluster.now() > 1_800_000, 'the lease is longer')
  for (const expires of [600, 300, 900]) {
    const ok = await register([alice.contact(`;expires=${expires}`)])
    t.regex(headersOf(ok, 'Contact')[0]!, new RegExp(`;expires=${expires};`))
    t.is(registrar.secondsLeft(row!.bindings[0]!), expires)
  }
  t.is(await entriesOf([alice.contact(';expires=600')]), 0)
  t.deepEqual(cluster.tables.registrations.get('alice@pbx.test'), row, 'nothing was agreed on')
  t.is(await entriesOf([alice.contact(';expires=3600')]), 1, 'longer than the lease')
  t.is(await entriesOf([alice.contact(';expires=600;q=0.5')]), 1, 'q')
  t.is(await entriesOf([alice.contact(';expires=600;q=0.5'), alice.contact('', 'second')]), 1, 'one more')

  cseq -= 3
  t.is(await entriesOf([alice.contact(';expires=0')], /^SIP\/2.0 500/), 0, 'one that was overtaken')
  cseq += 3
  t.is(await entriesOf([alice.contact(';expires=0')]), 1)
  t.is(cluster.tables.bindings, 1)
})

test('a phone that lets its time run out is gone everywhere; one that comes in time is not', async (t) => {
  let now = 1_000
  const { sip, cluster, registrar: own } = await registrar(t, ['alice', 'bob'], { now: () => now })
  const alice = new Phone(await udpPeer(t, sip))
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/)
  now += 59_999
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 1)
  const before = cluster.status().applied
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/)
  t.is(cluster.status().applied, before)
  now += 59_999
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 1)
  now += 1
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 0)
  t.is(cluster.status().applied, before + 1)
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/, 'it comes back')
})

test('a node that is full sends away whoever is new, later than who is known, and still serves refreshes', async (t) => {
  const room = { known: 100, fresh: 100 }
  const { sip, cluster } = await registrar(t, ['alice', 'bob'], { room })
  const alice = new Phone(await udpPeer(t, sip))
  t.regex(await alice.registered([alice.contact(';expires=600')]), /^SIP\/2.0 200/)
  room.fresh = 0
  const away = new Phone(await udpPeer(t, sip))
  const refused = await away.register([away.contact()], { user: 'bob', to: 'sip:bob@pbx.test' })
  t.regex(refused, /^SIP\/2.0 503 Overloaded/)
  const wait = Number(headersOf(refused, 'Retry-After')[0])
  t.true(wait >= 10 && wait <= 40, `${wait}`)
  const before = cluster.status().applied
  t.regex(await alice.registered([alice.contact(';expires=600')]), /^SIP\/2.0 200/)
  t.is(cluster.status().applied, before)
  room.known = 0
  const later = await alice.register([alice.contact(';expires=600')])
  t.regex(later, /^SIP\/2.0 503 Overloaded/)
  t.true(Number(headersOf(later, 'Retry-After')[0]) <= 10)
})

test('without a majority a REGISTER is told to come back', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  await alice.registered([])
  await cluster.close()
  const answer = await alice.registered([alice.contact()])
  t.regex(answer, /^SIP\/2.0 503/)
  t.regex(headersOf(answer, 'Retry-After')[0] ?? '', /^\d+$/)
})

test('a caller is asked who he is with 407, and may be no other', async (t) => {
  const { phone: alice, sip, identity } = await phone(t)
  sip.onInvite((invitation) => {
    const who = identity.caller(invitation)
    if (who.kind === 'known') invitation.reply(486, { reason: who.user.aor })
    else if (who.kind === 'challenge') invitation.reply(who.status, { headers: who.headers })
    else invitation.reply(who.status, { reason: who.reason })
  })
  const invite = async (cseq: number, extra: readonly string[], from = 'alice') => {
    const start = `INVITE sip:bob@${sip.address} SIP/2.0`
    const common = [`From: <sip:${from}@pbx.test>;tag=1`, `Call-ID: from-${from}`, 'Max-Forwards: 70']
    const own = [...common, 'To: <sip:bob@pbx.test>', `CSeq: ${cseq} INVITE`, alice.contact()]
    alice.peer.send(start, [...own, 'Content-Type: application/sdp', ...extra], SDP_A)
    // Final answers come again until they are acknowledged; only this one's count.
    return alice.peer.next(new RegExp(`^SIP/2.0 [2-6][^]*Call-ID: from-${from}\r\nCSeq: ${cseq} `))
  }
  const proof = (challenge: string) => {
    const nonce = /nonce="([^"]*)"/.exec(headersOf(challenge, 'Proxy-Authenticate')[0]!)![1]!
    const uri = `sip:bob@${sip.address}`
    const draft = `Digest username="alice",realm="pbx.test",nonce="${nonce}",uri="${uri}",algorithm=MD5,qop=auth,nc=00000001,cnonce="c"`
    const ha1 = credentialsOf('alice', 'pbx.test', 'alice-secret').md5
    const response = responseTo(parseAuthorization(`${draft},response="0"`)[0]!, ha1, 'INVITE')
    return `Proxy-Authorization: ${draft},response="${response}"`
  }
  await sip.settled()
  const challenge = await invite(1, [])
  t.regex(challenge, /^SIP\/2.0 407/)
  t.regex(await invite(2, [proof(challenge)]), /^SIP\/2.0 486 alice@pbx.test/)
  const other = await invite(1, [], 'bob')
  t.regex(await invite(2, [proof(other)], 'bob'), /^SIP\/2.0 403/)
})

const SCENARIO = `<?xml version="1.0"?>
<scenario name="register">
  <send retrans="500"><![CDATA[
REGISTER sip:pbx.test SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@pbx.test>;tag=[call_number]
To: <sip:[field0]@pbx.test>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>
Expires: 300
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="401" auth="true"/>
  <send retrans="500"><![CDATA[
REGISTER sip:pbx.test SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@pbx.test>;tag=[call_number]
To: <sip:[field0]@pbx.test>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>
Expires: 300
[field1]
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
`

for (const [transport, flag] of [
  ['udp', 'u1'],
  ['tcp', 't1'],
] as const) {
  needing(test, 'sipp')(`SIPp registers 50 users over ${transport}, authenticated`, async (t) => {
    const names = Array.from({ length: 50 }, (_, i) => `user${i}`)
    const { sip, cluster } = await registrar(t, names)
    const dir = await mkdtemp(path.join(tmpdir(), 'raftel-sipp-'))
    t.teardown(() => rm(dir, { recursive: true, force: true }))
    const lines = names.map((name) => `${name};[authentication username=${name} password=${name}-secret]`)
    await writeFile(path.join(dir, 'register.xml'), SCENARIO)
    await writeFile(path.join(dir, 'users.csv'), `SEQUENTIAL\n${lines.join('\n')}\n`)
    const args = ['-sf', 'register.xml', '-inf', 'users.csv', '-m', '50', '-r', '100', '-t', flag, '-i', '127.0.0.1']
    const sipp = spawn('sipp', [addressOf(sip, transport), ...args, '-timeout', '20s', '-trace_err', '-nostdin'], {
      cwd: dir,
      stdio: 'ignore',
      env: { ...process.env, TERM: 'dumb' },
    })
    t.teardown(() => sipp.kill('SIGKILL'))
    const [code] = (await soon('SIPp', once(sipp, 'exit'), 40_000)) as [number]
    t.is(code, 0, await errors(dir))
    t.is(cluster.tables.bindings, 50)
    for (const { bindings } of cluster.tables.registrations.values()) t.is(bindings[0]!.transport, transport)
  })
}

async function errors(dir: string): Promise<string> {
  const { readdir } = await import('node:fs/promises')
  const name = (await readdir(dir)).find((file) => file.endsWith('_errors.log'))
  return name ? (await readFile(path.join(dir, name), 'utf8')).slice(0, 2000) : ''
}

test('without a leader a phone hears 503 in time to ask elsewhere, and at once when no election will bring one', async (t) => {
  let now = 0
  const { sip, cluster, others } = await registrar(t, ['alice'], { nodes: 2, now: () => now })
  const phone = new Phone(await udpPeer(t, sip))
  t.regex(await phone.registered([phone.contact()]), /^SIP\/2.0 200/)
  const propose = cluster.propose.bind(cluster)
  const bounds: (number | undefined)[] = []
  cluster.propose = (command, timeoutMs) => {
    bounds.push(timeoutMs)
    return propose(command, timeoutMs)
  }
  await others[0]!.close()
  await until(cluster, 'the leader is missed', () => !cluster.status().quorum)
  const tried = await phone.registered([phone.contact()])
  t.regex(tried, /^SIP\/2.0 503/)
  t.deepEqual(bounds, [2_000], 'it may have been a moment between two leaders')

  now += 2_001
  const refused = await phone.registered([phone.contact()])
  t.regex(refused, /^SIP\/2.0 503/)
  t.regex(headersOf(refused, 'Retry-After')[0] ?? '', /^\d+$/)
  t.is(bounds.length, 1, 'nothing was proposed')
})

test('a day without a quorum takes no phone away: each has the time that it had left, once the quorum is back', async (t) => {
  let now = 0
  // The clock of cluster and registrar goes on by leaps, which are no silence of a node.
  const options = { world: { ...realWorld, now: () => performance.now() + now }, nodeDownMs: 10 * DAY_MS }
  const {
    sip,
    cluster,
    others,
    again,
    registrar: own,
  } = await registrar(t, ['alice', 'bob'], {
    ...{ nodes: 2, now: () => now, options },
  })
  const alice = new Phone(await udpPeer(t, sip))
  const bob = new Phone(await udpPeer(t, sip))
  const asBob = { user: 'bob', to: 'sip:bob@pbx.test' }
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/)
  t.regex(await bob.registered([bob.contact(';expires=120', 'bob')], asBob), /^SIP\/2.0 200/)
  now += 30_000
  const rows = () => [...cluster.tables.registrations.values()]
  const left = () => rows().flatMap((row) => row.bindings.map((one) => `${row.aor} ${own.secondsLeft(one)}`))
  const before = rows()
  t.deepEqual(left().sort(), ['alice@pbx.test 30', 'bob@pbx.test 90'])
  const changed: string[] = []
  cluster.watch((changes) => {
    for (const { table, key } of changes) if (table === 'registrations') changed.push(`${key}`)
  })

  // The registrar hears of it when everybody does, which may be after the status says it.
  const told: boolean[] = []
  cluster.onStatus(({ quorum }) => void told.push(quorum))
  await others[0]!.close()
  await until(cluster, 'the leader is missed', () => told.at(-1) === false)
  for (const end = now + DAY_MS; now < end; now += 60_000) {
    void own.lookForLapsed()
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 503/, 'it cannot refresh')
  t.deepEqual(rows(), before)

  await again(2)
  await until(cluster, 'the quorum is back', () => told.at(-1) === true)
  await own.lookForLapsed()
  // Whatever was proposed before this is done when this is.
  t.is((await cluster.propose({ type: 'user-remove', aor: 'nobody@pbx.test' })).kind, 'agreed')
  t.deepEqual(rows(), before)
  t.deepEqual(left().sort(), ['alice@pbx.test 30', 'bob@pbx.test 90'])

  now += 29_999
  await own.lookForLapsed()
  t.deepEqual(changed, [], 'nothing went')
  t.regex(await alice.registered([alice.contact(';expires=600')]), /^SIP\/2.0 200/)
  now += 60_001
  await own.lookForLapsed()
  t.deepEqual(left(), ['alice@pbx.test 540'], 'bob did not come')
})
