/** Why a call went where it went: short enough to be kept with every call, and whole enough to say it. */
import test from 'ava'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import { link } from '../../../node/routing/link.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { decide, type Facts } from '../../../node/routing/route.ts'
import { newTrace, sayTrace, TRACE_BYTES } from '../../../node/routing/trace.ts'
import { requestOf } from './request.ts'

const facts: Facts = { known: () => false, here: () => false }

function planned(text: string): PlanRow {
  const read = readPlan(text)
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read.faults))
  return { version: 1, text, plan: read.plan, author: 'test', committedAt: 0 }
}

test('against 10,000 rules it has at most 1 kB, names what decided, and counts what it does not name', (t) => {
  const long = 'ärgernis über'
  const rules = Array.from(
    { length: 9_999 },
    (_, i) => `  - { name: "${long}${i}", match: "7!", caller: "${i}", reject: { status: 403 } }`,
  )
  const linked = link(
    [planned(`domains: [a.test]\nrules:\n${rules.join('\n')}\n  - { name: last, match: "7.", user: u }\n`)],
    1,
  )
  const { ops, trace } = decide(linked, facts, requestOf({ dialled: '7'.repeat(128), domain: 'a.test', number: 'x' }))
  t.true(Buffer.byteLength(JSON.stringify(ops)) <= TRACE_BYTES, JSON.stringify(ops))
  t.regex(trace.at(-1) ?? '', /^rule last \(7\.\) matches 7+…$/)
  const told = trace.filter((line) => line.endsWith('is for other calling numbers')).length
  t.true(told > 0)
  t.true(trace.includes(`${9_999 - told} more rules do not apply`), trace.join('\n'))
})

test('rules that were nearly meant are told before those that were not meant at all', (t) => {
  const others = Array.from({ length: 500 }, (_, i) => `  - { name: r${i}, match: "1${i}", user: u }`).join('\n')
  const linked = link(
    [planned(`domains: [a.test]\nrules:\n${others}\n  - { name: night, match: "2", from: [x], user: u }\n`)],
    1,
  )
  const { trace } = decide(linked, facts, requestOf({ dialled: '2', domain: 'a.test' }))
  t.true(trace.includes('rule night (2) is for other callers'), trace.join('\n'))
})

test('however much there is to say, what is kept has at most 1 kB, and its beginning and end are kept', (t) => {
  const trace = newTrace()
  trace.add('m', 'first', 'x', '1')
  for (let i = 0; i < 300; i++) trace.add('f', `${'u\u{1F600}'.repeat(30)}${i}`, 'busy', 'x'.repeat(500))
  trace.add('x', 480, 'last')
  const ops = trace.ops()
  t.true(Buffer.byteLength(JSON.stringify(ops)) <= TRACE_BYTES)
  t.deepEqual(
    [ops[0], ops.at(-1)].map((op) => op?.[0]),
    ['m', 'x'],
  )
})

test('a word of a later program is shown as it is, and nothing from outside reaches a terminal', (t) => {
  t.deepEqual(
    sayTrace([
      ['zz', 'a', 1],
      ['toString', 'b'],
    ]),
    ['zz a 1', 'toString b'],
  )
  const trace = newTrace()
  trace.add('us', '\u001b[31mred\u202e')
  t.deepEqual(sayTrace(trace.ops()), ['\\x1b[31mred\\u{202e} is a user'])
})

test('it is data: what is kept with a call and read back says the same', (t) => {
  const linked = link(
    [planned('domains: [a.test]\nrules: [{name: a, match: "1.", rewrite: "2"}, {name: b, match: "2", user: u}]')],
    1,
  )
  const { ops, trace } = decide(linked, facts, requestOf({ dialled: '15', domain: 'a.test' }))
  t.deepEqual(sayTrace(JSON.parse(JSON.stringify(ops))), trace)
  t.deepEqual(trace.slice(0, 2), ['rule a (1.) matches 15', 'rule a rewrites 15 to 2'])
})
