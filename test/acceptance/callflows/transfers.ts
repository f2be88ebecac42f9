/** RFC 5359 §2.3 to §2.5: calls whose ends are moved. Where the RFC's phones do it among themselves, the node does it for them. */
import type { ExecutionContext } from 'ava'
import { find, hangsUp, holds, invites, isHeld, isHungUpOn, passes, picksUp, picksUpFor, talks } from './parts.ts'
import { answers, awaits, begins, dialogOf, gets, hears, LEARNT, type Step, sends } from './script.ts'
import type { Flow } from './stage.ts'
import type { Message } from './trace.ts'

const CAROL = 'sip:carol@pbx.test'

function refers(to: string): Step[] {
  return [sends('REFER', { headers: [`Refer-To: <${to}>`] }), hears(202, 'REFER'), ...isNotified]
}
const isNotified = [gets('NOTIFY'), answers(200, { to: 'NOTIFY' })]
/** It gets an offer of somebody else's. */
const isMoved = [gets('INVITE'), answers(200, { sdp: [] }), gets('ACK')]

const click = sends('REFER', { headers: [`Refer-To: <${CAROL}>`, 'Refer-Sub: false'] })
const clicks = [click, hears(407, 'REFER'), click, hears(202, 'REFER')]

/** What bob was told of the call that he asked for (RFC 3515 §2.4.4). */
function hearsOf(t: ExecutionContext, bob: readonly Message[] | undefined, statuses: readonly string[]): void {
  const notices = (bob ?? []).filter(({ method, status, sent }) => method === 'NOTIFY' && status === 0 && !sent)
  t.deepEqual(
    notices.map(({ body }) => body.trim()),
    statuses.map((status) => `SIP/2.0 ${status}`),
  )
  for (const [i, notice] of notices.entries()) {
    const isOver = /^[2-6]/.test(statuses[i] ?? '')
    t.is(notice.header('event'), 'refer')
    t.regex(notice.header('content-type'), /^message\/sipfrag/)
    t.regex(notice.header('subscription-state'), isOver ? /^terminated;reason=noresource$/ : /^active;expires=\d+$/)
  }
}

/** Who was moved hears what who is new to him answered. */
function areJoined(
  t: ExecutionContext,
  moved: readonly Message[] | undefined,
  met: readonly Message[] | undefined,
): void {
  passes(t, find(met, '> 200 INVITE'), find(moved, '< INVITE'), 'what the new one answers is offered to who was moved')
  t.is(find(moved, '< INVITE').header('p-asserted-identity'), `<${CAROL}>`, 'whose phone can show whom he has now')
}

export const TRANSFERS: readonly Flow[] = [
  {
    section: '5359 §2.4',
    title: 'unattended transfer: who asked for it stays until he hears that it came about',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...talks, ...isMoved, ...isHungUpOn] },
      bob: {
        phone: 'bob',
        steps: [...picksUpFor('alice'), ...refers(CAROL), ...isNotified, ...isNotified, ...hangsUp],
      },
      carol: { phone: 'carol', steps: [...picksUp, awaits('bob', '< 200 BYE'), ...hangsUp] },
    },
    judge(t, { alice, bob, carol }) {
      hearsOf(t, bob, ['100 Trying', '180 Ringing', '200 OK'])
      areJoined(t, alice, carol)
      passes(t, find(alice, '> INVITE'), find(carol, '< INVITE'), 'carol is offered what alice has')
      t.regex(find(carol, '< INVITE').header('from'), /<sip:alice@pbx\.test>/)
      t.is(find(carol, '< INVITE').header('referred-by'), '<sip:bob@pbx.test>')
    },
  },
  {
    section: '5359 §2.4',
    title: 'unattended transfer: who asked for it hangs up before anybody rings',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...talks, ...isMoved, ...hangsUp] },
      bob: { phone: 'bob', steps: [...picksUpFor('alice'), ...refers(CAROL), ...hangsUp] },
      carol: {
        phone: 'carol',
        steps: [
          gets('INVITE'),
          awaits('bob', '< 200 BYE'),
          answers(180),
          answers(200, { sdp: [] }),
          gets('ACK'),
          ...isHungUpOn,
        ],
      },
    },
    judge(t, { alice, bob, carol }) {
      hearsOf(t, bob, ['100 Trying'])
      areJoined(t, alice, carol)
    },
  },
  {
    section: '5359 §2.4',
    title: 'unattended transfer to somebody who is busy: the call goes on as it was',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...talks, ...isHungUpOn] },
      bob: { phone: 'bob', steps: [...picksUpFor('alice'), ...refers(CAROL), ...isNotified, ...hangsUp] },
      carol: { phone: 'carol', steps: [gets('INVITE'), answers(486), gets('ACK')] },
    },
    judge: (t, { bob }) => hearsOf(t, bob, ['100 Trying', '486 Busy Here']),
  },
  {
    section: '5359 §2.5',
    title: 'attended transfer: both calls of who asked for it end, and the two others have one',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [...invites(), ...talks, ...isHeld('recvonly'), ...isMoved, ...isHungUpOn],
      },
      bob: {
        phone: 'bob',
        steps: [
          ...picksUpFor('alice'),
          ...holds('sendonly'),
          begins('bob consults', 'carol'),
          awaits('bob consults', '> ACK', 3),
          ...refers(`${CAROL}?Replaces=${LEARNT}&Require=replaces`),
          ...isNotified,
          ...hangsUp,
        ],
      },
      'bob consults': {
        phone: 'bob, another line',
        to: 'carol',
        steps: [...invites(), ...talks, ...holds('sendonly'), ...isHungUpOn],
      },
      carol: {
        phone: 'carol',
        steps: [...picksUp, ...isHeld('recvonly'), ...isMoved, awaits('bob', '< 200 BYE'), ...hangsUp],
      },
    },
    judge(t, { alice, bob, carol }) {
      hearsOf(t, bob, ['100 Trying', '200 OK'])
      areJoined(t, alice, carol)
      t.is(find(carol, '< INVITE').header('p-asserted-identity'), '<sip:alice@pbx.test>')
      t.notRegex(find(carol, '< INVITE').body, /a=(?:sendonly|recvonly|inactive)/, 'nobody is held any more')
    },
  },
  {
    section: '5359 §2.6',
    title: 'transfer by an instant message, which tells carol in whose place to call',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...talks, ...isMoved, ...isHungUpOn] },
      // His MESSAGE to carol passes between the two.
      bob: { phone: 'bob', steps: [...picksUpFor('alice'), begins('carol'), ...isHungUpOn] },
      carol: {
        phone: 'carol, another line',
        to: 'alice',
        steps: [...replacing('bob', 'sendrecv'), hears(200), sends('ACK'), awaits('bob', '> 200 BYE'), ...hangsUp],
      },
    },
    judge(t, { alice, carol }) {
      passes(t, find(carol, '> INVITE'), find(alice, '< INVITE'), 'alice is offered what carol has')
      passes(t, find(alice, '> 200 INVITE'), find(carol, '< 200 INVITE'), 'and carol hears what she answers')
    },
  },
  {
    section: '5359 §2.3',
    title: 'music on hold: a music server takes the place of who holds, and he takes it back',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [
          ...invites(),
          ...talks,
          ...isHeld('recvonly'),
          ...isHeld('recvonly'),
          ...isHeld('sendrecv'),
          awaits('bob again', '> ACK', 2),
          ...hangsUp,
        ],
      },
      bob: {
        phone: 'bob',
        // His REFER to the music server, and its NOTIFYs, pass between the two.
        steps: [...picksUpFor('alice'), ...holds('sendonly'), begins('music'), ...isHungUpOn],
      },
      music: {
        phone: 'music',
        to: 'alice',
        steps: [...replacing('bob', 'sendonly'), hears(200), sends('ACK'), begins('bob again'), ...isHungUpOn],
      },
      'bob again': {
        phone: 'bob, another line',
        to: 'alice',
        steps: [...replacing('music', 'sendrecv'), hears(200), sends('ACK'), ...isHungUpOn],
      },
    },
    judge(t, { alice, music, ...sides }) {
      const offers = (alice ?? []).filter(({ sent, method, status }) => !sent && method === 'INVITE' && status === 0)
      t.is(offers.length, 3)
      passes(t, find(music, '> INVITE'), offers[1]!, 'alice is offered music')
      passes(t, find(sides['bob again'], '> INVITE'), offers[2]!, 'and bob again')
    },
  },
  {
    section: '5359 §2.18',
    title: 'click to dial: the phone of who clicks is called too, and then has the call',
    sides: {
      'the PC': { phone: 'bob, another line', to: 'bob', steps: clicks },
      bob: { phone: 'bob', steps: [...picksUp, ...isMoved, ...isHungUpOn] },
      carol: { phone: 'carol', steps: [...picksUp, awaits('bob', '> 200 INVITE', 2), ...hangsUp] },
    },
    judge(t, { bob, carol, ...sides }) {
      t.is(find(sides['the PC'], '< 202 REFER').header('refer-sub'), 'false')
      passes(t, find(bob, '> 200 INVITE'), find(carol, '< INVITE'), 'carol is offered what his phone has')
      passes(t, find(carol, '> 200 INVITE'), find(bob, '< INVITE'), 'and it hears what she answers')
      t.is(find(bob, '< INVITE').header('p-asserted-identity'), `<${CAROL}>`)
      t.regex(find(carol, '< INVITE').header('from'), /<sip:bob@pbx\.test>/)
    },
  },
]

/** An INVITE in the place of another side. */
function replacing(side: string, direction: string): Step[] {
  const headers = [`Replaces: ${dialogOf(side)}`, 'Require: replaces']
  const invite = sends('INVITE', { sdp: [`a=${direction}`], headers })
  return [invite, hears(100), hears(407), sends('ACK'), invite, hears(100)]
}
