/** RFC 5359: services that the node does by itself, or lets phones do with each other. */
import type { ExecutionContext } from 'ava'
import {
  areTwoDialogs,
  find,
  hangsUp,
  holds,
  invites,
  isHeld,
  isHungUpOn,
  isRefused,
  passes,
  picksUp,
  picksUpFor,
  stopsRinging,
  talks,
} from './parts.ts'
import { answers, awaits, gets, hears, hearsAgain, meanwhile, sends } from './script.ts'
import type { Flow } from './stage.ts'
import type { Message } from './trace.ts'

const resumes = holds('sendrecv')
const isResumed = isHeld('sendrecv')
/** The phones of somebody else ring now; to the caller their 180 is the same message again. */
const isForwarded = [hears(181), hearsAgain(180), hears(200), sends('ACK')]
const busy = [gets('INVITE'), answers(486), gets('ACK')]

/** Both offers of bob arrive as they are, and what alice answers to the first. */
function isHeldAndResumed(
  t: ExecutionContext,
  alice: readonly Message[] | undefined,
  bob: readonly Message[] | undefined,
  [hold, held]: readonly [string, string],
): void {
  const invites = (side: readonly Message[] | undefined): Message[] =>
    (side ?? []).filter(({ method, status }) => method === 'INVITE' && status === 0).slice(-2)
  const [offers, heard] = [invites(bob), invites(alice)]
  for (const [i, offer] of offers.entries()) passes(t, offer, heard[i]!, 'alice hears what bob offers')
  t.regex(heard[0]?.body ?? '', new RegExp(`^a=${hold}\\r$`, 'm'))
  t.regex(heard[1]?.body ?? '', /^a=sendrecv\r$/m)
  const answered = (bob ?? []).find(({ sent, status, method }) => !sent && status === 200 && method === 'INVITE')
  t.regex(answered?.body ?? '', new RegExp(`^a=${held}\\r$`, 'm'), 'and bob what alice answers')
}

/**
 * However many phones ring, in turn or together, the caller is in one early dialog with the server: each 180 is the same
 * message to him, and counts once here as any repetition does.
 */
export const SERVICES: readonly Flow[] = [
  ...(
    [
      ['sendonly', 'recvonly'],
      ['inactive', 'inactive'],
    ] as const
  ).map(
    ([hold, held]): Flow => ({
      section: '5359 §2.1',
      title: `call hold with ${hold}`,
      sides: {
        alice: {
          phone: 'alice',
          to: 'bob',
          steps: [...invites(), ...talks, ...isHeld(held), ...isResumed, awaits('bob', '> ACK', 2), ...hangsUp],
        },
        bob: { phone: 'bob', steps: [...picksUpFor('alice'), ...holds(hold), ...resumes, ...isHungUpOn] },
      },
      judge(t, { alice, bob }) {
        isHeldAndResumed(t, alice, bob, [hold, held])
      },
    }),
  ),
  {
    section: '5359 §2.2',
    title: 'consultation hold',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [...invites(), ...talks, ...isHeld('recvonly'), ...isResumed, awaits('bob', '> ACK', 2), ...hangsUp],
      },
      bob: {
        phone: 'bob',
        steps: [
          ...picksUpFor('alice'),
          ...holds('sendonly'),
          meanwhile('bob consults', 'carol'),
          ...resumes,
          ...isHungUpOn,
        ],
      },
      'bob consults': { phone: 'bob, another line', to: 'carol', steps: [...invites(), ...talks, ...hangsUp] },
      carol: { phone: 'carol', steps: [...picksUp, ...isHungUpOn] },
    },
    judge(t, sides) {
      isHeldAndResumed(t, sides.alice, sides.bob, ['sendonly', 'recvonly'])
      areTwoDialogs(t, sides['bob consults'], sides.carol)
    },
  },
  {
    section: '5359 §2.7',
    title: 'call forwarding, unconditional, by the plan',
    sides: {
      alice: { phone: 'alice', to: 'dora', steps: [...invites(), hears(181), ...talks, ...hangsUp] },
      carol: { phone: 'carol', steps: [...picksUp, ...isHungUpOn] },
    },
    judge: (t, { alice, carol }) => areTwoDialogs(t, alice, carol),
  },
  {
    section: '5359 §2.8',
    title: 'call forwarding, busy',
    sides: {
      alice: { phone: 'alice', to: 'bob-or-carol', steps: [...invites(), hears(181), ...talks, ...hangsUp] },
      bob: { phone: 'bob', steps: busy },
      carol: { phone: 'carol', steps: [...picksUp, ...isHungUpOn] },
    },
    judge: (t, { alice, carol }) => areTwoDialogs(t, alice, carol),
  },
  {
    section: '5359 §2.9',
    title: 'call forwarding, no answer',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob-then-carol',
        steps: [...invites(), hears(180), ...isForwarded, ...hangsUp],
      },
      bob: { phone: 'bob', steps: [gets('INVITE'), answers(180), ...stopsRinging] },
      carol: { phone: 'carol', steps: [...picksUp, ...isHungUpOn] },
    },
    judge: (t, { alice, carol }) => areTwoDialogs(t, alice, carol),
  },
  {
    section: '5359 §2.12',
    title: 'find me: the phones of a user one after the other, then somebody else',
    sides: {
      alice: {
        phone: 'alice',
        to: 'find-me',
        steps: [...invites(), hears(180), ...isForwarded, ...isHungUpOn],
      },
      'fred first': { phone: 'fred first', steps: [gets('INVITE'), answers(180), ...stopsRinging] },
      'fred second': {
        phone: 'fred second',
        steps: [gets('INVITE'), answers(480, { reason: 'Not Logged In' }), gets('ACK')],
      },
      'fred third': { phone: 'fred third', steps: busy },
      carol: { phone: 'carol', steps: [...picksUpFor('alice'), ...hangsUp] },
    },
    judge: (t, { alice, carol }) => areTwoDialogs(t, alice, carol),
  },
  {
    section: '5359 §2.12',
    title: 'find me: the phones of a user together, and the one that answers ends the ringing of the other',
    sides: {
      alice: { phone: 'alice', to: 'erin', steps: [...invites(), ...talks, ...hangsUp] },
      'erin here': {
        phone: 'erin here',
        steps: [
          gets('INVITE'),
          answers(180),
          awaits('erin there', '> 180 INVITE'),
          answers(200, { sdp: [] }),
          gets('ACK'),
          ...isHungUpOn,
        ],
      },
      'erin there': { phone: 'erin there', steps: [gets('INVITE'), answers(180), ...stopsRinging] },
    },
    judge: (t, sides) => areTwoDialogs(t, sides.alice, sides['erin here']),
  },
  {
    section: '5359 §2.13',
    title: 'incoming call screening, by the plan',
    sides: { alice: { phone: 'alice', to: 'bob-screened', steps: [...invites(), ...isRefused(403)] } },
    judge(t, { alice }) {
      t.is(find(alice, '< 403 INVITE').start, 'SIP/2.0 403 Screening Failure (Terminating)')
    },
  },
  {
    section: '5359 §2.14',
    title: 'outgoing call screening, by the plan',
    sides: { alice: { phone: 'alice', to: '0090012345', steps: [...invites(), ...isRefused(403)] } },
    judge(t, { alice }) {
      t.is(find(alice, '< 403 INVITE').start, 'SIP/2.0 403 Screening Failure (Originating)')
    },
  },
]
