import test from 'ava'
import { alerts, clusterLine, trafficLine } from '../../../cli/tui/header.ts'
import type { Line } from '../../../cli/tui/line.ts'
import { after, NOON, node, nodes, overview, reply, started } from './made.ts'

const LOOKS = { colour: true, ascii: false }
const text = (line: Line) => line.map((span) => span.text).join('')
const told = (more = {}, at = NOON) => reply({ what: 'overview', value: overview({ now: at, ...more }) }, at)

test('the first line tells quorum, leader, term, index, plan and the time', (t) => {
  const model = after(started(100), told(), nodes(node('n1'), node('n2'), node('n3')))
  t.is(
    text(clusterLine(model, LOOKS)),
    'raftel  ● quorum 3/3  leader n1  term 7  index 100  plan #3  UTC 12:00:00  via n1',
  )
})

test('calls per second are counted between two answers of the same node', (t) => {
  const model = after(started(), told(), told({ callsStartedTotal: 14 }, NOON + 2000))
  t.deepEqual(model.history.cps, [0, 2])
  t.regex(text(trafficLine(model, LOOKS)), /cps 1\.0/)
  const other = after(model, told({ node: 'n2', callsStartedTotal: 9000 }, NOON + 3000))
  t.deepEqual(other.history.cps, [0, 2, 0])
  t.regex(other.notice?.text ?? '', /n1 no longer answers, asking n2 now/)
})

test('nothing wrong, nothing said', (t) => {
  t.deepEqual(alerts(after(started(), told(), nodes(node('n1')))), [])
})

test('a lost quorum is said with the moment it was lost, until it is back', (t) => {
  const lost = after(started(), told({ quorum: false, leader: '' }), told({ quorum: false, leader: '' }, NOON + 9000))
  t.regex(alerts(lost)[0]!.text, /no quorum since 12:00:00/)
  t.regex(text(clusterLine(lost, LOOKS)), /✖ NO QUORUM/)
  t.deepEqual(alerts(after(lost, told({}, NOON + 10_000))), [])
})

test('without an answer the data says how old it is and everything stays on the screen', (t) => {
  const failure = { type: 'failure', what: 'overview', text: 'connection refused', gone: false } as const
  const model = after(started(), told(), { ...failure, at: NOON + 5000 }, { type: 'tick', now: NOON + 9000 })
  t.is(alerts(model)[0]!.text, 'no answer since 12:00:05, data is 9 s old: connection refused')
  t.regex(text(clusterLine(model, LOOKS)), /leader n1/)
  t.deepEqual(alerts(after(model, told({}, NOON + 9500))), [])
})

test('an answer that just does not come makes the data stale too', (t) => {
  const model = after(started(), told(), { type: 'tick', now: NOON + 7000 })
  t.is(alerts(model)[0]!.text, 'data is stale: 7 s old')
})

test('a node that cannot be reached and one whose media goes direct are named', (t) => {
  const model = after(
    started(),
    told(),
    nodes(node('n1'), node('n2', { reachable: false }), node('n3', { media: 'direct', mediaDetail: 'no rtpengine' })),
  )
  t.deepEqual(
    alerts(model).map(({ text }) => text),
    ['node n2 cannot be reached', 'media of n3 is direct: no rtpengine'],
  )
  t.regex(text(clusterLine(model, LOOKS)), /▲ quorum 2\/3/)
  t.regex(text(trafficLine(model, LOOKS)), /media 1\/3/)
})
