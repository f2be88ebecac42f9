/** What is wrong with a call, by what is known of it. ◆ */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { Story } from './merge.ts'

export const PROBLEMS = ['ringing long', 'no media', 'one-way', 'nat', 'slow set-up'] as const
export type Problem = (typeof PROBLEMS)[number]

export interface Facts {
  /** With its streams, if its node counts any. */
  readonly call: Call__Output
  /** What is remembered of its SIP; null: nothing. */
  readonly story: Story | null
  /** By the clock of the cluster, ms. */
  readonly now: number
  /** A set-up that takes longer is slow, ms. */
  readonly slowMs: number
}

/** Where nobody says what is slow, ms. */
export const SLOW_MS = 4_000
/** Nobody lets it ring so long. */
const RINGING_MS = 20_000
/** So long audio may take to begin. */
const SILENT_MS = 5_000
/** A second of audio: from then on it is no accident that the other way has none. */
const HEARD_PACKETS = 50

const TESTS: Readonly<Record<Problem, (facts: Facts) => boolean>> = {
  'ringing long': ({ call, now }) => call.state === 'ringing' && now - call.startedAt > RINGING_MS,
  'no media': ({ call, now }) =>
    talks(call, now) && call.streams.length > 0 && call.streams.every(({ packets }) => packets === 0),
  'one-way': ({ call, now }) => talks(call, now) && isOneWay(call),
  nat: ({ story }) => story !== null && isBehindNat(story),
  'slow set-up': (facts) => (setUpMs(facts) ?? 0) > facts.slowMs,
}

export function problemsOf(facts: Facts): Problem[] {
  return PROBLEMS.filter((problem) => TESTS[problem](facts))
}

function talks({ media, answeredAt }: Call__Output, now: number): boolean {
  return media === 'rtpengine' && answeredAt > 0 && now - answeredAt > SILENT_MS
}

function isOneWay({ streams }: Call__Output): boolean {
  const by = (side: string): number =>
    streams.reduce((sum, stream) => sum + (stream.side === side ? stream.packets : 0), 0)
  const [caller, called] = [by('caller'), by('called')]
  return Math.min(caller, called) === 0 && Math.max(caller, called) >= HEARD_PACKETS
}

/** What a phone calls itself is not where it is: an address in its Contact that is not the one it sends from. */
export function isBehindNat({ arrows }: Story): boolean {
  return arrows.some(({ from, fromAddress, text, label }) => {
    // Only what comes from a phone: a node's place is named by the node.
    if (from !== fromAddress || (label.method !== 'INVITE' && label.method !== 'UPDATE')) return false
    const host = /^(?:contact|m)\s*:[^\r\n]*?sips?:(?:[^@\s>;]*@)?(\[[0-9a-f:.]+\]|[\d.]+)/im.exec(text)?.[1]
    return host !== undefined && host !== fromAddress.slice(0, fromAddress.lastIndexOf(':'))
  })
}

/** From the INVITE that was let in to the first word of the far end; while there is none, until now. Null: not known. */
export function setUpMs({ call, story, now }: Pick<Facts, 'call' | 'story' | 'now'>): number | null {
  const arrows = story?.arrows ?? []
  const [first] = arrows
  if (!first) return null
  const ofCaller = arrows.filter(({ callId, label }) => callId === first.callId && label.method === 'INVITE')
  const refused = ofCaller.findLastIndex(({ label }) => label.status === 401 || label.status === 407)
  const [asked, ...then] = ofCaller.slice(refused + 1).filter(({ label }) => label.status !== 100)
  if (asked?.label.status !== 0) return null
  const said = then.find(({ label }) => label.status > 100)
  if (said) return (said.at - asked.at) / 1000
  return call.state === 'ringing' ? Math.max(0, now - call.startedAt) : null
}
