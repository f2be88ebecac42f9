import type { Aor } from '../../cluster/tables/rows.ts'

/** What a Request-URI asks for: the number or name that was dialled, and the domain it was dialled in. */
export interface Dialled {
  readonly user: string
  /** Lower case, without port. */
  readonly domain: string
}

/** A service in the place of an address (RFC 5031 §4.2). */
const SERVICE = /^service:[a-z\d.-]+$/

/**
 * `sip:+49%2030@PBX.test:5060;user=phone` → `+49 30` at `pbx.test`; `tel:` has no domain of its own (RFC 3966), and a service keeps its
 * whole name (RFC 5031), which no number and no user has.
 */
export function readDialled(uri: string, fallbackDomain: string): Dialled | null {
  const colon = uri.indexOf(':')
  const scheme = uri.slice(0, colon).toLowerCase()
  const rest = uri.slice(colon + 1)
  if (scheme === 'tel') return { user: (rest.split(';', 1)[0] ?? '').replace(/[-.()]/g, ''), domain: fallbackDomain }
  if (scheme === 'urn' && SERVICE.test(rest.toLowerCase())) return { user: uri.toLowerCase(), domain: fallbackDomain }
  if (scheme !== 'sip' && scheme !== 'sips') return null

  const at = rest.lastIndexOf('@')
  const host = rest.slice(at + 1).split(/[;?]/, 1)[0] ?? ''
  const domain = host.replace(/:\d*$/, '').toLowerCase()
  const user = at < 0 ? '' : (rest.slice(0, at).split(/[:;]/, 1)[0] ?? '')
  try {
    return { user: decodeURIComponent(user), domain }
  } catch {
    return null
  }
}

/** `bob@pbx.test` as it would be dialled. */
export function ofAor(aor: Aor): Dialled {
  const at = aor.lastIndexOf('@')
  return { user: aor.slice(0, at), domain: aor.slice(at + 1) }
}

/** Back into a URI: what may not stand in a user part is escaped (RFC 3261 §25.1). */
export function sayDialled({ user, domain }: Dialled): string {
  return `sip:${user.toWellFormed().replace(/[^A-Za-z0-9_.!~*'()&=+$,-]/gu, encodeURIComponent)}@${domain}`
}

/** Tells a phone whom it is connected with now (RFC 3325, RFC 5876): most show it. Of strangers nothing is said. */
export function identityOf(aor: Aor): Readonly<Record<string, string>> {
  const { user, domain } = ofAor(aor)
  return aor.indexOf('@') < 1 || domain.endsWith('.invalid')
    ? {}
    : { 'P-Asserted-Identity': `<${sayDialled({ user, domain })}>` }
}

/** Who that is for whom he is connected with; empty: nobody is told of him. */
export function told(who: { readonly aor: Aor; readonly private?: boolean } | null): string {
  return who === null || who.private ? '' : who.aor
}

/** As a row shows it: a number or a service as it was dialled, a name with its domain, as callers are shown. */
export function shownTarget({ user, domain }: Dialled): string {
  return /^(?:[+*#\d]+|urn:.+)$/.test(user) ? user : `${user}@${domain}`
}
