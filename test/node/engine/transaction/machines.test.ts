import test from 'ava'
import {
  type IctEvent,
  type IctState,
  type IstEvent,
  type IstState,
  inviteClient,
  inviteServer,
  type NictEvent,
  type NictState,
  type NistEvent,
  type NistState,
  otherClient,
  otherServer,
} from '../../../../node/engine/transaction/machines.ts'

// Each line of a figure: state, event, state; then what is done over UDP and, where it differs, over TCP.
type Line<State, Event> = readonly [State, Event, State, string, (readonly [State, string])?]

function hold<State, Event>(
  t: { deepEqual(a: unknown, b: unknown, message: string): void },
  lines: readonly Line<State, Event>[],
  machine: (state: State, event: Event, reliable: boolean) => { to: State; act: readonly string[] },
): void {
  for (const [from, event, to, act, overTcp] of lines) {
    const udp = machine(from, event, false)
    t.deepEqual([udp.to, udp.act.join(', ')], [to, act], `${from} + ${event}`)
    if (!overTcp) continue
    const tcp = machine(from, event, true)
    t.deepEqual([tcp.to, tcp.act.join(', ')], [...overTcp], `${from} + ${event} over TCP`)
  }
}

test('the INVITE server transaction is figure 7 with the accepted state of RFC 6026', (t) => {
  const lines: Line<IstState, IstEvent>[] = [
    ['proceeding', 'INVITE', 'proceeding', 'repeat'],
    ['proceeding', '1xx', 'proceeding', 'send'],
    ['proceeding', '2xx', 'accepted', 'send, start L'],
    ['proceeding', '300-699', 'completed', 'send, start G, start H', ['completed', 'send, start H']],
    ['accepted', 'INVITE', 'accepted', ''],
    ['accepted', 'ACK', 'accepted', ''],
    ['accepted', 'timer L', 'terminated', ''],
    ['completed', 'INVITE', 'completed', 'repeat'],
    ['completed', 'timer G', 'completed', 'repeat, double G'],
    ['completed', 'timer H', 'terminated', 'no ACK'],
    ['completed', 'ACK', 'confirmed', 'start I', ['terminated', '']],
    ['confirmed', 'timer I', 'terminated', ''],
    ['confirmed', 'INVITE', 'confirmed', ''],
  ]
  hold(t, lines, inviteServer)
})

test('the other server transactions are figure 8, and silent once the client has given up (RFC 4320)', (t) => {
  const lines: Line<NistState, NistEvent>[] = [
    ['trying', 'request', 'trying', ''],
    ['trying', '1xx', 'proceeding', 'send'],
    ['trying', 'final', 'completed', 'send, start J', ['terminated', 'send']],
    ['proceeding', 'request', 'proceeding', 'repeat'],
    ['proceeding', 'final', 'completed', 'send, start J', ['terminated', 'send']],
    ['completed', 'request', 'completed', 'repeat'],
    ['completed', 'timer J', 'terminated', ''],
    ['trying', 'client gave up', 'terminated', ''],
    ['proceeding', 'client gave up', 'terminated', ''],
  ]
  hold(t, lines, otherServer)
})

test('the INVITE client transaction is figure 5 with the accepted state of RFC 6026', (t) => {
  const lines: Line<IctState, IctEvent>[] = [
    ['calling', 'timer A', 'calling', 'repeat, double A'],
    ['calling', 'timer B', 'terminated', 'timeout'],
    ['calling', 'broken', 'terminated', 'failed'],
    ['calling', '1xx', 'proceeding', 'stop A, tell'],
    ['calling', '2xx', 'accepted', 'stop A, start M, tell'],
    ['calling', '300-699', 'completed', 'stop A, ack, start D, tell', ['terminated', 'stop A, ack, tell']],
    ['proceeding', 'timer B', 'proceeding', ''],
    ['proceeding', '2xx', 'accepted', 'stop A, start M, tell'],
    ['proceeding', '300-699', 'completed', 'stop A, ack, start D, tell', ['terminated', 'stop A, ack, tell']],
    ['accepted', '2xx', 'accepted', 'tell'],
    ['accepted', '1xx', 'accepted', ''],
    ['accepted', 'timer M', 'terminated', ''],
    ['completed', '300-699', 'completed', 'ack'],
    ['completed', 'timer D', 'terminated', ''],
  ]
  hold(t, lines, inviteClient)
})

test('the other client transactions are figure 6', (t) => {
  const lines: Line<NictState, NictEvent>[] = [
    ['trying', 'timer E', 'trying', 'repeat, double E'],
    ['trying', 'timer F', 'terminated', 'stop E, timeout'],
    ['trying', '1xx', 'proceeding', 'tell'],
    ['trying', 'final', 'completed', 'stop E, start K, tell', ['terminated', 'stop E, tell']],
    ['proceeding', 'timer E', 'proceeding', 'repeat, slow E'],
    ['proceeding', 'timer F', 'terminated', 'stop E, timeout'],
    ['proceeding', 'final', 'completed', 'stop E, start K, tell', ['terminated', 'stop E, tell']],
    ['proceeding', 'broken', 'terminated', 'stop E, failed'],
    ['completed', 'final', 'completed', ''],
    ['completed', 'timer K', 'terminated', ''],
  ]
  hold(t, lines, otherClient)
})
