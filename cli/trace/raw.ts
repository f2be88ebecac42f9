/** Whole messages, for reading. ◆ */
import { clean } from '../../proto/text.ts'
import { clock } from './ladder.ts'
import type { Arrow } from './merge.ts'

const LINE_MAX = 8_192

/** `at` by the clock, and from where to where. */
export function rawHead(arrow: Arrow): string {
  const { from, to, fromAddress, toAddress, transport, at } = arrow
  const side = (name: string, address: string): string => (name === address ? name : `${name} (${address})`)
  const day = new Date(at / 1000).toISOString().slice(0, 10)
  const text = `${day} ${clock(at)} ${transport} ${side(from, fromAddress)} > ${side(to, toAddress)}`
  return clean(text, LINE_MAX)
}

/** Line by line, cleaned. */
export function rawLines(text: string): string[] {
  return text
    .replace(/(?:\r?\n)+$/, '')
    .split(/\r?\n/)
    .map((line) => clean(line, LINE_MAX))
}

export function raw(arrow: Arrow): string {
  return `${rawHead(arrow)}\n${rawLines(arrow.text)
    .map((line) => `  ${line}`.trimEnd())
    .join('\n')}\n\n`
}
