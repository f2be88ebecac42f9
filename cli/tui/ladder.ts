/** The ladder of a call: which arrows, in which window, and what of a message is shown. Keys are those of sngrep. */
import { diffLines } from 'diff'
import type { Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { explained } from '../trace/explained.ts'
import { ladder } from '../trace/ladder.ts'
import { type Arrow, type Story, seenOf, storyOf } from '../trace/merge.ts'
import { rawHead, rawLines } from '../trace/raw.ts'
import { statsOf } from '../trace/stats.ts'
import { cut, pad, safe, width } from './columns.ts'
import { filterOf } from './filter.ts'
import type { Line } from './line.ts'
import { glyphs, type Theme, type Tone } from './theme.ts'

/** Lines above the arrows; what is below them is what it is about. */
export const TITLES_MAX = 4

export interface LadderPage {
  readonly kind: 'ladder'
  readonly id: string
  readonly top: number
  /** Of the arrows that are shown; -1: the last, whatever comes. */
  readonly at: number
  readonly story?: Story
  /** Why nothing is there, or less than all. */
  readonly trouble: string
  readonly clock: 'wall' | 'since'
  /** What was sent again is left out. */
  readonly compressed: boolean
  /** Both legs, or the caller's alone. */
  readonly extended: boolean
  /** Only messages that pass it. */
  readonly filter: string
  /** Columns for the chosen message beside the arrows; 0: none. */
  readonly preview: number
  readonly colours: Colours
  readonly marked?: Arrow
}

/** What the colour of an arrow tells. */
export const COLOURS = ['state', 'leg', 'method'] as const
export type Colours = (typeof COLOURS)[number]

export const PREVIEW = { first: 36, step: 4, least: 16 } as const
/** What is left for the arrows beside it. */
export const ARROWS_MIN = 40

export interface MessagePage {
  readonly kind: 'message'
  readonly top: number
  readonly back: LadderPage
  readonly show: 'raw' | 'sdp' | 'diff' | 'stats'
  readonly arrow: Arrow
}

export interface ExplainPage {
  readonly kind: 'explain'
  readonly id: string
  readonly top: number
  readonly told?: Explanation__Output
  readonly trouble: string
}

export function ladderPage(id: string): LadderPage {
  return {
    ...{ kind: 'ladder', id, top: 0, at: 0, trouble: '', clock: 'wall', compressed: false, extended: true },
    ...{ filter: '', preview: 0, colours: 'state' },
  }
}

/** What the nodes told. */
export function traced(page: LadderPage, items: readonly Traced__Output[]): LadderPage {
  const missing = items.flatMap(({ node, of }) => (of?.missing ? [`without ${node}: ${of.missing}`] : []))
  return { ...page, story: storyOf(items.flatMap((item) => seenOf(item) ?? [])), trouble: missing.join('; ') }
}

export function arrowsOn({ story, compressed, extended, filter }: LadderPage): readonly Arrow[] {
  const all = story?.arrows ?? []
  const first = all[0]?.callId
  const read = filterOf(filter)
  const passes = (arrow: Arrow): boolean => read.kind === 'invalid' || read.passes(wordsOf(arrow))
  return all.filter((arrow) => !(compressed && arrow.again) && (extended || arrow.callId === first) && passes(arrow))
}

function wordsOf({ label, from, to, transport, callId }: Arrow): readonly string[] {
  return [label.text, label.method, from, to, transport, callId]
}

/** The story of what is shown. */
export function shownStory(page: LadderPage): Story | null {
  if (!page.story) return null
  const arrows = arrowsOn(page)
  const places = page.story.places.filter(({ name }) => arrows.some(({ from, to }) => from === name || to === name))
  return { ...page.story, arrows, places }
}

/** Columns that the chosen message has beside the arrows. */
export function previewRoom({ preview }: LadderPage, columns: number): number {
  const room = Math.min(preview, columns - ARROWS_MIN)
  return room < PREVIEW.least ? 0 : room
}

/** Lines of a ladder, and beside them the message that is chosen. */
export function beside(lines: readonly Line[], page: LadderPage, columns: number, theme: Theme): readonly Line[] {
  const room = previewRoom(page, columns)
  if (room === 0) return lines
  const arrow = arrowAt(page)
  const text = arrow ? rawLines(arrow.text) : []
  const left = columns - room
  const { ellipsis } = glyphs(theme)
  return lines.map((line, i) => {
    const used = line.reduce((sum, span) => sum + width(span.text), 0)
    const said = cut(safe(text[i] ?? '', theme.ascii), room - 2, ellipsis)
    return [...line, { text: `${' '.repeat(Math.max(0, left - used))}${theme.ascii ? '|' : '│'} ${said}` }]
  })
}

export function arrowAt(page: LadderPage): Arrow | undefined {
  const arrows = arrowsOn(page)
  return arrows[page.at < 0 ? arrows.length - 1 : Math.min(page.at, arrows.length - 1)]
}

/** The cursor by so many arrows, kept in a window of `room`. */
export function stepped(page: LadderPage, by: number, room: number): LadderPage {
  const last = Math.max(0, arrowsOn(page).length - 1)
  const at = Math.min(last, Math.max(0, (page.at < 0 ? last : page.at) + by))
  return { ...page, at, top: Math.min(at, Math.max(page.top, at - room + 1)) }
}

/** The titles of the columns, and the arrows below them. */
export function ladderBody(
  page: LadderPage,
  columns: number,
  theme: Theme,
): { readonly head: readonly Line[]; readonly rows: readonly Line[] } {
  const { story, trouble } = page
  const said: Line[] = trouble === '' ? [] : [[{ text: safe(trouble, theme.ascii), tone: 'warning' }]]
  if (!story) return { head: said, rows: trouble === '' ? [[{ text: 'asking ...', tone: 'dim' }]] : [] }
  const shown = shownStory(page) ?? story
  const { arrows } = shown
  const chosen = arrowAt(page)
  const room = columns - previewRoom(page, columns)
  const tone = tones(page)
  const { head, rows } = ladder(shown, { columns: room, ascii: theme.ascii, clock: page.clock })
  return {
    head: [...said, ...head.map((text): Line => [{ text, bold: true }])],
    rows: rows.map((text, i): Line => {
      const arrow = arrows[i]!
      const isMarked = page.marked !== undefined && isSame(arrow, page.marked)
      return [{ text: pad(text, room), tone: tone(arrow), bold: isMarked, inverse: arrow === chosen }]
    }),
  }
}

/** Answers come again each second: the same message is another object. */
export function isSame(a: Arrow, b: Arrow): boolean {
  return a.at === b.at && a.from === b.from && a.text === b.text
}

const CYCLE: readonly Tone[] = ['accent', 'good', 'warning', 'plain', 'bad']

/** The tone of each arrow; legs and methods take theirs in the order of their appearance. */
function tones({ colours, story }: LadderPage): (arrow: Arrow) => Tone {
  if (colours === 'state') return toneOf
  const of = (arrow: Arrow): string => (colours === 'leg' ? arrow.callId : arrow.label.method)
  const all = [...new Set((story?.arrows ?? []).map(of))]
  return (arrow) => (arrow.again ? 'dim' : (CYCLE[all.indexOf(of(arrow)) % CYCLE.length] ?? 'plain'))
}

function toneOf({ label: { status, method }, again }: Arrow): Tone {
  if (again) return 'dim'
  if (status === 401 || status === 407) return 'plain'
  if (status >= 400) return 'bad'
  if (status >= 200) return 'good'
  return method === 'INVITE' && status === 0 ? 'accent' : 'plain'
}

export function messageLines({ arrow, show, back }: MessagePage, theme: Theme): readonly Line[] {
  // An empty line has no words: words without a character have no height.
  const line = (text: string, tone: Tone = 'plain'): Line =>
    text === '' ? [] : [{ text: safe(text, theme.ascii), tone }]
  if (show === 'stats') return back.story ? statsOf(back.story).map((text) => line(text)) : []
  if (show === 'diff' && back.marked) {
    const { marked } = back
    const changes = diffLines(`${rawLines(marked.text).join('\n')}\n`, `${rawLines(arrow.text).join('\n')}\n`)
    const lines = changes.flatMap(({ value, added, removed }) => {
      const sign = added ? '+' : removed ? '-' : ' '
      const tone = added ? 'good' : removed ? 'bad' : 'plain'
      return value
        .replace(/\n$/, '')
        .split('\n')
        .map((text) => line(`${sign} ${text}`, tone))
    })
    return [line(`- ${rawHead(marked)}`, 'dim'), line(`+ ${rawHead(arrow)}`, 'dim'), [], ...lines]
  }
  const blank = arrow.text.indexOf('\r\n\r\n')
  const body = blank < 0 ? '' : arrow.text.slice(blank + 4)
  const text = show === 'sdp' ? body : arrow.text
  const lines = text === '' ? [line('it carries no body', 'dim')] : rawLines(text).map((one) => line(one))
  return [line(rawHead(arrow), 'dim'), [], ...lines]
}

export function explainLines({ told, trouble }: ExplainPage, theme: Theme): readonly Line[] {
  if (!told)
    return [
      [{ text: trouble === '' ? 'asking ...' : safe(trouble, theme.ascii), tone: trouble === '' ? 'dim' : 'warning' }],
    ]
  return explained(told).map((text) =>
    text === '' ? [] : [{ text: safe(text, theme.ascii), bold: text === 'why' || text === 'when' }],
  )
}
