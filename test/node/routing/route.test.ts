import test from 'ava'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import { phonesIn } from '../../../node/routing/decision.ts'
import { link } from '../../../node/routing/link.ts'
import { fill, match, readPattern } from '../../../node/routing/pattern.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { decide, type Facts } from '../../../node/routing/route.ts'
import { requestOf } from './request.ts'

const facts: Facts = { known: (aor) => aor === 'dave@pbx.test', here: (host) => host === '192.0.2.1' }

function planned(text: string): PlanRow {
  const read = readPlan(text)
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read.faults))
  return { version: 3, text, plan: read.plan, author: 'test', committedAt: 0 }
}

const plan = planned(`
domains: [pbx.test, lab.test]
users:
  alice@pbx.test: { numbers: ["1001"] }
  bob@pbx.test: { numbers: ["1002"] }
  carol@lab.test: { numbers: ["1001"] }
rules:
  - { name: sales, match: 2000, hunt: { order: serial, users: [alice@pbx.test, bob@pbx.test], seconds: 5 } }
  - { name: all, match: 2001, hunt: { order: parallel, users: [alice@pbx.test, bob@pbx.test] } }
  - { name: only alice, match: 2002, from: [alice@pbx.test], user: bob@pbx.test }
  - { name: lab only, match: 2003, domain: lab.test, user: carol@lab.test }
  - { name: prefix, match: 8XXXX, rewrite: $1 }
  - { name: around, match: 7., rewrite: 7$1 }
  - { name: premium, match: 0900., reject: { status: 603, reason: Barred } }
  - { name: bare, match: 2004, user: alice }
emergency: { numbers: ["112"], hunt: { order: parallel, users: [alice@pbx.test] } }
`)

const linked = link([plan], 3)

const call = (dialled: string, domain = 'pbx.test', caller: string | null = 'alice@pbx.test') => {
  const decision = decide(linked, facts, requestOf({ caller, dialled, domain }))
  const to =
    decision.kind === 'ring'
      ? phonesIn(decision.steps)
          .map((s) => s.aors.join('+'))
          .join(' ')
      : decision.kind === 'reject'
        ? decision.status
        : decision.service
  return [to, decision.rule]
}

test('each kind of rule does what it says', (t) => {
  t.deepEqual(call('2000'), ['alice@pbx.test bob@pbx.test', 'sales'])
  t.deepEqual(call('2001'), ['alice@pbx.test+bob@pbx.test', 'all'])
  t.deepEqual(call('2002'), ['bob@pbx.test', 'only alice'])
  t.deepEqual(call('2002', 'pbx.test', 'bob@pbx.test'), [404, 'none'])
  t.deepEqual(call('2003', 'lab.test'), ['carol@lab.test', 'lab only'])
  t.deepEqual(call('2003'), [404, 'none'])
  t.deepEqual(call('2004'), ['alice@pbx.test', 'bare'])
  t.deepEqual(call('09001'), [603, 'premium'])
  t.deepEqual(call('81002'), ['bob@pbx.test', 'directory'])
  t.deepEqual(call('71'), [482, 'none'], 'a rewrite that comes back to itself ends')
})

test('urn:service:sos and its sub-services are the emergency number of a plan that has one, and of no other (RFC 5031)', (t) => {
  for (const sos of ['urn:service:sos', 'URN:service:SOS.ambulance', 'urn:service:sos.fire.forest']) {
    t.deepEqual(call(sos), ['alice@pbx.test', 'emergency'], sos)
    t.deepEqual(call(sos, 'elsewhere.test', null), ['alice@pbx.test', 'emergency'], sos)
    t.true(decide(linked, facts, requestOf({ caller: null, dialled: sos, domain: '' })).emergency)
    t.like(decide(link([], 0), facts, requestOf({ caller: null, dialled: sos, domain: 'pbx.test' })), {
      emergency: false,
      status: 404,
    })
  }
  for (const other of ['urn:service:sosx', 'urn:service:counseling', 'sos', 'xurn:service:sos'])
    t.deepEqual(call(other), [404, 'none'], other)
})

test('after the rules come the numbers of the domain, then its user names, then 404', (t) => {
  t.deepEqual(call('1001'), ['alice@pbx.test', 'directory'])
  t.deepEqual(call('1001', 'lab.test'), ['carol@lab.test', 'directory'])
  t.deepEqual(call('bob'), ['bob@pbx.test', 'user'])
  t.deepEqual(call('dave'), ['dave@pbx.test', 'user'])
  t.deepEqual(call('dave', 'lab.test'), [404, 'none'])
  t.deepEqual(call('bob', 'elsewhere.test'), [404, 'none'])
  t.deepEqual(call('1002', '192.0.2.1'), ['bob@pbx.test', 'directory'], "a node's address means the caller's domain")
})

test('an emergency number is never refused: not by a rule, not in a foreign domain, not to a stranger', (t) => {
  t.deepEqual(call('112'), ['alice@pbx.test', 'emergency'])
  t.deepEqual(call('112', 'elsewhere.test', null), ['alice@pbx.test', 'emergency'])
  const barred = planned(
    'domains: [a.test]\nrules: [{ name: bar, match: "!", reject: { status: 403 } }]\nemergency: { numbers: ["112"], user: u }',
  )
  t.is(decide(link([barred], 3), facts, requestOf({ caller: null, dialled: '112', domain: 'a.test' })).kind, 'ring')
})

test('before the first plan, users are called by name', (t) => {
  t.is(decide(link([], 0), facts, requestOf({ caller: null, dialled: 'dave', domain: 'pbx.test' })).kind, 'ring')
  t.is(decide(link([], 0), facts, requestOf({ caller: null, dialled: 'nobody', domain: 'pbx.test' })).kind, 'reject')
})

test('the trace says what was looked at and why, and does not grow with the plan', (t) => {
  const { trace } = decide(linked, facts, requestOf({ caller: null, dialled: '2002', domain: 'pbx.test' }))
  t.true(trace.includes('rule only alice (2002) is for other callers'), trace.join('\n'))
  t.is(trace.at(-1), 'no rule, number or user is 2002@pbx.test')
  const many = planned(
    `domains: [a.test]\nrules:\n${Array.from({ length: 5000 }, (_, i) => `  - { name: r${i}, match: "1${i}", user: u }`).join('\n')}`,
  )
  t.true(decide(link([many], 3), facts, requestOf({ caller: null, dialled: '2', domain: 'a.test' })).trace.length < 200)
})

test('deciding is total: whatever is dialled, by whom, wherever, there is a decision', (t) => {
  const bits = [
    '',
    '1',
    '1001',
    '112',
    '8',
    '0900',
    '7',
    '.',
    '!',
    '$1',
    '\u0000',
    '\ud800',
    '%',
    'X',
    '@',
    'a'.repeat(200),
  ]
  let seed = 7
  const pick = (): string => bits[(seed = (seed * 48271) % 2147483647) % bits.length]!
  for (let i = 0; i < 20_000; i++) {
    const request = {
      caller: i % 3 === 0 ? null : pick() + '@' + pick(),
      dialled: pick() + pick() + pick(),
      domain: i % 2 ? 'pbx.test' : pick(),
    }
    const decision = decide(i % 5 === 0 ? link([], 0) : linked, facts, requestOf(request))
    if (decision.kind === 'reject') t.true(decision.status >= 400 && decision.status < 700)
    else if (decision.kind === 'service' || decision.steps.length === 0) t.fail(JSON.stringify(request))
  }
})

test('patterns: runs and tails are captured; the cost is the length, whatever the pattern', (t) => {
  const captured = (pattern: string, dialled: string) => {
    const read = readPattern(pattern)
    return read.kind === 'pattern' ? match(read.pattern, dialled) : read.why
  }
  t.deepEqual(captured('9NXX.', '92345'), ['234', '5'])
  t.deepEqual(captured('9NXX!', '9234'), ['234', ''])
  t.is(captured('9NXX.', '9234'), null)
  t.is(captured('NXX', '123'), null)
  t.is(captured('Z', '0'), null)
  t.deepEqual(captured('a.b', 'a.b'), [])
  t.is(captured('1XXX', '１２３４'), null)
  t.is(fill('+49$2$1', ['a', 'b']), '+49ba')
  t.regex(String(captured('X'.repeat(65), '1')), /at most/)
  t.deepEqual(captured('X'.repeat(63) + '!', '1'.repeat(100_000)), ['1'.repeat(63), '1'.repeat(99_937)])
})
