/** RFC 3665 §2: registrations. */
import type { ExecutionContext } from 'ava'
import { find } from './parts.ts'
import { hears, type Step, sends } from './script.ts'
import type { Flow } from './stage.ts'
import type { Message } from './trace.ts'

const MADE = /^<sip:dora@127\.[\d.]+:\d+>;expires=(\d+);q=1$/

function registers(...headers: readonly string[]): Step[] {
  const more = headers.length === 0 ? {} : { headers }
  return [sends('REGISTER', more), hears(401, 'REGISTER'), sends('REGISTER', more), hears(200, 'REGISTER')]
}

const made = registers('Contact: <sip:dora@[local_ip]:[local_port]>', 'Expires: 3600')
/** RFC 3261 §10.2.2: each flow leaves nothing for the next. */
const removed = registers('Contact: *', 'Expires: 0')

/** The contacts of each 200, in order. */
function boundIn(messages: readonly Message[] | undefined): string[][] {
  const answers = (messages ?? []).filter((one) => !one.sent && one.status === 200)
  return answers.map((one) => one.header('contact').split(',').filter(Boolean))
}

function isChallenged(t: ExecutionContext, messages: readonly Message[] | undefined): void {
  const challenge = find(messages, '< 401 REGISTER')
  t.regex(challenge.header('www-authenticate'), /^Digest realm="pbx\.test", ?nonce="[^"]{16,}",.*qop="auth"/)
  t.is(challenge.header('contact'), '', 'a stranger does not learn where somebody is')
}

export const REGISTRATIONS: readonly Flow[] = [
  {
    section: '3665 §2.1',
    title: 'a successful new registration',
    sides: { dora: { phone: 'dora', steps: [...made, ...removed] } },
    judge(t, { dora }) {
      isChallenged(t, dora)
      const [after] = boundIn(dora)
      t.is(after?.length, 1)
      const expires = Number(MADE.exec(after?.[0] ?? '')?.[1])
      t.true(expires > 0 && expires <= 3600, `never more than was asked: ${expires}`)
    },
  },
  {
    section: '3665 §2.2',
    title: 'an update of the contact list',
    sides: {
      dora: {
        phone: 'dora',
        steps: [
          ...made,
          ...registers('Contact: mailto:dora@pbx.test'),
          ...registers('Contact: <sip:dora@192.0.2.9:5090>;q=0.4', 'Expires: 600'),
          ...removed,
        ],
      },
    },
    judge(t, { dora }) {
      const [, mail = [], after = []] = boundIn(dora)
      const isMail = (one: string): boolean => /^<mailto:dora@pbx\.test>;expires=\d+;q=1$/.test(one)
      t.is(mail.length, 2)
      t.true(mail.some((one) => MADE.test(one)) && mail.some(isMail))
      t.is(after.length, 3, 'the answer lists all that is bound')
      t.true(after.some((one) => MADE.test(one)) && after.some(isMail))
      t.regex(after.find((one) => one.includes('192.0.2.9')) ?? '', /^<sip:dora@192\.0\.2\.9:5090>;expires=\d+;q=0\.4$/)
    },
  },
  {
    section: '3665 §2.3',
    title: 'a request for the current contact list',
    // A header of no account: with none at all the script would write a Contact.
    sides: { dora: { phone: 'dora', steps: [...made, ...registers('Subject: who am I'), ...removed] } },
    judge(t, { dora }) {
      const [, asked = []] = boundIn(dora)
      t.is(asked.length, 1)
      t.regex(asked[0] ?? '', MADE)
    },
  },
  {
    section: '3665 §2.4',
    title: 'a cancellation of a registration',
    sides: { dora: { phone: 'dora', steps: [...made, ...removed, ...registers('Subject: who am I')] } },
    judge(t, { dora }) {
      t.deepEqual(boundIn(dora).slice(1), [[], []], 'nothing is bound, and the answer says so')
    },
  },
  {
    section: '3665 §2.5',
    title: 'an unsuccessful registration',
    sides: {
      dora: {
        phone: 'dora',
        password: 'wrong',
        steps: [...made.slice(0, 3), hears(401, 'REGISTER')],
      },
    },
    judge(t, { dora }) {
      isChallenged(t, dora)
      const [first, second] = (dora ?? []).filter((one) => one.status === 401)
      t.not(first?.header('www-authenticate'), second?.header('www-authenticate'), 'the second challenge is a new one')
      t.notRegex(second?.raw ?? '', /stale=true/i, 'who does not know the password learns nothing of the nonce')
    },
  },
]
