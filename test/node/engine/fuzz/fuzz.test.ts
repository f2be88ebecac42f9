import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { defaultLimits, type EngineLimits } from '../../../../node/engine/limits.ts'
import { decode, encode, lengthOf } from '../../../../node/engine/parser/bytes.ts'
import { checkMessage } from '../../../../node/engine/parser/check.ts'
import * as headers from '../../../../node/engine/parser/headers.ts'
import { headersOf, parseMessage } from '../../../../node/engine/parser/message.ts'
import { StreamFramer } from '../../../../node/engine/parser/stream.ts'
import { parseUri } from '../../../../node/engine/parser/uri.ts'
import { withVectors } from '../../../vectors.ts'
import { campaign } from './campaign.ts'
import { corpus } from './corpus.ts'
import { mutated } from './mutate.ts'
import { misread, printed } from './reading.ts'

const SEED = 4475

test('some thousand mutated messages leave the engine as it was, and answering', async (t) => {
  const { messages, failure } = await campaign({
    seed: SEED,
    from: 0,
    until: 6_000,
    corpus: corpus(),
    over: () => false,
    progress() {},
  })
  t.is(failure, null, failure ? `${failure.what}\n${JSON.stringify(failure.bytes.toString('latin1'))}` : '')
  t.is(messages, 6_000)
})

test('a seed and a number are one message, and two numbers are two', (t) => {
  const messages = corpus().slice(0, 9)
  t.true(mutated(1, 7, messages).equals(mutated(1, 7, messages)))
  t.true(new Set(Array.from({ length: 2_000 }, (_, i) => mutated(1, i, messages).toString('latin1'))).size > 1_700)
})

withVectors(
  test,
  'sip/callflows',
  'every message of the call flows in the RFCs is read as what it is, and written alike',
  (t, folder) => {
    const index = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as Record<string, Flow[]>
    const entries = Object.values(index).flat()
    const there = entries.filter(({ file }) => existsSync(path.join(folder, file)))
    t.true(there.length > 600, `only ${there.length} messages of ${entries.length}`)
    for (const { file, start, body } of there) {
      const bytes = readFileSync(path.join(folder, file))
      t.is(misread(bytes), null, file)
      const read = parseMessage(bytes.toString())!
      t.true(printed(read).startsWith(`${start}\r\n`), file)
      const [head = ''] = bytes.toString().split('\r\n\r\n')
      t.is(read.fields.length, head.split(/\r\n(?![ \t])/).length - 1, file)
      t.is(lengthOf(read.body), body, file)
      t.is(read.flaw, null, file)
    }
  },
)

/** A row of the index of call flows; `body` is its length. */
interface Flow {
  readonly file: string
  readonly start: string
  readonly body: number
}

/** Characters that mean something to somebody, and any other. */
const piece = fc.oneof(
  fc.constantFrom(
    ...' \t"\\<>,;:=@?%[]|',
    '\r\n',
    '\r\n ',
    'sip:a@b',
    '<sip:a@b>',
    ';tag=',
    'SIP/2.0/UDP a',
    'Digest a=b',
    '\u2028',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
const name = fc.constantFrom(
  'Via',
  'v',
  'From',
  'To',
  'Contact',
  'm',
  'CSeq',
  'Call-ID',
  'Route',
  'X-A',
  's',
  '__proto__',
  'l',
)
const message = fc
  .record({
    start: fc.oneof(fc.constant('INVITE sip:a@b SIP/2.0'), fc.constant('SIP/2.0 200 OK'), text),
    lines: fc.array(fc.tuple(name, text)),
    body: text,
  })
  .map(({ start, lines, body }) => `${start}\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n${body}`)
const parameters = { seed: SEED, numRuns: 300 }

test('what is read, written and read again is the same, and nothing throws', (t) => {
  fc.assert(
    fc.property(message, (written) => {
      const read = parseMessage(written)
      if (!read) return
      checkMessage(read, defaultLimits)
      if (read.flaw !== null) return
      const again = parseMessage(printed(read))
      t.deepEqual({ ...again, size: 0 }, { ...read, size: 0 })
    }),
    parameters,
  )
})

test('no value makes a reader throw', (t) => {
  fc.assert(
    fc.property(text, (value) => {
      headers.parseVia(value)
      headers.parseAddress(value)
      headers.parseCSeq(value)
      headers.parseHostPort(value)
      headers.tagOf(value)
      headers.parameter(value, 'x')
      headers.withSource(value, '192.0.2.1', 5060)
      parseUri(value)
    }),
    parameters,
  )
  t.pass()
})

test('bytes are the same after they were text', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
      const bytes = Buffer.from(array)
      const read = decode(bytes)
      return Buffer.from(encode(read)).equals(bytes) && lengthOf(read) === bytes.length
    }),
    parameters,
  )
  t.pass()
})

test('a stream reads alike however it is cut', (t) => {
  const whole = (pieces: readonly Buffer[]): string => {
    const framer = new StreamFramer(4_000, 4_000)
    return JSON.stringify(pieces.flatMap((one) => framer.push(one)))
  }
  const stream = fc.array(
    fc.oneof(message, fc.constantFrom('\r\n', '\r\n\r\n', 'OPTIONS sip:a SIP/2.0\r\nl: 3\r\n\r\nabc')),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(stream, fc.array(fc.nat(2_000), { maxLength: 6 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''))
      const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
      const pieces = points.slice(1).map((end, i) => bytes.subarray(points[i], end))
      t.is(whole(pieces), whole([bytes]))
    }),
    parameters,
  )
})

/** What a text of this size is filled with; whoever tries it twice takes long. */
const FILLINGS = [
  ' ',
  '\t',
  ',',
  ';',
  '<',
  '>',
  '"',
  '\\',
  '=',
  ':',
  '@',
  'a',
  '9',
  ', ',
  ' ;a',
  '"a"',
  '"a",',
  '<a>,',
  'a=b,',
  '\r\n ',
  '[',
  '?',
]
const NAMES = [
  'Via',
  'From',
  'To',
  'Contact',
  'Route',
  'Authorization',
  'CSeq',
  'Call-ID',
  'Max-Forwards',
  'X-A',
  'Content-Type',
]
const NO_LIMITS: EngineLimits = { ...defaultLimits, field: 1e9, address: 1e9, fields: 1e9 }

test('four times the text takes about four times as long, whatever it is', (t) => {
  for (const one of NAMES) {
    for (const filling of FILLINGS) {
      const spent = (size: number): number => {
        const value = filling.repeat(size / filling.length)
        const lines = `Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n${one}: ${one === 'Via' ? 'SIP/2.0/UDP a;' : '<sip:a>'}${value}z\r\n`
        return cpuOf(() => {
          const read = parseMessage(
            `OPTIONS sip:a SIP/2.0\r\n${lines}\r\n${filling.repeat(size / filling.length)}`,
            1e9,
          )
          if (!read) return
          checkMessage(read, NO_LIMITS)
          for (const via of headersOf(read, 'via')) headers.withSource(via, '192.0.2.1', 1)
        })
      }
      // Quadratic would be 16 times; and below a millisecond nothing is worth a word.
      const [less, more] = [spent(12_000), spent(48_000)]
      t.true(more < 10 * less || more < 3, `${one} with ${JSON.stringify(filling)}: ${less} ms, then ${more} ms`)
    }
  }
})

/** The least CPU of a few runs, ms. */
function cpuOf(run: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 4; i++) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}
