/** Metadata on every refusal that a node decided: a client tells it from a connection that failed by this key. */
export const DECIDED = 'raftel-decided'
