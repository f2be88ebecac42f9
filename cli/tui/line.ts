/** A line of the screen: pieces of text, each with its tone. */
import { cut, width } from './columns.ts'
import type { Tone } from './theme.ts'

export interface Span {
  readonly text: string
  readonly tone?: Tone
  readonly bold?: boolean
  readonly inverse?: boolean
}

export type Line = readonly Span[]

/** The line, at most `columns` wide. */
export function clip(line: Line, columns: number, ellipsis = '…'): Line {
  const kept: Span[] = []
  let left = columns
  for (const span of line) {
    if (left <= 0) break
    const text = cut(span.text, left, ellipsis)
    kept.push({ ...span, text })
    left -= width(text)
    if (text !== span.text) break
  }
  return kept
}

/** Words that may be left out: those with the highest `drop` go first, 0 stays. */
export interface Word extends Span {
  readonly drop: number
}

/** As many of the words as fit into `columns`, two spaces between them. */
export function sentence(words: readonly Word[], columns: number, ellipsis = '…'): Line {
  let kept = words.filter((word) => word.text !== '')
  while (kept.reduce((sum, word) => sum + width(word.text) + 2, -2) > columns) {
    const drop = Math.max(...kept.map((word) => word.drop))
    if (drop <= 0) break
    kept = kept.filter((word) => word.drop !== drop)
  }
  const line = kept.flatMap(({ text, tone, bold }, i): Span[] => [
    ...(i > 0 ? [{ text: '  ' }] : []),
    { text, tone, bold },
  ])
  return clip(line, columns, ellipsis)
}
