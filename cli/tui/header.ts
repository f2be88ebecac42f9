/** The two lines about the whole cluster, and the line about what is wrong with it. */
import { safe } from './columns.ts'
import { type Line, sentence, type Word } from './line.ts'
import { type Live, type Model, shown } from './model.ts'
import { spark } from './spark.ts'
import { glyphs, symbol, type Theme, type Tone } from './theme.ts'
import { clock, count } from './time.ts'

/** Data older than this is called stale: two polls and their deadline have passed without an answer. */
const STALE_MS = 4_000

export function clusterLine(model: Model, theme: Theme): Line {
  const { overview, cluster } = shown(model).live
  const { none, ellipsis } = glyphs(theme)
  const mark: Tone = !overview ? 'plain' : !overview.quorum ? 'bad' : alerts(model).length > 0 ? 'warning' : 'good'
  const quorum = !overview ? 'connecting' : overview.quorum ? 'quorum' : 'NO QUORUM'
  const words: Word[] = [
    { text: 'raftel', bold: true, drop: 5 },
    {
      text: `${symbol(mark, theme)} ${quorum} ${overview ? `${up(overview, cluster)}/${overview.nodes}` : ''}`.trimEnd(),
      tone: mark,
      drop: 0,
    },
    {
      text: `leader ${overview?.leader ? safe(overview.leader, theme.ascii) : none}`,
      tone: overview && !overview.leader ? 'bad' : 'plain',
      drop: 1,
    },
    { text: `term ${overview?.term ?? none}`, drop: 4 },
    { text: `index ${overview ? count(overview.applied) : none}`, drop: 6 },
    { text: overview?.planVersion ? `plan #${overview.planVersion}` : 'no plan', drop: 3 },
    { text: `UTC ${clock(model.now + model.skew)}`, drop: 2 },
    { text: overview ? `via ${safe(overview.node, theme.ascii)}` : '', tone: 'dim', drop: 7 },
    { text: model.readOnly ? '[RO]' : '', tone: 'warning', drop: 1 },
    { text: model.frozen ? '[FROZEN]' : '', tone: 'accent', drop: 0 },
  ]
  return sentence(words, model.columns, ellipsis)
}

export function trafficLine(model: Model, theme: Theme): Line {
  const { overview, cluster } = shown(model).live
  const { ellipsis } = glyphs(theme)
  if (!overview) return []
  const { calls, cps } = model.history
  const bars = model.columns >= 100 ? 16 : model.columns >= 60 ? 8 : 5
  const media = mediaWords(cluster)
  const words: Word[] = [
    { text: `calls ${count(overview.calls)} ${spark(calls, bars, theme.ascii)}`, drop: 0 },
    { text: `talking ${count(overview.callsAnswered)}`, drop: 5 },
    { text: `cps ${recent(cps).toFixed(1)} ${spark(cps, bars, theme.ascii)}`, drop: 2 },
    { text: `regs ${count(overview.bindings)}`, drop: 1 },
    { text: `users ${count(overview.users)}`, drop: 4 },
    { text: media.text, tone: media.tone, drop: 3 },
  ]
  return sentence(words, model.columns, ellipsis)
}

/** What is wrong, the worst first; empty when all is well. */
export function alerts(model: Model): { text: string; tone: 'warning' | 'bad' }[] {
  const { live } = model
  const found: { text: string; tone: 'warning' | 'bad' }[] = []
  const old = model.now - live.at
  if (model.trouble) {
    const { what, since, text } = model.trouble
    const missing = what === 'overview' ? 'no answer' : `no answer about ${what}`
    const stale = live.overview && old > STALE_MS ? `, data is ${Math.floor(old / 1000)} s old` : ''
    found.push({ text: `${missing} since ${clock(since + model.skew)}${stale}: ${text}`, tone: 'bad' })
  } else if (live.overview && old > STALE_MS) {
    found.push({ text: `data is stale: ${Math.floor(old / 1000)} s old`, tone: 'bad' })
  }
  if (model.noQuorumSince !== undefined) {
    found.push({
      text: `no quorum since ${clock(model.noQuorumSince + model.skew)}: nothing can change, what is known is shown`,
      tone: 'bad',
    })
  } else if (live.overview && !live.overview.leader) {
    found.push({ text: 'no leader: an election is going on', tone: 'warning' })
  }
  for (const node of live.cluster?.nodes ?? []) {
    if (!node.reachable) found.push({ text: `node ${node.id} cannot be reached`, tone: 'bad' })
    else if (node.media !== 'rtpengine') {
      found.push({
        text: `media of ${node.id} is ${node.media || 'unknown'}: ${node.mediaDetail || 'calls go on without a relay'}`,
        tone: 'warning',
      })
    }
  }
  return found
}

export function alertLine(model: Model, theme: Theme): Line {
  const [first, ...others] = alerts(model)
  if (!first) return []
  const more = others.length > 0 ? `(+${others.length}) ` : ''
  const text = `${symbol(first.tone, theme)} ${more}${safe(first.text, theme.ascii)}`
  return sentence([{ text, tone: first.tone, bold: true, drop: 0 }], model.columns, glyphs(theme).ellipsis)
}

// The status of all nodes is asked for from each of them; the overview knows only of streams to the one that answers.
function up(overview: { nodesUp: number }, cluster: Live['cluster']): number {
  return cluster && cluster.nodes.length > 0 ? cluster.nodes.filter((node) => node.reachable).length : overview.nodesUp
}

function mediaWords(cluster: Live['cluster']): { text: string; tone: Tone } {
  const nodes = cluster?.nodes ?? []
  const relaying = nodes.filter((node) => node.reachable && node.media === 'rtpengine').length
  if (nodes.length === 0) return { text: '', tone: 'plain' }
  return { text: `media ${relaying}/${nodes.length}`, tone: relaying === nodes.length ? 'plain' : 'warning' }
}

// Over five answers, so that one call a second does not read 0.9, 1.1, 0.9.
function recent(values: readonly number[]): number {
  const last = values.slice(-5)
  return last.length > 0 ? last.reduce((sum, value) => sum + value, 0) / last.length : 0
}
