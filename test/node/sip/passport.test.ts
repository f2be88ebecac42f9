import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { type Passport, readPassport, writePassport } from '../../../node/sip/passport.ts'
import { withVectors } from '../../vectors.ts'

interface Token {
  readonly token: string
  readonly header: string
  readonly payload: string
}
interface Vectors {
  readonly rfc8225: { readonly tokens: readonly (Token & { readonly A2pub: boolean })[]; readonly pubPem: string }
  readonly rfc8946: readonly (Token & { readonly verifies: boolean })[]
  readonly rfc8946pub: string
}

withVectors(
  test,
  'sip/crypto',
  'the tokens of RFC 8225 and RFC 8946 count exactly where their keys have signed them',
  (t, folder) => {
    const { rfc8225, rfc8946, rfc8946pub } = JSON.parse(
      readFileSync(path.join(folder, 'passport.json'), 'utf8'),
    ) as Vectors
    const [key, divKey] = [createPublicKey(rfc8225.pubPem), createPublicKey(rfc8946pub)]
    t.true(rfc8225.tokens.length + rfc8946.length >= 5)
    for (const [one, known, signed] of [
      ...rfc8225.tokens.map((one) => [one, key, one.A2pub] as const),
      ...rfc8946.map((one) => [one, divKey, one.verifies] as const),
    ]) {
      const read = readPassport(one.token, known)
      t.is(!('refused' in read), signed, one.header)
      if ('refused' in read) continue
      t.deepEqual(read.header, JSON.parse(one.header) as Passport['header'])
      const claims = JSON.parse(one.payload)
      t.deepEqual(read.claims, { ...claims, iat: Number(claims.iat) } as Passport['claims'])
      t.true('refused' in readPassport(one.token, known === key ? divKey : key), 'with the key of another')
    }
  },
)

const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const CALL: Passport = {
  header: { typ: 'passport', alg: 'ES256', x5u: 'https://cert.example.org/passport.cer' },
  claims: { orig: { tn: '12155551212' }, iat: 1_471_375_418, dest: { uri: ['sip:alice@example.com'] } },
}

test('what we sign reads back, in the order that RFC 8225 §9 wants', (t) => {
  const token = writePassport(CALL, pair.privateKey)
  t.deepEqual(readPassport(token, pair.publicKey), CALL)
  const [head, body] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  t.is(head, '{"alg":"ES256","typ":"passport","x5u":"https://cert.example.org/passport.cer"}')
  t.is(body, '{"dest":{"uri":["sip:alice@example.com"]},"iat":1471375418,"orig":{"tn":"12155551212"}}')
})

test('a token that says less, more, or something else than was signed is refused, and so is an algorithm of its own choice', (t) => {
  const token = writePassport(CALL, pair.privateKey)
  const [head = '', body = '', signature = ''] = token.split('.')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  for (const wrong of [
    '',
    `${head}.${body}`,
    `${token}.x`,
    `${head}.${part({ ...CALL.claims, orig: { tn: '112' } })}.${signature}`,
    `${part({ ...CALL.header, alg: 'none' })}.${body}.`,
    `${part({ ...CALL.header, alg: 'HS256' })}.${body}.${signature}`,
    `${head}.${body}.${signature.slice(0, -4)}`,
    writePassport({ ...CALL, header: { ...CALL.header, typ: 'jwt' as 'passport' } }, pair.privateKey),
    writePassport({ ...CALL, claims: { ...CALL.claims, iat: -1 } }, pair.privateKey),
    writePassport({ ...CALL, claims: { ...CALL.claims, orig: 'me' as never } }, pair.privateKey),
    `${head}.${'A'.repeat(10_000)}.${signature}`,
  ])
    t.true('refused' in readPassport(wrong, pair.publicKey), wrong.slice(0, 80))
  t.true('refused' in readPassport(token, rsa.publicKey))
})
