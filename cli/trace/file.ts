/** A story as a file, whose name says by its ending what it is. ◆ */
import { ladder } from './ladder.ts'
import type { Story } from './merge.ts'
import { mermaid } from './mermaid.ts'
import { pcap } from './pcap.ts'
import { raw } from './raw.ts'

const COLUMNS = 120

export const ENDINGS = ['.pcap', '.txt', '.mmd'] as const

const MADE: Readonly<Record<(typeof ENDINGS)[number], (story: Story) => string | Uint8Array>> = {
  '.pcap': ({ arrows }) => pcap(arrows),
  // Who reads a ladder wants to see the messages next.
  '.txt': (story) => {
    const { head, rows } = ladder(story, { columns: COLUMNS, ascii: false })
    return `${[...head, ...rows].join('\n')}\n\n${story.arrows.map(raw).join('')}`
  },
  '.mmd': mermaid,
}

/** Null: no such ending is known. */
export function fileOf(name: string, story: Story): string | Uint8Array | null {
  const ending = ENDINGS.find((one) => name.endsWith(one) && name.length > one.length)
  return ending === undefined ? null : MADE[ending](story)
}
