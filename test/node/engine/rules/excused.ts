/** Rules of the checklist without a test: why they do not bind us. */
export const EXCUSED: Readonly<Record<string, string>> = {
  G27: 'A back-to-back user agent hands bodies on as they are and understands none, so it refuses none; the callee says 415.',
  A09: 'There is no proxy in a call: credentials end at the node that asked for them, and none are passed on.',
  D08: 'Offers and answers are the parties’: the engine does not touch a body, and the relay changes addresses only (node/media).',
}
