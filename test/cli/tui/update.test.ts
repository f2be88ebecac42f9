import test from 'ava'
import { filterSort } from '../../../cli/tui/asking.ts'
import { frame } from '../../../cli/tui/frame.ts'
import { cursor, onScreen } from '../../../cli/tui/list.ts'
import { height, type Model } from '../../../cli/tui/model.ts'
import { update } from '../../../cli/tui/update.ts'
import {
  after,
  call,
  calls,
  event,
  keys,
  NOON,
  node,
  nodes,
  overview,
  registration,
  registrations,
  reply,
  started,
} from './made.ts'

const ids = (model: Model) => onScreen(model.lists.calls, height(model)).map((row) => (row as { id: string }).id)
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => call(`c${i + from}`, { startedAt: NOON - (i + from) * 1000 }))
const press = (model: Model, text: string) =>
  keys(text).reduce((step, key) => update(step.model, key), { model, effects: [] as unknown } as ReturnType<
    typeof update
  >)

test('the cursor stays with its call, on its line, when calls come and go above it', (t) => {
  const model = after(started(), calls(...many(40)), ...keys('jjjjjjjjjjjjjjjjjjjjjjjjkkkkk'))
  t.is(model.lists.calls.selected, 'c19')
  const line = ids(model).indexOf('c19')
  const more = after(model, calls(...many(5, 100).map((row) => ({ ...row, startedAt: NOON + 1000 })), ...many(40)))
  t.is(more.lists.calls.selected, 'c19')
  t.is(ids(more).indexOf('c19'), line)
  const fewer = after(more, calls(...many(30, 10)))
  t.is(fewer.lists.calls.selected, 'c19')
})

test('before anybody moves, the newest calls are in view and the cursor follows its call down', (t) => {
  const model = after(started(), calls(call('old')))
  const next = after(model, calls(call('old'), call('new', { startedAt: NOON })))
  t.deepEqual(ids(next), ['new', 'old'])
  t.is(next.lists.calls.selected, 'old')
})

test('a call that is gone hands the cursor to the one in its place', (t) => {
  const model = after(started(), calls(...many(5)), ...keys('jj'))
  t.is(after(model, calls(...many(5).filter(({ id }) => id !== 'c2'))).lists.calls.selected, 'c3')
  t.is(after(model, calls()).lists.calls.rows.length, 0)
  t.is(after(model, calls(...many(1))).lists.calls.selected, 'c0')
})

test('arrows, j k, g G and pages move; the window follows', (t) => {
  const model = after(started(80, 24), calls(...many(100)))
  const at = (pressed: string) => cursor('calls', after(model, ...keys(pressed)).lists.calls)
  t.is(at('j'), 1)
  t.is(at('[down][down]k'), 1)
  t.is(at('k'), 0)
  t.is(at('G'), 99)
  t.is(at('Gj'), 99)
  t.is(at('Gg'), 0)
  t.is(at('[pagedown]'), 17)
  t.is(at('[pagedown][pageup]'), 0)
  t.deepEqual(ids(after(model, ...keys('G'))).at(-1), 'c99')
  t.is(ids(after(model, ...keys('G'))).length, 17)
})

test('a filter works while it is typed, enter keeps it, esc clears it', (t) => {
  const model = after(started(), calls(call('a', { from: 'carol@pbx.test' }), call('b')))
  const typing = after(model, ...keys('/CAR'))
  t.deepEqual(ids(typing), ['a'])
  t.is(typing.prompt.kind, 'filter')
  const kept = after(typing, ...keys('[enter]'))
  t.is(kept.prompt.kind, 'none')
  t.deepEqual(ids(kept), ['a'])
  t.is(ids(after(kept, ...keys('[esc]'))).length, 2)
  t.is(ids(after(typing, ...keys('[esc]'))).length, 2)
  t.is(ids(after(typing, ...keys('[backspace][backspace][backspace]'))).length, 2)
})

test('a filter may be a regular expression, the others, or characters in their order; so do node and screen alike', (t) => {
  const model = after(started(), calls(call('a1', { from: 'carol@pbx.test', to: '+4930', node: 'n2' }), call('b2')))
  const kept = (typed: string) => ids(after(model, ...keys(`/${typed}[enter]`))).sort()
  t.deepEqual(kept('/^\\+49'), ['a1'])
  t.deepEqual(kept('!carol'), ['b2'])
  t.deepEqual(kept('!/^n2$/'), ['b2'])
  t.deepEqual(kept('-f crl'), ['a1'])
  t.deepEqual(kept('!5'), ['a1', 'b2'], 'what no list shows is not looked at: times, counts')
  t.is(filterSort(after(model, ...keys('/!carol '))).filter, '!carol')
})

test('an expression that is wrong is said beside it, keeps all rows, is not asked for, and is not left by enter', (t) => {
  const model = after(started(), calls(call('a'), call('b')), ...keys('//a('))
  t.deepEqual(ids(model), ['a', 'b'])
  t.is(filterSort(model).filter, '')
  const line = frame(model, { colour: false, ascii: true })[22]!
  t.regex(line.map(({ text }) => text).join(''), /^\/\/a\(_ {2}"\(" is not closed/)
  t.is(after(model, ...keys('[enter]')).prompt.kind, 'filter')
  t.is(after(model, ...keys('[backspace][enter]')).prompt.kind, 'none')
  t.is(after(model, ...keys('[esc]')).lists.calls.filter, '')
})

test('a command opens a list with a filter', (t) => {
  const model = after(started(), calls(call('a', { from: 'carol@pbx.test' }), call('b')), ...keys('3'))
  t.deepEqual(ids(after(model, ...keys(':calls /carol[enter]'))), ['a'])
  t.deepEqual(ids(after(model, ...keys(':ca //^b$[enter]'))), ['b'])
  t.is(after(model, ...keys(':ca //^b$[enter]')).view, 'calls')
  t.regex(after(model, ...keys(':calls //([enter]')).notice?.text ?? '', /is not closed/)
  t.is(after(model, ...keys(':calls //([enter]')).view, 'nodes', 'a wrong one changes nothing')
  t.regex(after(model, ...keys(':plan /x[enter]')).notice?.text ?? '', /plan is no list/)
})

test('ctrl-z shows only calls that something is wrong with, and what; a second time all; a command those with one problem', (t) => {
  const all = after(started(120), calls(call('slow'), call('well'), call('deaf')))
  const asking = after(all, ...keys('[ctrl-z]'))
  const screen = (model: Model) =>
    frame(model, { colour: false, ascii: true }).map((line) => line.map(({ text }) => text).join(''))
  t.regex(screen(asking).join('\n'), /calls - 0\/3 - problems - sort[\s\S]*asking \.\.\./)
  const told = reply({
    what: 'problems',
    value: new Map([
      ['slow', ['slow set-up']],
      ['deaf', ['one-way', 'nat']],
    ]),
  })
  const some = after(asking, told)
  t.deepEqual(ids(some).sort(), ['deaf', 'slow'])
  t.regex(screen(some).join('\n'), /PROBLEMS[\s\S]*! answered .*one-way, nat/)
  t.notRegex(screen(after(some, ...keys('[ctrl-z]'))).join('\n'), /PROBLEMS|one-way/)
  t.is(ids(after(some, ...keys('[ctrl-z]'))).length, 3)
  t.is(ids(after(some, ...keys('[esc]'))).length, 3)
  t.deepEqual(ids(after(some, ...keys(':nat[enter]'))), ['deaf'])
  t.deepEqual(ids(after(some, ...keys('3:one[enter]'))), ['deaf'])
  t.deepEqual(ids(after(some, ...keys(':slow-setup[enter]'))), ['slow'])
  t.is(ids(after(some, ...keys(':nat[enter]:nat[enter]'))).length, 3)
  t.deepEqual(ids(after(some, ...keys('/deaf'))), ['deaf'], 'with a filter both hold')
  t.regex(screen(after(some, ...keys('[enter]'))).join('\n'), /wrong +one-way, nat/)
})

test('when there are more calls than were sent, the screen says of how many it knows what is wrong with them', (t) => {
  const page = reply({ what: 'calls', value: { rows: many(5), next: 'x', total: 900, applied: 1 } })
  const line = frame(after(started(120), page, ...keys('[ctrl-z]')), { colour: false, ascii: true })[3]!
  t.regex(line.map(({ text }) => text).join(''), /problems of the first 5 -/)
})

test('views open by number and by the beginning of a command', (t) => {
  const model = after(started(), registrations(registration('alice@pbx.test')), nodes(node('n1')))
  t.is(after(model, ...keys('2')).view, 'regs')
  t.is(after(model, ...keys(':nodes[enter]')).view, 'nodes')
  t.is(after(model, ...keys(':ev[enter]')).view, 'events')
  t.is(after(model, ...keys(':help[enter]')).page.kind, 'help')
  t.deepEqual(press(model, ':q[enter]').effects, [{ type: 'quit' }])
  t.regex(
    after(model, ...keys(':frobnicate[enter]')).notice?.text ?? '',
    /no command begins with "frobnicate"; there are calls/,
  )
})

test('sorting goes by any column, both ways', (t) => {
  const model = after(
    started(),
    calls(call('a', { from: 'x', startedAt: NOON }), call('b', { from: 'y', startedAt: NOON - 9 })),
  )
  t.deepEqual(ids(model), ['a', 'b'])
  t.deepEqual(ids(after(model, ...keys('r'))), ['b', 'a'])
  t.deepEqual(ids(after(model, ...keys('>'))), ['a', 'b'])
  t.deepEqual(ids(after(model, ...keys('>r'))), ['b', 'a'])
  t.is(after(model, ...keys('<<<<')).lists.calls.sort.column, 0)
})

test('hanging up takes the first four characters of the id, and says the command that does the same', (t) => {
  const model = after(started(), calls(call('abcd1234')), ...keys('[enter]'))
  t.is(model.page.kind, 'call')
  t.deepEqual(press(model, 'xabc[enter]').effects, [])
  t.regex(press(model, 'xabc[enter]').model.notice?.text ?? '', /not hung up/)
  t.deepEqual(press(model, 'xabcd[enter]').effects, [{ type: 'hang up', id: 'abcd1234' }])
  t.deepEqual(press(model, 'xabcd[esc]').effects, [])
  const done = after(model, reply({ what: 'hang up', value: { id: 'abcd1234' } }))
  t.regex(done.notice?.text ?? '', /raftel call hangup abcd1234/)
})

test('a read-only screen says why it does not hang up', (t) => {
  const model = after(started(80, 24, true), calls(call('abcd1234')), ...keys('[enter]x'))
  t.is(model.prompt.kind, 'none')
  t.regex(model.notice?.text ?? '', /read-only/)
})

test('a call that has ended stays on its page, marked as ended', (t) => {
  const model = after(started(), calls(call('abcd1234')), ...keys('[enter]'))
  const gone = after(model, {
    type: 'failure',
    what: 'call',
    id: 'abcd1234',
    at: NOON,
    text: 'no such call',
    gone: true,
  })
  t.like(gone.page, { kind: 'call', gone: true })
  t.is(gone.trouble, undefined)
  t.regex(after(gone, ...keys('x')).notice?.text ?? '', /has ended/)
})

test('media packets are shown with their rate between two answers, and with what their sender heard', (t) => {
  const heard = { mos: 4.31, jitterMs: 10, lost: 2, roundTripMs: 39 }
  const stream = { side: 'caller', bytes: 0, codec: 'PCMU', endpoint: '127.0.0.1:9', errors: 0, heard }
  const answer = (packets: number) => call('abcd1234', { streams: [{ ...stream, packets }] })
  const model = after(
    started(),
    calls(call('abcd1234')),
    ...keys('[enter]'),
    reply({ what: 'call', value: answer(100) }, NOON + 1000),
    reply({ what: 'call', value: answer(200) }, NOON + 3000),
  )
  t.deepEqual(model.page.kind === 'call' && model.page.rates, [50])
  const lines = frame(model, { colour: false, ascii: true }).map((line) => line.map(({ text }) => text).join(''))
  t.regex(lines.join('\n'), /caller +200 +50 +0 PCMU +4\.3 +2% 127\.0\.0\.1:9/)
})

test('freezing stops the table, not the collecting', (t) => {
  const frozen = after(started(), calls(call('a')), ...keys('p'), calls(call('b')))
  t.deepEqual(ids(frozen), ['a'])
  t.deepEqual(ids(after(frozen, ...keys('p'))), ['b'])
})

test('events keep the newest thousand, and a stream that begins anew replaces them', (t) => {
  const batch = Array.from({ length: 1500 }, (_, i) => event(`e${i}`))
  const model = after(started(), reply({ what: 'events', fresh: true, value: batch }), ...keys('4'))
  t.is(model.lists.events.rows.length, 1000)
  t.like(model.lists.events.rows[0], { text: 'e1499' })
  const again = after(model, reply({ what: 'events', fresh: true, value: [event('x')] }))
  t.is(again.lists.events.rows.length, 1)
})

test('an event about a call opens that call, other rows say that they have no page', (t) => {
  const told = reply({ what: 'events', fresh: true, value: [event('answered', { kind: 'call', subject: 'abcd' })] })
  t.like(after(started(), told, ...keys('4[enter]')).page, { kind: 'call', id: 'abcd' })
  t.regex(after(started(), nodes(node('n1')), ...keys('3[enter]')).notice?.text ?? '', /only calls/)
})

test('any size that a window takes leaves the cursor on the screen', (t) => {
  let model = after(
    started(),
    reply({ what: 'overview', value: overview() }),
    calls(...many(60)),
    ...keys('jjjjjjjjjjjjjjjjjjjjjj'),
  )
  for (const [columns, rows] of [
    [40, 10],
    [200, 50],
    [1, 1],
    [80, 24],
    [41, 9],
  ] as const) {
    model = after(model, { type: 'resize', columns, rows })
    t.true(ids(model).includes('c22'), `${columns}x${rows}`)
  }
})

test('the server is asked for the rows that the table shows first', (t) => {
  const sort = (pressed: string) => filterSort(after(started(), ...keys(pressed))).sort
  t.is(sort(''), '-startedAt')
  t.is(sort('r'), 'startedAt')
  t.is(sort('>'), 'from')
  t.is(sort('>r'), '-from')
  t.is(sort('3'), '')
  t.is(filterSort(after(started(), ...keys('/ bob '))).filter, 'bob')
})
