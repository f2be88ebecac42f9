/** The ladder on the screen: arrows under a cursor, messages that are read and compared, in any size. */
import test from 'ava'
import { frame } from '../../../cli/tui/frame.ts'
import type { Model } from '../../../cli/tui/model.ts'
import type { Theme } from '../../../cli/tui/theme.ts'
import { update } from '../../../cli/tui/update.ts'
import type { Traced__Output } from '../../../proto/types/raftel/v1/Traced.ts'
import { after, call, calls, keys, NOON, reply, started } from './made.ts'

const LOOK: Theme = { colour: false, ascii: false }
const text = (model: Model, theme = LOOK) =>
  frame(model, theme).map((line) =>
    line
      .map((span) => span.text)
      .join('')
      .trimEnd(),
  )
const chosen = (model: Model) =>
  frame(model, LOOK).flatMap((line) => line.filter(({ inverse }) => inverse).map((span) => span.text.trimEnd()))

const NASTY = '\x1b]0;owned\x07\u202e'

function item(n: number, sent: boolean, start: string, remote = '192.0.2.7:5062', callId = 'a'): Traced__Output {
  const body = start.startsWith('INVITE') ? '\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.7\r\n' : '\r\n'
  const message = {
    ...{ at: (NOON + n) * 1000, sent, transport: 'udp', local: '192.0.2.1:5060', remote, callId },
    text: `${start}\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\nX-Number: ${n}\r\nX: ${NASTY}\r\n${body}`,
  }
  return { kind: 'MESSAGE', node: 'n1', of: null, message }
}

const ITEMS: readonly Traced__Output[] = [
  { kind: 'NODE', node: 'n1', of: { missing: '', calls: ['abcd1234'] }, message: null },
  item(0, false, 'INVITE sip:bob@pbx.test SIP/2.0'),
  item(5, true, 'INVITE sip:bob@192.0.2.9 SIP/2.0', '192.0.2.9:5060', 'b'),
  item(5, true, 'INVITE sip:bob@192.0.2.9 SIP/2.0', '192.0.2.9:5060', 'b'),
  item(9, false, `SIP/2.0 486 Busy${NASTY}`, '192.0.2.9:5060', 'b'),
  item(10, true, 'SIP/2.0 486 Busy Here'),
]
const told = (items = ITEMS) => reply({ what: 'trace', value: items, id: 'abcd1234' })
const opened = (columns = 80, rows = 24) =>
  after(started(columns, rows), calls(call('abcd1234')), ...keys('[enter][enter]'))

test('enter on the page of a call shows its SIP as a ladder, a second one the message under the cursor', (t) => {
  t.is(text(opened()).filter((line) => line === 'asking ...').length, 1)
  const model = after(opened(), told())
  t.regex(text(model)[3]!, /^─ SIP of abcd1234 ─/)
  const screen = text(model).join('\n')
  t.regex(screen, /192\.0\.2\.7 +n1 +192\.0\.2\.9\n +:5062 +:5060\n/)
  t.regex(chosen(model)[0]!, /12:00:00\.000 {3}\+0\.000 +│─+INVITE sdp─+>│ +│$/)
  const down = after(model, ...keys('j'))
  t.regex(chosen(down)[0]!, /12:00:00\.005 {3}\+0\.005 +│ +│─+INVITE sdp─+>│$/)
  t.regex(text(down).at(-1)!, /enter message/)
  const raw = after(down, ...keys('[enter]'))
  t.true(text(raw).includes('INVITE sip:bob@192.0.2.9 SIP/2.0'))
  t.deepEqual(after(raw, ...keys('[esc]')).page, down.page)
  t.is(after(raw, ...keys('[esc][esc]')).page.kind, 'call')
  t.is(after(raw, ...keys('[esc][esc][esc]')).page.kind, 'table')
})

test('what is opened on a frozen screen is filled once, and then stays as it is', (t) => {
  const frozen = after(started(), calls(call('abcd1234')), ...keys('p[enter][enter]'))
  const filled = after(frozen, told())
  t.regex(text(filled).join('\n'), /INVITE sdp/)
  t.deepEqual(text(after(filled, told(ITEMS.slice(0, 2)))), text(filled))
})

test('d shows what a message carries, space and enter how two differ, also when the answer came again in between', (t) => {
  const model = after(opened(), told())
  const sdp = text(after(model, ...keys('d')))
  t.true(sdp.includes('v=0') && !sdp.some((line) => line.startsWith('INVITE')))
  const diff = text(after(model, ...keys(' '), told(), ...keys('j[enter]')))
  t.true(diff.includes('- INVITE sip:bob@pbx.test SIP/2.0'), diff.join('\n'))
  t.true(diff.includes('+ INVITE sip:bob@192.0.2.9 SIP/2.0'))
  t.true(diff.includes('  CSeq: 1 INVITE'))
  t.is(after(model, ...keys(' '), told(), ...keys(' [enter]')).page.kind, 'message', 'unmarked again')
  t.regex(text(after(model, ...keys(' '), told(), ...keys(' [enter]')))[3]!, /^─ message ─/)
})

test('s leaves out what was sent again, x what is not of the caller, w shows the time since the beginning, p stops it', (t) => {
  const model = after(opened(), told())
  const arrows = (of: Model) => text(of).filter((line) => /│/.test(line)).length
  t.is(arrows(model), 5)
  t.is(arrows(after(model, ...keys('s'))), 4)
  t.is(arrows(after(model, ...keys('x'))), 2)
  t.is(arrows(after(model, ...keys('xx'))), 5)
  t.regex(chosen(after(model, ...keys('wjj')))[0]!, /^ {4}0\.005000 {3}\+0\.000/)
  t.is(arrows(after(opened(), told(ITEMS.slice(0, 3)), ...keys('p'), told())), 2)
})

test('f keeps the messages that a filter of lists keeps, also those that come later', (t) => {
  const model = after(opened(), told())
  const arrows = (of: Model) => text(of).filter((line) => /│/.test(line)).length
  const invites = after(model, ...keys('fINVITE[enter]'))
  t.is(arrows(invites), 5, 'answers are about a method')
  const requests = after(model, ...keys('f/^INVITE$[enter]'))
  t.is(arrows(after(model, ...keys('f486[enter]'))), 2)
  t.is(arrows(after(model, ...keys('f!486[enter]'))), 3)
  t.regex(text(after(model, ...keys('f!486[enter]')))[3]!, /─ filter: !486 ─/)
  t.is(arrows(after(requests, told())), 5)
  t.true(text(after(model, ...keys('fBYE[enter]'))).includes('no message passes this filter'))
  t.is(arrows(after(model, ...keys('fBYE[esc]'))), 5)
  t.is(after(model, ...keys('f/([enter]')).prompt.kind, 'filter')
})

test('A stays with the newest message, and any movement leaves it', (t) => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => item(n, n % 2 === 1, `SIP/2.0 183 No ${n}`))
  const model = after(opened(), told(many(40)), ...keys('A'))
  t.regex(chosen(model)[0]!, /No 39/)
  t.regex(text(model)[3]!, /─ 25-40 of 40 ─ autoscroll ─/)
  const later = after(model, told(many(50)))
  t.regex(chosen(later)[0]!, /No 49/)
  t.regex(chosen(after(later, ...keys('k'), told(many(60))))[0]!, /No 48/)
})

test('t shows the chosen message beside the arrows, 9 and 0 give it more and less room', (t) => {
  const model = after(opened(120), told(), ...keys('t'))
  const beside = (of: Model) =>
    text(of)
      .slice(4, 22)
      .map((line) => line.slice(line.lastIndexOf('│') + 2))
  t.is(beside(model)[0], 'INVITE sip:bob@pbx.test SIP/2.0')
  t.true(beside(after(model, ...keys('j'))).includes('X-Number: 5'))
  const bar = (of: Model) => text(of)[4]!.lastIndexOf('│')
  t.is(bar(after(model, ...keys('9'))), bar(model) - 4)
  t.is(bar(after(model, ...keys('00'))), bar(model) + 8)
  t.deepEqual(text(after(model, ...keys('t'))), text(after(opened(120), told())))
  t.regex(after(opened(50), told(), ...keys('t')).notice?.text ?? '', /too narrow/)
})

test('c colours by state, leg or method, i tells the call in numbers, m goes to its media', (t) => {
  const model = after(opened(), told())
  const tones = (of: Model) => frame(of, LOOK).flatMap((line) => (/│/.test(line[0]?.text ?? '') ? [line[0]!.tone] : []))
  t.deepEqual(tones(model), ['accent', 'accent', 'dim', 'bad', 'bad'])
  t.deepEqual(tones(after(model, ...keys('c'))), ['accent', 'good', 'dim', 'good', 'accent'])
  t.regex(text(after(model, ...keys('c')))[3]!, /colours: leg/)
  t.deepEqual(tones(after(model, ...keys('ccc'))), tones(model))
  const numbers = text(after(model, ...keys('i')))
  t.true(numbers.includes('messages  5, 1 of them sent again, in 0.010 s'), numbers.join('\n'))
  t.true(numbers.includes('refused   0.010 s after the INVITE'))
  t.is(after(model, ...keys('i[esc]')).page.kind, 'ladder')
  t.is(after(model, ...keys('m')).page.kind, 'call')
})

test('E saves what is shown as what the name says, and no other name', (t) => {
  const press = (pressed: string) =>
    keys(pressed).reduce((step, key) => update(step.model, key), {
      model: after(opened(), told()),
      effects: [],
    } as ReturnType<typeof update>)
  t.regex(text(press('E').model).at(-2)!, /^save as call-abcd1234\.pcap█ {2}\.pcap \.txt \.mmd$/)
  const saved = (pressed: string) => {
    const [effect] = press(pressed).effects
    return effect?.type === 'save' ? { file: effect.file, text: Buffer.from(effect.bytes).toString('latin1') } : null
  }
  t.is(saved('E[enter]')?.file, 'call-abcd1234.pcap')
  t.is(saved('E[enter]')?.text.slice(0, 4), '\xd4\xc3\xb2\xa1')
  t.regex(saved('E[ctrl-u]/tmp/a.mmd[enter]')?.text ?? '', /^sequenceDiagram\n[\s\S]*486/)
  const written = saved('E[ctrl-u]a.txt[enter]')!.text
  t.regex(written, /INVITE sdp[\s\S]*\n {2}INVITE sip:bob@192\.0\.2\.9 SIP\/2\.0\n/)
  t.notRegex(written, /[\x00-\x09\x0b-\x1f]/, 'nothing of a peer reaches a terminal that shows the file')
  t.notRegex(saved('f!486[enter]E[ctrl-u]a.txt[enter]')!.text, /486/)
  t.is(saved('E[ctrl-u]a.doc[enter]'), null)
  t.regex(press('E[ctrl-u].pcap[enter]').model.notice?.text ?? '', /end its name with one of/)
  t.regex(press('fBYE[enter]E[enter]').model.notice?.text ?? '', /no message is shown/)
  t.is(saved('E[esc]'), null)
})

test('what cannot be had is said, and what was there stays', (t) => {
  const failure = {
    type: 'failure',
    what: 'trace',
    id: 'abcd1234',
    at: NOON,
    text: 'no node remembers it',
    gone: true,
  } as const
  t.true(text(after(opened(), failure)).includes('no node remembers it'))
  const model = after(opened(), told(), failure)
  t.true(text(model).includes('no node remembers it') && text(model).some((line) => line.includes('INVITE')))
  const missing = { ...ITEMS[0]!, node: 'n2', of: { missing: 'it is away', calls: [] } }
  t.true(text(after(opened(), told([missing, ...ITEMS]))).includes('without n2: it is away'))
})

test('in any size the screen is as high and as wide as the terminal, and nothing of a peer reaches it', (t) => {
  const many = Array.from({ length: 60 }, (_, n) => item(n * 10, n % 2 === 1, `SIP/2.0 183 ${NASTY}${n}`))
  for (const columns of [40, 57, 80, 200]) {
    for (const rows of [10, 24, 50]) {
      for (const ascii of [true, false]) {
        for (const pressed of [
          '',
          'G',
          'G[enter]',
          ' jd',
          ' G[enter]',
          'jjjjjjjjjjjjjjjjjjjjjjjjjjjj',
          't',
          't99999A',
          'i',
          'f!a',
          'E',
          'f/(',
        ]) {
          const model = after(opened(columns, rows), told([...ITEMS, ...many]), ...keys(pressed))
          const lines = text(model, { colour: false, ascii })
          t.is(lines.length, rows)
          t.true(
            frame(model, LOOK).every((line) => line.every((span) => span.text !== '')),
            'words without a character have no height',
          )
          for (const line of lines) {
            t.true([...line].length <= columns, line)
            t.notRegex(line, ascii ? /[^\x20-\x7e]/ : /[\x00-\x1f\x7f\u202e]/)
          }
          if (model.page.kind === 'ladder') t.is(chosen(model).length, 1, 'the cursor is on the screen')
        }
      }
    }
  }
})

test('e says why a call went where it went', (t) => {
  const asked = after(started(), calls(call('abcd1234')), ...keys('[enter]e'))
  const value = {
    ...{
      id: 'abcd1234',
      node: 'n1',
      ending: '',
      from: 'alice@pbx.test',
      to: '1002',
      planVersion: 3,
      rule: 'directory',
    },
    ...{
      target: 'bob@pbx.test',
      why: ['1002 is a number of bob@pbx.test'],
      attempts: [],
      marks: [],
      term: 7,
      index: 99,
    },
    ...{ known: 'node', asked: null },
  }
  const lines = text(after(asked, reply({ what: 'explain', value })))
  t.true(lines.includes('decided   by plan #3, rule directory: bob@pbx.test'))
  t.true(lines.includes('  1002 is a number of bob@pbx.test'))
})
