/** RFC 3665 §3: sessions, as far as a server stands between the phones. */

import type { ClusterStatus, Lab } from '../lab.ts'
import {
  areTwoDialogs,
  find,
  hangsUp,
  invites,
  isHungUpOn,
  isRefused,
  passes,
  picksUp,
  picksUpFor,
  stopsRinging,
  talks,
} from './parts.ts'
import { answers, awaits, gets, hears, meanwhile, sends } from './script.ts'
import type { Flow } from './stage.ts'
import { tagOf } from './trace.ts'

const moved = { media: '192.0.2.77:4100', contact: 'moved' }

export const SESSIONS: readonly Flow[] = [
  {
    section: '3665 §3.2',
    title: 'a session through two servers, the second of which holds the way to the phone',
    sides: {
      alice: { phone: 'alice', to: 'gina', steps: [...invites(), ...talks, ...isHungUpOn] },
      gina: { phone: 'gina', steps: [...picksUpFor('alice'), ...hangsUp] },
    },
    judge(t, { alice, gina }) {
      areTwoDialogs(t, alice, gina)
      t.notRegex(find(gina, '< INVITE').raw, /x-raftel/i, 'what nodes tell each other is not for phones')
      passes(t, find(gina, '> 200 INVITE'), find(alice, '< 200 INVITE'), 'the answer passes')
    },
  },
  {
    section: '3665 §3.3',
    title: 'a session that begins with a challenge',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...talks, ...isHungUpOn] },
      bob: { phone: 'bob', steps: [...picksUpFor('alice'), ...hangsUp] },
    },
    judge(t, { alice, bob }) {
      areTwoDialogs(t, alice, bob)
      t.regex(find(alice, '< 407 INVITE').header('proxy-authenticate'), /^Digest realm="pbx\.test",.*qop="auth"/)
      passes(t, find(bob, '> 200 INVITE'), find(alice, '< 200 INVITE'), 'the answer passes')
      t.not(tagOf(find(alice, '< 407 INVITE').header('to')), tagOf(find(alice, '< 200 INVITE').header('to')))
    },
  },
  {
    section: '3665 §3.6',
    title: 'a callee who redirects: the plan decides where calls go, so the caller hears 480',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...isRefused(480)] },
      bob: {
        phone: 'bob',
        steps: [gets('INVITE'), answers(302, { headers: ['Contact: <sip:bob@192.0.2.99>'] }), gets('ACK')],
      },
    },
    judge(t, { alice }) {
      t.notRegex(find(alice, '< 480 INVITE').raw, /192\.0\.2\.99/)
    },
  },
  {
    section: '3665 §3.6',
    title: 'a session with the SDP in the ACK',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [
          sends('INVITE'),
          hears(407),
          sends('ACK'),
          sends('INVITE'),
          hears(100),
          hears(180),
          hears(200),
          sends('ACK', { sdp: [] }),
          ...isHungUpOn,
        ],
      },
      bob: {
        phone: 'bob',
        // Rung with an offer of the server's; what the ACK brought follows in a re-INVITE (RFC 3725 §4.4).
        steps: [...picksUp, gets('INVITE'), answers(200, { sdp: [] }), gets('ACK'), ...hangsUp],
      },
    },
    judge(t, { alice, bob }) {
      passes(t, find(bob, '> 200 INVITE'), find(alice, '< 200 INVITE'), 'what bob answers is offered to alice')
      passes(t, find(alice, '> ACK'), find(bob, '< INVITE'), 'what her ACK answers is offered to bob')
      t.is(find(alice, '< 180 INVITE').body, '', 'an unreliable response makes no offer')
    },
  },
  {
    section: '3665 §3.7',
    title: 'a session with a re-INVITE that changes an address',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [
          ...invites(),
          ...talks,
          gets('INVITE'),
          answers(200, { sdp: [] }),
          gets('ACK'),
          awaits('bob', '> ACK'),
          ...hangsUp,
        ],
      },
      bob: {
        phone: 'bob',
        steps: [
          ...picksUpFor('alice'),
          sends('INVITE', { sdp: [], moved }),
          hears(100),
          hears(200),
          sends('ACK'),
          ...isHungUpOn,
        ],
      },
    },
    judge(t, { alice, bob }) {
      passes(t, find(bob, '> INVITE'), find(alice, '< INVITE'), 'the new offer passes')
      passes(t, find(alice, '> 200 INVITE'), find(bob, '< 200 INVITE'), 'and its answer')
      t.regex(find(alice, '< INVITE').body, /^c=IN IP4 192\.0\.2\.77\r$/m)
      t.regex(find(bob, '< BYE').start, /^BYE sip:moved@/, 'the new Contact is where bob is from now on')
      const versions = [find(alice, '< 200 INVITE'), find(alice, '< INVITE')].map(({ body }) => originOf(body))
      t.deepEqual(versions[1]?.session, versions[0]?.session, 'it stays one session (RFC 3264 §8)')
      t.is(versions[1]?.version, (versions[0]?.version ?? 0) + 1, 'in its next version')
    },
  },
  {
    section: '3665 §3.7',
    title: 'the same with UPDATE (RFC 3311), which reaches the other phone as a re-INVITE',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [...invites(), ...talks, sends('UPDATE', { sdp: [], moved }), hears(200, 'UPDATE'), ...isHungUpOn],
      },
      bob: {
        phone: 'bob',
        steps: [
          ...picksUp,
          gets('INVITE'),
          answers(200, { sdp: [] }),
          gets('ACK'),
          awaits('alice', '< 200 UPDATE'),
          ...hangsUp,
        ],
      },
    },
    judge(t, { alice, bob }) {
      passes(t, find(alice, '> UPDATE'), find(bob, '< INVITE'), 'the new offer passes')
      passes(t, find(bob, '> 200 INVITE'), find(alice, '< 200 UPDATE'), 'and its answer')
      t.regex(find(alice, '< 200 UPDATE').header('contact'), /<sip:[^>]+>/)
      t.regex(find(alice, '< BYE').start, /^BYE sip:moved@/, 'the new Contact is where alice is from now on')
    },
  },
  {
    section: '3665 §3.8',
    title: 'no answer, and the caller gives up',
    sides: {
      alice: {
        phone: 'alice',
        to: 'bob',
        steps: [...invites(), hears(180), sends('CANCEL'), hears(200, 'CANCEL'), ...isRefused(487)],
      },
      bob: { phone: 'bob', steps: [gets('INVITE'), answers(180), ...stopsRinging] },
    },
    judge(t, { alice }) {
      const [ringing, over] = ['< 180 INVITE', '< 487 INVITE'].map((what) => tagOf(find(alice, what).header('to')))
      t.is(over, ringing, 'what ends is the dialog that rang')
    },
  },
  {
    section: '3665 §3.9',
    title: 'busy',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), ...isRefused(486)] },
      bob: { phone: 'bob', steps: [gets('INVITE'), answers(486), gets('ACK')] },
    },
    judge(t, { alice }) {
      t.is(find(alice, '< 486 INVITE').start, 'SIP/2.0 486 Busy Here')
    },
  },
  {
    section: '3665 §3.10',
    title: 'no response from the phone: after the time that the plan gives it the caller hears 480',
    sides: {
      alice: { phone: 'alice', to: 'silent-briefly', steps: [...invites(), ...isRefused(480)] },
      // RFC 3261 §9.1: no CANCEL may follow, since it answered nothing.
      silent: { phone: 'silent', steps: [gets('INVITE')] },
    },
    judge(t, { alice }) {
      t.is(find(alice, '< 480 INVITE').body, '')
    },
  },
  {
    section: '3665 §3.11',
    title: 'temporarily unavailable, said by a phone that rang before',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites(), hears(180), ...isRefused(480)] },
      bob: { phone: 'bob', steps: [gets('INVITE'), answers(180), answers(480), gets('ACK')] },
    },
    judge(t, { alice }) {
      t.is(find(alice, '< 480 INVITE').start, 'SIP/2.0 480 Temporarily Unavailable')
    },
  },
  {
    section: '3665 §3.11',
    title: 'temporarily unavailable, because the user has no phone',
    sides: { alice: { phone: 'alice', to: 'nobody', steps: [...invites(), ...isRefused(480)] } },
  },
  // The last, since a node is down from here on.
  {
    section: '3665 §3.4',
    title: 'a session when the first server has failed: the caller tries the second',
    async before(lab) {
      const [n1, n2] = lab.nodes
      await lab.kill(n1!.id)
      await lab.until('a quorum without it', () => quorumAt(lab, n2!.id), Boolean)
    },
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [sends('INVITE', { sdp: [] }), meanwhile('second try', 'bob')] },
      'second try': { phone: 'alice, second try', to: 'bob', steps: [...invites(), ...talks, ...isHungUpOn] },
      bob: { phone: 'bob', steps: [...picksUpFor('second try'), ...hangsUp] },
    },
    judge: (t, sides) => areTwoDialogs(t, sides['second try'], sides.bob),
  },
]

/** The leader's death is only over when there is another. */
async function quorumAt(lab: Lab, id: string): Promise<boolean> {
  const { control } = lab.nodes.find((node) => node.id === id)!
  const ran = await lab.raftel(['cluster', 'status', '--endpoints', control, '-o', 'json'])
  const { quorum, leader } = JSON.parse(ran.stdout) as ClusterStatus
  return quorum && leader !== lab.nodes[0]!.id
}

function originOf(sdp: string): { session: string; version: number } {
  const [name = '', id = '', version = ''] = /^o=(.*)$/m.exec(sdp)?.[1]?.split(' ') ?? []
  return { session: `${name} ${id}`, version: Number(version) }
}
