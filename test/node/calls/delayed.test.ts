/** Calls that begin without an offer: gateways and PBXs send such INVITEs (RFC 3261 §13.2.1). */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { correlation } from '../../../node/phone/hear.ts'
import { readSdp } from '../../../node/phone/sdp.ts'
import type { Dialog } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { freePorts } from '../../ports.ts'
import { ownPlace, until as poll, rtpPlaying, sdpAt, speechLike } from '../media/rig.ts'
import { headersOf, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { gateway } from './gateway.ts'
import { answers, type Heard, listener, nodes, phone, rings, type TestNode } from './rig.ts'

const run = promisify(execFile)

const bodyOf = (message: string): string => message.slice(message.indexOf('\r\n\r\n') + 4)
const toOf = (message: string): string => headersOf(message, 'To')[0]!
const originOf = (sdp: string): string[] => /^o=.*$/m.exec(sdp)![0].split(' ')

/** Bob answers; every offer he gets is kept in the order it came. */
async function bobAnswers(t: ExecutionContext, at: TestNode) {
  const heard: Heard = listener()
  const offers: string[] = []
  const modified = Promise.withResolvers<void>()
  const talking = Promise.withResolvers<Dialog>()
  const handlers = {
    ...heard.handlers,
    modify: async (sdp: string) => {
      offers.push(sdp)
      modified.resolve()
      return { kind: 'answered', sdp: SDP_B } as const
    },
  }
  await phone(t, at, 'bob', async (invitation) => {
    offers.push(invitation.body)
    invitation.progress(183, SDP_B)
    return answers({ ...heard, handlers }, talking.resolve)(invitation)
  })
  return { heard, offers, modified: modified.promise, talking: talking.promise }
}

test('a call without an offer: the phone is rung with one, its answer is offered, and the ACK is passed on', async (t) => {
  const [n1] = await nodes(t, 1)
  const bob = await bobAnswers(t, n1!)
  const caller = await gateway(t, n1!)
  caller.invite()
  t.is(bodyOf(await caller.peer.next('SIP/2.0 18')), '', 'an unreliable response makes no offer')
  const ok = await caller.peer.next('SIP/2.0 200')
  t.is(bodyOf(ok), SDP_B)
  t.deepEqual(readSdp(bob.offers[0]!)?.address, '127.0.0.1')
  caller.ack(toOf(ok), SDP_A)
  await soon('the answer at bob', bob.modified)
  const [first, then] = bob.offers
  t.regex(then!, /m=audio 4000 /)
  t.deepEqual(originOf(then!).slice(0, 2), originOf(first!).slice(0, 2), 'it stays one session')
  t.is(Number(originOf(then!)[2]), Number(originOf(first!)[2]) + 1, 'in its next version')

  // §14.2: the gateway asks for an offer again, in the middle of the call; while another is under way it hears 491.
  let seq = 1
  let again = ''
  do {
    caller.invite(++seq, toOf(ok))
    again = await caller.peer.next(new RegExp(`^SIP/2.0 [2-6][\\s\\S]*CSeq: ${seq} INVITE`, 'i'))
  } while (again.startsWith('SIP/2.0 491'))
  t.is(bodyOf(again), SDP_B)
  caller.ack(toOf(ok), SDP_A.replace('4000', '4002'), seq)
  await poll(() => bob.offers.length === 3)
  t.regex(bob.offers[2]!, /m=audio 4002 /)
  ;(await soon('the dialog at bob', bob.talking)).bye()
  await caller.peer.next('BYE ')
  await until(n1!.cluster, 'the call is gone from the table', () => n1!.cluster.tables.calls.size === 0)
  // The relay is let go after the row.
  await poll(() => n1!.sessions() === 0)
})

for (const [ending, ack] of [
  ['an ACK without an answer', true],
  ['an ACK that never comes', false],
] as const) {
  test(`${ending} ends the call for both sides`, async (t) => {
    const [n1] = await nodes(t, 1, '', 100, { times: { t1: 20 } })
    const bob = await bobAnswers(t, n1!)
    const caller = await gateway(t, n1!)
    caller.invite()
    const ok = await caller.peer.next('SIP/2.0 200')
    t.is(n1!.sessions(), 1)
    if (ack) caller.ack(toOf(ok), '')
    await caller.peer.next('BYE ')
    await soon('BYE at bob', bob.heard.bye)
    await until(n1!.cluster, 'the call is gone from the table', () => n1!.cluster.tables.calls.size === 0)
    await poll(() => n1!.sessions() === 0)
    t.is(bob.offers.length, 1)
  })
}

test('a caller without an offer who gives up leaves nothing behind', async (t) => {
  const [n1] = await nodes(t, 1)
  const bob = rings()
  await phone(t, n1!, 'bob', bob.invited)
  const caller = await gateway(t, n1!)
  caller.invite()
  await soon('the call at bob', bob.called)
  t.is(n1!.sessions(), 1)
  caller.cancel()
  await caller.peer.next('SIP/2.0 487')
  await soon('CANCEL at bob', bob.cancelled)
  await until(n1!.cluster, 'the call is gone from the table', () => n1!.cluster.tables.calls.size === 0)
  await poll(() => n1!.sessions() === 0)
  t.pass()
})

const SCENARIO = path.join(import.meta.dirname, 'delayed.xml')

needing(
  test,
  'sipp',
  'rtpengine',
)('SIPp calls without an offer, and both sides are heard through rtpengine', async (t) => {
  const media = await ownPlace(t)
  const [n1] = await nodes(t, 1, '', 100, { media })
  const spoken = speechLike(3, 2)
  const stream = await rtpPlaying(t, spoken)
  const talking = Promise.withResolvers<Dialog>()
  const offers: string[] = []
  const sdp = sdpAt(stream.port)
  await phone(t, n1!, 'bob', async (invitation) => {
    offers.push(invitation.body)
    const dialog = await invitation.answer(sdp)
    dialog?.handle({
      bye() {},
      info: async () => 200,
      modify: async (offer) => {
        offers.push(offer)
        stream.talk(readSdp(offer)!)
        return { kind: 'answered', sdp }
      },
    })
    if (dialog) talking.resolve(dialog)
  })
  const cwd = await mkdtemp(path.join(tmpdir(), 'sipp-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))
  const [port, mediaPort] = await freePorts(2)
  const sipp = run(
    'sipp',
    `-sf ${SCENARIO} -m 1 -i 127.0.0.1 -p ${port} -mp ${mediaPort} -rtp_echo -nostdin -timeout 50 -timeout_error ${n1!.sip.address}`.split(
      ' ',
    ),
    { cwd, timeout: 60_000 },
  )
  const dialog = await soon('bob in the call', talking.promise, 20_000)
  await poll(() => stream.counts().received >= 110)
  const id = n1!.calls.live()[0]!.id
  const counted = (await n1!.calls.streams(id))!
  t.deepEqual(counted.map(({ side, packets }) => [side, packets >= 100]).sort(), [
    ['called', true],
    ['caller', true],
  ])
  t.true(correlation(spoken, stream.heard()).heard, 'SIPp sends back what it hears')
  for (const offer of offers) {
    const heard = readSdp(offer)!.port
    t.true(heard >= media.ports[0] && heard <= media.ports[1], 'the phone only ever sees the relay')
  }
  dialog.bye()
  await t.notThrowsAsync(sipp)
  await until(n1!.cluster, 'the call is gone from the table', () => n1!.cluster.tables.calls.size === 0)
  // The relay is let go after the row.
  await poll(() => n1!.sessions() === 0)
})
