/** A story as a sequence diagram (mermaid.js.org/syntax/sequenceDiagram). ◆ */
import { clean } from '../../proto/text.ts'
import { clock } from './ladder.ts'
import type { Story } from './merge.ts'

export function mermaid({ arrows, places }: Story): string {
  const ids = new Map(places.map(({ name }, i) => [name, `p${i}`]))
  const lines = [
    'sequenceDiagram',
    ...places.map(({ name }) => `    participant ${ids.get(name)} as ${escaped(name)}`),
    ...arrows.map(({ from, to, label, again, at }) => {
      const words = `${clock(at)} ${label.text}${label.sdp ? ' sdp' : ''}${again ? ' again' : ''}`
      return `    ${ids.get(from)}${label.status === 0 ? '->>' : '-->>'}${ids.get(to)}: ${escaped(words)}`
    }),
  ]
  return lines.join('\n') + '\n'
}

/** Whatever means something to Mermaid, or to the HTML that it makes. */
function escaped(text: string): string {
  return clean(text).replace(/[^\w .:,+@[\]()/=-]/g, (character) => `#${character.codePointAt(0)};`)
}
