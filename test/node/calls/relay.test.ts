import test from 'ava'
import { RELAY_HEADER, readRelay, relayKeyOf, usedOnce, writeRelay } from '../../../node/calls/relay.ts'
import type { Invitation } from '../../../node/sip/port.ts'
import { agreed, freePort, register, until, user } from '../../cluster/nodes.ts'
import { addressOf, port, quiet, SDP_A, soon } from '../sip/support.ts'
import { answers, CLUSTER_KEY, call, listener, nodes, phone, type TestNode } from './rig.ts'

const key = relayKeyOf(CLUSTER_KEY)
const order = { aor: 'bob@pbx.test', contact: 'sip:bob@10.0.0.1;x=";mac="', call: 'c-1', at: 1_000_000, hop: 1 }

test('an order is read back; one that was changed, moved to another call, or kept for long is not', (t) => {
  const header = writeRelay(order, 'call-id', key)
  t.deepEqual(readRelay(header, 'call-id', key, order.at + 5_000), { kind: 'order', order })
  const why = (text: string, callId = 'call-id', at = order.at, with_ = key) => {
    const read = readRelay(text, callId, with_, at)
    return read.kind === 'refused' ? read.why : 'taken'
  }
  t.is(why(header.replace('bob', 'eve')), 'not signed by this cluster')
  t.is(why(header, 'other-call-id'), 'not signed by this cluster')
  t.is(why(header, 'call-id', order.at, relayKeyOf(new Uint8Array(32))), 'not signed by this cluster')
  t.is(why(header, 'call-id', order.at + 60_001), 'too old')
  t.is(why(writeRelay({ ...order, hop: 4 }, 'call-id', key)), 'relayed too often')
  t.is(why('v1;nonsense'), 'malformed')
  t.is(why(header.padEnd(5_000, 'x')), 'too long')
})

test('an order is good once, and forgotten when it is too old to be used anyway', (t) => {
  const used = usedOnce()
  t.true(used.use('a', 0))
  t.false(used.use('a', 1))
  t.true(used.use('b', 300_000))
  t.true(used.use('a', 300_000))
})

test('a phone that is connected to another node is called through that node, and hung up through it', async (t) => {
  const [n1, n2] = await nodes(t, 2)
  const bob = listener()
  let seen: string | null = 'never called'
  await phone(
    t,
    n2!,
    'bob',
    (invitation) => {
      seen = invitation.header(RELAY_HEADER)
      t.is(invitation.from.uri, 'sip:alice@pbx.test')
      return answers(bob)(invitation)
    },
    { transport: 'tcp' },
  )
  await until(n1!.cluster, 'n1 knows bob', () => n1!.cluster.tables.registrations.size === 1)
  const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  t.deepEqual(seen as unknown, null, 'the header stays between nodes')
  t.like(n2!.calls.counters(), { relayed: 1, placed: 0, live: 1 })
  t.is(n1!.calls.live().length, 1)
  t.is(n2!.calls.live().length, 0, 'the call belongs to the node of its caller')
  outcome.dialog.bye()
  await soon('BYE at bob', bob.bye)
})

test('when the connection that another node had is gone, the call goes by the next flow of the phone', async (t) => {
  const [n1, n2] = await nodes(t, 2)
  let rung = 0
  const busy = (invitation: Invitation): void => {
    rung++
    invitation.reply(486)
  }
  const alive = await port(t)
  alive.onInvite(busy)
  const received = addressOf(alive, 'udp')
  const bind = (regId: number, at: TestNode, transport: 'udp' | 'tcp', from: string) =>
    agreed(
      at.cluster,
      register('bob', regId, {
        ...{ node: at.name, transport, received: from },
        changes: [{ contact: `sip:bob@${from};ob`, q: 1, expires: 600, instance: '<urn:bob>', regId }],
      }),
    )
  await agreed(n1!.cluster, user('bob'))
  await bind(1, n1!, 'udp', received)
  await bind(2, n2!, 'tcp', `127.0.0.1:${await freePort()}`)
  await until(n1!.cluster, 'n1 knows both', () => n1!.cluster.tables.bindings === 2)
  const outcome = await soon('an outcome', call(await port(t), n1!, 'bob').outcome)
  t.like(outcome, { kind: 'refused', status: 486 })
  t.is(rung, 1)
  t.is(n2!.calls.counters().relayed, 1, 'it was tried there first')
  t.deepEqual(
    n2!.lost.map(({ regId }) => regId),
    [2],
    'and its node found out',
  )
})

test('a call for help goes through another node, also when both are full', async (t) => {
  const [n1, n2] = await nodes(t, 2, 'emergency: {numbers: ["112"], user: carol}', 0)
  await phone(t, n2!, 'carol', answers(listener()), { transport: 'tcp' })
  await until(n1!.cluster, 'n1 knows carol', () => n1!.cluster.tables.registrations.size === 1)
  const alice = await port(t)
  t.like(await soon('a refusal', call(alice, n1!, 'carol').outcome), { kind: 'refused', status: 503 })
  t.is((await soon('help', call(alice, n1!, '112').outcome)).kind, 'answered')
  t.is(n2!.calls.counters().relayed, 1)
})

test('a forged order and one used again are refused and ring nobody', async (t) => {
  const said: string[] = []
  const log = { ...quiet, warn: (_: object, message: string) => void said.push(message) }
  const [n1] = await nodes(t, 1, '', 100, { log })
  let called = 0
  await phone(t, n1!, 'bob', (invitation) => {
    called++
    invitation.reply(486)
  })
  const [binding] = n1!.cluster.tables.registrations.get('bob@pbx.test')!.bindings
  const alice = await port(t)
  const status = async (header: string) => {
    const dialing = alice.dial(
      {
        callId: 'mine',
        uri: 'sip:bob@pbx.test',
        nextHop: `sip:${n1!.sip.address}`,
        from: { display: '', uri: 'sip:alice@pbx.test' },
        to: { uri: 'sip:bob@pbx.test' },
        sdp: SDP_A,
        headers: { [RELAY_HEADER]: header },
      },
      () => {},
    )
    const outcome = await soon('a refusal', dialing.outcome)
    return outcome.kind === 'refused' ? outcome.status : outcome.kind
  }
  const fresh = { ...order, contact: binding!.contact, at: n1!.cluster.now() }
  t.is(await status(writeRelay(fresh, 'mine', relayKeyOf(new Uint8Array(32)))), 403)
  t.is(called, 0)
  const good = writeRelay(fresh, 'mine', key)
  t.is(await status(good), 486)
  t.is(await status(good), 403)
  t.is(called, 1)
  t.like(n1!.calls.counters(), { forged: 2, relayed: 1 })
  t.deepEqual(said, ['refused a relayed call'], 'whoever sends many does not fill the disk with lines')
})
