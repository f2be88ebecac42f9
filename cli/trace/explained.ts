/** Why a call went where it went, as lines for people; whoever shows them cleans them. ◆ */
import type { Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'

export function explained(told: Explanation__Output): string[] {
  const { asked, marks, attempts, why } = told
  const zero = asked?.at || marks[0]?.at || 0
  const since = (at: number): string => `${at < zero ? '-' : '+'}${(Math.abs(at - zero) / 1000).toFixed(3)}`.padStart(9)
  const lines = [
    ...(asked ? [`asked     INVITE ${asked.uri} of ${asked.from}, over ${asked.transport} from ${asked.address}`] : []),
    `call      ${told.id}  ${told.ending === '' ? 'it is not over' : told.ending}`,
    ...(told.from === '' ? [] : [`taken as  ${told.from} to ${told.to}`]),
    `decided   ${told.planVersion === 0 ? 'without a plan' : `by plan #${told.planVersion}`}${told.rule === '' ? '' : `, rule ${told.rule}`}${told.target === '' ? '' : `: ${told.target}`}`,
    `by        ${told.node}${told.index > 0 ? `, term ${told.term}, index ${told.index} or later` : ''}`,
  ]
  if (told.known === 'row')
    lines.push(`${told.node} has the call and cannot be asked: this is what the cluster knows of it`)
  const because = why.length > 0 ? why : told.from === '' ? ['it was over before anything was decided'] : []
  if (because.length > 0) lines.push('', 'why', ...because.map((line) => `  ${line}`))
  const events = [
    ...(asked ? [{ at: asked.at, what: 'asked' }] : []),
    ...marks,
    ...attempts.flatMap(({ at, uri, hop, outcome, over }) => [
      { at, what: `${uri}${hop === '' ? '' : ` by ${hop}`} is rung` },
      ...(outcome === '' ? [] : [{ at: over, what: `${uri}: ${outcome}` }]),
    ]),
  ].sort((a, b) => a.at - b.at)
  if (events.length > 0) lines.push('', 'when', ...events.map(({ at, what }) => `${since(at)}  ${what}`))
  return lines
}
