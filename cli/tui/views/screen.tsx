/** The screen: the lines of a frame, in a box as high as the terminal. */
import { Box, useInput } from 'ink'
import type { Line } from '../line.ts'
import type { Theme } from '../theme.ts'
import { keysOf } from '../typed.ts'
import { Row } from './row.tsx'

interface Props {
  readonly lines: readonly Line[]
  readonly columns: number
  readonly rows: number
  readonly theme: Theme
  readonly onKey: (key: string) => void
}

export function Screen({ lines, columns, rows, theme, onKey }: Props) {
  useInput((text, key) => {
    for (const name of keysOf(text, key)) onKey(name)
  })
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Row key={i} line={line} theme={theme} />
      ))}
    </Box>
  )
}
