/** A story in numbers, as lines for people; whoever shows them cleans them. ◆ */
import type { Arrow, Story } from './merge.ts'

const WIDTH = 10

export function statsOf({ arrows, ahead }: Story): string[] {
  const line = (name: string, text: string): string => `${name.padEnd(WIDTH)}${text}`
  const [first] = arrows
  const last = arrows.at(-1)
  if (!first || !last) return ['nothing is remembered']
  const again = arrows.filter((arrow) => arrow.again).length
  const legs = [...Map.groupBy(arrows, ({ callId }) => callId)]
  return [
    line(
      'messages',
      `${arrows.length}${again > 0 ? `, ${again} of them sent again` : ''}, in ${seconds(last.at - first.at)}`,
    ),
    line(
      'requests',
      counted(arrows.filter(isRequest), ({ label }) => label.method),
    ),
    line(
      'answers',
      counted(
        arrows.filter((arrow) => !isRequest(arrow)),
        ({ label }) => `${Math.floor(label.status / 100)}xx`,
      ),
    ),
    ...milestones(legs[0]![1]).map(([name, us]) => line(name, `${seconds(us)} after the INVITE`)),
    ...legs.map(([callId, own], i) => line(i === 0 ? 'legs' : '', `${callId}: ${own.length} messages, ${places(own)}`)),
    ...[...ahead].flatMap(([node, by]) =>
      by === 0 ? [] : [line('clock', `of ${node} set right by ${(by / 1000).toFixed(1)} ms`)],
    ),
  ]
}

/** When what happened first, on the leg of the caller, from the INVITE that was let in. */
function milestones(arrows: readonly Arrow[]): [string, number][] {
  const refused = arrows.findLastIndex(({ label }) => label.status === 401 || label.status === 407)
  const then = arrows.slice(refused + 1)
  const asked = then.find(({ label }) => label.method === 'INVITE' && label.status === 0)
  if (!asked) return []
  const after = (name: string, is: (arrow: Arrow) => boolean): [string, number][] => {
    const one = then.find(is)
    return one ? [[name, one.at - asked.at]] : []
  }
  const ofInvite = ({ label }: Arrow, low: number, high: number): boolean =>
    label.method === 'INVITE' && label.status >= low && label.status <= high
  return [
    ...after('ringing', (arrow) => ofInvite(arrow, 180, 183)),
    ...after('answered', (arrow) => ofInvite(arrow, 200, 299)),
    ...after('refused', (arrow) => ofInvite(arrow, 300, 699)),
    ...after('over', ({ label }) => label.status === 0 && (label.method === 'BYE' || label.method === 'CANCEL')),
  ]
}

function isRequest({ label }: Arrow): boolean {
  return label.status === 0
}

function counted(arrows: readonly Arrow[], of: (arrow: Arrow) => string): string {
  const counts = [...Map.groupBy(arrows, of)].map(([name, all]) => `${name} ${all.length}`)
  return counts.length === 0 ? 'none' : counts.join(', ')
}

function places(arrows: readonly Arrow[]): string {
  return [...new Set(arrows.flatMap(({ from, to }) => [from, to]))].join(' ')
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(3)} s`
}
