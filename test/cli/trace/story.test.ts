/** What nodes saw, as people and programs read it. */
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { ladder } from '../../../cli/trace/ladder.ts'
import { type Seen, storyOf } from '../../../cli/trace/merge.ts'
import { mermaid } from '../../../cli/trace/mermaid.ts'
import { pcap } from '../../../cli/trace/pcap.ts'
import { raw } from '../../../cli/trace/raw.ts'
import { needing } from '../../peers.ts'

const T = Date.UTC(2026, 6, 1, 10, 0, 0) * 1000
const ALICE = '192.0.2.7:5062'
const BOB = '[2001:db8::1]:5060'
const N1 = '192.0.2.1:5060'
const N2 = '192.0.2.2:5060'

const request = (method: string, callId: string, more = ''): string =>
  `${method} sip:bob@pbx.test SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n${more}\r\n`
const answer = (status: string, callId: string, method = 'INVITE'): string =>
  `SIP/2.0 ${status}\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n\r\n`
const SDP = 'Content-Type: application/sdp\r\n'

/** A call over two nodes, of which the second has a clock that is 5 s ahead. */
function call(): Seen[] {
  const seen: Seen[] = []
  const at = (node: string, ms: number) => T + ms * 1000 + (node === 'n2' ? 5_000_000 : 0)
  const note = (
    node: string,
    ms: number,
    way: 'in' | 'out',
    local: string,
    remote: string,
    callId: string,
    text: string,
  ) => seen.push({ node, at: at(node, ms), sent: way === 'out', transport: 'udp', local, remote, callId, text })
  const pass = (ms: number, from: 'n1' | 'n2', text: string) => {
    const [a, b] = from === 'n1' ? (['n1', 'n2'] as const) : (['n2', 'n1'] as const)
    const [x, y] = from === 'n1' ? [N1, N2] : [N2, N1]
    note(a, ms, 'out', x, y, 'b', text)
    note(b, ms + 1, 'in', y, x, 'b', text)
  }
  note('n1', 0, 'in', N1, ALICE, 'a', request('INVITE', 'a', SDP))
  note('n1', 1, 'out', N1, ALICE, 'a', answer('100 Trying', 'a'))
  pass(10, 'n1', request('INVITE', 'b', SDP))
  pass(20, 'n2', answer('100 Trying', 'b'))
  note('n2', 30, 'out', N2, BOB, 'c', request('INVITE', 'c', SDP))
  note('n2', 530, 'out', N2, BOB, 'c', request('INVITE', 'c', SDP))
  note('n2', 600, 'in', N2, BOB, 'c', answer('486 Busy Here', 'c'))
  note('n2', 601, 'out', N2, BOB, 'c', request('ACK', 'c'))
  pass(610, 'n2', answer('486 Busy Here', 'b'))
  note('n1', 620, 'out', N1, ALICE, 'a', answer('486 \x1b[31mBusy', 'a'))
  return seen
}

test('what two nodes saw is one arrow, clocks are set right by what passed, and everybody has a place', (t) => {
  const story = storyOf(call().reverse())
  t.deepEqual(
    story.places.map(({ name }) => name),
    [ALICE, 'n1', 'n2', BOB],
  )
  t.deepEqual(
    [...story.ahead],
    [
      ['n1', 0],
      ['n2', 5_000_000],
    ].sort() as never,
  )
  t.deepEqual(
    story.arrows.map(({ from, to, label, again }) => `${from} ${to} ${label.text}${again ? ' again' : ''}`),
    [
      `${ALICE} n1 INVITE`,
      `n1 ${ALICE} 100 Trying`,
      'n1 n2 INVITE',
      'n2 n1 100 Trying',
      `n2 ${BOB} INVITE`,
      `n2 ${BOB} INVITE again`,
      `${BOB} n2 486 Busy Here`,
      `n2 ${BOB} ACK`,
      'n2 n1 486 Busy Here',
      `n1 ${ALICE} 486 \\x1b[31mBusy`,
    ],
  )
  t.deepEqual(
    story.arrows.filter(({ nodes }) => nodes.length === 2).map(({ nodes }) => nodes.join()),
    ['n1,n2', 'n2,n1', 'n2,n1'],
  )
})

test('a ladder is as wide as it may be, has an arrow a line, and does without Unicode', (t) => {
  const story = storyOf(call())
  for (const columns of [40, 60, 80, 132]) {
    for (const ascii of [true, false]) {
      const { head, rows } = ladder(story, { columns, ascii })
      t.is(rows.length, story.arrows.length)
      for (const line of [...head, ...rows]) {
        t.true(line.length <= columns, line)
        if (ascii) t.regex(line, /^[\x20-\x7e]*$/)
        t.notRegex(line, /\x1b/)
      }
    }
  }
  const { head, rows } = ladder(story, { columns: 80, ascii: true })
  t.is(rows[0], '10:00:00.000   +0.000        |-INVITE sdp->|             |             |')
  t.is(rows[3], '10:00:00.020   +0.010        |             |<100 Trying--|             |')
  t.regex(head.join('\n'), /n1 +n2/)
})

test('a diagram and text for reading have nothing that means something to who draws them', (t) => {
  const story = storyOf([
    ...call(),
    {
      node: 'n1',
      at: T + 1e6,
      sent: false,
      transport: 'udp',
      local: N1,
      remote: ALICE,
      callId: 'a',
      text: 'BAD;#<script> \x1b[2J\r\n\r\n',
    },
  ])
  const diagram = mermaid(story)
  t.regex(diagram, /^sequenceDiagram\n {4}participant p0 as 192\.0\.2\.7:5062\n/)
  t.is(diagram.match(/->>/g)?.length, story.arrows.length)
  t.notRegex(diagram, /<|\x1b|[^#\d\n]\d*;/)
  t.true(diagram.endsWith(': 10:00:01.000 BAD#59;#35;#60;script#62;\n'))
  t.regex(
    raw(story.arrows.at(-1)!),
    /^2026-07-01 10:00:01\.000 udp 192\.0\.2\.7:5062 > n1 \(192\.0\.2\.1:5060\)\n {2}BAD;#<script> \\x1b\[2J\n/,
  )
})

needing(test, 'tcpdump')('a capture is read by a program of others, with right checksums, over IPv4 and IPv6', (t) => {
  const { arrows } = storyOf(call())
  const read = spawnSync('tcpdump', ['-r', '-', '-n', '-vv', '-tt'], { input: pcap(arrows), encoding: 'utf8' })
  t.is(read.status, 0, read.stderr)
  const times = read.stdout.match(/^\d+\.\d+ IP/gm) ?? []
  t.is(times.length, arrows.length, read.stdout)
  t.is(times[0], `${T / 1e6}.000000 IP`)
  t.is(read.stdout.match(/\[udp sum ok\]/g)?.length, arrows.length, read.stdout)
  t.notRegex(read.stdout, /bad cksum|truncated/)
  t.regex(read.stdout, /2001:db8::1\.5060 > /)
  t.is(read.stdout.match(/SIP\/2\.0 486 Busy Here/g)?.length, 2)
})
