/**
 * Reads scripts of commands with the output that each is expected to give, in the grammar of cockroachdb/datadriven:
 *
 *     # a comment
 *     command word key=value key=(a,b) \
 *       more of it
 *     input lines
 *     ----
 *     output lines, up to an empty line; or, after a second rule, up to two more
 */

export interface Arg {
  readonly key: string
  readonly values: readonly string[]
}

export interface Command {
  readonly line: number
  /** The command as it is written, without its input. */
  readonly text: string
  readonly name: string
  readonly args: readonly Arg[]
  readonly input: string
  /** Without the end of its last line. */
  readonly expected: string
}

const RULE = '----'

/** Throws, with the number of the line, when it is no such script. */
export function parseScript(text: string): Command[] {
  const lines = text.split('\n')
  const commands: Command[] = []
  let at = 0
  while (at < lines.length) {
    const number = at + 1
    let words = lines[at++]!.trim()
    if (words === '' || words.startsWith('#')) continue
    while (words.endsWith('\\') && at < lines.length) words = `${words.slice(0, -1)} ${lines[at++]!.trim()}`
    const rule = lines.indexOf(RULE, at)
    if (rule < 0)
      throw new Error(`line ${number}: no ${RULE} follows ${JSON.stringify(words)}, so there is no output to compare`)
    const input = lines.slice(at, rule).join('\n').trim()
    const output = takeOutput(lines, rule + 1)
    at = output.next
    const [name, ...args] = splitWords(words, number)
    commands.push({ line: number, text: words, name: name!, args: args.map(parseArg), input, expected: output.text })
  }
  if (commands.length === 0) throw new Error('it holds no command')
  return commands
}

function takeOutput(lines: readonly string[], from: number): { text: string; next: number } {
  if (lines[from] !== RULE) {
    let end = from
    while (end < lines.length && lines[end]!.trim() !== '') end++
    return { text: lines.slice(from, end).join('\n'), next: end + 1 }
  }
  const isEnd = (i: number): boolean => lines[i] === RULE && lines[i + 1] === RULE
  let end = from + 1
  while (end < lines.length && !isEnd(end)) end++
  if (end === lines.length)
    throw new Error(`line ${from + 1}: the output that opens with two rules is not closed by two`)
  return { text: lines.slice(from + 1, end).join('\n'), next: end + 3 }
}

/** Words are separated by blanks, except within the parentheses that a value begins with. */
function splitWords(text: string, line: number): string[] {
  const words: string[] = []
  let rest = text
  while (rest !== '') {
    let end = rest.search(/\s|=/)
    if (end < 0) end = rest.length
    if (rest[end] === '=') end = rest[end + 1] === '(' ? closing(rest, end + 1, line) : endOfWord(rest, end)
    words.push(rest.slice(0, end))
    rest = rest.slice(end).trim()
  }
  return words
}

function endOfWord(text: string, from: number): number {
  const found = text.slice(from).search(/\s/)
  return found < 0 ? text.length : from + found
}

function closing(text: string, from: number, line: number): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return i + 1
  }
  throw new Error(`line ${line}: a parenthesis is not closed in ${JSON.stringify(text)}`)
}

function parseArg(word: string): Arg {
  const equals = word.indexOf('=')
  if (equals < 0) return { key: word, values: [] }
  const value = word.slice(equals + 1)
  return { key: word.slice(0, equals), values: value.startsWith('(') ? splitValues(value.slice(1, -1)) : [value] }
}

/** At commas that are in no parentheses of their own. */
function splitValues(text: string): string[] {
  const values = ['']
  let depth = 0
  for (const char of text) {
    if (char === '(') depth++
    if (char === ')') depth--
    if (char === ',' && depth === 0) values.push('')
    else values[values.length - 1] += char
  }
  return values.map((value) => value.replace(/^ +/, ''))
}
