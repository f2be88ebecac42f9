/** Nothing that opens a door is kept: neither of what phones really send, nor of what nobody should. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { redact } from '../../../node/trace/redact.ts'
import { withVectors } from '../../vectors.ts'

const head = (...lines: string[]) => ['INVITE sip:bob@pbx.test SIP/2.0', ...lines, '', ''].join('\r\n')

test('of credentials what proves a password is gone, what tells who and where is there, and lengths stay', (t) => {
  const text = head(
    'Call-ID: a',
    'Proxy-Authorization: Digest username="alice", realm="pbx.test", nonce="n1", uri="sip:pbx.test", response="6629fae49393a05397450978507c4ef1", cnonce="0a4f113b", qop=auth, nc=00000001, algorithm=MD5',
  )
  const hidden = redact(text)
  t.is(hidden.length, text.length)
  t.regex(
    hidden,
    /username="alice", realm="pbx.test", nonce="n1", uri="sip:pbx.test", response="x{32}", cnonce="x{8}", qop=auth/,
  )
})

const SECRETS: readonly [what: string, text: (secret: string) => string][] = [
  ['Basic', (s) => head(`Authorization: Basic ${s}`)],
  ['Bearer', (s) => head(`Authorization: Bearer ${s}`)],
  ['another scheme that looks like Digest', (s) => head(`Authorization: Digestive username="${s}"`)],
  ['a parameter that nobody knows', (s) => head(`Authorization: Digest username="a", token="${s}"`)],
  ['no quotes', (s) => head(`authorization:Digest response=${s}`)],
  ['a quote that never ends', (s) => head(`Authorization: Digest username="a, response=${s}`)],
  ['two credentials in one field', (s) => head(`Authorization: Digest realm="a", Digest response="${s}"`)],
  ['a folded value', (s) => head('Authorization: Digest realm="a",', `\tresponse="${s}"`)],
  ['a folded name', (s) => head('Proxy-Authorization', ` : Digest response="${s}"`)],
  ['bare line feeds', (s) => head('Via: x').replace('\r\n\r\n', `\nAuthorization: Digest response="${s}"\n\n`)],
  ['what a server proves', (s) => head(`Authentication-Info: rspauth="${s}", qop=auth`)],
  ['a password in an address', (s) => head(`To: <sip:bob:${s}@pbx.test>`)],
  [
    'a header field in an address',
    (s) => head(`Refer-To: <sip:bob@pbx.test?Proxy-Authorization=Digest%20response%3D${s}>`),
  ],
  ['an order of another node', (s) => head(`X-Raftel-Relay: v1;aor=a;to=b;call=c;at=1;hop=1;mac=${s}`)],
  ['SDES', (s) => head() + `v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${s}|2^20|1:4\r\n`],
  ['SDES with two keys', (s) => head() + `v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:aaaa;inline:${s}\r\n`],
  ['the password of ICE', (s) => head() + `v=0\r\na=ice-pwd:${s}\r\n`],
  ['MIKEY', (s) => head() + `v=0\r\na=key-mgmt:mikey ${s}\r\n`],
  ['the key of a session', (s) => head() + `v=0\r\nk=base64:${s}\r\n`],
  ['digits', (s) => head('Content-Type: application/dtmf-relay') + `Signal=${s}\r\nDuration=160`],
  ['digits alone', (s) => head('Content-Type: application/dtmf') + s],
  [
    'a fragment in a NOTIFY',
    (s) => head('Content-Type: message/sipfrag') + `INVITE sip:a SIP/2.0\r\nAuthorization: Digest response="${s}"\r\n`,
  ],
]

for (const [what, text] of SECRETS) {
  test(`nothing of it is left: ${what}`, (t) => {
    const secret = '5ccc069c403ebaf9f0171e9517f40e41'
    const given = text(secret)
    const hidden = redact(given)
    t.false(hidden.includes(secret), hidden)
    t.is(Buffer.byteLength(hidden), Buffer.byteLength(given))
    t.is(redact(hidden), hidden)
  })
}

test('no proof of any Digest that can be written survives, however it is written', (t) => {
  const secret = fc.stringMatching(/^[0-9a-f]{32,64}$/)
  const name = fc.constantFrom('username', 'realm', 'nonce', 'uri', 'algorithm', 'qop', 'nc', 'opaque', 'x-own')
  const other = fc
    .tuple(name, fc.stringMatching(/^[A-Za-z0-9@.:;,= -]{0,20}$/))
    .map(([key, value]) => `${key}="${value}"`)
  const blanks = fc.constantFrom('', ' ', '\t', '\r\n ')
  const header = fc.constantFrom('Authorization', 'Proxy-Authorization', 'AUTHORIZATION', 'proxy-authorization')
  t.notThrows(() =>
    fc.assert(
      fc.property(
        secret,
        header,
        blanks,
        fc.array(other, { maxLength: 6 }),
        fc.nat(6),
        fc.boolean(),
        (key, field, blank, others, at, isQuoted) => {
          const proof = `${isQuoted ? 'response' : 'Response'}${blank}=${blank}${isQuoted ? `"${key}"` : key}`
          const parameters = [...others.slice(0, at), proof, ...others.slice(at)]
          const given = head(`${field}${blank}:${blank}Digest ${parameters.join(`${blank},`)}`)
          const hidden = redact(given)
          return !hidden.includes(key) && hidden.length === given.length
        },
      ),
      { numRuns: 2_000 },
    ),
  )
})

test('a message without secrets is what it was', (t) => {
  const text =
    head('Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1', 'From: <sip:alice@pbx.test:5060>;tag=1') +
    'v=0\r\na=sendrecv\r\n'
  t.is(redact(text), text)
})

test('it takes no longer for who means harm', (t) => {
  for (const text of [
    head(`To: ${'sip:a:'.repeat(5_000)}`),
    head(`Authorization: Digest ${'a="'.repeat(5_000)}`),
    head(`Authorization${'\r\n '.repeat(5_000)}`),
    head('Content-Type: application/dtmf') + 'signal = '.repeat(5_000),
  ]) {
    // It ends: what backtracks would not within the bound of a test.
    t.is(redact(text).length, text.length)
  }
})

withVectors(test, 'sip', 'no proof in any message of the RFCs is left', (t, folder) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(sip|dat)$/.test(name))
  let proofs = 0
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), 'utf8')
    const hidden = redact(text)
    // Some RFCs have a cnonce in a challenge, where it proves nothing.
    if (/^SIP\/2\.0 40[17]/.test(text)) continue
    for (const [, proof] of text.matchAll(/\b(?:response|cnonce|rspauth)\s*=\s*"([^"]+)"/gi)) {
      proofs++
      t.false(hidden.includes(`"${proof}"`), file)
    }
  }
  t.true(proofs > 20, `${proofs} proofs`)
})
