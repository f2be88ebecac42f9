import test from 'ava'
import { until } from '../../cluster/nodes.ts'
import { later, request, udpPeer } from '../engine/stack.ts'
import { port, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone, rings } from './rig.ts'

test('alice calls a number, bob answers, both may change and end it, and the cluster knows of it meanwhile', async (t) => {
  const [n1] = await nodes(t, 1)
  const bob = listener()
  const talking = Promise.withResolvers<import('../../../node/sip/port.ts').Dialog>()
  await phone(t, n1!, 'bob', answers(bob, talking.resolve))
  const alice = await port(t)
  const statuses: number[] = []
  const outcome = await soon('an answer', call(alice, n1!, '1002', (status) => statuses.push(status)).outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const heard = listener()
  outcome.dialog.handle(heard.handlers)
  t.true(statuses.includes(180))
  t.is(outcome.sdp, SDP_B)

  await until(n1!.cluster, 'the call is in the table', () =>
    [...n1!.cluster.tables.calls.values()].some(({ state }) => state === 'answered'),
  )
  const [row] = n1!.cluster.tables.calls.values()
  t.like(row, { from: 'alice@pbx.test', to: '1002', target: 'bob@pbx.test', rule: 'directory', planVersion: 1 })
  t.deepEqual(
    row!.legs.map(({ role, sdp }) => [role, sdp]),
    [
      ['caller', SDP_A],
      ['called', SDP_B],
    ],
  )

  const dialog = await soon('the called dialog', talking.promise)
  const held = SDP_A.replace('o=a 1 1', 'o=a 1 2') + 'a=sendonly\r\n'
  t.is((await soon('a re-INVITE from alice', outcome.dialog.modify(held))).kind, 'answered')
  t.deepEqual(bob.offers, [held])
  t.is((await soon('a re-INVITE from bob', dialog.modify(SDP_B.replace('o=b 2 1', 'o=b 2 2')))).kind, 'answered')
  t.is(heard.offers.length, 1)
  t.is(await soon('an INFO', outcome.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(bob.infos, ['application/dtmf-relay Signal=5'])

  dialog.bye()
  await soon('BYE at alice', heard.bye)
  await until(n1!.cluster, 'the call is gone from the table', () => n1!.cluster.tables.calls.size === 0)
  t.is(n1!.sessions(), 0)
  t.deepEqual(n1!.calls.live(), [])
})

test('all phones of bob ring; the one that answers has the call, the other is cancelled', async (t) => {
  const [n1] = await nodes(t, 1)
  const desk = rings()
  const bob = listener()
  await phone(t, n1!, 'bob', desk.invited)
  await phone(t, n1!, 'bob', async (invitation) => {
    await desk.called
    return answers(bob)(invitation)
  })
  const outcome = await soon('an answer', call(await port(t), n1!, 'bob').outcome)
  t.is(outcome.kind, 'answered')
  await soon('CANCEL at the other phone', desk.cancelled)
  if (outcome.kind === 'answered') outcome.dialog.bye()
  await soon('BYE', bob.bye)
})

test('a hunt goes on when one is busy and the next does not answer; an announcement is heard from one only', async (t) => {
  const rules = 'rules: [{name: h, match: "2", hunt: {order: serial, users: [dave, carol, bob], seconds: 1}}]'
  const [n1] = await nodes(t, 1, rules)
  const silent = rings()
  await phone(t, n1!, 'dave', (invitation) => invitation.reply(486))
  await phone(t, n1!, 'carol', silent.invited)
  await phone(t, n1!, 'bob', answers(listener()))
  const statuses: number[] = []
  const outcome = await soon('an answer', call(await port(t), n1!, '2', (status) => statuses.push(status)).outcome)
  t.is(outcome.kind, 'answered')
  await soon('CANCEL at the silent phone', silent.cancelled)
  t.deepEqual(statuses, [181, 180, 181, 180], 'each time that somebody else is called the caller hears of it')
  if (outcome.kind === 'answered') outcome.dialog.bye()
})

test('the better contact rings first; who declines for all ends the call', async (t) => {
  const [n1] = await nodes(t, 1)
  let second = 0
  await phone(t, n1!, 'bob', (invitation) => invitation.reply(603), { q: 0.9 })
  await phone(t, n1!, 'bob', () => void second++, { q: 0.1 })
  const outcome = await soon('a refusal', call(await port(t), n1!, 'bob').outcome)
  t.like(outcome, { kind: 'refused', status: 603 })
  t.is(second, 0)
  t.is(n1!.sessions(), 0)
})

test('a caller who gives up stops the ringing and leaves nothing behind', async (t) => {
  const [n1] = await nodes(t, 1)
  const bob = rings()
  await phone(t, n1!, 'bob', bob.invited)
  const dialing = call(await port(t), n1!, 'bob')
  await soon('the call at bob', bob.called)
  dialing.cancel()
  await soon('CANCEL at bob', bob.cancelled)
  await until(n1!.cluster, 'the call is gone', () => n1!.cluster.tables.calls.size === 0)
  t.is(n1!.sessions(), 0)
})

test('refusals: busy, nobody there, no such number, a stranger; the caller hears each as it is', async (t) => {
  const [n1] = await nodes(t, 1)
  await phone(t, n1!, 'bob', (invitation) => invitation.reply(486))
  const alice = await port(t)
  const status = async (to: string) => {
    const outcome = await soon(`an answer for ${to}`, call(alice, n1!, to).outcome)
    return outcome.kind === 'refused' ? outcome.status : outcome.kind
  }
  t.is(await status('bob'), 486)
  t.is(await status('carol'), 480)
  t.is(await status('nobody'), 404)
  const stranger = alice.dial(
    {
      uri: 'sip:bob@pbx.test',
      nextHop: `sip:${n1!.sip.address}`,
      from: { display: '', uri: 'sip:mallory@pbx.test' },
      to: { uri: 'sip:bob@pbx.test' },
      sdp: SDP_A,
    },
    () => {},
  )
  t.like(await soon('a challenge', stranger.outcome), { kind: 'refused', status: 407 })
})

test('a full node refuses the next call, but never a call for help, also of a stranger', async (t) => {
  const [n1] = await nodes(t, 1, 'emergency: {numbers: ["112"], user: carol}', 1)
  const bob = rings()
  const carol = listener()
  await phone(t, n1!, 'bob', bob.invited)
  let from = ''
  await phone(t, n1!, 'carol', (invitation) => {
    from = invitation.from.uri
    return answers(carol)(invitation)
  })
  const alice = await port(t)
  const first = call(alice, n1!, 'bob')
  await soon('the first call', bob.called)
  t.like(await soon('a refusal', call(alice, n1!, 'bob').outcome), { kind: 'refused', status: 503 })
  const help = alice.dial(
    {
      uri: 'sip:112@pbx.test',
      nextHop: `sip:${n1!.sip.address}`,
      from: { display: 'Bob', uri: 'sip:mallory@pbx.test' },
      to: { uri: 'sip:112@pbx.test' },
      sdp: SDP_A,
    },
    () => {},
  )
  t.is((await soon('help', help.outcome)).kind, 'answered')
  t.is(from, 'sip:anonymous@anonymous.invalid', 'a claim that was not proved is not shown')
  first.cancel()
})

test('a stranger who calls urn:service:sos reaches who helps; for another service he is asked who he is (RFC 5031)', async (t) => {
  const [n1] = await nodes(t, 1, 'emergency: {numbers: ["112"], user: carol}')
  const to = Promise.withResolvers<string>()
  await phone(t, n1!, 'carol', (invitation) => {
    to.resolve(invitation.to.uri)
    return answers(listener())(invitation)
  })
  const caller = await udpPeer(t, Number(n1!.sip.address.split(':')[1]))
  const invite = (urn: string): string =>
    request(caller, 'INVITE', urn, { From: '<sip:mallory@nowhere.test>;tag=1', To: `<${urn}>` }, SDP_A)
  const help = invite('urn:service:sos.police')
  caller.send(help)
  const answer = await caller.next('200')
  caller.send(later(caller, 'ACK', help, answer, 1))
  t.is(await to.promise, 'sip:urn%3Aservice%3Asos.police@nowhere.test')
  t.like(n1!.calls.live()[0], { to: 'urn:service:sos.police', rule: 'emergency' })
  caller.send(later(caller, 'BYE', help, answer, 2))
  await caller.next('200')
  caller.send(invite('urn:service:counseling'))
  await caller.next('407')
})

test('a call for help is not refused for what it requires, any other call is', async (t) => {
  const [n1] = await nodes(t, 1, 'emergency: {numbers: ["112"], user: carol}')
  await phone(t, n1!, 'carol', answers(listener()))
  const alice = await port(t)
  const requiring = async (to: string) => {
    const dialing = alice.dial(
      {
        uri: `sip:${to}@pbx.test`,
        nextHop: `sip:${n1!.sip.address}`,
        from: { display: '', uri: 'sip:alice@pbx.test' },
        to: { uri: `sip:${to}@pbx.test` },
        sdp: SDP_A,
        headers: { Require: 'precondition' },
      },
      () => {},
    )
    const outcome = await soon(`an answer for ${to}`, dialing.outcome)
    return outcome.kind === 'refused' ? [outcome.status, outcome.headers.get('unsupported')] : outcome.kind
  }
  t.is(await requiring('112'), 'answered')
  t.deepEqual(await requiring('carol'), [420, 'precondition'])
})

test('an operator hangs up, and a node that stops ends its calls on both sides', async (t) => {
  const [n1] = await nodes(t, 1)
  const alice = await port(t)
  await phone(t, n1!, 'bob', answers(listener()))
  const talk = async () => {
    const outcome = await soon('an answer', call(alice, n1!, 'bob').outcome)
    if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
    const heard = listener()
    outcome.dialog.handle(heard.handlers)
    return heard
  }
  const first = await talk()
  t.true(n1!.calls.hangUp(n1!.calls.live()[0]!.id))
  await soon('BYE at alice', first.bye)
  t.false(n1!.calls.hangUp('unknown'))
  const second = await talk()
  await n1!.calls.close()
  await soon('BYE at alice again', second.bye)
  t.is(n1!.sessions(), 0)
})
