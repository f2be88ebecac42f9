/** What a REFER asks for (RFC 3515), which dialog a Replaces means (RFC 3891), and how its sender is told of it. Pure. */
import { clean } from '../../proto/text.ts'
import { parseAddress } from '../sip/address.ts'

/** A dialog by its three names, as the one who holds it has them (RFC 3891 §3). */
export interface Replaces {
  readonly callId: string
  /** The tag of who gets the header: ours. */
  readonly localTag: string
  readonly remoteTag: string
  readonly earlyOnly: boolean
}

export type Referred =
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | {
      readonly kind: 'call'
      /** Without the header fields that were in it. */
      readonly uri: string
      readonly replaces: Replaces | null
      /** It wants no NOTIFY (RFC 4488). */
      readonly isQuiet: boolean
    }

const REPLACES_MAX = 1_024
const REFER_TO_MAX = 2_048

export function readRefer(header: (name: string) => string | null): Referred {
  const value = header('refer-to') ?? ''
  const target = value.length > REFER_TO_MAX ? null : parseAddress(value)
  // §2.4.2: exactly one.
  if (target === null || target.end < value.trimEnd().length) return refused(400, 'One Refer-To is needed')
  const [uri = '', headers = ''] = split(target.uri, '?')
  const method = /;method=([^;]*)/i.exec(uri)?.[1] ?? 'INVITE'
  if (method.toUpperCase() !== 'INVITE') return refused(603, 'Only calls can be asked for')
  const given = fieldOf(headers, 'replaces')
  const replaces = given === null ? null : readReplaces(given)
  if (given !== null && replaces === null) return refused(400, 'Replaces does not read')
  return { kind: 'call', uri: uri.replace(/;method=[^;]*/i, ''), replaces, isQuiet: wantsNoNotice(header) }
}

/** RFC 4488 §4 */
export function wantsNoNotice(header: (name: string) => string | null): boolean {
  return /^\s*false\b/i.test(header('refer-sub') ?? '')
}

/** Of the answer to such a REFER. */
export const QUIET = { 'Refer-Sub': 'false' } as const

/** `call-id;to-tag=…;from-tag=…[;early-only]`; null when it does not read (§6.1). */
export function readReplaces(value: string): Replaces | null {
  if (value.length > REPLACES_MAX || value.includes(',')) return null
  const [callId = '', ...params] = value.split(';').map((part) => part.trim())
  const tags = new Map<string, string>()
  for (const param of params) {
    const [name = '', text = ''] = split(param, '=')
    const key = name.trim().toLowerCase()
    if (tags.has(key)) return null
    tags.set(key, text.trim())
  }
  const [localTag, remoteTag] = [tags.get('to-tag'), tags.get('from-tag')]
  if (callId === '' || !localTag || !remoteTag) return null
  return { callId, localTag, remoteTag, earlyOnly: tags.has('early-only') }
}

/** As the header has it. */
export function writeReplaces({ callId, localTag, remoteTag, earlyOnly }: Replaces): string {
  return `${callId};to-tag=${localTag};from-tag=${remoteTag}${earlyOnly ? ';early-only' : ''}`
}

/** A header field in a URI (RFC 3261 §19.1.1), its escapes undone. */
function fieldOf(headers: string, wanted: string): string | null {
  for (const pair of headers.split('&')) {
    const [name = '', value = ''] = split(pair, '=')
    if (name.toLowerCase() !== wanted) continue
    try {
      return decodeURIComponent(value)
    } catch {
      return ''
    }
  }
  return null
}

function split(text: string, at: string): readonly string[] {
  const index = text.indexOf(at)
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}

function refused(status: number, reason: string): Referred {
  return { kind: 'refused', status, reason }
}

/** How long a subscription is said to last; it ends with the call's final response. */
const EXPIRES = 300

/** The NOTIFY for one response to the call that was asked for (§2.4.5). `id` tells the second REFER of a dialog from the first (§2.4.6). */
export function noticeOf(
  { status, reason }: { readonly status: number; readonly reason: string },
  id: number | null,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const isOver = status >= 200
  return {
    headers: {
      Event: id === null ? 'refer' : `refer;id=${id}`,
      'Subscription-State': isOver ? 'terminated;reason=noresource' : `active;expires=${EXPIRES}`,
      'Content-Type': 'message/sipfrag;version=2.0',
    },
    body: `SIP/2.0 ${status} ${clean(reason, 100)}\r\n`,
  }
}

/** The event of a NOTIFY that is passed on: it names the REFER by its number in the dialog that it goes to (§2.4.6). */
export function eventOf(event: string, id: number): string {
  return event.replace(/;\s*id=\d+/i, `;id=${id}`)
}

const SAYS_NOTHING = /^(?:[ost]=.*|a=sendrecv)?$/

/**
 * What a description says of media: what makes an answer new for who was told another. That is all but its session (RFC 8866
 * §5.2) and what it says without a word (§6.7).
 */
export function wayOf(sdp: string): string {
  const lines = sdp.split(/\r?\n/)
  return lines.filter((line) => !SAYS_NOTHING.test(line)).join('\n')
}
