/** Who may dial what outside: of the beginnings of numbers that a class names, the longest that fits decides; of two as long, the one that denies. */
import type { PlanClass } from '../../cluster/tables/plan-rows.ts'
import { type Pattern, readPattern } from './pattern.ts'

export interface CallingClass {
  readonly name: string
  readonly allow: readonly Pattern[]
  readonly deny: readonly Pattern[]
}

export interface Verdict {
  readonly allowed: boolean
  /** The beginning that decided; empty: none fits. */
  readonly by: string
}

/** Without the tail: whatever follows is meant anyway. */
export function beginning(text: string): string {
  return text.replace(/[.!]$/, '')
}

export function callingClass({ name, allow, deny }: PlanClass): CallingClass {
  return { name, allow: allow.flatMap(patternOf), deny: deny.flatMap(patternOf) }
}

/** What fits none is allowed only by a class that allows nothing by name. */
export function judge({ allow, deny }: CallingClass, number: string): Verdict {
  const allowing = longest(allow, number)
  const denying = longest(deny, number)
  if (allowing === null && denying === null) return { allowed: allow.length === 0, by: '' }
  if (denying === null || (allowing !== null && allowing.symbols.length > denying.symbols.length)) {
    return { allowed: true, by: allowing!.text }
  }
  return { allowed: false, by: denying.text }
}

function longest(patterns: readonly Pattern[], number: string): Pattern | null {
  let best: Pattern | null = null
  for (const pattern of patterns) {
    const { symbols } = pattern
    if (symbols.length > number.length || (best !== null && symbols.length <= best.symbols.length)) continue
    if (symbols.every(({ accepts }, i) => accepts.includes(number[i]!))) best = pattern
  }
  return best
}

function patternOf(text: string): Pattern[] {
  const bare = beginning(text)
  const read = bare === '' ? EVERYTHING : readPattern(bare)
  return read.kind === 'pattern' ? [{ ...read.pattern, text }] : []
}

const EVERYTHING = readPattern('!')
