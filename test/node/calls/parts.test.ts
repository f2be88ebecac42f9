import test from 'ava'
import type { Agreed } from '../../../cluster/cluster.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import type { CallRow } from '../../../cluster/tables/rows.ts'
import { best } from '../../../node/calls/best.ts'
import { advance, type Call, rowOf } from '../../../node/calls/call.ts'
import { identityOf, readDialled, sayDialled } from '../../../node/calls/dialled.ts'
import { lend } from '../../../node/calls/loan.ts'
import { startPublisher } from '../../../node/calls/publish.ts'
import { wayOf } from '../../../node/calls/refer.ts'
import type { Dialog } from '../../../node/sip/port.ts'

const statusOf = (...statuses: number[]) => best(statuses.map((status) => ({ status, reason: '' }))).status

test('of many refusals the caller hears the best (RFC 3261 §16.7 step 6)', (t) => {
  t.is(statusOf(486, 603), 603)
  t.is(statusOf(500, 486), 486)
  t.is(statusOf(404, 484), 484)
  t.is(statusOf(408, 486), 486)
  t.is(statusOf(408), 480)
  t.is(statusOf(401, 486), 486)
  t.is(statusOf(503), 500)
  t.is(statusOf(401), 480, 'a phone cannot ask our caller for a password')
  t.is(statusOf(302), 480)
  t.is(statusOf(), 480)
})

test('what was dialled is read from SIP and tel URIs, and written back escaped', (t) => {
  t.deepEqual(readDialled('sip:%2B49%2030@PBX.test:5060;user=phone', ''), { user: '+49 30', domain: 'pbx.test' })
  t.deepEqual(readDialled('sips:alice;x=1:pw@pbx.test?h=v', ''), { user: 'alice', domain: 'pbx.test' })
  t.deepEqual(readDialled('sip:pbx.test', ''), { user: '', domain: 'pbx.test' })
  t.deepEqual(readDialled('tel:+49-30(1);ext=2', 'pbx.test'), { user: '+49301', domain: 'pbx.test' })
  t.is(readDialled('mailto:a@b', ''), null)
  t.is(readDialled('sip:%zz@pbx.test', ''), null)
  t.deepEqual(identityOf('bob@pbx.test'), { 'P-Asserted-Identity': '<sip:bob@pbx.test>' })
  for (const stranger of ['anonymous', 'anonymous@anonymous.invalid', '@pbx.test', ''])
    t.deepEqual(identityOf(stranger), {})
  t.is(sayDialled({ user: '#1 \ud800é', domain: 'a.test' }), 'sip:%231%20%EF%BF%BD%C3%A9@a.test')
})

test('two descriptions are the same media when they differ in their session, or in saying what goes without saying', (t) => {
  const sdp = 'v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
  const isSame = (other: string) => wayOf(sdp) === wayOf(other)
  t.true(isSame(sdp.replace('o=a 1 1', 'o=b 1 2').replace('s=-', 's=call').replace('t=0 0', 't=0 1')))
  t.true(isSame(sdp.replaceAll('\r', '') + 'a=sendrecv'))
  for (const line of ['a=sendonly', 'a=inactive', 'a=crypto:1 x inline:y', 'a=fingerprint:sha-256 AB', 'a=rtcp:4003'])
    t.false(isSame(`${sdp}${line}\r\n`), line)
  t.false(isSame(sdp.replace('AVP 0', 'AVP 8')))
  t.false(isSame(sdp.replace('c=IN IP4 192.0.2.1', 'c=IN IP4 192.0.2.2')))
})

test('an end that goes from call to call any number of times is as near as it was; who gave it back has it no more', (t) => {
  const said: string[] = []
  const end = { up: true, bye: (why?: string) => void said.push(why ?? '') } as Dialog
  let mine = end
  for (let i = 0; i < 50_000; i++) {
    const loan = lend(mine, () => t.fail('it was kept'))
    loan.keep()
    mine = loan.dialog
  }
  t.true(mine.up)
  let back = 0
  const last = lend(mine, () => back++)
  last.dialog.bye('no')
  last.dialog.bye('no')
  last.keep()
  t.deepEqual([back, last.dialog.up, mine.up, said], [1, false, true, []])
  mine.bye('over')
  t.deepEqual(said, ['over'])
})

const call: Call = {
  id: 'c',
  state: 'routing',
  from: 'alice@pbx.test',
  to: '1002',
  startedAt: 1,
  answeredAt: null,
  media: 'direct',
  planVersion: 1,
  rule: 'directory',
  target: '',
  trace: [],
  legs: [],
  about: { tenant: '', dialled: '1002', trunk: '', ringingAt: null, decision: [] },
  ending: '',
  endedAt: null,
}
const caller = { role: 'caller', callId: 'a\u001b[2J', tag: 't', contact: '', sdp: 'v=0' } as const

test('a call goes from routing to ringing to answered to ended, never back, and its row is cleaned', (t) => {
  const ringing = advance(call, { type: 'ringing', target: 'bob', media: 'rtpengine', caller, at: 3 })
  const answered = advance(ringing, { type: 'answered', at: 5, target: 'bob', legs: [caller] })
  const ended = advance(answered, { type: 'ended', why: 'bye', at: 9 })
  t.is(rowOf(call, 'n1', 'i'), null)
  t.is(rowOf(ringing, 'n1', 'i')?.legs[0]?.callId, 'a\\x1b[2J')
  t.like(rowOf(answered, 'n1', 'i'), { state: 'answered', answeredAt: 5, node: 'n1', media: 'rtpengine' })
  t.is(rowOf(ended, 'n1', 'i'), null)
  t.is(advance(ended, { type: 'ended', why: 'again', at: 10 }), ended)
  t.is(advance(answered, { type: 'ringing', target: 'x', media: 'direct', caller, at: 6 }), answered)
  t.is(advance(call, { type: 'answered', at: 5, target: 'x', legs: [] }), call)
})

const row = (state: CallRow['state']) => ({ ...rowOf({ ...call, state: 'ringing' }, 'n1', 'i')!, state })

test('of a call only the latest state is told, one proposal at a time, again after there was no majority', async (t) => {
  const said: Command[] = []
  const answers: ((agreed: Agreed) => void)[] = []
  const asked: (() => void)[] = []
  const publisher = startPublisher({
    propose(command) {
      said.push(command)
      asked.shift()?.()
      return new Promise((resolve) => answers.push(resolve))
    },
    next: () => 7,
    behind: () => null,
    hasRow: () => false,
  })
  const next = () => new Promise<void>((resolve) => asked.push(resolve))
  publisher.put(row('ringing'))
  t.is(said.length, 1)
  publisher.put(row('answered'))
  publisher.end('c')
  t.is(said.length, 1, 'one at a time')
  const again = next()
  const settled = publisher.settle(5_000)
  answers.shift()?.({ kind: 'no quorum' })
  await again
  t.deepEqual(said[1], { type: 'call-end', id: 'c', heard: { since: 7 } }, 'what was passed over is not told')
  t.is(publisher.pending, 1)
  answers.shift()?.({ kind: 'agreed', index: 1, result: { kind: 'done' } })
  await settled
  t.is(publisher.pending, 0)
  publisher.close()
})

test('of a call the cluster is told what it has heard of it before, and nothing while this node does not know what is agreed on', async (t) => {
  const said: Command[] = []
  let next = 7
  let rows = 0
  let late: PromiseWithResolvers<void> | null = Promise.withResolvers<void>()
  const publisher = startPublisher({
    async propose(command) {
      said.push(command)
      return { kind: 'agreed', index: 1, result: { kind: 'done' } }
    },
    next: () => next,
    behind: () => late?.promise ?? null,
    hasRow: () => rows > 0,
  })
  const heard = () => said.map((command) => 'heard' in command && command.heard)
  publisher.put(row('ringing'))
  const ended = publisher.end('c', { at: 1, status: 200, reason: '', cause: 16, by: 'caller', call: row('answered') })
  next = 9
  t.deepEqual(said, [], 'records that it may be among are not known yet')
  late.resolve()
  late = null
  await ended
  t.deepEqual(heard(), [{ since: 9 }])
  t.true(await publisher.agree(row('ringing'), 5_000))
  next = 12
  rows = 1
  t.true(await publisher.agree(row('answered'), 5_000))
  await publisher.end('c')
  t.deepEqual(heard().slice(1), [{ since: 9 }, { since: 9 }, { since: 9, agreed: true }])
  publisher.close()
})
