/** How a call for help begins, and what belongs to a call, so that all else of whom is not heard costs no look: of a stream and of a datagram. */
const BEGINS = /^(?:INVITE|ACK|BYE|CANCEL|PRACK|UPDATE) |^SIP\/2/
const LONGEST = 'CANCEL '.length

export function mayHelp(message: string | Buffer): boolean {
  return BEGINS.test(typeof message === 'string' ? message : message.toString('latin1', 0, LONGEST))
}
