/** Which final response a proxy passes on (RFC 3261 §16.7 step 6). */
import test from 'ava'
import { bestResponse } from '../../../node/engine/core/proxy-choice.ts'
import { parseMessage, type SipResponse } from '../../../node/engine/parser/message.ts'

const answer = (status: number, line = 'X-Mark: 1'): SipResponse =>
  parseMessage(`SIP/2.0 ${status} Reason\r\n${line}\r\nContent-Length: 0\r\n\r\n`) as SipResponse
const best = (...statuses: number[]): number | undefined =>
  bestResponse(statuses.map((status) => answer(status)))?.status

test('a 6xx wins over all, else the lowest class does, there what helps the caller, and a timeout is last', (t) => {
  t.is(best(), undefined)
  t.is(best(486, 603, 302), 603)
  t.is(best(500, 404, 302), 302)
  t.is(best(500, 486), 486)
  t.is(best(404, 484), 484)
  t.is(best(486, 404, 407), 407)
  t.is(best(408, 486), 486)
  t.is(best(504, 408), 408)
  t.is(best(404, 486), 404)
})

test('503 is not passed on: it would say that this proxy is not available', (t) => {
  t.is(best(503), 500)
  t.is(best(503, 502), 502)
  const { fields } = bestResponse([answer(503, 'Retry-After: 9')])!
  t.deepEqual(
    fields.map((f) => f.name),
    ['content-length'],
  )
})

test('challenges of all forks are in the one refusal, each a line of its own', (t) => {
  const chosen = bestResponse([
    answer(486),
    answer(401, 'WWW-Authenticate: Digest realm="a", nonce="1"\r\nWWW-Authenticate: Digest realm="a", nonce="2"'),
    answer(407, 'Proxy-Authenticate: Digest realm="b", nonce="3"'),
    answer(401, 'WWW-Authenticate: Digest realm="c", nonce="4"'),
  ])!
  t.is(chosen.status, 401)
  const lines = chosen.fields.map((f) => f.line).filter((line) => /Authenticate/.test(line))
  t.deepEqual(lines, [
    'WWW-Authenticate: Digest realm="a", nonce="1"',
    'WWW-Authenticate: Digest realm="a", nonce="2"',
    'Proxy-Authenticate: Digest realm="b", nonce="3"',
    'WWW-Authenticate: Digest realm="c", nonce="4"',
  ])
})
