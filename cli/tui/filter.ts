/** Which rows a filter keeps: those with the text in any field, letter case ignored, like the server's own filter. */
export function matches(row: object, filter: string): boolean {
  const wanted = filter.trim().toLowerCase()
  return wanted === '' || said(row).includes(wanted)
}

// Rows are immutable once received, so their text is put together once.
const texts = new WeakMap<object, string>()

function said(row: object): string {
  const known = texts.get(row)
  if (known !== undefined) return known
  const text = words(row).join('\n').toLowerCase()
  texts.set(row, text)
  return text
}

function words(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(words)
  return [String(value)]
}
