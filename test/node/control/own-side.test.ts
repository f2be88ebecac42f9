import test from 'ava'
import { labelOf } from '../../../cli/trace/label.ts'
import { storyOf } from '../../../cli/trace/merge.ts'
import { hideCall, hideCalls, hideExplanation, hideTraced, type Look } from '../../../node/control/own-side.ts'

const plan = (tenant: string) => ({
  plan: { tenant, domains: [`${tenant}.test`], users: [], rules: [], emergency: null },
})
const plans = new Map(['acme', 'globex', 'third'].map((tenant) => [tenant, plan(tenant)]))
const trunks = new Map([
  ['own', { tenant: 'globex' }],
  ['common', {}],
])

/** ann of acme calls a number; where it goes differs. Each side has an address and a Call-ID of its own. */
const callTo = (target: string, from = 'ann@acme.test', trunk = '', tenant = 'acme') => ({
  id: 'c1',
  from,
  to: '0301',
  target,
  about: { tenant, trunk },
  legs: [
    { role: 'caller', callId: 'leg-a', contact: 'sip:ann@198.51.100.1' },
    { role: 'called', callId: 'leg-b', contact: 'sip:bob@203.0.113.2' },
  ],
})

function look(call: ReturnType<typeof callTo>, ...tenants: string[]): Look {
  return { tables: { plans, trunks, calls: new Map([['c1', call]]), cdrs: new Map() } as never, tenants, id: 'c1' }
}

const INVITE = (host: string, callId: string) =>
  `INVITE sip:0301@pbx SIP/2.0\r\nVia: SIP/2.0/UDP ${host};branch=1\r\nCSeq: 7 INVITE\r\nCall-ID: ${callId}\r\nContact: <sip:x@${host}>\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 ${host}\r\n`

/** What a look at the call tells, of all that can be asked, as text; by whom each leg is seen is by its address and Call-ID. */
function seen(call: ReturnType<typeof callTo>, ...tenants: string[]): string[] {
  const at = look(call, ...tenants)
  const legs = call.legs.map(({ role, callId, contact }) => ({ role, callId, contact }))
  const streams = [
    { side: 'caller', endpoint: '198.51.100.1:4000' },
    { side: 'called', endpoint: '203.0.113.2:4000' },
  ]
  const view = { id: 'c1', rule: 'a rule', target: call.target, legs, streams }
  const explanation = {
    id: 'c1',
    asked: { address: '198.51.100.1:5060', from: 'x', uri: 'y' },
    attempts: [{ uri: 'sip:bob@203.0.113.2', hop: '203.0.113.2' }],
    why: ['rule out (0X) matches 0301', 'bob@globex.test forwards when busy to +4930'],
    rule: 'a rule',
    target: call.target,
  }
  const message = (callId: string, host: string) =>
    ({
      kind: 'MESSAGE',
      message: { sent: true, local: 'n:1', remote: `${host}:5060`, callId, text: INVITE(host, callId) },
    }) as const
  const hide = hideTraced(at)
  const traced = [message('leg-a', '198.51.100.1'), message('leg-b', '203.0.113.2')].map(hide)
  const told = [hideCall(at)(view), hideCalls(at)({ rows: [view] }), hideExplanation(at)(explanation), traced]
  const of = (text: string): string[] => [
    ...(/198\.51\.100\.1|leg-a/.test(text) ? ['caller'] : []),
    ...(/203\.0\.113\.2|leg-b/.test(text) ? ['called'] : []),
    ...(/a rule|matches 0301/.test(text) ? ['plan'] : []),
    ...(/forwards when busy|bob@globex\.test/.test(text) ? ['bob'] : []),
  ]
  const each = told.map((one) => of(JSON.stringify(one)).join(' '))
  // No way of asking tells more of the sides than another.
  const sides = each.map((one) => one.replace(/ ?(plan|bob)/g, ''))
  if (new Set(sides).size > 1) throw new Error(JSON.stringify(each))
  return [...new Set(each.flatMap((one) => one.split(' ')))].filter(Boolean)
}

test('of a call between tenants an operator of one sees the side that is theirs, and of the other that it is there', (t) => {
  const between = callTo('bob@globex.test')
  t.deepEqual(seen(between, 'acme'), ['caller', 'plan'])
  t.deepEqual(seen(between, 'globex'), ['called', 'bob'], 'the plan that decided is not theirs')
  t.deepEqual(seen(between, 'acme', 'globex'), ['caller', 'called', 'plan', 'bob'])
  t.deepEqual(seen(between, 'third'), [])
  t.deepEqual(seen(callTo('bob@globex.test, cid@third.test'), 'globex'), ['bob'], 'one of several is not theirs')
  t.deepEqual(seen(callTo('ben@acme.test'), 'acme'), ['caller', 'called', 'plan'])
  t.deepEqual(seen(callTo(''), 'acme'), ['caller', 'plan'])

  // A carrier is nobody's but by a trunk that is theirs.
  t.deepEqual(seen(callTo('0301 by common'), 'acme'), ['caller', 'plan'])
  t.deepEqual(seen(callTo('0301 by own', 'gus@globex.test', '', 'globex'), 'globex'), [
    'caller',
    'called',
    'plan',
    'bob',
  ])
  const arrived = (trunk: string) => callTo('bob@globex.test', '+441', trunk, 'globex')
  t.deepEqual(seen(arrived('own'), 'globex'), ['caller', 'called', 'plan', 'bob'])
  t.deepEqual(seen(arrived('common'), 'globex'), ['called', 'plan', 'bob'])
})

test('what is left of a message of others is what kind it is, and two sights of it are still one', (t) => {
  const hide = hideTraced(look(callTo('bob@globex.test'), 'acme'))
  const sight = (node: string, sent: boolean, text: string, at: number) => {
    const message = { at, sent, transport: 'udp', local: `${node}:1`, remote: 'x:1', callId: 'leg-b', text }
    const item = hide({ kind: 'MESSAGE', node, message }) as { message: typeof message }
    return { node, ...item.message }
  }
  const text = INVITE('203.0.113.2', 'leg-b')
  const ringing = 'SIP/2.0 180 Ringing at 203.0.113.2\r\nCSeq: 7 INVITE\r\n\r\n'
  const all = [
    sight('n1', true, text, 1),
    sight('n2', false, text, 2),
    sight('n2', true, `${text} `, 3),
    sight('n2', false, ringing, 4),
  ]
  t.deepEqual(
    all.map(({ text: left }) => labelOf(left).text),
    ['INVITE', 'INVITE', 'INVITE', '180'],
  )
  t.false(all.some((one) => /203\.0|leg-b|sdp|Ringing at/.test(JSON.stringify(one))))
  t.deepEqual(
    storyOf(all).arrows.map(({ from, to }) => `${from} ${to}`),
    ['n1 n2', 'n2 hidden', 'hidden n2'],
  )
})

test('of a call that is over its record tells whose the sides were, also while it is followed', (t) => {
  const call = callTo('bob@globex.test')
  const at = look(call, 'acme')
  const hide = hideTraced(at)
  const legB = {
    kind: 'MESSAGE',
    message: { callId: 'leg-b', text: INVITE('203.0.113.2', 'leg-b'), remote: '203.0.113.2:1' },
  } as const
  const legA = {
    kind: 'MESSAGE',
    message: { callId: 'leg-a', text: INVITE('198.51.100.1', 'leg-a'), remote: '198.51.100.1:1' },
  } as const
  const { calls, cdrs } = at.tables as unknown as { calls: Map<string, unknown>; cdrs: Map<string, unknown> }
  calls.clear()
  t.is(hide(legA), legA, 'the last that was known counts')
  t.not(hide(legB), legB)
  cdrs.set('c1', { ...call, ...call.about })
  t.is(hideTraced(at)(legA), legA)
  t.false(JSON.stringify(hideTraced(at)(legB)).includes('203.0.113.2'))
  cdrs.clear()
  t.false(JSON.stringify(hideTraced(at)(legA)).includes('198.51.100.1'), 'of what nothing is known nothing is shown')
})
