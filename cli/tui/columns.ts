/** Text in columns: how wide it is, cut and padded to a width, and how a line's width is shared among columns. */
import stringWidth from 'string-width'
import { clean } from '../../proto/text.ts'

/**
 * Columns a terminal may use for `text`. Counted by code point, not by grapheme: where terminals disagree about a
 * cluster this is the larger answer, so that no line ever wraps.
 */
export function width(text: string): number {
  if (PRINTABLE.test(text)) return text.length
  let sum = 0
  for (const character of text) sum += characterWidth(character)
  return sum
}

const PRINTABLE = /^[\x20-\x7e]*$/
const SPACING_MARK = /\p{Mc}/u

// Looking a width up costs microseconds, and a frame has thousands of characters, few of them different.
const measured = new Map<string, number>()
const MEASURED_MAX = 1000

function characterWidth(character: string): number {
  if (character >= ' ' && character <= '~') return 1
  const known = measured.get(character)
  if (known !== undefined) return known
  const columns = SPACING_MARK.test(character) ? 1 : stringWidth(character)
  if (measured.size < MEASURED_MAX) measured.set(character, columns)
  return columns
}

/**
 * Text from outside as it may be drawn: cleaned, and of stacked combining marks only the first two, which no terminal
 * draws outside its line (an enclosing one turns a digit into a picture of unknown width: spelled out). With `ascii` everything else is spelled out as well.
 */
export function safe(text: string, ascii: boolean): string {
  if (PRINTABLE.test(text) && text.length <= 256) return text
  const drawn = clean(text.normalize('NFC'))
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/\p{Me}/gu, spell)
  return ascii ? drawn.replaceAll('…', '~').replace(/[^\x20-\x7e]/gu, spell) : drawn
}

function spell(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

/** At most `columns` wide; what does not fit ends in `ellipsis`, itself one column wide. */
export function cut(text: string, columns: number, ellipsis = '…'): string {
  if (width(text) <= columns) return text
  if (columns < 1) return ''
  let used = 0
  let kept = ''
  for (const character of text) {
    used += characterWidth(character)
    if (used > columns - 1) break
    kept += character
  }
  return kept + ellipsis
}

/** Exactly `columns` wide. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left', ellipsis = '…'): string {
  const shown = cut(text, columns, ellipsis)
  const space = ' '.repeat(Math.max(0, columns - width(shown)))
  return align === 'left' ? shown + space : space + shown
}

/** `drop`: columns with the highest number leave first when the terminal is narrow; 0 stays. `grow`: share of spare room. */
export interface Share {
  readonly min: number
  readonly grow?: number
  readonly max?: number
  readonly drop: number
}

const GAP = 1

/** Widths for a line of `columns`, one space between them; 0: not shown. Their sum with the gaps never exceeds it. */
export function widths(shares: readonly Share[], columns: number): number[] {
  const kept = new Set(shares.keys())
  const needed = () => [...kept].reduce((sum, i) => sum + shares[i]!.min + GAP, -GAP)
  while (kept.size > 1 && needed() > columns) {
    const victims = [...kept].filter((i) => shares[i]!.drop > 0)
    const last = (victims.length > 0 ? victims : [...kept]).reduce((a, b) =>
      shares[b]!.drop >= shares[a]!.drop ? b : a,
    )
    kept.delete(last)
  }
  const result = shares.map((share, i) => (kept.has(i) ? Math.min(share.min, Math.max(0, columns)) : 0))
  let spare = columns - needed()
  // Room is handed out a column at a time, so that limits and remainders need no second rule.
  while (spare > 0) {
    const hungry = [...kept].filter((i) => (shares[i]!.grow ?? 0) > 0 && result[i]! < (shares[i]!.max ?? Infinity))
    if (hungry.length === 0) break
    hungry.sort((a, b) => result[a]! / shares[a]!.grow! - result[b]! / shares[b]!.grow!)
    result[hungry[0]!]!++
    spare--
  }
  return result
}
