/** A story as arrows between columns, the way sngrep draws it. ◆ */
import { clean } from '../../proto/text.ts'
import type { Arrow, Place, Story } from './merge.ts'

export interface LadderLook {
  readonly columns: number
  readonly ascii: boolean
  /** Times as they were, or from the first message on. */
  readonly clock?: 'wall' | 'since'
}

interface Glyphs {
  readonly line: string
  readonly dash: string
  readonly right: string
  readonly left: string
  readonly more: string
}

const UNICODE: Glyphs = { line: '│', dash: '─', right: '>', left: '<', more: '…' }
const ASCII: Glyphs = { line: '|', dash: '-', right: '>', left: '<', more: '~' }

/** `15:00:12.345  +12.345 `. */
const MARGIN = 22
/** Between two columns; below that it is a list. */
const GAP_MIN = 10

export interface Ladder {
  readonly head: readonly string[]
  /** One an arrow. */
  readonly rows: readonly string[]
}

export function ladder({ arrows, places }: Story, look: LadderLook): Ladder {
  const glyphs = look.ascii ? ASCII : UNICODE
  const gap = Math.floor((look.columns - MARGIN) / Math.max(1, places.length))
  const first = arrows[0]?.at ?? 0
  const margins = arrows.map(({ at }, i) => margin(at, i === 0 ? at : arrows[i - 1]!.at, first, look.clock ?? 'wall'))
  const wide = places.length > 1 && gap >= GAP_MIN
  if (!wide) {
    const rows = arrows.map((arrow, i) => fitted(`${margins[i]} ${told(arrow)}`, look.columns, look.ascii))
    return { head: [], rows }
  }
  const at = places.map((_, i) => MARGIN + Math.floor(gap * (i + 0.5)))
  const place = new Map(places.map(({ name }, i) => [name, at[i]!]))
  const rows = arrows.map((arrow, i) => {
    const line = Array.from({ length: look.columns }, () => ' ')
    put(line, 0, margins[i]!)
    for (const x of at) line[x] = glyphs.line
    draw(line, arrow, place.get(arrow.from)!, place.get(arrow.to)!, glyphs, look.ascii)
    return line.join('').trimEnd()
  })
  return { head: heads(places, at, gap, look, glyphs), rows }
}

function draw(line: string[], arrow: Arrow, from: number, to: number, glyphs: Glyphs, ascii: boolean): void {
  const { text } = worded(arrow)
  const words = plain(text, ascii)
  // A node that speaks to itself: beside its column.
  if (from === to) {
    put(line, from + 1, cut(`${glyphs.left} ${words}`, line.length - from - 1, glyphs))
    return
  }
  const [left, right] = from < to ? [from, to] : [to, from]
  for (let x = left + 1; x < right; x++) line[x] = glyphs.dash
  if (from < to) line[right - 1] = glyphs.right
  else line[left + 1] = glyphs.left
  const room = right - left - 3
  const said = cut(words, room, glyphs)
  put(line, left + 2 + Math.floor((room - said.length) / 2), said)
}

/** The names above the columns: of an address the host, and the port below it. */
function heads(
  places: readonly Place[],
  at: readonly number[],
  gap: number,
  look: LadderLook,
  glyphs: Glyphs,
): string[] {
  const lines = [0, 1].map((which) => {
    const line = Array.from({ length: look.columns }, () => ' ')
    places.forEach((place, i) => {
      const [host = '', port = ''] = place.isNode ? [place.name, ''] : parts(place.name)
      const text = cut(plain(which === 0 ? host : port, look.ascii), gap - 1, glyphs)
      put(line, Math.max(MARGIN, at[i]! - Math.floor(text.length / 2)), text)
    })
    return line.join('').trimEnd()
  })
  // Where an address was cut, it is told in full.
  const long = places.filter(({ name, isNode }) => !isNode && parts(name)[0]!.length > gap - 1)
  const full = long.map(({ name }) =>
    fitted(`  ${cut(plain(parts(name)[0]!, look.ascii), gap - 1, glyphs)} is ${name}`, look.columns, look.ascii),
  )
  return [...full, ...lines.filter((line) => line !== '')]
}

function parts(address: string): [string, string] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon), address.slice(colon)]
}

function worded({ label, again }: Arrow): { text: string } {
  return { text: `${label.text}${label.sdp ? ' sdp' : ''}${again ? ' again' : ''}` }
}

function told(arrow: Arrow): string {
  return `${arrow.from} > ${arrow.to}  ${worded(arrow).text}`
}

function margin(at: number, before: number, first: number, kind: 'wall' | 'since'): string {
  const delta = `+${((at - before) / 1e6).toFixed(3)}`
  return `${kind === 'wall' ? clock(at) : ((at - first) / 1e6).toFixed(6).padStart(12)} ${delta.padStart(8)}`
}

/** UTC, to the ms. */
export function clock(us: number): string {
  return new Date(us / 1000).toISOString().slice(11, 23)
}

function put(line: string[], at: number, text: string): void {
  for (let i = 0; i < text.length && at + i < line.length; i++) line[at + i] = text[i]!
}

/** One column a character: what is wider would break the columns. */
function plain(text: string, ascii: boolean): string {
  return clean(text).replace(ascii ? /[^\x20-\x7e]/gu : /[^\x20-\x7e\u00a1-\u02ff\u2026]/gu, '?')
}

function cut(text: string, room: number, { more }: Glyphs): string {
  if (text.length <= room) return text
  return room < 1 ? '' : text.slice(0, room - 1) + more
}

function fitted(text: string, columns: number, ascii: boolean): string {
  return cut(plain(text, ascii), columns, ascii ? ASCII : UNICODE)
}
