/** Metadata with what is asked beside who asks. Texts are bytes, so that they may be in any script. */

/** Why it is asked: what stands in the audit. */
export const REASON = 'raftel-reason-bin'
/** What the one who asks calls himself, where nobody proves who he is. */
export const USER = 'raftel-user-bin'
/** A node that asks another one, for whom, and the proof of it. */
export const BEHALF = 'raftel-behalf'
