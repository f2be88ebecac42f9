/** A list under a cursor: which rows, in which order, which of them are on the screen. */
import { filterOf } from './filter.ts'
import { TABLES, type View } from './rows.ts'

/**
 * `rows` are filtered and sorted. The cursor is an id, so it stays with its row when rows come and go. `follow`: nobody
 * has moved yet, the list stays at its beginning; otherwise the chosen row keeps its line on the screen.
 */
export interface List {
  readonly rows: readonly object[]
  readonly filter: string
  readonly sort: { readonly column: number; readonly reverse: boolean }
  readonly selected: string | undefined
  readonly top: number
  readonly follow: boolean
}

export function emptyList(view: View): List {
  return { rows: [], filter: '', sort: TABLES[view].first, selected: undefined, top: 0, follow: true }
}

/** The list over what is known now. */
export function arrange(view: View, list: List, known: readonly object[], height: number): List {
  const read = filterOf(list.filter)
  const { words } = TABLES[view]
  const passing = read.kind === 'invalid' ? [...known] : known.filter((row) => read.passes(words(row)))
  const rows = passing.sort(order(view, list.sort))
  return settle(view, list, { ...list, rows }, height)
}

/** Moves the cursor by `by` rows, at most to the ends. */
export function move(view: View, list: List, by: number, height: number): List {
  if (list.rows.length === 0) return list
  const at = Math.min(list.rows.length - 1, Math.max(0, cursor(view, list) + by))
  const top = Math.min(at, Math.max(list.top, at - height + 1))
  return {
    ...list,
    selected: TABLES[view].id(list.rows[at]!),
    top: clampTop(top, list.rows.length, height),
    follow: false,
  }
}

/** Back to the beginning, and to stay there. */
export function home(view: View, list: List): List {
  const first = list.rows[0]
  return { ...list, selected: first && TABLES[view].id(first), top: 0, follow: true }
}

/** The same list in a window of another height. */
export function refit(view: View, list: List, height: number): List {
  return settle(view, list, list, height)
}

export function cursor(view: View, list: List): number {
  const at = list.rows.findIndex((row) => TABLES[view].id(row) === list.selected)
  return Math.max(0, at)
}

export function chosen(view: View, list: List): object | undefined {
  return list.rows.find((row) => TABLES[view].id(row) === list.selected)
}

export function onScreen(list: List, height: number): readonly object[] {
  return list.rows.slice(list.top, list.top + height)
}

// A row that is gone hands the cursor to the one that took its place.
function settle(view: View, before: List, after: List, height: number): List {
  const { id } = TABLES[view]
  const length = after.rows.length
  if (length === 0) return { ...after, top: 0 }
  const was = cursor(view, before)
  const found = after.rows.findIndex((row) => id(row) === before.selected)
  const at = found >= 0 ? found : Math.min(was, length - 1)
  if (before.follow) return { ...after, top: 0, selected: id(after.rows[found >= 0 && found < height ? found : 0]!) }
  const top = Math.min(at, Math.max(before.top + (at - was), at - height + 1))
  return { ...after, selected: id(after.rows[at]!), top: clampTop(top, length, height) }
}

function clampTop(top: number, length: number, height: number): number {
  return Math.max(0, Math.min(top, length - height))
}

// Equal rows keep the order of their ids, so that nothing trades places between two frames.
function order(view: View, { column, reverse }: List['sort']): (a: object, b: object) => number {
  const table = TABLES[view]
  const by = table.columns[column] ?? table.columns[0]!
  const sign = reverse ? -1 : 1
  return (a, b) => sign * compare(by.by(a), by.by(b)) || compare(table.id(a), table.id(b))
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
