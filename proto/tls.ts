/** What went wrong with a certificate, in words that name the remedy; both ends of every connection say it the same way. */
import { X509Certificate } from 'node:crypto'

/** OpenSSL's name of what is wrong with the certificate of the other side → a sentence about it. `shown`: that certificate. */
export function whyRefused(code: string, shown?: X509Certificate): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      // OpenSSL says the same of any certificate on the way up to the authority.
      if (shown === undefined) return SOME_EXPIRED
      if (shown.validToDate.getTime() > Date.now()) return CHAIN_EXPIRED
      return 'its certificate has expired: issue it again (raftel certs … --force), give it the new one and restart it'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet: compare the clocks of the two machines'
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return 'its certificate is of an authority that is not known here: give both sides certificates of one authority and the same tls.ca (--tls-ca), and intermediates in the file of the certificate'
    case 'INVALID_PURPOSE':
      return 'its certificate is not for this use: nodes need one for server and client (raftel certs node), operators one for client (raftel certs client)'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for other hosts: issue it again with every name and address it is reached by (raftel certs node … --host)'
    default:
      return `its certificate is not accepted (${code})`
  }
}

const SOME_EXPIRED =
  'its certificate, or one of its authority, has expired: issue it again (raftel certs … --force), give it the new one and restart it'
const CHAIN_EXPIRED =
  'its certificate is of an authority that has expired: issue it again by one that has not, give it the new chain and restart it'

/** Every certificate of a PEM file, in its order: a node's own and then its intermediates, or the authorities. Throws when one cannot be read. */
export function certificatesIn(pem: Buffer): X509Certificate[] {
  const blocks = pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

/** Someone without TLS at a listener with it, and the other way round. */
export const NO_TLS = 'it does not speak TLS, and this listener does: give it tls {ca, cert, key}, or the --tls options'
export const TLS = 'it speaks TLS, and this listener does not: give this one tls {ca, cert, key} too'
export const NO_CERTIFICATE = 'it shows no certificate: give it one of this authority (raftel certs)'
export const NOT_OURS = 'it does not speak gRPC: nothing but raftel should connect here'

/** The text of a failed connection → OpenSSL's or Node's name of the reason, where it is about a certificate; else null. */
export function codeOf(text: string): string | null {
  return CODES.find(([pattern]) => pattern.test(text))?.[1] ?? null
}

const CODES: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/, 'CERT_HAS_EXPIRED'],
  [/certificate is not yet valid/, 'CERT_NOT_YET_VALID'],
  [/unable to (verify the first certificate|get (local )?issuer certificate)/, 'UNABLE_TO_GET_ISSUER_CERT'],
  [/self[- ]signed certificate|certificate signature failure/, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/(unsuitable|unsupported) certificate purpose/, 'INVALID_PURPOSE'],
  [/does not match certificate's altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
]
