/** Addresses of record, as people write them. */

const USER = /^[A-Za-z0-9_.!~*'()&=+$,;?/-]{1,64}$/
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** `alice@pbx.test` → its parts, domain in lower case; null when it is no address of record we take. */
export function readAor(text: string): { aor: string; user: string; domain: string } | null {
  const at = text.lastIndexOf('@')
  const user = text.slice(0, Math.max(0, at)).replace(/^sip:/, '')
  const domain = domainOf(text)
  return USER.test(user) && DOMAIN.test(domain) ? { aor: `${user}@${domain}`, user, domain } : null
}

/** What stands after the last @, in lower case. */
export function domainOf(aor: string): string {
  return aor.slice(aor.lastIndexOf('@') + 1).toLowerCase()
}
