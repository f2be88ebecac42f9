/** How a call for help begins, and what belongs to a call, so that all else of whom is not heard costs no look: of a stream and of a datagram. */
const BEGINS = /^(?:\r\n)*(?:(INVITE)|ACK|BYE|CANCEL|PRACK|UPDATE|INFO|OPTIONS|SIP\/2\.0) /
/** With as many line breaks before it as some phones send (RFC 3261 §7.5). */
const LONGEST = '\r\n\r\n\r\n\r\nSIP/2.0 '.length

/** What it may be: an INVITE, what belongs to a call, or none of these. */
export function mayHelp(message: string | Buffer): 'invite' | 'more' | null {
  const begins = BEGINS.exec(typeof message === 'string' ? message : message.toString('latin1', 0, LONGEST))
  return begins && (begins[1] ? 'invite' : 'more')
}
