/**
 * What every filter of a list means, on the command line, on the terminal screen and in the node that has the rows. Of the words of a row, letter case ignored:
 * `bob` all that contain it; `/^\+49/` those with a word in which this regular expression is found (search.ts: linear, `/` at the end may be left out);
 * `-f bpx` those with a word that has these characters in this order; `!…` all but those. Nothing after such a sign is no filter. ◆
 */
import { found, readSearch } from './search.ts'

/** Whether a row of these words stays. */
export type Filter = (words: readonly string[]) => boolean

export type FilterRead =
  | { readonly kind: 'filter'; readonly passes: Filter }
  | { readonly kind: 'invalid'; readonly why: string }

export const FILTER_MAX = 256

const ALL: FilterRead = { kind: 'filter', passes: () => true }

export function readFilter(text: string): FilterRead {
  if (text.length > FILTER_MAX)
    return { kind: 'invalid', why: `it is longer than ${FILTER_MAX} characters; shorten it` }
  if (!text.startsWith('!')) return positive(text)
  if (text.slice(1) === '') return ALL
  const read = positive(text.slice(1))
  if (read.kind === 'invalid' || read === ALL) return read
  return { kind: 'filter', passes: (words) => !read.passes(words) }
}

function positive(text: string): FilterRead {
  const fuzzy = /^-f(?:\s+(.*))?$/s.exec(text)
  if (fuzzy) return fuzzily(fuzzy[1]?.trim().toLowerCase() ?? '')
  if (text.startsWith('/')) return expression(text.slice(1))
  const wanted = text.toLowerCase()
  return wanted === '' ? ALL : { kind: 'filter', passes: (words) => words.join(' ').toLowerCase().includes(wanted) }
}

function expression(text: string): FilterRead {
  const source = /(?:^|[^\\])(?:\\\\)*\/$/.test(text) ? text.slice(0, -1) : text
  if (source === '') return ALL
  const read = readSearch(source)
  if (read.kind === 'invalid') return read
  return { kind: 'filter', passes: (words) => words.some((word) => found(read.search, word)) }
}

function fuzzily(wanted: string): FilterRead {
  if (wanted === '') return ALL
  return { kind: 'filter', passes: (words) => words.some((word) => isSpread(wanted, word.toLowerCase())) }
}

function isSpread(wanted: string, word: string): boolean {
  let at = 0
  for (const character of wanted) {
    at = word.indexOf(character, at) + character.length
    if (at < character.length) return false
  }
  return true
}
