/** Message number `index` of a seed: one of the corpus, spoiled in a few places. The same seed and number give the same bytes. */

export function mutated(seed: number, index: number, corpus: readonly string[]): Buffer {
  const random = randomOf(seed, index)
  let text = pick(random, corpus)
  // Otherwise most would be taken for repeats of one transaction.
  if (random.below(4) > 0) {
    text = text
      .replace(/branch=[^;,\s]*/, `branch=z9hG4bK${seed}x${index}`)
      .replace(/^(call-id|i)(\s*:).*/im, `$1$2 ${seed}x${index}`)
  }
  for (let times = random.below(5); times > 0; times--) text = pick(random, CHANGES)(text, random, corpus)
  return Buffer.from(text.slice(0, LONGEST), 'latin1')
}

const LONGEST = 60_000

interface Random {
  /** Uniform in 0 … n-1. */
  below(n: number): number
}

/** splitmix32, begun from two numbers: each message has a sequence of its own. */
function randomOf(seed: number, index: number): Random {
  let state = Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)
  return {
    below(n) {
      state = (state + 0x9e3779b9) | 0
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
      return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * n)
    },
  }
}

type Change = (text: string, random: Random, corpus: readonly string[]) => string

const pick = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)]!

const splice = (text: string, at: number, cut: number, put: string): string =>
  text.slice(0, at) + put + text.slice(at + cut)

/** Changes one line of the head. */
function inLine(text: string, random: Random, change: (line: string) => string): string {
  const blank = text.indexOf('\r\n\r\n')
  const lines = text.slice(0, blank < 0 ? text.length : blank).split('\r\n')
  const at = random.below(lines.length)
  lines[at] = change(lines[at]!)
  return lines.join('\r\n') + (blank < 0 ? '' : text.slice(blank))
}

const CHANGES: readonly Change[] = [
  (text, random) => splice(text, random.below(text.length + 1), 1, String.fromCharCode(random.below(256))),
  (text, random) => splice(text, random.below(text.length + 1), random.below(40), ''),
  (text, random) => splice(text, random.below(text.length + 1), 0, pick(random, NASTY)),
  (text, random) => splice(text, random.below(text.length + 1), 0, pick(random, NASTY).repeat(1 + random.below(2_000))),
  (text, random) => {
    const from = random.below(text.length + 1)
    return splice(text, random.below(text.length + 1), 0, text.slice(from, from + random.below(400)))
  },
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random, corpus) => text.slice(0, random.below(text.length + 1)) + pick(random, corpus),
  (text, random) => inLine(text, random, (line) => `${line}\r\n${line}`),
  (text, random) => inLine(text, random, (line) => line.replace(/:.*/, () => `: ${pick(random, NASTY)}`)),
  (text, random) => inLine(text, random, (line) => line.replace(/^[^:]*/, () => pick(random, NAMES))),
  (text, random) =>
    inLine(text, random, (line) => line.replace(/[ ;,=]/, (one) => `${one}\r\n ${' '.repeat(random.below(300))}`)),
  (text, random) => inLine(text, random, (line) => `${line}\r\n${pick(random, NAMES)}: ${pick(random, NASTY)}`),
  (text, random) => inLine(text, random, (line) => line.replace(/\d+/, () => pick(random, NUMBERS))),
  (text, random) =>
    text.replace(/^(content-length|l)(\s*:).*/im, (_all, name, colon) => `${name}${colon} ${pick(random, NUMBERS)}`),
  (text, random) => text.replace(/^\S+/, () => pick(random, METHODS)),
]

const NUMBERS = [
  '-1',
  '0',
  '1',
  '255',
  '256',
  '65536',
  '2147483647',
  '2147483648',
  '4294967296',
  '9'.repeat(30),
  '0x10',
  '+1',
  '1e9',
  '',
]
const METHODS =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE DANCE __proto__ SIP/2.0'.split(
    ' ',
  )
const NAMES =
  'Via From To Call-ID CSeq Contact Route Record-Route Max-Forwards Content-Length Content-Type Authorization Proxy-Authorization Require Supported Expires Event Refer-To P-Asserted-Identity v f t i m l c s x __proto__ constructor %43ontact X-A'.split(
    ' ',
  )
const NASTY = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\t',
  ' ',
  '  ',
  '"',
  '\\',
  '<',
  '>',
  '<>',
  ';',
  ',',
  ':',
  '=',
  '@',
  '?',
  '%',
  '%00',
  '%41',
  '[',
  ']',
  '[::1]',
  '|',
  '#',
  'sip:',
  'sip:a@b',
  '<sip:a@b>',
  '<sip:a@b;lr>',
  ';tag=',
  ';tag=x',
  ';branch=z9hG4bK',
  ';lr',
  '"a" <sip:a@b>;x="',
  'Digest ',
  'Digest a="b',
  'z9hG4bK',
  '*',
  '\xff',
  '\xc3\xa4',
  '\xc3',
  '\xe2\x80\xa8',
  '\xed\xa0\x80',
  '\xf0\x9f\x98\x80',
  'a',
  '9',
  'SIP/2.0',
  ';;,;,,',
  '\r\n ',
  '\r\n\r\n',
  '--x\r\nContent-Type:',
  '1|2',
]
