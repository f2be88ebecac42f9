/** Rules A01 to A10 of the checklist: who are you? Through the real engine, on a cluster of one node. */
import anyTest, { type TestFn } from 'ava'
import { headersOf, SDP_A } from '../../sip/support.ts'
import { type Asked, type Phone, shared } from './phone.ts'

const test = anyTest as TestFn

const phone = shared(test)

/** Callers are asked who they are, but for one that rings. */
function invites(sip: Asked['sip'], identity: Asked['identity']): void {
  sip.onInvite((invitation) => {
    if (invitation.callId === 'rings') return invitation.reply(180)
    const who = identity.caller(invitation)
    if (who.kind === 'challenge') invitation.reply(who.status, { headers: who.headers })
  })
}

test('A01: a registrar asks with 401 and WWW-Authenticate, a proxy with 407 and Proxy-Authenticate', async (t) => {
  const { phone: alice, sip, identity } = await phone(t)
  invites(sip, identity)
  for (const [method, status, field] of [
    ['REGISTER', 401, 'WWW-Authenticate'],
    ['INVITE', 407, 'Proxy-Authenticate'],
  ] as const) {
    const asked = await alice.send(method, [alice.contact()], { callId: method })
    t.true(asked.startsWith(`SIP/2.0 ${status}`), asked)
    const challenges = headersOf(asked, field)
    t.true(challenges.length >= 1, asked)
    for (const one of challenges) {
      t.regex(one, /^Digest /)
      for (const part of [/realm="pbx\.test"/, /nonce="[^"]{16,}"/, /algorithm=(SHA-512-256|SHA-256|MD5)/, /qop="auth/])
        t.regex(one, part)
    }
  }
})

test('A02: ACK and CANCEL are never asked who they are', async (t) => {
  const { phone: alice, sip, identity } = await phone(t)
  invites(sip, identity)
  const via = `Via: SIP/2.0/UDP 127.0.0.1:${alice.peer.port};branch=z9hG4bKcancel;rport`
  const head = [via, 'From: <sip:alice@pbx.test>;tag=a', 'To: <sip:bob@pbx.test>', 'Call-ID: rings', 'Max-Forwards: 70']
  alice.peer.send('ACK sip:bob@pbx.test SIP/2.0', [...head, 'CSeq: 1 ACK'])
  alice.peer.send('INVITE sip:bob@pbx.test SIP/2.0', [...head, 'CSeq: 1 INVITE', alice.contact()], SDP_A)
  await alice.peer.next('SIP/2.0 180')
  alice.peer.send('CANCEL sip:bob@pbx.test SIP/2.0', [...head, 'CSeq: 1 CANCEL'])
  t.regex(await alice.peer.next(/^SIP\/2\.0 [2-6]/), /^SIP\/2\.0 200[\s\S]*CANCEL/)
  t.regex(await alice.peer.next(/^SIP\/2\.0 [2-6]/), /^SIP\/2\.0 487/)
})

test('A03: Basic is no answer to a challenge', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const basic = `Basic ${Buffer.from('alice:alice-secret').toString('base64')}`
  const answer = await alice.send('REGISTER', [alice.contact()], {}, basic)
  t.regex(answer, /^SIP\/2\.0 401/)
  t.true(headersOf(answer, 'WWW-Authenticate').every((one) => one.startsWith('Digest ')))
  t.deepEqual(rows(), [])
})

test('A04: credentials made for another URI or another method are none', async (t) => {
  const { phone: alice, rows } = await phone(t)
  t.regex(await alice.register([alice.contact()], { digestUri: 'sip:evil.test' }), /^SIP\/2\.0 40[01]/)
  t.regex(await alice.register([alice.contact()], { digestMethod: 'INVITE' }), /^SIP\/2\.0 401/)
  t.deepEqual(rows(), [])
})

test('A05: a nonce that is not good any more is stale, a wrong password is not', async (t) => {
  const { phone: alice } = await phone(t)
  const challenge = await alice.send('REGISTER', [alice.contact()])
  const wrong = await alice.send(
    'REGISTER',
    [alice.contact()],
    {},
    alice.credentials(challenge, 'REGISTER', { password: 'x' }),
  )
  t.regex(wrong, /^SIP\/2\.0 401/)
  t.notRegex(wrong, /stale=true/)
  const right = alice.credentials(challenge, 'REGISTER')
  t.regex(await alice.send('REGISTER', [alice.contact()], {}, right), /^SIP\/2\.0 200/)
  t.regex(await alice.send('REGISTER', [alice.contact()], {}, right), /^SIP\/2\.0 401[\s\S]*stale=true/)
})

test('A06: an answer that was given once is no answer, whatever Call-ID it comes with', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const challenge = await alice.send('REGISTER', [alice.contact()])
  const once = alice.credentials(challenge, 'REGISTER')
  t.regex(await alice.send('REGISTER', [alice.contact()], {}, once), /^SIP\/2\.0 200/)
  const thief = await alice.send('REGISTER', [alice.contact('', 'thief')], { callId: 'thief', cseq: 1 }, once)
  t.regex(thief, /^SIP\/2\.0 401[\s\S]*stale=true/)
  t.is(rows().length, 1)
  const next = alice.credentials(challenge, 'REGISTER', { nc: '00000002' })
  t.regex(await alice.send('REGISTER', [alice.contact()], {}, next), /^SIP\/2\.0 200/)
})

test('A08: -sess, auth-int, no qop and nonsense are answered, never 500', async (t) => {
  const { phone: alice } = await phone(t)
  const challenge = await alice.send('REGISTER', [])
  const good = alice.credentials(challenge, 'REGISTER')
  for (const odd of [
    good.replace('algorithm=SHA-256', 'algorithm=SHA-256-sess'),
    good.replace('algorithm=SHA-256', 'algorithm=MD5-sess'),
    good.replace('qop=auth', 'qop=auth-int'),
    good.replace(',qop=auth,nc=00000001,cnonce="c"', ''),
    good.replace('nc=00000001', 'nc=zz'),
    good.replace(/response="[^"]*"/, 'response=""'),
    'Digest',
    'Digest ,,,=,',
  ]) {
    t.regex(await alice.send('REGISTER', [alice.contact()], {}, odd), /^SIP\/2\.0 40[01]/, odd)
  }
})

test('A10: an unknown user and a wrong password are told apart by nothing in the answer', async (t) => {
  const { phone: alice } = await phone(t)
  const shape = async (phone: Phone, user: string): Promise<string> => {
    const to = `sip:${user}@pbx.test`
    const answer = await phone.register([phone.contact()], { user, password: 'x', to, callId: 'same', cseq: 1 })
    return answer
      .replaceAll(/nonce="[^"]*"/g, 'nonce')
      .replaceAll(/(tag|branch|rport)=[^;\s]*/g, '$1')
      .replaceAll(user, 'USER')
  }
  t.is(await shape(alice, 'nobody'), await shape(alice, 'user23'))
})
