import { createHash } from 'node:crypto'
import test from 'ava'
import { decode } from '../../../node/engine/parser/bytes.ts'
import {
  credentialsOf,
  type DigestAnswer,
  formatChallenge,
  ha1Of,
  parseAuthorization,
  responseTo,
  sameResource,
  verify,
} from '../../../node/sip/digest.ts'
import { withVectors } from '../../vectors.ts'
import { vectorsOf } from './digests.ts'

withVectors(test, 'sip/crypto', 'the digests of RFC 2617, 7616 and 8760 come out', (t, folder) => {
  // Sessions are not offered; without qop only MD5 is taken.
  const ours = vectorsOf(folder).filter(
    ({ algorithm, qop }) => !algorithm.endsWith('-sess') && (qop !== undefined || algorithm === 'MD5'),
  )
  t.true(ours.length >= 9, `only ${ours.length} vectors`)
  for (const one of ours) {
    const known = credentialsOf(one.username, one.realm, one.password)
    const text =
      `Digest username="${one.username}", realm="${one.realm}", nonce="${one.nonce}", uri="${one.uri}"` +
      (one.qop ? `, qop=${one.qop}, nc=${one.nc}, cnonce="${one.cnonce}"` : '') +
      `, response="${one.computed}", algorithm=${one.algorithm}`
    const [answer] = parseAuthorization(text)
    if (!answer) return t.fail(`${one.source} does not read`)
    t.is(responseTo(answer, ha1Of(known, answer.algorithm)!, one.method, one.body), one.computed, one.source)
    t.true(verify(answer, known, one.method, one.body), one.source)
    t.false(verify(answer, credentialsOf(one.username, one.realm, one.password + '!'), one.method), one.source)
    t.false(verify({ ...answer, response: one.computed.slice(1) }, known, one.method), one.source)
    if (one.match === false) t.false(verify({ ...answer, response: one.published! }, known, one.method), one.source)
  }
})

const whole = 'username="bob",realm="r",nonce="n",uri="sip:r",response="00"'

test('an Authorization value is read once, whatever it is made of', (t) => {
  const cases: [string, number][] = [
    [`Digest ${whole}`, 1],
    [`digest ${whole},algorithm=md5`, 1],
    [`Digest ${whole},qop=auth,nc=00000001,cnonce="c",algorithm=(null)`, 1],
    [`Digest ${whole},algorithm=SHA-256,qop=auth,nc=00000001,cnonce="c"`, 1],
    [`Digest ${whole},Digest ${whole},algorithm=SHA-256,qop=auth,nc=00000001,cnonce="c"`, 2],
    [`Basic Ym9iOmI= , Digest ${whole}`, 1],
    [`Digest ${whole},algorithm=SHA-256`, 0],
    [`Digest ${whole},algorithm=SHA-512-256`, 0],
    [`Digest ${whole},algorithm=SHA-512-256,qop=auth,nc=00000001,cnonce="c"`, 1],
    [`Digest ${whole},algorithm=MD5-sess,qop=auth,nc=00000001,cnonce="c"`, 0],
    [`Digest ${whole},algorithm=__proto__,qop=auth,nc=00000001,cnonce="c"`, 0],
    [`Digest ${whole},qop=auth-int,nc=00000001,cnonce="c"`, 1],
    [`Digest ${whole},qop="auth,auth-int",nc=00000001,cnonce="c"`, 0],
    [`Digest ${whole},qop=auth,nc=1,cnonce="c"`, 0],
    [`Digest ${whole},username="mallory"`, 0],
    ['Digest username="bob', 0],
    ['Digest', 0],
    ['', 0],
    ['=,=,=', 0],
    ['"'.repeat(8000), 0],
    ['Digest ' + 'a=1,'.repeat(1900), 0],
    ['Digest '.repeat(1100), 0],
    [`Digest ${whole}${' '.repeat(9000)}`, 0],
  ]
  for (const [text, count] of cases) t.is(parseAuthorization(text).length, count, text.slice(0, 90))
})

test('quoted values lose their quotes and escapes', (t) => {
  const [answer] = parseAuthorization('Digest username="a\\"b,c",realm="x y",nonce=n,uri="sip:r",response="00"')
  t.like(answer as DigestAnswer, { username: 'a"b,c', realm: 'x y', nonce: 'n', qop: null, algorithm: 'MD5' })
})

test('the uri of a digest names the resource of the request, by any of our names', (t) => {
  const ours = (host: string) => ['pbx.test', '127.0.0.1'].includes(host)
  const same: [string, string, boolean][] = [
    ['sip:pbx.test', 'sip:pbx.test', true],
    ['sip:127.0.0.1:5060', 'sip:pbx.test', true],
    ['sip:sip:127.0.0.1:5060', 'sip:pbx.test', true],
    ['pbx.test', 'sip:pbx.test', true],
    ['sip:PBX.test;transport=tcp', 'sip:pbx.test', true],
    ['sip:evil.test', 'sip:pbx.test', false],
    ['sip:bob@pbx.test', 'sip:bob@127.0.0.1:5062', true],
    ['sip:bob@pbx.test', 'sip:alice@pbx.test', false],
    ['sip:bob@evil.test', 'sip:bob@pbx.test', false],
    ['<>', 'sip:pbx.test', false],
  ]
  for (const [uri, requestUri, expected] of same) t.is(sameResource(uri, requestUri, ours), expected, uri)
})

test('a challenge cannot be broken out of', (t) => {
  t.is(
    formatChallenge('a"b\\', 'n', 'SHA-256', { stale: true }),
    'Digest realm="ab",nonce="n",algorithm=SHA-256,qop="auth",stale=true',
  )
})

test('auth-int proves the bytes of a body, also where they are no UTF-8', (t) => {
  const proving = {
    algorithm: 'SHA-256',
    nonce: 'n',
    uri: 'sip:pbx.test',
    qop: 'auth-int',
    nc: '00000001',
    cnonce: 'c',
  } as const
  const bytes = Buffer.from([0x41, 0x80, 0x42])
  const sum = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
  const expected = sum(`ha1:n:00000001:c:auth-int:${sum(`REGISTER:sip:pbx.test:${sum(bytes)}`)}`)
  t.is(responseTo(proving, 'ha1', 'REGISTER', decode(bytes)), expected)
  t.not(responseTo(proving, 'ha1', 'REGISTER', 'A\ufffdB'), expected)
})
