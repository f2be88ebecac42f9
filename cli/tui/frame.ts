/** The whole screen as lines: exactly as many as the terminal has, none wider than it. */
import { ENDINGS } from '../trace/file.ts'
import { CONFIRM } from './actions.ts'
import { pad, safe, width, widths } from './columns.ts'
import { wrongWith } from './filter.ts'
import { alertLine, clusterLine, trafficLine } from './header.ts'
import { footer } from './keys.ts'
import { beside, type LadderPage, ladderBody, TITLES_MAX } from './ladder.ts'
import { clip, type Line, sentence } from './line.ts'
import { cursor, onScreen } from './list.ts'
import { height, known, type Live, type Model, type Preset, shown } from './model.ts'
import { pageLines, pageTitle } from './pages.ts'
import { MARGIN, type Moment, rowLine, TABLES, titleLine, type View } from './rows.ts'
import { glyphs, type Theme } from './theme.ts'

/** Below this nothing useful fits. */
export const SMALLEST = { columns: 40, rows: 10 }

export function frame(model: Model, theme: Theme): readonly Line[] {
  const { columns, rows } = model
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return tooSmall(columns, rows)
  const { ellipsis } = glyphs(theme)
  const lines = [
    clusterLine(model, theme),
    trafficLine(model, theme),
    alertLine(model, theme),
    ...body(model, theme),
    bottomLine(model, theme),
    footerLine(model, theme),
  ]
  return lines.map((line) => clip(line, columns, ellipsis))
}

function body(model: Model, theme: Theme): readonly Line[] {
  const { page } = model
  const room = height(model)
  if (page.kind === 'table') return table(model, theme, room)
  if (page.kind === 'ladder') return ladderLines(model, page, theme, room)
  const all = pageLines(model, theme)
  const lines = all.slice(page.top, page.top + room)
  const where = lines.length < all.length ? [`${page.top + 1}-${page.top + lines.length} of ${all.length}`] : []
  return [rule([safe(pageTitle(page), theme.ascii), ...where], model.columns, theme), [], ...padded(lines, room)]
}

/** Its column titles stay above what scrolls. */
function ladderLines(model: Model, page: LadderPage, theme: Theme, room: number): readonly Line[] {
  const { head, rows } = ladderBody(page, model.columns, theme)
  const titles = head.slice(0, TITLES_MAX)
  const left = room + 1 - titles.length
  const top = page.at < 0 ? Math.max(0, rows.length - left) : Math.max(0, Math.min(page.top, rows.length - 1))
  const empty: Line[] = page.filter === '' ? [] : [[{ text: 'no message passes this filter', tone: 'dim' }]]
  const lines = rows.length > 0 ? rows.slice(top, top + left) : empty
  const where = lines.length < rows.length ? [`${top + 1}-${top + lines.length} of ${rows.length}`] : []
  const words = [safe(pageTitle(page), theme.ascii), ...(page.extended ? [] : ["caller's leg"]), ...where]
  if (page.filter !== '') words.push(`filter: ${safe(page.filter, theme.ascii)}`)
  if (page.at < 0) words.push('autoscroll')
  if (page.colours !== 'state') words.push(`colours: ${page.colours}`)
  return [rule(words, model.columns, theme), ...beside([...titles, ...padded(lines, left)], page, model.columns, theme)]
}

function table(model: Model, theme: Theme, room: number): readonly Line[] {
  const { view, columns } = model
  const list = model.lists[view]
  const { live, now } = shown(model)
  const sizes = sizesOf(view, columns, model.only !== undefined)
  const ahead = Math.max(0, ...(live.cluster?.nodes ?? []).map((node) => node.commit))
  const moment: Moment = { now: now + model.skew, ahead }
  const at = cursor(view, list)
  const rows = onScreen(list, room).map((row, i): Line => {
    const selected = list.top + i === at
    const tone = TABLES[view].tone(row)
    const text = rowLine(view, row, sizes, selected, moment, theme)
    return [{ text: selected ? pad(text, columns) : text, tone: tone === 'good' ? 'plain' : tone, inverse: selected }]
  })
  const empty: Line[] = [[{ text: `${' '.repeat(MARGIN)}${emptiness(model)}`, tone: 'dim' }]]
  return [
    rule(tableTitle(model, theme), columns, theme),
    [{ text: titleLine(view, sizes, list.sort, theme), bold: true }],
    ...padded(list.rows.length > 0 ? rows : empty, room),
  ]
}

function tableTitle(model: Model, theme: Theme): string[] {
  const { view } = model
  const { filter, rows, sort } = model.lists[view]
  const { live } = shown(model)
  const all = Math.max(known(live, view).length, everything(live, view))
  const { up, down } = glyphs(theme)
  const column = TABLES[view].columns[sort.column]
  return [
    TABLES[view].title,
    rows.length < all ? `${rows.length}/${all}` : String(all),
    ...(view === 'calls' && model.only ? [onlyWords(model.only, live)] : []),
    ...(filter ? [`filter: ${safe(filter, theme.ascii)}`] : []),
    ...(column ? [`sort: ${column.title.toLowerCase()}${sort.reverse ? down : up}`] : []),
  ]
}

function onlyWords(only: Preset, { calls }: Live): string {
  const asked = calls?.rows.length ?? 0
  return asked < (calls?.total ?? 0) ? `${only} of the first ${asked}` : only
}

// Totals that came with a list count only what passed the filter it was asked with.
function everything(live: Live, view: View): number {
  if (view === 'calls') return Math.max(live.calls?.total ?? 0, live.overview?.calls ?? 0)
  return view === 'regs' ? Math.max(live.regs?.total ?? 0, live.overview?.bindings ?? 0) : 0
}

function emptiness(model: Model): string {
  const { view } = model
  const { live } = shown(model)
  if (view === 'calls' && model.only)
    return live.problems ? 'no live call has this problem; esc shows all' : 'asking ...'
  if (model.lists[view].filter) return 'no row passes this filter; esc shows all'
  const answer = { calls: live.calls, regs: live.regs, nodes: live.cluster, events: live.overview }[view]
  if (!answer) return 'asking ...'
  return { calls: 'no live calls', regs: 'nobody is registered', nodes: 'no nodes', events: 'nothing happened yet' }[
    view
  ]
}

function rule(words: readonly string[], columns: number, theme: Theme): Line {
  const { rule: dash, ellipsis } = glyphs(theme)
  const text = `${dash} ${words.join(` ${dash} `)} `
  return clip([{ text: text + dash.repeat(Math.max(0, columns - width(text))), tone: 'accent' }], columns, ellipsis)
}

function bottomLine(model: Model, theme: Theme): Line {
  const { prompt, notice } = model
  const caret = theme.ascii ? '_' : '█'
  switch (prompt.kind) {
    case 'filter':
      return [
        { text: '/', bold: true },
        { text: safe(prompt.text, theme.ascii) + caret },
        { text: `  ${safe(wrongWith(prompt.text), theme.ascii)}`, tone: 'warning' },
      ]
    case 'save':
      return [
        { text: 'save as ', bold: true },
        { text: safe(prompt.text, theme.ascii) + caret },
        { text: `  ${ENDINGS.join(' ')}`, tone: 'dim' },
      ]
    case 'command':
      return [{ text: ':', bold: true }, { text: safe(prompt.text, theme.ascii) + caret }]
    case 'hang up': {
      const asked = `hang up? type ${safe(prompt.id.slice(0, CONFIRM), theme.ascii)} and enter, esc leaves it: `
      return [{ text: asked, tone: 'warning', bold: true }, { text: safe(prompt.text, theme.ascii) + caret }]
    }
    case 'none':
      return notice ? [{ text: safe(notice.text, theme.ascii), tone: notice.tone }] : []
  }
}

function footerLine(model: Model, theme: Theme): Line {
  const words = footer(model).map(({ keys, word }, i) => ({
    text: `${keys} ${word}`,
    tone: 'dim' as const,
    drop: PLACES[word] ?? i + 10,
  }))
  return sentence(words, model.columns, glyphs(theme).ellipsis)
}

// The last to leave a narrow footer.
const PLACES: Readonly<Record<string, number>> = { help: 1, quit: 2, 'hang up': 3 }

function padded(lines: readonly Line[], room: number): readonly Line[] {
  return [...lines, ...Array.from({ length: Math.max(0, room - lines.length) }, (): Line => [])]
}

function tooSmall(columns: number, rows: number): readonly Line[] {
  const words = ['too small:', `${columns}x${rows}, needs`, `${SMALLEST.columns}x${SMALLEST.rows}`]
  const text = words.join(' ').length <= columns ? [words.join(' ')] : words
  return padded(
    text.slice(0, rows).map((line): Line => clip([{ text: line }], columns)),
    rows,
  )
}

// Widths change only with the terminal's.
const computed = new Map<View, { columns: number; problems: boolean; sizes: number[] }>()

function sizesOf(view: View, columns: number, problems: boolean): readonly number[] {
  const last = computed.get(view)
  if (last?.columns === columns && last.problems === problems) return last.sizes
  const all = TABLES[view].columns
  const shown = all.flatMap(({ ofProblems }, i) => (ofProblems && !problems ? [] : [i]))
  const given = widths(
    shown.map((i) => all[i]!),
    columns - MARGIN,
  )
  const sizes = all.map((_, i) => given[shown.indexOf(i)] ?? 0)
  computed.set(view, { columns, problems, sizes })
  return sizes
}
