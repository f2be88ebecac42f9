/** What is refused: each is an answer that somebody overheard, changed or made up. Decided from the arguments alone. */
import test from 'ava'
import type { UserRow } from '../../../cluster/tables/rows.ts'
import { authorization, strongestChallenge } from '../../../node/sip/authorize.ts'
import {
  ALGORITHMS,
  type Algorithm,
  credentialsOf,
  H,
  type Hash,
  parseAuthorization,
  responseTo,
} from '../../../node/sip/digest.ts'
import { type Claim, type Identified, identify, type Knowledge } from '../../../node/sip/identify.ts'
import { tagOf } from '../../../node/sip/nonce.ts'
import { nonceCounts } from '../../../node/sip/nonce-counts.ts'

const ALICE: UserRow = { aor: 'alice@pbx.test', user: 'alice', domain: 'pbx.test', credentials: '', createdAt: 0 }
const NOW = 1_800_000_000_000
const NOBODY = credentialsOf('', '', 'nobody')

/** What one node knows; all of a cluster have the users and the key. */
function node(name: string, more: Partial<Knowledge> = {}): Knowledge {
  let drawn = 0
  return {
    users: new Map([[ALICE.aor, ALICE]]),
    credentials: (user) => (user ? credentialsOf('alice', 'pbx.test', 'secret') : NOBODY),
    nonceKey: KEY,
    self: tagOf(name),
    counts: nonceCounts(),
    algorithms: ALGORITHMS,
    integrity: false,
    ours: (host) => host === 'pbx.test',
    now: NOW,
    random: () => Buffer.alloc(8, ++drawn),
    ...more,
  }
}
const KEY = Buffer.alloc(32, 7)

const CLAIM: Claim = {
  method: 'REGISTER',
  requestUri: 'sip:pbx.test',
  authorization: null,
  role: 'registrar',
  realm: 'pbx.test',
  userAgent: 'Desk 2',
  body: '',
  source: '192.0.2.1',
  transport: 'udp',
  room: 1000,
}

function challenges(who: Identified): readonly string[] {
  return who.kind === 'challenge' ? Object.values(who.headers).flat() : []
}

interface Answering {
  readonly user?: string
  readonly password?: string
  readonly algorithm?: Algorithm
  readonly count?: number
  readonly body?: string
}

/** The answer of a phone to what it was told. */
function answer(who: Identified, { method, requestUri: uri }: Claim = CLAIM, more: Answering = {}): string {
  const { user = 'alice', password = 'secret', algorithm, ...rest } = more
  const value = challenges(who).find((one) => !algorithm || one.includes(`=${algorithm},`))
  return authorization(strongestChallenge(value!)!, { method, uri, user, password, cnonce: 'c', ...rest })
}

test('an answer with any algorithm that was offered is taken, by auth and by auth-int', (t) => {
  const know = node('n1', { integrity: true })
  for (const algorithm of ALGORITHMS) {
    for (const body of ['', 'v=0\r\n']) {
      const claim = { ...CLAIM, body }
      const said = answer(identify(claim, know), claim, { algorithm, body })
      t.is(said.includes('auth-int'), body !== '')
      t.is(identify({ ...claim, authorization: said }, know).kind, 'known', said)
    }
  }
})

test('challenges come strongest first (RFC 8760 §2.4), all with one nonce', (t) => {
  const named = (userAgent: string, more: Partial<Knowledge> = {}, transport: Claim['transport'] = 'udp') =>
    challenges(identify({ ...CLAIM, userAgent, transport }, node('n1', more))).map(
      (one) => /algorithm=([\w-]+)/.exec(one)![1],
    )
  t.deepEqual(named('Desk 2'), ['SHA-512-256', 'SHA-256', 'MD5'])
  t.deepEqual(named(''), ['MD5', 'SHA-512-256', 'SHA-256'])
  t.deepEqual(named('SIPp'), ['MD5'])
  t.deepEqual(named('SIPp', { algorithms: ['SHA-256'] }), ['SHA-256'])
  for (const name of ['JsSIP 3.10.0', 'SIP.js/0.21.2', 'baresip v1.0.0 (x86_64/linux)'])
    t.deepEqual(named(name), ['MD5'])
  t.deepEqual(named('baresip v3.5.1 (x86_64/Linux)'), ['SHA-256', 'MD5'])
  t.deepEqual(named('baresip v3.5.1', { algorithms: ['SHA-512-256', 'MD5'] }), ['MD5'])
  t.deepEqual(named('Our Web Phone', {}, 'wss'), ['MD5', 'SHA-512-256', 'SHA-256'])
  const nonces = challenges(identify(CLAIM, node('n1'))).map((one) => /nonce="([^"]+)"/.exec(one)![1])
  t.is(new Set(nonces).size, 1)
})

test('where there is little room the algorithms that most phones know are asked for, and one in any case', (t) => {
  const named = (room: number, userAgent = 'Desk 2') =>
    challenges(identify({ ...CLAIM, userAgent, room }, node('n1'))).map((one) => /algorithm=([\w-]+)/.exec(one)![1])
  t.deepEqual(named(500), ['SHA-512-256', 'SHA-256', 'MD5'])
  t.deepEqual(named(300), ['SHA-256', 'MD5'])
  t.deepEqual(named(200), ['MD5'])
  t.deepEqual(named(-100), ['MD5'])
  t.deepEqual(named(-100, 'SIPp'), ['MD5'])
  t.deepEqual(named(300, ''), ['MD5', 'SHA-256'])
})

const refusedAs = (who: Identified): string =>
  who.kind === 'challenge'
    ? `${who.status}${who.stale ? ' stale' : ''}`
    : who.kind === 'refused'
      ? `${who.status}`
      : 'known'

test('a digest made for another URI is refused', (t) => {
  const know = node('n1')
  const authorization = answer(identify(CLAIM, know), { ...CLAIM, requestUri: 'sip:evil.test' })
  t.is(refusedAs(identify({ ...CLAIM, authorization }, know)), '400')
  const invite: Claim = { ...CLAIM, method: 'INVITE', requestUri: 'sip:bob@pbx.test' }
  const said = answer(identify(invite, know), invite)
  t.is(refusedAs(identify({ ...invite, requestUri: 'sip:premium@pbx.test', authorization: said }, know)), '400')
  t.is(refusedAs(identify({ ...invite, authorization: said }, know)), 'known')
})

test('a digest made for another method is refused', (t) => {
  const know = node('n1')
  const authorization = answer(identify(CLAIM, know))
  t.is(refusedAs(identify({ ...CLAIM, method: 'INVITE', authorization }, know)), '401')
})

test('a digest made over another body is refused (auth-int)', (t) => {
  const know = node('n1', { integrity: true })
  const authorization = answer(identify(CLAIM, know), CLAIM, { body: 'c=IN IP4 192.0.2.1\r\n' })
  t.is(refusedAs(identify({ ...CLAIM, body: 'c=IN IP4 192.0.2.9\r\n', authorization }, know)), '401')
  t.is(refusedAs(identify({ ...CLAIM, body: 'c=IN IP4 192.0.2.1\r\n', authorization }, know)), 'known')
})

test('a digest is taken once: replayed, or with a lower count, it is stale', (t) => {
  const know = node('n1')
  const challenge = identify(CLAIM, know)
  const [third, second] = [3, 2].map((count) => ({ ...CLAIM, authorization: answer(challenge, CLAIM, { count }) }))
  t.is(refusedAs(identify(third!, know)), 'known')
  t.is(refusedAs(identify(third!, know)), '401 stale')
  t.is(refusedAs(identify(second!, know)), '401 stale')
  t.is(refusedAs(identify({ ...CLAIM, authorization: answer(challenge, CLAIM, { count: 4 }) }, know)), 'known')
})

test('a digest replayed at another node is stale there, and at the same node after a restart', (t) => {
  const [n1, n2, again] = [node('n1 first life'), node('n2'), node('n1 second life')]
  const authorization = answer(identify(CLAIM, n1))
  t.is(refusedAs(identify({ ...CLAIM, authorization }, n1)), 'known')
  for (const other of [n2, again]) {
    const told = identify({ ...CLAIM, authorization }, other)
    t.is(refusedAs(told), '401 stale')
    // The phone goes on with what it was told, without asking anybody.
    t.is(refusedAs(identify({ ...CLAIM, authorization: answer(told) }, other)), 'known')
  }
})

test('on a datagram that may come from anywhere no password is looked at: right or wrong, it is stale', (t) => {
  let hashes = 0
  const hash: Hash = (algorithm, text) => {
    hashes++
    return H(algorithm, text)
  }
  const old = node('n1', { now: NOW - 301_000 })
  const elsewhere = { ...CLAIM, source: '198.51.100.1' }
  for (const [asked, know, claim] of [
    [identify(CLAIM, old), { ...old, now: NOW, hash }, CLAIM],
    [identify(CLAIM, node('n1')), node('n2', { hash }), CLAIM],
    [identify(CLAIM, node('n1')), node('n1', { hash }), elsewhere],
  ] as const) {
    for (const password of ['secret', 'wrong']) {
      const told = identify({ ...claim, authorization: answer(asked, CLAIM, { password }) }, know)
      t.is(refusedAs(told), '401 stale')
      t.like(told, { failed: null })
    }
  }
  t.is(hashes, 0)
})

test('over a connection that a nonce is stale only who knows the password is told', (t) => {
  const old = node('n1', { now: NOW - 301_000 })
  const challenge = identify(CLAIM, old)
  const know = { ...old, now: NOW }
  const tell = (password: string) =>
    refusedAs(identify({ ...CLAIM, transport: 'tcp', authorization: answer(challenge, CLAIM, { password }) }, know))
  t.is(tell('secret'), '401 stale')
  t.is(tell('wrong'), '401')
})

test('A07: an algorithm that was not offered is refused, though the password is right', (t) => {
  const authorization = answer(identify(CLAIM, node('n1')), CLAIM, { algorithm: 'MD5' })
  t.is(refusedAs(identify({ ...CLAIM, authorization }, node('n1'))), 'known')
  t.is(refusedAs(identify({ ...CLAIM, authorization }, node('n1', { algorithms: ['SHA-512-256', 'SHA-256'] }))), '401')
})

test('a response of a strong algorithm is none of a weaker one, and of several answers the strongest counts', (t) => {
  const know = node('n1')
  const challenge = identify(CLAIM, know)
  const strong = answer(challenge)
  const md5 = answer(challenge, CLAIM, { algorithm: 'MD5' })
  for (const changed of [strong.replace('SHA-512-256', 'SHA-256'), strong.replace(' algorithm=SHA-512-256,', '')]) {
    t.not(changed, strong)
    t.is(refusedAs(identify({ ...CLAIM, authorization: changed }, know)), '401')
  }
  const wrong = answer(challenge, CLAIM, { password: 'wrong' })
  t.is(refusedAs(identify({ ...CLAIM, authorization: `${md5}, ${wrong}` }, know)), '401')
})

test('an emptied realm is refused, and so is that of another domain', (t) => {
  const know = node('n1')
  const authorization = answer(identify(CLAIM, know))
  for (const realm of ['', 'other.test']) {
    const changed = authorization.replace('realm="pbx.test"', `realm="${realm}"`)
    t.is(refusedAs(identify({ ...CLAIM, authorization: changed }, know)), '401')
  }
})

test('a nonce that nobody gave out, or that was changed, is refused', (t) => {
  const know = node('n1')
  const authorization = answer(identify(CLAIM, know))
  const changed = authorization.replace(/nonce="(.)/, (_, first) => `nonce="${first === 'A' ? 'B' : 'A'}`)
  t.is(refusedAs(identify({ ...CLAIM, authorization: changed }, know)), '401')
  t.is(refusedAs(identify({ ...CLAIM, authorization: changed }, { ...know, nonceKey: Buffer.alloc(32) })), '401')
})

test('who is unknown hears what a wrong password hears, and costs as many hashes', (t) => {
  for (const algorithm of ALGORITHMS) {
    const told = ['alice', 'nobody'].map((user) => {
      let hashes = 0
      let opened = 0
      const hash: Hash = (name, text) => {
        hashes++
        return H(name, text)
      }
      const plain = node('n1')
      const credentials: Knowledge['credentials'] = (one) => {
        opened++
        return plain.credentials(one)
      }
      const know = { ...plain, hash, credentials }
      const authorization = answer(identify(CLAIM, know), CLAIM, { user, password: 'wrong', algorithm })
      const { failed: _, ...who } = identify({ ...CLAIM, authorization }, know) as Identified & { failed: unknown }
      return { who, hashes, opened }
    })
    t.deepEqual(told[0], told[1])
    t.is(told[0]!.hashes, 2)
    t.is(told[0]!.opened, 1)
  }
})

test('a user without an HA1 of an algorithm fails as anybody does, with as many hashes', (t) => {
  const { md5, sha256 } = credentialsOf('alice', 'pbx.test', 'secret')
  let hashes = 0
  const hash: Hash = (name, text) => {
    hashes++
    return H(name, text)
  }
  const know = node('n1', { credentials: () => ({ md5, sha256 }), hash })
  const challenge = identify(CLAIM, know)
  t.is(refusedAs(identify({ ...CLAIM, authorization: answer(challenge) }, know)), '401')
  t.is(hashes, 2)
  // Nor is what is not there an HA1 that anybody knows.
  const [made] = parseAuthorization(answer(challenge))
  const empty = answer(challenge).replace(made!.response, responseTo(made!, '', 'REGISTER'))
  t.is(refusedAs(identify({ ...CLAIM, authorization: empty }, know)), '401')
  const weaker = answer(challenge, CLAIM, { algorithm: 'SHA-256' })
  t.is(refusedAs(identify({ ...CLAIM, authorization: weaker }, know)), 'known')
})

test('a right answer on a datagram that does not come from where the challenge went is stale, and the next one is taken', (t) => {
  const know = node('n1')
  const authorization = answer(identify(CLAIM, know))
  const elsewhere = { ...CLAIM, authorization, source: '198.51.100.1' }
  const again = identify(elsewhere, know)
  t.like(again, { kind: 'challenge', stale: true, failed: null })
  t.is(identify({ ...elsewhere, authorization: answer(again) }, know).kind, 'known')
  t.is(identify({ ...elsewhere, source: CLAIM.source }, know).kind, 'known', 'it was not used up')
  for (const proved of [
    [{ ...elsewhere, transport: 'tcp' }, know],
    [elsewhere, { ...know, isTrusted: () => true }],
  ] as const) {
    const answered = answer(identify(CLAIM, know))
    t.is(identify({ ...proved[0], authorization: answered }, proved[1]).kind, 'known')
  }
})

test('wrong credentials are told apart from none, and whether they come from where the challenge went', (t) => {
  const know = node('n1')
  const first = identify(CLAIM, know)
  const failedOf = (who: Identified) => (who.kind === 'challenge' ? who.failed : undefined)
  t.is(failedOf(first), null)
  const authorization = answer(first, CLAIM, { user: 'nobody' })
  t.deepEqual(failedOf(identify({ ...CLAIM, authorization }, know)), { aor: 'nobody@pbx.test', isThere: true })
  const later = { ...know, now: know.now + 10 * 60_000 }
  t.deepEqual(
    failedOf(identify({ ...CLAIM, transport: 'tcp', authorization }, later)),
    { aor: 'nobody@pbx.test', isThere: false },
    'too old',
  )
  t.deepEqual(
    failedOf(identify({ ...CLAIM, transport: 'tcp', authorization }, node('n2'))),
    { aor: 'nobody@pbx.test', isThere: false },
    'of another node',
  )
  const elsewhere = { ...CLAIM, authorization, source: '198.51.100.1' }
  t.is(failedOf(identify(elsewhere, know)), null, 'nobody looked')
  const trusting = { ...know, isTrusted: () => true }
  t.deepEqual(failedOf(identify(elsewhere, trusting)), { aor: 'nobody@pbx.test', isThere: false })
})
