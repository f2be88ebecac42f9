import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import {
  credentialsOf,
  type DigestAnswer,
  formatChallenge,
  parseAuthorization,
  responseTo,
  sameResource,
  verify,
} from '../../../node/sip/digest.ts'
import { withVectors } from '../../vectors.ts'

interface Vector {
  source: string
  username: string
  realm: string
  password: string
  method: string
  uri: string
  nonce: string
  nc?: string
  cnonce?: string
  qop?: string
  algorithm: string
  published: string
  match: boolean
}

withVectors(test, 'sip/crypto', 'the published digests of RFC 2617, 7616 and 8760 come out', (t, folder) => {
  const all = JSON.parse(readFileSync(path.join(folder, 'digest.json'), 'utf8')) as Vector[]
  const ours = all.filter(
    (one) => one.match && ['MD5', 'SHA-256'].includes(one.algorithm) && (one.qop ?? 'auth') === 'auth',
  )
  t.true(ours.length >= 5, `only ${ours.length} vectors`)
  for (const one of ours) {
    const { md5, sha256 } = credentialsOf(one.username, one.realm, one.password)
    const text =
      `Digest username="${one.username}", realm="${one.realm}", nonce="${one.nonce}", uri="${one.uri}"` +
      (one.qop ? `, qop=${one.qop}, nc=${one.nc}, cnonce="${one.cnonce}"` : '') +
      `, response="${one.published}", algorithm=${one.algorithm}`
    const [answer] = parseAuthorization(text)
    if (!answer) return t.fail(`${one.source} does not read`)
    t.is(responseTo(answer, one.algorithm === 'MD5' ? md5 : sha256, one.method), one.published, one.source)
    t.true(verify(answer, { md5, sha256 }, one.method), one.source)
    t.false(verify(answer, credentialsOf(one.username, one.realm, one.password + '!'), one.method), one.source)
    t.false(verify({ ...answer, response: one.published.slice(1) }, { md5, sha256 }, one.method), one.source)
  }
})

const whole = 'username="bob",realm="r",nonce="n",uri="sip:r",response="00"'

test('an Authorization value is read once, whatever it is made of', (t) => {
  const cases: [string, number][] = [
    [`Digest ${whole}`, 1],
    [`digest ${whole},algorithm=md5`, 1],
    [`Digest ${whole},algorithm=SHA-256,qop=auth,nc=00000001,cnonce="c"`, 1],
    [`Digest ${whole},Digest ${whole},algorithm=SHA-256,qop=auth,nc=00000001,cnonce="c"`, 2],
    [`Basic Ym9iOmI= , Digest ${whole}`, 1],
    [`Digest ${whole},algorithm=SHA-256`, 0],
    [`Digest ${whole},algorithm=SHA-512-256`, 0],
    [`Digest ${whole},qop=auth-int,nc=00000001,cnonce="c"`, 0],
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
    formatChallenge('a"b\\', 'n', 'SHA-256', true),
    'Digest realm="ab",nonce="n",algorithm=SHA-256,qop="auth",stale=true',
  )
})
