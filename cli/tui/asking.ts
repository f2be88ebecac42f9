/** What to ask the server for, so that the rows it sends are those the table shows first. */
import { wrongWith } from './filter.ts'
import type { Model } from './model.ts'
import { TABLES } from './rows.ts'
import type { Query } from './source.ts'

/** More than any screen shows, few enough to sort every second. */
const ROWS_MAX = 500

export function filterSort(model: Model): Query {
  const { filter, sort } = model.lists[model.view]
  const field = TABLES[model.view].columns[sort.column]?.field ?? ''
  const reversed = field.startsWith('-') ? field.slice(1) : field && `-${field}`
  return {
    filter: wrongWith(filter) === '' ? filter.trim() : '',
    sort: sort.reverse ? reversed : field,
    limit: ROWS_MAX,
  }
}
