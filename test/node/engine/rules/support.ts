import { until } from '../../../nemesis/until.ts'
import { type Peer, reply, type Srf, type Stack } from '../stack.ts'

/** An app that answers what the rules ask: OPTIONS with 200, INVITE with 486. */
export const plain = (srf: Srf): void => {
  srf.options((_req, res) => res.send(200))
  srf.invite((_req, res) => res.send(486))
}

export const isAnswer = (text: string): boolean => text.includes('SIP/2.0 ') && !/^[A-Z]+ /.test(text)

/** What comes back for these bytes. */
export async function answerTo(peer: Peer, bytes: string | Buffer): Promise<string> {
  peer.send(bytes)
  return peer.next(isAnswer)
}

/** All values of a header field, one for each line. */
export function lines(text: string, name: string): string[] {
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim())
}

/** The ACK of a refusal, or the CANCEL: the INVITE's own lines, with the To of the answer. */
export function sameBranch(invite: string, method: 'ACK' | 'CANCEL', answer?: string): string {
  const to = answer && lines(answer, 'To')[0]
  return invite
    .replace(/^INVITE/, method)
    .replace(/CSeq: (\d+) INVITE/, `CSeq: $1 ${method}`)
    .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n')
    .replace(/To: [^\r]*/, (old) => (to ? `To: ${to}` : old))
}

/** A response with more header lines in it. */
export function replyWith(
  asked: string,
  status: string,
  extra: string,
  about: Parameters<typeof reply>[2] = {},
): string {
  return reply(asked, status, about).replace('\r\nFrom:', `\r\n${extra}\r\nFrom:`)
}

/** How many messages of a kind come until a later exchange is answered; nothing waits for the clock. */
export async function countedUntil(
  peer: Peer,
  counted: (text: string) => boolean,
  end: (text: string) => boolean,
): Promise<number> {
  let count = 0
  await peer.next((text) => {
    if (counted(text)) count++
    return end(text)
  })
  return count
}

export { until }

/** A clock that stands until the test moves it. */
export function clock(): { time: { now(): number }; pass(ms: number): void } {
  let at = 0
  return { time: { now: () => at }, pass: (ms) => void (at += ms) }
}

/** Comes back when the engine keeps nothing of anything any more: everything has an end in time. */
export async function nothingStays({ engine }: Pick<Stack, 'engine'>, pass: (ms: number) => void): Promise<void> {
  await until('nothing is left', () => {
    pass(30_000)
    const { dialogs, clientTransactions, serverTransactions, timers } = engine.stats()
    return dialogs + clientTransactions + serverTransactions + timers === 0
  })
}
