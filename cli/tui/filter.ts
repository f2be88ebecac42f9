/** A filter that was typed, read once: rows come again each second, and what is read may be long. */
import { type FilterRead, readFilter } from '../../proto/filter.ts'

const known = new Map<string, FilterRead>()
const KNOWN_MAX = 32

export function filterOf(typed: string): FilterRead {
  const text = typed.trim()
  const before = known.get(text)
  if (before) return before
  const read = readFilter(text)
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, read)
  return read
}

/** Why nothing can be filtered by it; empty: it can. */
export function wrongWith(typed: string): string {
  const read = filterOf(typed)
  return read.kind === 'invalid' ? read.why : ''
}
