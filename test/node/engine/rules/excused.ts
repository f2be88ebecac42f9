/** Rules of the checklist without a test: why they do not bind us, or what is not there yet. */
export const EXCUSED: Readonly<Record<string, string>> = {
  G27: 'A back-to-back user agent hands bodies on as they are and understands none, so it refuses none; the callee says 415.',
  A09: 'There is no proxy in a call: credentials end at the node that asked for them, and none are passed on.',
  D08: 'Offers and answers are the parties’: the engine does not touch a body, and the relay changes addresses only (node/media).',
  P08: 'Nothing forks to itself: a call that comes back is 482 (P07), and a forward to another user is one call more with fewer hops (P01).',

  A07: 'not yet: which algorithms are offered is not a setting',
  P02: 'not yet: proxy',
  P03: 'not yet: proxy',
  P05: 'not yet: proxy',
  P06: 'not yet: proxy',
  P09: 'not yet: proxy',
  P15: 'not yet: DNS',
  T01: 'not yet: UDP to TCP by size',
  T03: 'not yet: TLS transport',
  T04: 'not yet: WebSocket transport',
}
