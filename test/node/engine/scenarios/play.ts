/** What the scenarios share: what phones write, and what they wait for. */
import { header, later, type Peer, request, sdp, type Test } from '../stack.ts'
import type { Stage } from './stage.ts'

/** What a scenario saw, in order. */
export type Scenario = (t: Test, stage: Stage) => Promise<string[]>

export const uriOf = (peer: Peer, user = 'bob'): string => `sip:${user}@127.0.0.1:${peer.port}`
export const invite = (peer: Peer, user: string): string =>
  request(peer, 'INVITE', `sip:${user}@pbx.test`, { 'Content-Type': 'application/sdp' }, sdp(5000))
export const status = (text: string): string => text.split(' ')[1]!
export const final =
  (method: string) =>
  (text: string): boolean =>
    /^SIP\/2\.0 [2-6]/.test(text) && header(text, 'CSeq').endsWith(method)
export const sibling = (asked: string, method: string): string =>
  asked
    .replace(/^INVITE/, method)
    .replace('1 INVITE', `1 ${method}`)
    .replace(/Content-Type: .*\r\n/, '')
    .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n')

/** By name: how it is played, and what is seen. */
export type Scenarios = Readonly<Record<string, { play: Scenario; seen: readonly string[] }>>

/** An answered call of a phone to a user; what the phone sent and got. */
export async function answered(caller: Peer, user: string): Promise<{ asked: string; answer: string }> {
  const asked = invite(caller, user)
  caller.send(asked)
  const answer = await caller.next(final('INVITE'))
  caller.send(later(caller, 'ACK', asked, answer, 1))
  return { asked, answer }
}

export async function hangUp(caller: Peer, { asked, answer }: { asked: string; answer: string }): Promise<string> {
  caller.send(later(caller, 'BYE', asked, answer, 2))
  return status(await caller.next(final('BYE')))
}

/** CSeq counted from the first of them: where an engine begins is its own business. */
export const counted = (...messages: readonly string[]): string[] => {
  const first = Number.parseInt(header(messages[0]!, 'CSeq'), 10)
  return messages.map((one) => header(one, 'CSeq').replace(/^\d+/, (n) => `+${Number(n) - first}`))
}
