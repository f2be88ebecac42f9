/** The ladder of a call: which arrows, in which window, and what of a message is shown. Keys are those of sngrep. */
import { diffLines } from 'diff'
import type { Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { explained } from '../trace/explained.ts'
import { ladder } from '../trace/ladder.ts'
import { type Arrow, type Seen, type Story, storyOf } from '../trace/merge.ts'
import { rawHead, rawLines } from '../trace/raw.ts'
import { pad, safe } from './columns.ts'
import type { Line } from './line.ts'
import type { Theme, Tone } from './theme.ts'

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
  readonly marked?: Arrow
}

export interface MessagePage {
  readonly kind: 'message'
  readonly top: number
  readonly back: LadderPage
  readonly show: 'raw' | 'sdp' | 'diff'
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
  return { kind: 'ladder', id, top: 0, at: 0, trouble: '', clock: 'wall', compressed: false, extended: true }
}

/** What the nodes told. */
export function traced(page: LadderPage, items: readonly Traced__Output[]): LadderPage {
  const missing = items.flatMap(({ node, of }) => (of?.missing ? [`without ${node}: ${of.missing}`] : []))
  return { ...page, story: storyOf(seenOf(items)), trouble: missing.join('; ') }
}

/** The messages of what nodes told. */
export function seenOf(items: readonly Traced__Output[]): Seen[] {
  return items.flatMap(({ node, message }) => (message ? [{ node, ...message }] : []))
}

export function arrowsOn({ story, compressed, extended }: LadderPage): readonly Arrow[] {
  const all = story?.arrows ?? []
  const first = all[0]?.callId
  return all.filter(({ again, callId }) => !(compressed && again) && (extended || callId === first))
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
  const arrows = arrowsOn(page)
  const chosen = arrowAt(page)
  const places = story.places.filter(({ name }) => arrows.some(({ from, to }) => from === name || to === name))
  const { head, rows } = ladder({ ...story, arrows, places }, { columns, ascii: theme.ascii, clock: page.clock })
  return {
    head: [...said, ...head.map((text): Line => [{ text, bold: true }])],
    rows: rows.map((text, i): Line => {
      const arrow = arrows[i]!
      const isMarked = page.marked !== undefined && isSame(arrow, page.marked)
      return [{ text: pad(text, columns), tone: toneOf(arrow), bold: isMarked, inverse: arrow === chosen }]
    }),
  }
}

/** Answers come again each second: the same message is another object. */
export function isSame(a: Arrow, b: Arrow): boolean {
  return a.at === b.at && a.from === b.from && a.text === b.text
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
