/** One line of the screen. Drawn again only when its text or look changed. */
import { Text } from 'ink'
import { memo } from 'react'
import type { Line, Span } from '../line.ts'
import { colour, type Theme } from '../theme.ts'

interface Props {
  readonly line: Line
  readonly theme: Theme
}

export const Row = memo(function Row({ line, theme }: Props) {
  // An empty text has no height.
  if (line.length === 0) return <Text> </Text>
  return (
    <Text wrap="truncate">
      {line.map((span, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a span is its place in the line
        <Text key={i} {...look(span, theme)}>
          {span.text}
        </Text>
      ))}
    </Text>
  )
}, same)

function look({ tone = 'plain', bold = false, inverse = false }: Span, theme: Theme) {
  return { color: colour(tone, theme), dimColor: theme.colour && tone === 'dim', bold, inverse }
}

function same(a: Props, b: Props): boolean {
  return a.theme === b.theme && a.line.length === b.line.length && a.line.every((span, i) => equal(span, b.line[i]!))
}

function equal(a: Span, b: Span): boolean {
  return a.text === b.text && a.tone === b.tone && a.bold === b.bold && a.inverse === b.inverse
}
