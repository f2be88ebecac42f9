/** What a REGISTER of a known user asks for, or how it is refused for what stands in it (RFC 3261 §10.3 steps 5 to 7). */
import type { Bind } from '../../cluster/tables/commands.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { isOtherUri, parseUri, uriParam } from './address.ts'
import { readContacts } from './contacts.ts'
import { type Extensions, NO_EXTENSIONS, readExtensions } from './extensions.ts'
import { granted, RETRY_AFTER, type RegistrationPolicy, retryAfter } from './policy.ts'
import type { ReplyOptions, SipRequest } from './port.ts'

export interface Asker {
  readonly aor: Aor
  /** This node. */
  readonly node: string
  readonly policy: RegistrationPolicy
  /** Between 0 and 1. */
  readonly drawn: number
  /** Whether no older program is among the nodes. */
  readonly allKnow: boolean
  /** Whether the one that it comes from may say by which way a phone is called. */
  takesPath(): boolean
  /** Whether a host is ours, as a domain or as an address. */
  ours(host: string): boolean
}

export type Asked =
  | { readonly kind: 'refused'; readonly status: number; readonly options: ReplyOptions }
  | { readonly kind: 'query'; readonly extensions: Extensions }
  /** `expires` of its changes is what the phone is granted. */
  | { readonly kind: 'bind'; readonly wish: Bind; readonly extensions: Extensions }

/** Longer ones are refused: they are replicated with every binding. */
const CALL_ID_MAX = 256

export function readRegister(request: SipRequest, asker: Asker): Asked {
  const { callId } = request
  const { policy, drawn, allKnow, ours, takesPath } = asker
  if (callId === '' || callId.length > CALL_ID_MAX) return refuse(400, 'Call-ID is too long')
  const read = readExtensions(request)
  if (read.kind === 'refused') return read
  if (!allKnow && read.path.length > 0) {
    return refuse(503, 'Not While Nodes Are Upgraded', { 'Retry-After': String(retryAfter(RETRY_AFTER, drawn)) })
  }
  // Else every user could have calls sent to wherever he likes (RFC 3327 §6.1).
  if (read.path.length > 0 && !takesPath()) return refuse(403, 'No Path From Here')
  const extensions = allKnow ? read : NO_EXTENSIONS
  const contacts = readContacts(request.header('contact'), request.header('expires'), policy, extensions)
  if (contacts.kind === 'refused') {
    const { status, reason, minExpires } = contacts
    return refuse(status, reason, minExpires === undefined ? {} : { 'Min-Expires': String(minExpires) })
  }
  if (contacts.kind === 'query') return { kind: 'query', extensions }
  const { changes } = contacts
  // They would call it.
  if (!allKnow && changes !== 'all' && changes.some(({ contact }) => isOtherUri(contact))) {
    return refuse(400, 'A contact is a sip or sips URI')
  }
  if (changes !== 'all' && changes.some(({ contact }) => isGruu(contact, ours))) {
    return refuse(403, 'A GRUU is no contact')
  }
  return { kind: 'bind', wish: wishOf(request, asker, changes, extensions), extensions }
}

/** It would lead back here (RFC 5627 §5.1). */
function isGruu(contact: string, ours: Asker['ours']): boolean {
  const uri = contact.includes(';gr') ? parseUri(contact) : null
  return uri !== null && uriParam(uri, 'gr') !== null && ours(uri.host)
}

function wishOf(
  request: SipRequest,
  { aor, node, policy, drawn }: Asker,
  changes: Bind['changes'],
  { path }: Extensions,
): Bind {
  const { transport, address, port } = request.source
  return {
    type: 'bind',
    aor,
    callId: request.callId,
    cseq: request.cseq,
    changes:
      changes === 'all'
        ? 'all'
        : changes.map((change) => ({ ...change, expires: granted(change.expires, policy, drawn) })),
    node,
    transport,
    received: `${address.includes(':') ? `[${address}]` : address}:${port}`,
    userAgent: clean(request.userAgent, 128),
    contactsMax: policy.contactsMax,
    ...(path.length > 0 && { path }),
  }
}

function refuse(status: number, reason: string, headers: Readonly<Record<string, string>> = {}): Asked {
  return { kind: 'refused', status, options: { reason, headers } }
}
