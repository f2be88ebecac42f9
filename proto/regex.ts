/**
 * Regular expressions that nobody can hang a node or a terminal with: all ways through the expression are gone at once, character by character (Thompson 1968; Pike's
 * machine keeps the captures), so that a match costs at most its states times the length of the text. It is of the whole text, as patterns of a plan are.
 * There are characters, `.`, `[…]`, `\d`, `\w`, groups, `|`, `*`, `+`, `?`, `{m,n}`; there are no back references and no looking around.
 */
export interface Regex {
  readonly text: string
  readonly program: readonly Instruction[]
  /** How many captures `$1`…`$9` a match gives: one for each group that is not `(?:…)`. */
  readonly captures: number
  /** What every match begins with. */
  readonly prefix: string
}

export type RegexRead =
  | { readonly kind: 'regex'; readonly regex: Regex }
  | { readonly kind: 'invalid'; readonly why: string }

export const REGEX_MAX = 256
export const STATES_MAX = 256
export const CAPTURES_MAX = 9
const PARTS_MAX = 4096
const REPEATS_MAX = 64
const DEPTH_MAX = 16

/** Numbers are places in the program. */
export type Instruction =
  | { readonly op: 'take'; readonly set: Set }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'go'; readonly to: number }
  /** Here a capture begins (even) or ends (odd). */
  | { readonly op: 'save'; readonly slot: number }
  /** Takes nothing, at the beginning or the end of the text alone; only where it is looked for anywhere. */
  | { readonly op: 'edge'; readonly at: 'begin' | 'end' }
  | { readonly op: 'done' }

/** While it is written, with how many parts were. */
type Program = Instruction[] & { parts: number }

/** Ranges of code units, and whether it is all others that are meant. */
export interface Set {
  readonly not: boolean
  readonly ranges: readonly (readonly [number, number])[]
}

type Part =
  | { readonly kind: 'set'; readonly set: Set; readonly literal: string | null }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'either'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number | null }
  | { readonly kind: 'group'; readonly part: Part; readonly capture: number | null }
  | { readonly kind: 'edge'; readonly at: 'begin' | 'end' }

/** What is thrown and caught in this file alone: reading goes down many levels. */
class Wrong extends Error {}

/** `of`: of the whole text, or for search.ts anywhere in it, where `^` and `$` stand for its edges. */
export function readRegex(text: string, of: 'whole' | 'anywhere' = 'whole'): RegexRead {
  if (text === '') return { kind: 'invalid', why: 'a regular expression cannot be empty' }
  if (text.length > REGEX_MAX)
    return { kind: 'invalid', why: `a regular expression has at most ${REGEX_MAX} characters` }
  try {
    const reader = new Reader(text, of)
    const whole = reader.whole()
    const program: Program = Object.assign([], { parts: 0 })
    write(whole, program)
    program.push({ op: 'done' })
    const prefix = prefixOf(whole)
    return { kind: 'regex', regex: { text, program: [...program], captures: reader.captures, prefix } }
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'invalid', why: error.message }
    throw error
  }
}

class Reader {
  captures = 0
  readonly #text: string
  readonly #end: number
  readonly #of: 'whole' | 'anywhere'
  #at = 0
  #depth = 0

  constructor(text: string, of: 'whole' | 'anywhere') {
    this.#text = text
    this.#end = text.length
    this.#of = of
    if (of === 'anywhere') return
    // What matches the whole needs no anchors; who is used to them may write them.
    const anchored = /(?:^|[^\\])(?:\\\\)*\$$/.test(text)
    if (anchored) this.#end--
    if (text.startsWith('^')) this.#at = 1
  }

  whole(): Part {
    const part = this.#either()
    if (this.#at < this.#end) throw new Wrong('")" closes nothing; write \\) for the character')
    return part
  }

  #peek(): string {
    return this.#at < this.#end ? this.#text[this.#at]! : ''
  }

  #either(): Part {
    if (++this.#depth > DEPTH_MAX) throw new Wrong(`groups are nested deeper than ${DEPTH_MAX}`)
    const parts = [this.#all()]
    while (this.#peek() === '|') {
      this.#at++
      parts.push(this.#all())
    }
    this.#depth--
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts }
  }

  #all(): Part {
    const parts: Part[] = []
    while (this.#peek() !== '' && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#repeated())
    return { kind: 'all', parts }
  }

  #repeated(): Part {
    const part = this.#one()
    const [min, max] = this.#times()
    if (min === 1 && max === 1) return part
    if ('*+?{'.includes(this.#peek() || ' '))
      throw new Wrong(`${this.#peek()} after a repetition is not known; put what is repeated into ( )`)
    return { kind: 'repeat', part, min, max }
  }

  #times(): readonly [number, number | null] {
    const sign = this.#peek()
    const known: Record<string, readonly [number, number | null]> = { '*': [0, null], '+': [1, null], '?': [0, 1] }
    if (known[sign]) {
      this.#at++
      return known[sign]
    }
    if (sign !== '{') return [1, 1]
    const counted = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(this.#text.slice(this.#at, this.#end))
    if (counted === null) throw new Wrong('{ begins a count like {2} or {2,5}; write \\{ for the character')
    this.#at += counted[0].length
    const min = Number(counted[1])
    const max = counted[2] === '' ? min : counted[3] === '' ? null : Number(counted[3])
    if (Math.max(min, max ?? 0) > REPEATS_MAX) throw new Wrong(`nothing is counted beyond ${REPEATS_MAX}`)
    if (max !== null && max < min) throw new Wrong(`${counted[0]} counts from more to less`)
    return [min, max]
  }

  #one(): Part {
    const character = this.#peek()
    this.#at++
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'set', set: this.#class(), literal: null }
      case '.':
        return { kind: 'set', set: { not: true, ranges: [] }, literal: null }
      case '\\':
        return this.#escaped()
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Wrong(`${character} repeats nothing; write \\${character} for the character`)
      case '^':
      case '$':
        if (this.#of === 'anywhere') return { kind: 'edge', at: character === '^' ? 'begin' : 'end' }
        throw new Wrong(`${character} stands only at the ${character === '^' ? 'beginning' : 'end'} of all`)
      default:
        return literal(character)
    }
  }

  #group(): Part {
    let capture: number | null = null
    if (this.#text.startsWith('?:', this.#at)) this.#at += 2
    else if (this.#peek() === '?') throw new Wrong('of groups with ? there is only (?:…)')
    else capture = this.captures++
    if (this.captures > CAPTURES_MAX)
      throw new Wrong(`at most ${CAPTURES_MAX} groups; write (?:…) where no capture is needed`)
    const part = this.#either()
    if (this.#peek() !== ')') throw new Wrong('"(" is not closed; write \\( for the character')
    this.#at++
    return { kind: 'group', part, capture }
  }

  #escaped(): Part {
    const set = this.#escape()
    return typeof set === 'string' ? literal(set) : { kind: 'set', set: { not: false, ranges: set }, literal: null }
  }

  /** After the `\`: the character itself, or those that are meant. */
  #escape(): string | readonly (readonly [number, number])[] {
    const character = this.#peek()
    this.#at++
    if (character === 'd') return [range('0', '9')]
    if (character === 'w') return [range('0', '9'), range('A', 'Z'), range('a', 'z'), range('_', '_')]
    if (character === '' || /[A-Za-z0-9]/.test(character)) throw new Wrong(`\\${character} is not known`)
    return character
  }

  #class(): Set {
    const not = this.#peek() === '^'
    if (not) this.#at++
    const ranges: (readonly [number, number])[] = []
    while (this.#peek() !== ']') {
      const from = this.#member()
      if (typeof from !== 'string') {
        ranges.push(...from)
        continue
      }
      if (this.#peek() !== '-' || this.#text[this.#at + 1] === ']') {
        ranges.push(range(from, from))
        continue
      }
      this.#at++
      const to = this.#member()
      if (typeof to !== 'string' || to < from) throw new Wrong(`${from}- in [ ] does not go up to a character`)
      ranges.push(range(from, to))
    }
    this.#at++
    if (ranges.length === 0) throw new Wrong('[ ] is empty')
    return { not, ranges }
  }

  #member(): string | readonly (readonly [number, number])[] {
    const character = this.#peek()
    if (character === '') throw new Wrong('"[" is not closed; write \\[ for the character')
    this.#at++
    return character === '\\' ? this.#escape() : character
  }
}

function range(from: string, to: string): readonly [number, number] {
  return [from.charCodeAt(0), to.charCodeAt(0)]
}

function literal(character: string): Part {
  return { kind: 'set', set: { not: false, ranges: [range(character, character)] }, literal: character }
}

function write(part: Part, program: Program): void {
  // Also what comes to no state takes time when it is repeated.
  if (++program.parts > PARTS_MAX || program.length > STATES_MAX)
    throw new Wrong(`it comes to more than ${STATES_MAX} states; repeat less`)
  switch (part.kind) {
    case 'set':
      program.push({ op: 'take', set: part.set })
      return
    case 'edge':
      program.push({ op: 'edge', at: part.at })
      return
    case 'all':
      for (const one of part.parts) write(one, program)
      return
    case 'either':
      writeEither(part.parts, program)
      return
    case 'group':
      if (part.capture !== null) program.push({ op: 'save', slot: part.capture * 2 })
      write(part.part, program)
      if (part.capture !== null) program.push({ op: 'save', slot: part.capture * 2 + 1 })
      return
    case 'repeat':
      for (let i = 0; i < part.min; i++) write(part.part, program)
      if (part.max === null) writeLoop(part.part, program)
      else for (let i = part.min; i < part.max; i++) writeOptional(part.part, program)
  }
}

function writeEither(parts: readonly Part[], program: Program): void {
  const ends: number[] = []
  for (const [i, part] of parts.entries()) {
    const at = program.length
    const isLast = i === parts.length - 1
    if (!isLast) program.push({ op: 'go', to: 0 })
    write(part, program)
    if (isLast) break
    ends.push(program.push({ op: 'go', to: 0 }) - 1)
    program[at] = { op: 'split', first: at + 1, second: program.length }
  }
  for (const end of ends) program[end] = { op: 'go', to: program.length }
}

function writeLoop(part: Part, program: Program): void {
  const at = program.push({ op: 'go', to: 0 }) - 1
  write(part, program)
  program.push({ op: 'go', to: at })
  program[at] = { op: 'split', first: at + 1, second: program.length }
}

function writeOptional(part: Part, program: Program): void {
  const at = program.push({ op: 'go', to: 0 }) - 1
  write(part, program)
  program[at] = { op: 'split', first: at + 1, second: program.length }
}

function prefixOf(part: Part): string {
  let prefix = ''
  for (const one of part.kind === 'all' ? part.parts : [part]) {
    if (one.kind !== 'set' || one.literal === null) break
    prefix += one.literal
  }
  return prefix
}

/** What the groups took, or null when it does not match. A group that took nothing is empty. */
export function run({ program, captures }: Regex, text: string): readonly string[] | null {
  const seen = new Uint32Array(program.length)
  let round = 0
  let now: Thread[] = []
  /** All ways on from here that take nothing; who comes first is there first. */
  const enter = (into: Thread[], start: number, slots: readonly number[], at: number): void => {
    const open: Thread[] = [{ place: start, slots }]
    for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
      const { place } = thread
      if (seen[place] === round) continue
      seen[place] = round
      const instruction = program[place]!
      if (instruction.op === 'go') open.push({ place: instruction.to, slots: thread.slots })
      else if (instruction.op === 'split') {
        open.push({ place: instruction.second, slots: thread.slots }, { place: instruction.first, slots: thread.slots })
      } else if (instruction.op === 'save') {
        const saved = thread.slots.slice()
        saved[instruction.slot] = at
        open.push({ place: place + 1, slots: saved })
      } else into.push(thread)
    }
  }
  round++
  enter(now, 0, [], 0)
  for (let at = 0; at < text.length && now.length > 0; at++) {
    const next: Thread[] = []
    const code = text.charCodeAt(at)
    round++
    for (const { place, slots } of now) {
      const instruction = program[place]!
      if (instruction.op === 'take' && takes(instruction.set, code)) enter(next, place + 1, slots, at + 1)
    }
    now = next
  }
  const won = now.find(({ place }) => program[place]!.op === 'done')
  if (won === undefined) return null
  return Array.from({ length: captures }, (_, i) => text.slice(won.slots[i * 2] ?? 0, won.slots[i * 2 + 1] ?? 0))
}

interface Thread {
  readonly place: number
  readonly slots: readonly number[]
}

export function takes({ not, ranges }: Set, code: number): boolean {
  for (const [from, to] of ranges) if (code >= from && code <= to) return !not
  return not
}
