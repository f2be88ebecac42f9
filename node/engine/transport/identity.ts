/** For which SIP domains a certificate speaks (RFC 5922 §7). */

/** What Node tells of a certificate. */
export interface Shown {
  readonly subject?: { readonly CN?: string | string[] } | undefined
  readonly subjectaltname?: string | undefined
}

const NAMES_MAX = 32

/** SIP URIs if there are any, else DNS names and addresses, else (without any alternative name) the common name (§7.1). */
export function identitiesOf(certificate: Shown): string[] {
  const alternatives = certificate.subjectaltname
  if (!alternatives) return [certificate.subject?.CN ?? []].flat().map(lower).slice(0, NAMES_MAX)
  const names = alternativesOf(alternatives)
  // A URI with a user speaks for that user alone, and one of another scheme for no SIP domain.
  const uris = names.flatMap(([kind, value]) => (kind === 'URI' && /^sip:[^@;?]+$/i.test(value) ? value.slice(4) : []))
  const hosts = names.flatMap(([kind, value]) => (kind === 'DNS' || kind === 'IP Address' ? value : []))
  return (uris.length > 0 ? uris : hosts).map(lower).slice(0, NAMES_MAX)
}

/** Whether it speaks for exactly this domain or address: no wildcards (§7.2). */
export function speaksFor(certificate: Shown, domain: string): boolean {
  return identitiesOf(certificate).includes(lower(domain))
}

/** `DNS:a.test, URI:sip:a.test`; what could be misread Node puts into quotes. */
function alternativesOf(text: string): [kind: string, value: string][] {
  return splitNames(text).flatMap((one): [string, string][] => {
    const colon = one.indexOf(':')
    const value = one.slice(colon + 1)
    return colon < 0 || value.startsWith('"') ? [] : [[one.slice(0, colon), value]]
  })
}

function splitNames(text: string): string[] {
  const parts: string[] = []
  let from = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === '\\') i++
    else if (text[i] === '"') quoted = !quoted
    else if (!quoted && text[i] === ',') {
      parts.push(text.slice(from, i).trim())
      from = i + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts
}

/** Case means nothing, nor does a dot at the end; an IPv6 address has one form. */
function lower(name: string): string {
  const plain = name.toLowerCase().replace(/\.$/, '')
  return plain.includes(':') ? (URL.parse(`sip://[${plain}]`)?.hostname.slice(1, -1) ?? plain) : plain
}
