import test from 'ava'
import type { Key } from 'ink'
import { BINDINGS, bindingOf, footer } from '../../../cli/tui/keys.ts'
import { pageLines } from '../../../cli/tui/pages.ts'
import { spark } from '../../../cli/tui/spark.ts'
import { theme } from '../../../cli/tui/theme.ts'
import { keysOf } from '../../../cli/tui/typed.ts'
import { after, call, calls, keys, started } from './made.ts'

test('no key means two things on one page', (t) => {
  for (const page of ['table', 'call', 'ladder', 'message', 'explain', 'help', 'plan'] as const) {
    const all = BINDINGS.filter(({ on }) => on.includes(page)).flatMap((binding) => binding.keys)
    t.is(new Set(all).size, all.length, page)
  }
})

test('the help page has every key, the footer only what can be done here', (t) => {
  const help = pageLines(after(started(), ...keys('?')), { colour: false, ascii: false })
  t.is(help.length, BINDINGS.length)
  const table = after(started(), calls(call('abcd')))
  t.true(footer(table).some(({ word }) => word === 'open'))
  t.false(footer(table).some(({ word }) => word === 'hang up'))
  t.true(footer(after(table, ...keys('[enter]'))).some(({ word }) => word === 'hang up'))
  t.false(footer(started()).some(({ word }) => word === 'open'))
})

test('keys that come as one text are keys one by one, control keys too', (t) => {
  const none = { ctrl: false, meta: false } as Key
  t.deepEqual(keysOf('a\x15b\x1a\r\x08\x00', none), ['a', 'ctrl-u', 'b', 'ctrl-z', 'enter', 'backspace'])
})

test('q leaves from every page', (t) => {
  for (const page of ['table', 'call', 'help', 'plan'] as const) t.is(bindingOf('q', page)?.action, 'quit')
})

test('a sparkline shows the shape, in blocks or in ASCII', (t) => {
  t.is(spark([0, 1, 2, 7], 8, false), '▁▂▃█')
  t.is(spark([0, 1, 2, 7], 2, true), '-#')
  t.is(spark([0, 0], 8, false), '▁▁')
  t.is(spark([], 8, false), '')
})

test('NO_COLOR, a dumb terminal, RAFTEL_ASCII and a locale without UTF-8 are respected', (t) => {
  t.deepEqual(theme({ TERM: 'xterm' }), { colour: true, ascii: false })
  t.deepEqual(theme({ TERM: 'xterm', NO_COLOR: '1' }), { colour: false, ascii: false })
  t.deepEqual(theme({ TERM: 'dumb' }), { colour: false, ascii: true })
  t.deepEqual(theme({ RAFTEL_ASCII: '1' }), { colour: true, ascii: true })
  t.deepEqual(theme({ LANG: 'C' }), { colour: true, ascii: true })
  t.deepEqual(theme({ LANG: 'de_DE.UTF-8' }), { colour: true, ascii: false })
})
