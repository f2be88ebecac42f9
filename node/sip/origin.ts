/** Which web pages may connect over WebSockets: the Origin that a browser writes for them (RFC 6455 §10.2, RFC 6454 §6.2). Pure. */

const ORIGIN = /^([a-z][a-z0-9+.-]{0,31}):\/\/([^\s/?#@\\]{1,255})$/i

/** What programs say that are made of web pages of their own, and also any page in a sandbox or a file of somebody's: they are listed as they are. */
const NO_PAGE = new Set(['null', 'file://'])

/** As browsers write it: `https://phone.example.com`, with a port only where it is not the usual one. Null: it is none. */
export function readOrigin(text: string): string | null {
  if (NO_PAGE.has(text)) return text
  const [, scheme = '', host = ''] = ORIGIN.exec(text) ?? []
  if (host === '') return null
  if (!/^https?$/i.test(scheme)) return text.toLowerCase()
  return URL.canParse(text) ? new URL(text).origin : null
}

/** Who says no Origin is no browser, and could say any. */
export function isAllowed(origin: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (origin === undefined) return true
  const read = readOrigin(origin)
  return read !== null && allowed.has(read)
}
