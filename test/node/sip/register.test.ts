import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import anyTest, { type TestFn } from 'ava'
import { ALGORITHMS, credentialsOf, parseAuthorization, responseTo } from '../../../node/sip/digest.ts'
import { until } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { type Ask, bindings, Phone, phone } from './phone.ts'
import { registrar } from './registrar.ts'
import { addressOf, headersOf, port, SDP_A, soon, udpPeer } from './support.ts'

const test = anyTest as TestFn

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
  // Over UDP a request that is shorter has no room for all of them.
  const contact = alice.contact(`;x=${'room-'.repeat(8)}`)
  const algorithms = async (agent?: string) =>
    headersOf(await alice.register([contact], agent ? { agent } : {}), 'WWW-Authenticate').map(
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
  let sent = 0
  const answerTo = async (lines: readonly string[]) => {
    const [start, ...rest] = lines
    const text = [start, `Via:SIP/2.0/UDP h;branch=z9hG4bKfew${sent++}`, ...rest, '', ''].join('\r\n')
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
