/**
 * A regular expression looked for anywhere in a text, letter case ignored. All that may come of a text is worked out when the expression is read (the subset
 * construction of Rabin and Scott): what it costs is bounded there, and a text then costs one look-up a character, so that a node may search a million rows. ◆
 */
import { type Set as Characters, type Instruction, readRegex, takes } from './regex.ts'

export interface Search {
  /** The code units where classes begin of characters that no set of the expression tells apart. */
  readonly bounds: readonly number[]
  /** The class of a character of ASCII. */
  readonly ascii: Uint16Array
  /** By state times classes plus class: the next state. */
  readonly next: Int32Array
  readonly verdicts: Uint8Array
}

export type SearchRead =
  | { readonly kind: 'search'; readonly search: Search }
  | { readonly kind: 'invalid'; readonly why: string }

const NO = 0
const FOUND = 1
const FOUND_AT_END = 2
/** Places looked at while it is read: some ten milliseconds. */
const WORK_MAX = 100_000

export function readSearch(text: string): SearchRead {
  const read = readRegex(text, 'anywhere')
  if (read.kind === 'invalid') return read
  const search = searchOf(read.regex.program.map(folded))
  return search
    ? { kind: 'search', search }
    : { kind: 'invalid', why: 'too much may come of it; repeat less, or say with ^ where it begins' }
}

export function found({ bounds, ascii, next, verdicts }: Search, text: string): boolean {
  const small = text.toLowerCase()
  let state = 0
  for (let at = 0; at < small.length && verdicts[state] !== FOUND; at++) {
    const code = small.charCodeAt(at)
    state = next[state * bounds.length + (code < 128 ? ascii[code]! : classOf(bounds, code))]!
  }
  return verdicts[state] !== NO
}

/** Texts are made small before they are searched: what takes a capital takes the small letter. */
function folded(instruction: Instruction): Instruction {
  if (instruction.op !== 'take') return instruction
  const { not, ranges } = instruction.set
  return { op: 'take', set: { not, ranges: ranges.flatMap((range) => [range, ...smallOf(range)]) } }
}

function smallOf([from, to]: Characters['ranges'][number]): Characters['ranges'] {
  if (from === to) {
    const small = String.fromCharCode(from).toLowerCase()
    return small.length === 1 ? [[small.charCodeAt(0), small.charCodeAt(0)]] : []
  }
  const [low, high] = [Math.max(from, 65), Math.min(to, 90)]
  return low <= high ? [[low + 32, high + 32]] : []
}

/** Null: it would be too much work. */
function searchOf(program: readonly Instruction[]): Search | null {
  const bounds = boundsOf(program)
  const seen = new Uint32Array(program.length)
  let round = 0
  let work = 0
  /** Where the ways on from `starts` that take nothing lead; those at an edge wait there for it. */
  const closure = (starts: readonly number[], edges: readonly ('begin' | 'end')[]): number[] => {
    round++
    const open = [...starts]
    const reached: number[] = []
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (seen[place] === round) continue
      seen[place] = round
      work++
      const instruction = program[place]!
      if (instruction.op === 'go') open.push(instruction.to)
      else if (instruction.op === 'split') open.push(instruction.second, instruction.first)
      else if (instruction.op === 'save') open.push(place + 1)
      else if (instruction.op !== 'edge') reached.push(place)
      else if (edges.includes(instruction.at)) open.push(place + 1)
      else if (instruction.at === 'end') reached.push(place)
    }
    return reached.sort((a, b) => a - b)
  }
  const isDone = (places: readonly number[]): boolean => places.some((place) => program[place]!.op === 'done')
  // The first is no other's: only there `$` may come before `^`.
  const states: (readonly number[])[] = [closure([0], ['begin'])]
  const numbers = new Map<string, number>()
  const numberOf = (places: readonly number[]): number => {
    const key = places.join()
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, states.length)
    return states.push(places) - 1
  }
  const next: number[] = []
  const verdicts: number[] = []
  for (let state = 0; state < states.length; state++) {
    const places = states[state]!
    const isFound = isDone(places)
    const atEnd = state === 0 ? closure([0], ['begin', 'end']) : closure(places, ['end'])
    verdicts.push(isFound ? FOUND : isDone(atEnd) ? FOUND_AT_END : NO)
    for (const code of bounds) {
      const on = isFound ? [] : places.filter((place) => takesAt(program[place]!, code)).map((place) => place + 1)
      work += places.length
      next.push(isFound ? state : numberOf(closure([...on, 0], [])))
    }
    if (work > WORK_MAX) return null
  }
  const ascii = Uint16Array.from({ length: 128 }, (_, code) => classOf(bounds, code))
  return { bounds, ascii, next: Int32Array.from(next), verdicts: Uint8Array.from(verdicts) }
}

/** Where classes of characters begin: between two of them no set tells characters apart. */
function boundsOf(program: readonly Instruction[]): number[] {
  const bounds = new Set([0])
  for (const instruction of program) {
    if (instruction.op === 'take') for (const [from, to] of instruction.set.ranges) bounds.add(from).add(to + 1)
  }
  return [...bounds].sort((a, b) => a - b)
}

function classOf(bounds: readonly number[], code: number): number {
  let [low, high] = [0, bounds.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (bounds[middle]! <= code) low = middle
    else high = middle - 1
  }
  return low
}

function takesAt(instruction: Instruction, code: number): boolean {
  return instruction.op === 'take' && takes(instruction.set, code)
}
