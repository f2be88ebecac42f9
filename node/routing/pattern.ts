/**
 * Patterns of dialled numbers and names: `1XXX`, `9NX.`, `alice`. X is 0-9, Z is 1-9, N is 2-9; a `.` at the end takes one
 * character or more, a `!` at the end takes any number; everything else is itself. Read once from left to right, so that a
 * match costs the length of the pattern whatever was dialled.
 */
import { CAPTURES_MAX } from '../../proto/regex.ts'

export interface Pattern {
  readonly text: string
  readonly symbols: readonly Place[]
  /** What may follow the symbols. */
  readonly tail: 'nothing' | 'some' | 'any'
  /** How many captures `$1`…`$9` a match gives: one for each run of X, Z, N, one for the tail. */
  readonly captures: number
}

interface Place {
  readonly accepts: string
  /** Which capture this character belongs to; -1 for a literal. */
  readonly capture: number
}

export type PatternRead =
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'invalid'; readonly why: string }

export const PATTERN_MAX = 64
export const DIALLED_MAX = 128
const DIGITS = '0123456789'
const RANGES: Readonly<Record<string, string>> = { X: DIGITS, Z: DIGITS.slice(1), N: DIGITS.slice(2) }
/** What a user part may hold without escapes (RFC 3261 §25.1), without the separators of lists and parameters. */
const LITERAL = /^[A-Za-z0-9+*#_~'!&=$.-]$/

export function readPattern(text: string): PatternRead {
  if (text === '') return { kind: 'invalid', why: 'a pattern cannot be empty; write ! to match everything' }
  if (text.length > PATTERN_MAX) return { kind: 'invalid', why: `a pattern has at most ${PATTERN_MAX} characters` }

  const last = text.at(-1)
  const tail = last === '.' ? 'some' : last === '!' ? 'any' : 'nothing'
  const body = tail === 'nothing' ? text : text.slice(0, -1)
  const symbols: Place[] = []
  let captures = 0
  let inRun = false
  for (const character of body) {
    const range = RANGES[character]
    if (range === undefined && !LITERAL.test(character)) {
      return { kind: 'invalid', why: `${JSON.stringify(character)} cannot stand in a pattern` }
    }
    if (range !== undefined && !inRun) captures++
    inRun = range !== undefined
    symbols.push({ accepts: range ?? character, capture: inRun ? captures - 1 : -1 })
  }
  if (tail !== 'nothing') captures++
  if (captures > CAPTURES_MAX) return { kind: 'invalid', why: `a pattern has at most ${CAPTURES_MAX} variable parts` }
  return { kind: 'pattern', pattern: { text, symbols, tail, captures } }
}

/** What the variable parts took, or null when it does not match. */
export function match(pattern: Pattern, dialled: string): readonly string[] | null {
  const { symbols, tail } = pattern
  const rest = dialled.length - symbols.length
  if (rest < 0 || (tail === 'nothing' && rest > 0) || (tail === 'some' && rest === 0)) return null
  const captured: string[] = []
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i]!
    const character = dialled[i]!
    if (!symbol.accepts.includes(character)) return null
    if (symbol.capture >= 0) captured[symbol.capture] = (captured[symbol.capture] ?? '') + character
  }
  if (tail !== 'nothing') captured.push(dialled.slice(symbols.length))
  return captured
}

/** Whether nothing that can be dialled escapes it. */
export function takesAll(pattern: Pattern): boolean {
  return pattern.symbols.length === 0
}

/** The highest `$n` a template asks for; 0 when it asks for none. */
export function highestReference(template: string): number {
  return Math.max(0, ...[...template.matchAll(/\$(\d)/g)].map((m) => Number(m[1])))
}

/** Puts captures into a template: `+49$1`. */
export function fill(template: string, captured: readonly string[]): string {
  return template.replace(/\$([1-9])/g, (_, n: string) => captured[Number(n) - 1] ?? '')
}
