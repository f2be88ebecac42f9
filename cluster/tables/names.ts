/** What a node, its address and its data directory may be called: in files, in the log, on the wire and on the command line alike. */

/** Names go into log lines, file names and SIP tags; kept to what is safe in all of them. */
export function isName(said: unknown): said is string {
  return typeof said === 'string' && /^[a-z0-9][a-z0-9-]{0,31}$/.test(said)
}

/** 32 hexadecimal digits: see cluster/log/member.ts. */
export function isDirectory(said: unknown): said is string {
  return typeof said === 'string' && /^[0-9a-f]{32}$/.test(said)
}

/** `host:port`, with an IPv6 address in brackets; port 0 is one that the system chooses. */
export function isAddress(said: unknown): said is string {
  return portOf(said) !== null
}

/** The port of a `host:port`; null when it is none. */
export function portOf(said: unknown): number | null {
  const match = typeof said === 'string' ? ADDRESS.exec(said) : null
  const port = Number(match?.[1] ?? Number.NaN)
  return port <= 65_535 ? port : null
}

const ADDRESS = /^(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252}):(\d{1,5})$/
