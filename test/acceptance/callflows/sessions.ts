/** RFC 3665 §3: sessions, as far as a server stands between the phones. */
import { answers, gets, hears, type Step, sends } from './script.ts'
import type { Flow } from './stage.ts'

/** The caller is asked who he is (RFC 3665 §3.3), every time. */
const invites: readonly Step[] = [
  sends('INVITE', { sdp: [] }),
  hears(100),
  hears(407),
  sends('ACK'),
  sends('INVITE', { sdp: [] }),
  hears(100),
]
const talks = [hears(180), hears(200), sends('ACK')]
const picksUp = [gets('INVITE'), answers(180), answers(200, { sdp: [] }), gets('ACK')]
const hangsUp = [sends('BYE'), hears(200, 'BYE')]
const isHungUpOn = [gets('BYE'), answers(200, { to: 'BYE' })]

export const SESSIONS: readonly Flow[] = [
  {
    section: '3665 §3.3',
    title: 'a session that begins with a challenge',
    sides: {
      alice: { phone: 'alice', to: 'bob', steps: [...invites, ...talks, ...isHungUpOn] },
      bob: { phone: 'bob', steps: [...picksUp, ...hangsUp] },
    },
  },
]
