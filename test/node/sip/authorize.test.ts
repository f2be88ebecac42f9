import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { answerTo, authorization, type Challenge, strongestChallenge, userHash } from '../../../node/sip/authorize.ts'
import { ALGORITHMS, type Algorithm, credentialsOf, parseAuthorization, verify } from '../../../node/sip/digest.ts'
import { withVectors } from '../../vectors.ts'
import { type Vector, vectorsOf } from './digests.ts'

const challengeOf = (one: Vector): string =>
  `Digest realm="${one.realm}", nonce="${one.nonce}", algorithm=${one.algorithm}${one.qop ? `, qop="${one.qop}"` : ''}`

withVectors(
  test,
  'sip/crypto',
  'the client answers every digest of the vectors, sessions and auth-int too',
  (t, folder) => {
    const all = vectorsOf(folder)
    t.true(all.length >= 14, `only ${all.length} vectors`)
    for (const one of all) {
      const { method, uri, username: user, password, body = '', cnonce = '' } = one
      const value = authorization(strongestChallenge(challengeOf(one))!, { method, uri, user, password, cnonce, body })
      t.is(/response="(\w+)"/.exec(value)?.[1], one.computed, one.source)
      t.is(/algorithm=([\w-]+)/.exec(value)?.[1], one.algorithm, one.source)
    }
  },
)

withVectors(
  test,
  'sip/crypto',
  'a name is hidden by real SHA-512/256, not by the truncated SHA-512 of RFC 7616 §3.9.2',
  (t, folder) => {
    const all = JSON.parse(readFileSync(path.join(folder, 'digest.json'), 'utf8')) as (Vector & {
      userhash?: { sha512_256: string }
    })[]
    const one = all.find(({ userhash }) => userhash)!
    t.is(userHash('SHA-512-256', one.username, one.realm), one.userhash!.sha512_256)
    const value = authorization(strongestChallenge(`${challengeOf(one)}, userhash=true`)!, {
      method: one.method,
      uri: one.uri,
      user: one.username,
      password: one.password,
      cnonce: one.cnonce!,
    })
    t.true(value.includes(`username="${one.userhash!.sha512_256}"`) && value.includes('userhash=true'))
    t.false(value.includes('Doe'))
  },
)

test('the strongest challenge is answered, whatever their order, and one that cannot be is not', (t) => {
  const one = (algorithm: string, more = '') =>
    `Digest realm="pbx.test", nonce="${algorithm}", algorithm=${algorithm}, qop="auth"${more}`
  const all = ['MD5', 'SHA-256', 'SHA-512-256'].map((name) => one(name))
  for (const value of [all.join(', '), all.reverse().join(',')]) {
    t.is(strongestChallenge(value)?.algorithm, 'SHA-512-256')
  }
  t.deepEqual(strongestChallenge(`${one('MD5')},${one('SHA-256', ', opaque="o", stale=TRUE')}`), {
    realm: 'pbx.test',
    nonce: 'SHA-256',
    opaque: 'o',
    algorithm: 'SHA-256',
    session: false,
    qop: ['auth'],
    userhash: false,
    stale: true,
  })
  t.like(strongestChallenge('Digest realm="a, Digest b=c", nonce="n"'), {
    realm: 'a, Digest b=c',
    algorithm: 'MD5',
    qop: null,
  })
  t.is(strongestChallenge('Digest realm="r", nonce="n", algorithm=SHA-1'), null)
  t.is(strongestChallenge('Digest realm="r", nonce="n", qop="other"'), null)
  t.is(strongestChallenge('Basic realm="r"'), null)
})

test('of the qop that are offered one is named, auth-int where there is a body to prove', (t) => {
  const proof = { method: 'INVITE', uri: 'sip:b@r', user: 'a', password: 'p', cnonce: 'c' }
  const said = (qop: string, body?: string) =>
    /qop=([\w-]+),/.exec(
      authorization(strongestChallenge(`Digest realm="r", nonce="n"${qop}`)!, { ...proof, ...(body ? { body } : {}) }),
    )?.[1]
  t.is(said(', qop="auth,auth-int"'), 'auth')
  t.is(said(', qop="auth,auth-int"', 'v=0\r\n'), 'auth-int')
  t.is(said(', qop="auth-int"'), 'auth-int')
  t.is(said(', qop=auth', 'v=0\r\n'), 'auth')
  t.is(said('', 'v=0\r\n'), undefined)
})

test('what the client answers our server takes, count by count, and no other body', (t) => {
  const known = credentialsOf('alice', 'pbx.test', 'secret')
  const body = 'v=0\r\no=ü\r\n'
  for (const algorithm of ALGORITHMS) {
    const challenge: Challenge = {
      ...strongestChallenge(`Digest realm="pbx.test", nonce="n", algorithm=${algorithm}, qop="auth-int"`)!,
    }
    const proof = { method: 'INVITE', uri: 'sip:b@pbx.test', user: 'alice', password: 'secret', cnonce: 'c', count: 17 }
    const [answer] = parseAuthorization(authorization(challenge, { ...proof, body }))
    t.like(answer, { nc: '00000011', algorithm: algorithm as Algorithm, qop: 'auth-int' })
    t.true(verify(answer!, known, 'INVITE', body))
    t.false(verify(answer!, known, 'INVITE', body.replace('ü', 'u')))
    t.false(verify(answer!, known, 'INVITE'))
  }
})

test('only a 401 or a 407 is answered, with the header that belongs to it', (t) => {
  const proof = { method: 'GET', uri: '/', user: 'a', password: 'p', cnonce: 'c' }
  const challenge = 'Digest realm="r", nonce="n"'
  t.deepEqual(Object.keys(answerTo(401, new Map([['www-authenticate', challenge]]), proof)!), ['Authorization'])
  t.deepEqual(Object.keys(answerTo(407, new Map([['proxy-authenticate', challenge]]), proof)!), ['Proxy-Authorization'])
  t.is(answerTo(407, new Map([['www-authenticate', challenge]]), proof), null)
  t.is(answerTo(403, new Map(), proof), null)
})
