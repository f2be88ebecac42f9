import test from 'ava'
import type { Bind, BindChange } from '../../../cluster/tables/commands.ts'
import { bindingKey, contactKey } from '../../../cluster/tables/contact-key.ts'
import type { BindingRow } from '../../../cluster/tables/rows.ts'
import {
  granted,
  hasRoom,
  leaseFor,
  POLICY,
  RETRY_AFTER,
  RETRY_NEW_AFTER,
  retryAfter,
} from '../../../node/sip/policy.ts'
import { decide, type Seen, supersedes, type Verdict } from '../../../node/sip/refresh.ts'

const CONTACT = 'sip:alice@192.0.2.1:5060'
const LEASE = 1800
const TIME = 5_000_000

const change = (more: Partial<BindChange> = {}): BindChange => ({ contact: CONTACT, q: 1, expires: 60, ...more })

const wish = (more: Partial<Bind> = {}): Bind => ({
  type: 'bind',
  aor: 'alice@pbx.test',
  callId: 'c',
  cseq: 10,
  changes: [change()],
  node: 'n1',
  transport: 'udp',
  received: '192.0.2.1:5060',
  userAgent: 'Desk 1',
  contactsMax: 10,
  ...more,
})

const binding = (more: Partial<BindingRow> = {}): BindingRow => ({
  aor: 'alice@pbx.test',
  contact: CONTACT,
  transport: 'udp',
  node: 'n1',
  received: '192.0.2.1:5060',
  q: 1,
  expiresAt: TIME + LEASE * 1000,
  registeredAt: 1,
  callId: 'c',
  cseq: 4,
  userAgent: 'Desk 1',
  ...more,
})

const seen = (bindings: readonly BindingRow[] = [binding()], more: Partial<Seen> = {}): Seen => ({
  row: bindings.length === 0 ? null : { aor: 'alice@pbx.test', bindings },
  kept: [{ key: contactKey(CONTACT), until: 40_000, cseq: 9 }],
  time: TIME,
  now: 10_000,
  leaseSeconds: LEASE,
  isUp: true,
  ...more,
})

const OTHER = 'sip:alice@192.0.2.7:5060'
const agree = (why: string, canWait = false) => ({ kind: 'agree', why, canWait }) as Verdict

const [EDGE, OTHER_EDGE] = ['<sip:edge.test;lr>', '<sip:other.test;lr>']
const FLOW = { instance: '<urn:a>', regId: 1 }
const seenFlow = (more: Partial<BindingRow>) =>
  seen([binding({ ...FLOW, usedAt: 1, ...more })], {
    kept: [{ key: bindingKey(change(FLOW)), until: 40_000, cseq: 9 }],
  })

const CASES: readonly [what: string, Bind, Seen, Verdict][] = [
  ['nothing changed', wish(), seen(), { kind: 'keep' }],
  ['nothing changed, after a restart', wish(), seen(undefined, { kept: [] }), { kind: 'keep' }],
  [
    'two contacts, both there',
    wish({ changes: [change(), change({ contact: OTHER })] }),
    seen([binding(), binding({ contact: OTHER })]),
    { kind: 'keep' },
  ],
  ['nothing is bound', wish(), seen([], { kept: [] }), agree('new')],
  ['the lease is over', wish(), seen([binding({ expiresAt: TIME })]), agree('new')],
  ['another contact', wish({ changes: [change({ contact: OTHER })] }), seen(), agree('new')],
  ['one of two is new', wish({ changes: [change(), change({ contact: OTHER })] }), seen(), agree('new')],
  ['it is removed', wish({ changes: [change({ expires: 0 })] }), seen(), agree('removed')],
  ['all are removed', wish({ changes: 'all' }), seen(), agree('removed')],
  ['another node has it', wish(), seen([binding({ node: 'n2' })]), agree('moved')],
  ['this process is not the node yet', wish(), seen(undefined, { isUp: false }), agree('moved')],
  ['another address', wish({ received: '192.0.2.1:5062' }), seen(), agree('changed')],
  ['another transport', wish({ transport: 'tcp' }), seen(), agree('changed')],
  ['another q', wish({ changes: [change({ q: 0.5 })] }), seen(), agree('changed')],
  ['another user agent', wish({ userAgent: 'Desk 2' }), seen(), agree('changed')],
  ['another Path', wish({ path: [EDGE] }), seen([binding({ path: [OTHER_EDGE] })]), agree('changed')],
  ['a Path where there was none', wish({ path: [EDGE] }), seen(), agree('changed')],
  ['one proxy less', wish({ path: [EDGE] }), seen([binding({ path: [EDGE, OTHER_EDGE] })]), agree('changed')],
  ['the same Path', wish({ path: [EDGE] }), seen([binding({ path: [EDGE] })]), { kind: 'keep' }],
  ['an instance that is asked for now', wish({ changes: [change({ instance: '<urn:a>' })] }), seen(), agree('changed')],
  ['the same flow', wish({ changes: [change(FLOW)] }), seenFlow({}), { kind: 'keep' }],
  ['a flow that is new', wish({ changes: [change({ ...FLOW, regId: 2 })] }), seenFlow({}), agree('new')],
  ['a flow with another contact', wish({ changes: [change(FLOW)] }), seenFlow({ contact: OTHER }), agree('changed')],
  [
    'a flow whose CSeq only this node knows',
    wish({ cseq: 9, changes: [change({ ...FLOW, contact: OTHER })] }),
    seenFlow({}),
    { kind: 'out of order', cseq: 9 },
  ],
  ['another Call-ID', wish({ callId: 'd', cseq: 1 }), seen(), agree('changed')],
  [
    'the same contact in other words',
    wish({ changes: [change({ contact: CONTACT.replace('sip:', 'SIP:') })] }),
    seen(),
    agree('changed'),
  ],
  ['the phone was late', wish(), seen(undefined, { now: 40_000 }), agree('lapsed')],
  ['half of the lease is gone', wish(), seen([binding({ expiresAt: TIME + 900_000 })]), agree('lease', true)],
  ['half and a moment are left', wish(), seen([binding({ expiresAt: TIME + 900_001 })]), { kind: 'keep' }],
  ['the phone asks for more than is left', wish({ changes: [change({ expires: 1771 })] }), seen(), agree('lease')],
  ['exactly what is left', wish({ changes: [change({ expires: 1770 })] }), seen(), { kind: 'keep' }],
  [
    'one lease can wait, the other not',
    wish({ changes: [change(), change({ contact: OTHER })] }),
    seen([binding({ expiresAt: TIME + 900_000 }), binding({ contact: OTHER, expiresAt: TIME + 60_000 })]),
    agree('lease'),
  ],
  ['the CSeq that only this node knows', wish({ cseq: 9 }), seen(), { kind: 'out of order', cseq: 9 }],
  [
    'a removal that came late',
    wish({ cseq: 8, changes: [change({ expires: 0 })] }),
    seen(),
    { kind: 'out of order', cseq: 9 },
  ],
  ['a removal of all that came late', wish({ cseq: 8, changes: 'all' }), seen(), { kind: 'out of order', cseq: 9 }],
  ['the CSeq of the row', wish({ cseq: 4 }), seen(undefined, { kept: [] }), { kind: 'out of order', cseq: 4 }],
  ['another node: higher than the row is enough', wish({ cseq: 5 }), seen([binding({ node: 'n2' })]), agree('moved')],
  [
    'another contact has an order of its own',
    wish({ cseq: 2, changes: [change({ contact: OTHER })] }),
    seen(),
    agree('new'),
  ],
]

for (const [what, asked, known, verdict] of CASES) {
  test(`a REGISTER: ${what}: ${'why' in verdict ? verdict.why : verdict.kind}`, (t) => {
    t.deepEqual(decide(asked, known), verdict)
  })
}

test('of two REGISTERs that wait, the later one stands for both only if it says the same contacts again', (t) => {
  const first = wish()
  t.true(supersedes(wish({ cseq: 11 }), first))
  t.true(supersedes(wish({ cseq: 11, received: '192.0.2.9:1', changes: [change({ expires: 90, q: 0.1 })] }), first))
  t.false(supersedes(wish(), first), 'the same CSeq')
  t.false(supersedes(wish({ cseq: 9 }), first), 'the order is the other way round')
  t.false(supersedes(wish({ cseq: 11, callId: 'd' }), first), 'another phone')
  t.false(supersedes(wish({ cseq: 11, changes: 'all' }), first), 'it takes away')
  t.false(supersedes(wish({ cseq: 11, changes: [change({ expires: 0 })] }), first), 'it takes away')
  t.false(supersedes(wish({ cseq: 11 }), wish({ changes: [change({ expires: 0 })] })), 'the first takes away')
  t.false(supersedes(wish({ cseq: 11, changes: [change({ contact: OTHER })] }), first), 'another contact')
  t.false(supersedes(wish({ cseq: 11, changes: [change(), change({ contact: OTHER })] }), first), 'one more')
})

test('what is granted is never more than asked, nor less than a phone may ask for; a removal stays one', (t) => {
  t.is(granted(600, POLICY, 0), 600)
  t.is(granted(600, POLICY, 0.999), 511)
  t.is(granted(60, POLICY, 0.999), 60)
  t.is(granted(65, POLICY, 0.999), 60)
  t.is(granted(0, POLICY, 0.5), 0)
  t.is(leaseFor(0, POLICY, 0.5), 0)
  t.is(leaseFor(60, POLICY, 0), 1800)
  t.is(leaseFor(60, POLICY, 0.999), 2249)
  t.is(leaseFor(7200, POLICY, 0.5), 7230, 'longer than what the phone was told')
})

test('there is room by number and by time, less for who is new; a few are always served', (t) => {
  const room = { known: 400, fresh: 100 }
  const idle = { waiting: 0, agreeing: 0, took: 0 }
  const has = (more: Partial<typeof idle>) =>
    [true, false].map((isKnown) => hasRoom(isKnown, { ...idle, ...more }, room))
  t.deepEqual(has({}), [true, true])
  t.deepEqual(has({ waiting: 399, agreeing: 99 }), [true, true])
  t.deepEqual(has({ waiting: 399, agreeing: 100 }), [true, false])
  t.deepEqual(has({ waiting: 400 }), [false, false])
  t.deepEqual(has({ waiting: 64, took: 499 }), [true, true])
  t.deepEqual(has({ waiting: 64, took: 500 }), [true, false])
  t.deepEqual(has({ waiting: 64, took: 1000 }), [false, false])
  t.deepEqual(has({ waiting: 63, took: 5000 }), [true, true])
})

test('Retry-After is drawn from a range, both ends in it', (t) => {
  for (const range of [RETRY_AFTER, RETRY_NEW_AFTER]) {
    t.is(retryAfter(range, 0), range.min)
    t.is(retryAfter(range, 0.9999), range.max)
  }
})
