import xterm from '@xterm/headless'
import test from 'ava'
import stringWidth from 'string-width'
import { cut, pad, safe, width, widths } from '../../../cli/tui/columns.ts'

const HOSTILE = [
  'plain',
  '',
  'a\u001b[2J\u001b]52;c;aGk=\u0007b',
  '日本語テキスト',
  'e\u0301\u0301\u0301\u0301\u0301\u0301x',
  '1\u20e3 2\ufe0f\u20e3',
  'हिन्दी क्षत्रिय',
  'ᄀᄀᄀ각ᇂᇂ',
  '👩‍👩‍👧‍👦🇩🇪',
  '\u202egnp.exe',
  '\u200b\u200d\ufeff',
  '｡ﾞﾟｰ',
  '\ud800 alone',
  'x'.repeat(1000),
  '\t\r\n\u0000\u007f\u009b31m',
]

test('text from outside is drawn in as many columns as were given to it, whatever it is', (t) => {
  for (const text of HOSTILE) {
    for (const ascii of [false, true]) {
      for (let columns = 0; columns <= 45; columns++) {
        const shown = pad(safe(text, ascii), columns, 'left', ascii ? '~' : '…')
        t.is(width(shown), columns, JSON.stringify(text))
        t.true(stringWidth(shown) <= columns, JSON.stringify(text))
      }
    }
  }
})

test('a terminal gives a padded text one line, whatever it is', async (t) => {
  for (const text of HOSTILE) {
    const view = new xterm.Terminal({ cols: 40, rows: 5, allowProposedApi: true })
    await new Promise<void>((resolve) => view.write(pad(safe(text.repeat(20), false), 40) + '\r\nnext', resolve))
    t.is(view.buffer.active.getLine(1)?.translateToString(true), 'next', JSON.stringify(text))
    view.dispose()
  }
})

test('no control character, escape sequence or direction override of a peer reaches the terminal', (t) => {
  for (const text of HOSTILE) {
    t.notRegex(safe(text, false), /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/)
    t.regex(safe(text, true), /^[\x20-\x7e]*$/)
  }
})

test('what does not fit ends in an ellipsis', (t) => {
  t.is(cut('alice@example.com', 8), 'alice@e…')
  t.is(cut('alice', 5), 'alice')
  t.is(cut('日本語', 4), '日…')
  t.is(pad('7', 3, 'right'), '  7')
})

test('a narrow terminal loses the least important columns first', (t) => {
  const shares = [
    { min: 10, drop: 0, grow: 1, max: 20 },
    { min: 5, drop: 2 },
    { min: 5, drop: 1 },
  ]
  t.deepEqual(widths(shares, 40), [20, 5, 5])
  t.deepEqual(widths(shares, 22), [10, 5, 5])
  t.deepEqual(widths(shares, 21), [15, 0, 5])
  t.deepEqual(widths(shares, 12), [12, 0, 0])
  t.deepEqual(widths(shares, 4), [4, 0, 0])
})

test('columns and the gaps between them never exceed the line', (t) => {
  const shares = [7, 3, 12, 9, 4].map((min, i) => ({ min, drop: i, grow: i, max: min * 3 }))
  for (let columns = 1; columns < 200; columns++) {
    const shown = widths(shares, columns).filter((size) => size > 0)
    t.true(shown.reduce((sum, size) => sum + size + 1, -1) <= columns, String(columns))
    t.true(shown.length > 0)
  }
})
