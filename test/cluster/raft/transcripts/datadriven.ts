/**
 * Reads scripts of commands with the output that each is expected to give:
 *
 *     # a comment
 *     command word key=value key=(a,b)
 *     input lines
 *     ----
 *     output lines, up to an empty line
 */

export interface Arg {
  readonly key: string
  readonly values: readonly string[]
}

export interface Command {
  readonly line: number
  readonly name: string
  readonly args: readonly Arg[]
  readonly input: string
  readonly expected: string
}

export function parseScript(text: string): Command[] {
  const lines = text.split('\n')
  const commands: Command[] = []
  let at = 0
  const take = (until: (line: string) => boolean): string[] => {
    const taken: string[] = []
    while (at < lines.length && !until(lines[at]!)) taken.push(lines[at++]!)
    at++
    return taken
  }
  while (at < lines.length) {
    const line = lines[at]!.trim()
    at++
    if (line === '' || line.startsWith('#')) continue
    const number = at
    const input = take((text) => text === '----').join('\n')
    // A second rule opens an output that may have empty lines; two more close it.
    const fenced = lines[at] === '----'
    if (fenced) at++
    const expected = take((text) => text === (fenced ? '----' : '')).join('\n')
    if (fenced) at++
    const [name, ...args] = splitWords(line)
    commands.push({ line: number, name: name!, args: args.map(parseArg), input, expected })
  }
  return commands
}

/** Words are separated by blanks, except within parentheses. */
function splitWords(line: string): string[] {
  return line.match(/[^\s(]*\([^)]*\)|\S+/g) ?? []
}

function parseArg(word: string): Arg {
  const equals = word.indexOf('=')
  if (equals < 0) return { key: word, values: [] }
  const value = word.slice(equals + 1)
  const inner = value.startsWith('(') ? value.slice(1, -1) : value
  return { key: word.slice(0, equals), values: inner.split(',').map((part) => part.trim()) }
}
