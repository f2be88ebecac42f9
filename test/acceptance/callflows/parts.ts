/** What flows have in common: pieces of a side, and what is said of both sides of a call. */
import type { ExecutionContext } from 'ava'
import { answers, awaits, gets, hears, type Step, sends } from './script.ts'
import { type Message, tagOf } from './trace.ts'

/** A caller is asked who he is: RFC 3665 §3.3, with one challenge for all nodes of a cluster. */
export function invites(sdp: readonly string[] | undefined = []): Step[] {
  const invite = sends('INVITE', { sdp })
  return [invite, hears(407), sends('ACK'), invite, hears(100)]
}

/** What a refused caller sees after his INVITE. */
export function isRefused(status: number): Step[] {
  return [hears(status), sends('ACK')]
}

export const talks = [hears(180), hears(200), sends('ACK')]
export const picksUp = [gets('INVITE'), answers(180), answers(200, { sdp: [] }), gets('ACK')]
/**
 * A server between two phones has its ACK for one before it has answered the other: whoever acts next waits until that one
 * has said his ACK too (the first is the challenge's).
 */
export function picksUpFor(caller: string): Step[] {
  return [...picksUp, awaits(caller, '> ACK', 2)]
}
export const hangsUp = [sends('BYE'), hears(200, 'BYE')]
export const isHungUpOn = [gets('BYE'), answers(200, { to: 'BYE' })]
/** RFC 3264 §8.4. */
export function holds(direction: string): Step[] {
  return [sends('INVITE', { sdp: [`a=${direction}`] }), hears(100), hears(200), sends('ACK')]
}
export function isHeld(direction: string): Step[] {
  return [gets('INVITE'), answers(200, { sdp: [`a=${direction}`] }), gets('ACK')]
}
/** A phone that rings in vain. */
export const stopsRinging = [gets('CANCEL'), answers(200, { to: 'CANCEL' }), answers(487), gets('ACK')]

/** The one message of a side that its ladder calls so: `< 200 INVITE`; the last, when there are more. */
export function find(messages: readonly Message[] | undefined, what: string): Message {
  const [arrow, ...words] = what.split(' ')
  const [method, status = '0'] = words.reverse()
  const found = messages?.findLast(
    (one) => one.sent === (arrow === '>') && one.method === method && one.status === Number(status),
  )
  if (found === undefined) throw new Error(`there is no ${what}`)
  return found
}

/** Both are phones of one call, and neither hears of the other what only the server between them should know. */
export function areTwoDialogs(
  t: ExecutionContext,
  caller: readonly Message[] | undefined,
  called: readonly Message[] | undefined,
): void {
  const [out, at] = [find(caller, '> INVITE'), find(called, '< INVITE')]
  t.not(at.header('call-id'), out.header('call-id'))
  t.not(tagOf(at.header('from')), tagOf(out.header('from')))
  t.is(addressOf(at.header('from')), addressOf(out.header('from')), 'the caller is shown as he proved to be')
  t.is(addressOf(at.header('to')), addressOf(out.header('to')), 'To is what was dialled')
  t.not(addressOf(at.header('contact')), addressOf(out.header('contact')))
  t.is(at.body, out.body, 'the offer passes')
}

/** What one side said in its body is what the other heard. */
export function passes(t: ExecutionContext, from: Message, to: Message, why: string): void {
  t.deepEqual(mediaOf(to.body), mediaOf(from.body), why)
}

/** Where media goes and how; the line of origin belongs to each side's own session. */
export function mediaOf(sdp: string): string[] {
  return sdp.split('\r\n').filter((line) => /^(?:c|m|a)=/.test(line))
}

function addressOf(header: string): string {
  return /<([^>]+)>/.exec(header)?.[1] ?? ''
}
