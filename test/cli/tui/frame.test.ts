import test from 'ava'
import { width } from '../../../cli/tui/columns.ts'
import { frame } from '../../../cli/tui/frame.ts'
import type { Model } from '../../../cli/tui/model.ts'
import {
  after,
  call,
  calls,
  event,
  keys,
  node,
  nodes,
  overview,
  registration,
  registrations,
  reply,
  started,
} from './made.ts'

const LOOKS = { colour: true, ascii: false }
const text = (model: Model, looks = LOOKS) => frame(model, looks).map((line) => line.map((span) => span.text).join(''))

const NASTY = '\u001b[2J日本語\u202e1\u20e3e\u0301\u0301\u0301क्ष👩‍👩'.repeat(20)

function full(columns: number, rows: number): Model {
  return after(
    started(columns, rows),
    reply({ what: 'overview', value: overview({ leader: NASTY, node: NASTY, calls: 9e15 }) }),
    nodes(node('n1', { role: 'leader' }), node(NASTY, { reachable: false, media: NASTY })),
    calls(...Array.from({ length: 50 }, (_, i) => call(`c${i}${NASTY}`, { from: NASTY, to: NASTY, rule: NASTY }))),
    registrations(registration(NASTY, { userAgent: NASTY, received: NASTY })),
    reply({ what: 'events', fresh: true, value: [event(NASTY, { kind: NASTY, subject: NASTY })] }),
    reply({
      what: 'plan',
      value: { version: 1, text: NASTY, author: NASTY, committedAt: 0, rules: 1, document: NASTY, reason: NASTY },
    }),
  )
}

test('at any size, on any page, a frame has the rows of the terminal and no line is wider than it', (t) => {
  for (const [columns, rows] of [
    [1, 1],
    [39, 9],
    [40, 10],
    [41, 11],
    [60, 15],
    [80, 24],
    [120, 40],
    [200, 50],
  ] as const) {
    for (const pressed of ['1', '2', '3', '4', '5', '?', '[enter]', '[enter]x', '/abc', ':regs', 'p']) {
      for (const looks of [LOOKS, { colour: false, ascii: true }]) {
        const lines = text(after(full(columns, rows), ...keys(pressed)), looks)
        t.is(lines.length, rows, `${columns}x${rows} ${pressed}`)
        for (const line of lines) t.true(width(line) <= columns, `${columns}x${rows} ${pressed}: ${line}`)
      }
    }
  }
})

test('without Unicode every character is ASCII', (t) => {
  for (const pressed of ['1', '2', '3', '4', '5', '?', '?G', '[enter]', '[enter]x', '/ä', ':']) {
    for (const line of text(after(full(80, 24), ...keys(pressed)), { colour: false, ascii: true })) {
      t.regex(line, /^[\x20-\x7e]*$/, pressed)
    }
  }
})

test('a terminal that is too small is told what is needed', (t) => {
  t.is(text(full(39, 24))[0], 'too small: 39x24, needs 40x10')
  t.regex(text(full(40, 10))[0]!, /quorum/)
})

test('the chosen row has a mark of its own beside the inverse colours', (t) => {
  const model = after(started(), calls(call('a'), call('b')), ...keys('j'))
  const marked = frame(model, LOOKS).filter((line) => line[0]?.text.startsWith('›'))
  t.is(marked.length, 1)
  t.true(marked[0]![0]!.inverse)
})

test('the title says how many of how many rows are shown, by which filter, in which order', (t) => {
  const model = after(started(), calls(call('a', { from: 'carol@pbx.test' }), call('b')), ...keys('/carol[enter]'))
  t.regex(text(model)[3]!, /calls ─ 1\/2 ─ filter: carol ─ sort: age↑/)
})
