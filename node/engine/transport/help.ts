/** How a call for help begins, and what belongs to a call, so that all else of whom is not heard costs no look: of a stream and of a datagram. */
const BEGINS = /^(?:\r\n)*(INVITE|ACK|BYE|CANCEL|PRACK|UPDATE|INFO|OPTIONS|SIP\/2\.0) /
/** With as many line breaks before it as some phones send (RFC 3261 §7.5). */
const LONGEST = '\r\n\r\n\r\n\r\nSIP/2.0 '.length

/** What it may be; each has a bound of its own, so that what scanners send, and what answers somebody else, takes nothing from a call. */
export type MayHelp = 'invite' | 'belongs' | 'asks' | 'answers'

const KINDS: Readonly<Record<string, MayHelp>> = {
  INVITE: 'invite',
  INFO: 'asks',
  OPTIONS: 'asks',
  'SIP/2.0': 'answers',
}

export function mayHelp(message: string | Buffer): MayHelp | null {
  const begins = BEGINS.exec(typeof message === 'string' ? message : message.toString('latin1', 0, LONGEST))
  return begins && (KINDS[begins[1]!] ?? 'belongs')
}
