/** A phone whose call another node has: what its REFERs are answered with, and by which number their NOTIFYs name them. */
import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import type { Invitation } from '../../../node/sip/port.ts'
import { agreed, until, user } from '../../cluster/nodes.ts'
import { device } from '../sip/device.ts'
import { answering, headersOf, port, SDP_B, soon } from '../sip/support.ts'
import { call, nodes, phone, type TestNode } from './rig.ts'

/** Bob, who has a connection to n2, in a call of n1. */
async function bobAt(t: ExecutionContext, n1: TestNode, n2: TestNode) {
  const bob = await device(t, n2.sip, 'tcp')
  await agreed(n2.cluster, user('bob'))
  await agreed(n2.cluster, {
    type: 'bind',
    aor: 'bob@pbx.test',
    callId: randomUUID(),
    cseq: 1,
    changes: [{ contact: `sip:bob@${bob.address};transport=tcp`, q: 1, expires: 600 }],
    node: n2.name,
    transport: 'tcp',
    received: bob.address,
    userAgent: 'test',
    contactsMax: 10,
  })
  await until(n1.cluster, 'his phone', () => n1.cluster.tables.registrations.has('bob@pbx.test'))
  const calling = call(await port(t), n1, 'bob')
  const invite = await bob.next('INVITE')
  const contact = `Contact: <sip:bob@${bob.address};transport=tcp>`
  bob.send('SIP/2.0 200 OK', [...answering(invite), contact, 'Content-Type: application/sdp'], SDP_B)
  await bob.next('ACK')
  t.is((await soon('an answer', calling.outcome)).kind, 'answered')
  const target = /<(.*?)>/.exec(headersOf(invite, 'Contact')[0]!)![1]!
  return {
    async refer(cseq: number, ...more: readonly string[]): Promise<string> {
      bob.send(`REFER ${target} SIP/2.0`, [
        `From: ${headersOf(invite, 'To')[0]};tag=peer`,
        `To: ${headersOf(invite, 'From')[0]}`,
        `Call-ID: ${headersOf(invite, 'Call-ID')[0]}`,
        `CSeq: ${cseq} REFER`,
        'Max-Forwards: 70',
        contact,
        'Refer-To: <sip:carol@pbx.test>',
        ...more,
      ])
      return bob.next(new RegExp(`^SIP/2.0 [2-6][^]*\r\nCSeq: ${cseq} REFER`))
    },
    /** Its Event, and what it says. */
    async notice(): Promise<string> {
      const notify = await bob.next('NOTIFY')
      bob.send('SIP/2.0 200 OK', answering(notify))
      return `${headersOf(notify, 'Event')[0]} ${/SIP\/2.0 (\d+) [^\r]*\r\n$/.exec(notify)?.[1]}`
    },
    count: () => bob.count('NOTIFY'),
  }
}

test('NOTIFYs name the REFER that was accepted, not one that was refused meanwhile, and who wants none is told so', async (t) => {
  const [n1, n2] = (await nodes(t, 2)) as [TestNode, TestNode]
  const calls: Invitation[] = []
  const came = Promise.withResolvers<Invitation>()
  await phone(t, n1, 'carol', (invitation) => {
    calls.push(invitation)
    if (calls.length !== 2) return invitation.reply(486)
    invitation.progress(180)
    came.resolve(invitation)
  })
  const bob = await bobAt(t, n1, n2)
  t.regex(await bob.refer(1), /^SIP\/2.0 202/)
  t.deepEqual([await bob.notice(), await bob.notice()], ['refer 100', 'refer 486'])
  t.regex(await bob.refer(2), /^SIP\/2.0 202/)
  t.deepEqual([await bob.notice(), await bob.notice()], ['refer;id=2 100', 'refer;id=2 180'])
  t.regex(await bob.refer(3), /^SIP\/2.0 491/)
  ;(await soon('the call at carol', came.promise)).reply(486)
  t.is(await bob.notice(), 'refer;id=2 486')
  await until(n1.cluster, 'only his first call', () => n1.cluster.tables.calls.size === 1)
  const quiet = await bob.refer(4, 'Refer-Sub: false')
  t.regex(quiet, /^SIP\/2.0 202/)
  t.deepEqual(headersOf(quiet, 'Refer-Sub'), ['false'])
  t.is(bob.count(), 5)
})
