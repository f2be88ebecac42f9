/** Why a call went where it went, for who asks while it lasts and afterwards. */
import test from 'ava'
import fc from 'fast-check'
import { startTelling } from '../../../node/calls/told.ts'
import type { Invitation } from '../../../node/sip/port.ts'
import { clean } from '../../../proto/text.ts'
import { until } from '../../cluster/nodes.ts'
import { port, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone } from './rig.ts'

test('a call is explained while it lasts and when it is over: what was asked, what decided, who was rung and what came of it', async (t) => {
  const [n1, n2] = await nodes(t, 2)
  const bob = listener()
  await phone(t, n2!, 'bob', answers(bob), { transport: 'tcp' })
  await until(n1!.cluster, 'n1 knows bob', () => n1!.cluster.tables.registrations.size === 1)
  const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const [live] = n1!.calls.live()
  const told = n1!.calls.explain(live!.id)!
  t.like(told, { ending: '', from: 'alice@pbx.test', rule: 'directory', target: 'bob@pbx.test', planVersion: 1 })
  t.like(told.asked, { from: 'sip:alice@pbx.test', transport: 'udp' })
  t.true(told.why.includes('1002 is a number of bob@pbx.test'))
  t.true(told.index > 0 && told.term > 0)
  t.is(told.attempts.length, 1)
  t.is(told.attempts[0]!.hop, `sip:${n2!.sip.address};transport=udp`)
  t.is(told.attempts[0]!.outcome, 'answered')
  t.deepEqual(
    told.marks.map(({ what }) => what),
    ['ringing', 'answered'],
  )
  t.is(n2!.calls.explain(live!.id), null, 'the node of its caller knows')

  outcome.dialog.bye()
  await soon('BYE at bob', bob.bye)
  await until(
    n1!.cluster,
    'it is over',
    () => n1!.calls.live().length === 0 && n1!.calls.explain(live!.id)!.ending !== '',
  )
  const past = n1!.calls.explain(live!.id)!
  t.deepEqual(past.why, told.why)
  t.deepEqual(
    past.marks.map(({ what }) => what),
    ['ringing', 'answered', 'over'],
  )
  t.is(n1!.calls.explain('no-such-call'), null)
})

test('whatever a call was, what is remembered of it is a kilobyte, and what decided is in it', (t) => {
  const word = fc.string({ maxLength: 300, unit: 'binary' })
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(word, { maxLength: 140 }), fc.array(word, { maxLength: 80 }), word, (lines, rung, from) => {
        const telling = startTelling({ now: () => Date.UTC(2026, 6, 1), tables: () => ({ term: 1, applied: 2 }) })
        const invitation = { uri: from, from: { uri: from }, source: { transport: 'udp', address: '::1', port: 1 } }
        telling.began('id', invitation as unknown as Invitation)
        for (const uri of rung) telling.dialled('id', { uri, nextHop: uri } as never)({ kind: 'cancelled' })
        const why = [...lines.map((line) => `skipped ${line}`), 'rule last matches']
        telling.over('id', { from: 'a', to: 'b', planVersion: 1, rule: 'last', target: '', trace: why } as never, '200')
        const past = telling.of('id', null)!
        if (past.why.at(-1) !== clean('rule last matches', past.why.at(-1)!.length) || past.rule !== 'last')
          return false
        return Buffer.byteLength(JSON.stringify(past)) <= 1_000
      }),
      { numRuns: 300 },
    ),
  )
})

test('the last two thousand are remembered', (t) => {
  const telling = startTelling({ now: () => 1, tables: () => ({ term: 1, applied: 2 }) })
  for (let n = 0; n < 2_500; n++) {
    telling.began(`call-${n}`, null)
    telling.over(`call-${n}`, null, 'over')
  }
  t.is(telling.of('call-499', null), null)
  t.is(telling.of('call-500', null)?.ending, 'over')
})
