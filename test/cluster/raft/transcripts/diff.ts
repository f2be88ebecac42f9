/** Two texts, so that one sees where they part. */

const CONTEXT = 3
const SHOWN = 40

/** Lines of `expected` that are not there begin with -, those that came instead with +; equal lines around them with a blank. */
export function diff(expected: string, said: string): string {
  const a = expected.split('\n')
  const b = said.split('\n')
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const mark = (sign: string, lines: readonly string[]): string[] => [
    ...lines.slice(0, SHOWN).map((line) => `${sign}${line}`),
    ...(lines.length > SHOWN ? [`${sign}… ${lines.length - SHOWN} more lines`] : []),
  ]
  return [
    ...(start > CONTEXT ? [` … ${start - CONTEXT} equal lines`] : []),
    ...mark(' ', a.slice(Math.max(0, start - CONTEXT), start)),
    ...mark('-', a.slice(start, a.length - end)),
    ...mark('+', b.slice(start, b.length - end)),
    ...mark(' ', a.slice(a.length - end, a.length - end + CONTEXT)),
    ...(end > CONTEXT ? [` … ${end - CONTEXT} equal lines`] : []),
  ].join('\n')
}
