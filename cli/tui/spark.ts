/** A row of numbers as a row of little bars. */
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const ASCII = ['_', '.', '-', '=', '+', '*', '%', '#']

/** The last `width` values, the highest of them a full bar; nothing happening is a flat line. */
export function spark(values: readonly number[], width: number, ascii: boolean): string {
  const marks = ascii ? ASCII : BLOCKS
  const shown = width > 0 ? values.slice(-width) : []
  const top = Math.max(0, ...shown)
  return shown.map((value) => marks[top > 0 ? Math.round((Math.max(0, value) / top) * (marks.length - 1)) : 0]).join('')
}
