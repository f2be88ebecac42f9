/** What is sent to a trunk: its INVITE, and who is shown as the caller there (RFC 3323, RFC 3325). Pure. */
import type { TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { parseUri, uriParam } from '../sip/address.ts'
import type { DialRequest } from '../sip/port.ts'
import { onlyCodecs } from './codecs.ts'
import { outNumber } from './numbers.ts'

/** How a call looks to whom it goes to. */
export interface Look {
  /** The number or name that is shown, +E.164 where it is one; empty: none. */
  readonly number: string
  readonly display: string
  /** Withheld: only a trusted trunk hears who it is. */
  readonly private: boolean
  readonly sdp: string
  readonly headers?: Readonly<Record<string, string>>
  /** A call for help: tried also where nothing can be reached as far as anybody knows. */
  readonly emergency?: boolean
}

/** `host` is what we are called there when the trunk names no domain: our own address. */
export function inviteTo(trunk: TrunkRow, target: string, number: string, look: Look, host: string): DialRequest {
  const { codecs, headers = {}, identity = {}, out = {} } = trunk
  const to = sipUri(outNumber(out, number), trunk.domain ?? hostportOf(target))
  const here = trunk.domain ?? host
  const shown = outNumber({ ...out, strip: 0, prefix: '' }, look.number)
  const isHidden = look.private || shown === ''
  const account = identity.from ?? ''
  // RFC 3323 §4.1.1.3 for who withholds; carriers that want their account there get the caller in P-Asserted-Identity.
  const from =
    account !== ''
      ? { display: look.private ? '' : look.display, uri: sipUri(account, here) }
      : isHidden
        ? { display: 'Anonymous', uri: 'sip:anonymous@anonymous.invalid' }
        : { display: look.display, uri: sipUri(shown, here) }
  const isAsserted = shown !== '' && (identity.trusted === true || (account !== '' && !look.private))
  const all: Record<string, string> = {
    ...look.headers,
    ...(isAsserted && { 'P-Asserted-Identity': `<${sipUri(shown, here)}>` }),
    ...(look.private && { Privacy: 'id' }),
  }
  const removed = new Set((headers.remove ?? []).map((name) => name.toLowerCase()))
  const kept = Object.entries(all).filter(([name]) => !removed.has(name.toLowerCase()))
  return {
    uri: to,
    nextHop: target,
    from,
    to: { uri: to },
    sdp: codecs && look.sdp !== '' ? onlyCodecs(look.sdp, codecs) : look.sdp,
    headers: { ...Object.fromEntries(kept), ...headers.add },
  }
}

/** What may not stand in a user part is escaped (RFC 3261 §25.1). */
export function sipUri(user: string, host: string): string {
  return `sip:${user.toWellFormed().replace(/[^A-Za-z0-9_.!~*'()&=+$,-]/gu, encodeURIComponent)}@${host}`
}

/** `sip:gw.example.com:5061;transport=tls` → `gw.example.com:5061`. */
export function hostportOf(target: string): string {
  const uri = parseUri(target)
  return uri === null ? '' : uri.port === 0 ? uri.host : `${uri.host}:${uri.port}`
}

/** Whether it is a place to send to: `sip:host[:port][;transport=udp|tcp|tls]`, without a user. */
export function isTarget(text: string): boolean {
  const uri = parseUri(text)
  if (uri === null || uri.user !== '' || !/^(?:;transport=(?:udp|tcp|tls))?$/i.test(uri.rest)) return false
  return uri.scheme === 'sip' || uriParam(uri, 'transport') !== 'udp'
}
