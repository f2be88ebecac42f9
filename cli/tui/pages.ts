/** Pages that are lines of text: a call, the plan in force, the keys. */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import { pad, safe } from './columns.ts'
import { BINDINGS } from './keys.ts'
import { explainLines, ladderBody, messageLines } from './ladder.ts'
import type { Line, Span } from './line.ts'
import { type Model, type Page, shown } from './model.ts'
import type { Theme } from './theme.ts'
import { clock, count, span } from './time.ts'

export function pageLines(model: Model, theme: Theme): readonly Line[] {
  switch (model.page.kind) {
    case 'table':
      return []
    case 'call':
      return callLines(model, model.page, theme)
    case 'ladder':
      return ladderBody(model.page, model.columns, theme).rows
    case 'message':
      return messageLines(model.page, theme)
    case 'explain':
      return explainLines(model.page, theme)
    case 'plan':
      return planLines(model, theme)
    case 'help':
      return helpLines()
  }
}

export function pageTitle(page: Exclude<Page, { kind: 'table' }>): string {
  switch (page.kind) {
    case 'call':
      return `call ${page.id}`
    case 'ladder':
      return `SIP of ${page.id}`
    case 'explain':
      return `why ${page.id}`
    case 'message':
      return page.show === 'stats'
        ? 'numbers'
        : page.show === 'diff'
          ? 'two messages'
          : page.show === 'sdp'
            ? 'body'
            : 'message'
    case 'plan':
      return 'plan'
    case 'help':
      return 'keys'
  }
}

function callLines(model: Model, page: Extract<Page, { kind: 'call' }>, theme: Theme): readonly Line[] {
  const { call } = page
  const ended: Line[] = page.gone
    ? [[{ text: 'This call has ended; below is what was known of it last.', tone: 'warning' }]]
    : []
  if (!call)
    return page.gone ? [[{ text: 'This call has ended.', tone: 'warning' }]] : [[{ text: 'asking ...', tone: 'dim' }]]
  const now = shown(model).now + model.skew
  const problems = shown(model).live.problems?.get(page.id) ?? []
  const field = (name: string, text: string): Line => [
    { text: pad(name, 9), tone: 'dim' },
    { text: safe(text, theme.ascii) },
  ]
  return [
    ...ended,
    field('state', call.state),
    field('from', call.from),
    field('to', call.to),
    field('node', call.node),
    field('began', `${clock(call.startedAt)} UTC, ${span(now - call.startedAt)} ago`),
    field(
      'answered',
      call.answeredAt > 0 ? `${clock(call.answeredAt)} UTC, talking ${span(now - call.answeredAt)}` : 'not yet',
    ),
    field('plan', `#${call.planVersion} rule ${call.rule || 'none'} to ${call.target || 'nobody'}`),
    ...(problems.length > 0
      ? [[...field('wrong', problems.join(', '))].map((span) => ({ tone: 'warning' as const, ...span }))]
      : []),
    ...legLines(call, theme),
    ...mediaLines(call, page.rates, theme),
  ]
}

function legLines(call: Call__Output, theme: Theme): readonly Line[] {
  const rows = call.legs.map(
    (leg): Span => ({
      text: `  ${pad(safe(leg.role, theme.ascii), 8)} ${safe(leg.contact, theme.ascii)}  Call-ID ${safe(leg.callId, theme.ascii)}`,
    }),
  )
  return [[{ text: 'legs', bold: true }], ...(rows.length > 0 ? rows : [{ text: '  none yet' }]).map((row) => [row])]
}

function mediaLines(call: Call__Output, rates: readonly number[], theme: Theme): readonly Line[] {
  const title: Line = [{ text: 'media', bold: true }, { text: ` ${safe(call.media, theme.ascii)}` }]
  if (call.streams.length === 0) {
    const why = call.media === 'rtpengine' ? 'no packets are counted yet' : 'packets go past us, nobody counts them'
    return [title, [{ text: `  ${why}`, tone: 'dim' }]]
  }
  const head: Line = [
    {
      text: `  ${pad('SIDE', 8)} ${pad('PACKETS', 9, 'right')} ${pad('/S', 5, 'right')} ${pad('ERRORS', 6, 'right')} ${pad('CODEC', 10)} ${pad('MOS', 3)} ${pad('LOST', 4)} ENDPOINT`,
      tone: 'dim',
    },
  ]
  const rows = call.streams.map((stream, i): Line => {
    const cells = [
      pad(safe(stream.side, theme.ascii), 8),
      pad(count(stream.packets), 9, 'right'),
      pad((rates[i] ?? 0).toFixed(0), 5, 'right'),
      pad(count(stream.errors), 6, 'right'),
      pad(safe(stream.codec, theme.ascii), 10),
      pad(stream.heard?.mos.toFixed(1) ?? '', 3),
      pad(stream.heard ? `${stream.heard.lost}%` : '', 4, 'right'),
      safe(stream.endpoint, theme.ascii),
    ]
    return [{ text: `  ${cells.join(' ')}`, tone: stream.errors > 0 ? 'warning' : 'plain' }]
  })
  return [title, head, ...rows]
}

function planLines(model: Model, theme: Theme): readonly Line[] {
  const { plan } = shown(model).live
  if (!plan) return [[{ text: 'asking ...', tone: 'dim' }]]
  if (plan.version === 0) return [[{ text: 'No plan is in force: raftel plan commit FILE puts one.' }]]
  const head = `${plan.document || 'main'}: version ${plan.version} by ${plan.author || 'nobody'} at ${clock(plan.committedAt)} UTC, ${plan.rules} rules`
  const why = plan.reason ? [[{ text: safe(plan.reason, theme.ascii) }]] : []
  const text = plan.text.trimEnd().split('\n', PLAN_LINES_MAX)
  return [
    [{ text: safe(head, theme.ascii), bold: true }],
    ...why,
    ...text.map((line) => [{ text: safe(line.trimEnd(), theme.ascii) }]),
  ]
}

const PLAN_LINES_MAX = 10_000

function helpLines(): readonly Line[] {
  return BINDINGS.map(({ label, description }) => [{ text: pad(label, 8), tone: 'accent' }, { text: description }])
}
