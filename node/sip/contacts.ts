/** What a REGISTER wants bound (RFC 3261 §10.3 steps 6 and 7), or how it is refused. */
import type { BindChange } from '../../cluster/tables/commands.ts'
import { parseAddress, parseUri, VALUE_MAX } from './address.ts'
import { POLICY, type RegistrationPolicy } from './policy.ts'

export type Wish =
  | { readonly kind: 'query' }
  | { readonly kind: 'bind'; readonly changes: 'all' | readonly BindChange[] }
  | {
      readonly kind: 'refused'
      readonly status: 400 | 423 | 413
      readonly reason: string
      readonly minExpires?: number
    }

export type ContactLimits = Pick<RegistrationPolicy, 'defaultExpires' | 'minExpires' | 'maxExpires' | 'contactsMax'>

/** `contact` and `expires` are header values, repeated ones joined by a comma; null when absent. */
export function readContacts(contact: string | null, expires: string | null, limits: ContactLimits = POLICY): Wish {
  if (contact === null || contact.trim() === '') return { kind: 'query' }
  if (contact.length > VALUE_MAX * limits.contactsMax) return refuse(413, 'Too many or too long contacts')
  const header = expires === null ? null : seconds(expires)
  if (expires !== null && header === null) return refuse(400, 'Expires is not a number of seconds')

  if (contact.trim() === '*') {
    // All or nothing: a star says "everything", and only removal can be said of everything (§10.2.2).
    return header === 0 ? { kind: 'bind', changes: 'all' } : refuse(400, 'Contact: * needs Expires: 0')
  }

  const changes: BindChange[] = []
  let at = 0
  while (at <= contact.length) {
    const address = parseAddress(contact, at)
    if (!address) return refuse(400, 'Contact does not read')
    if (changes.length >= limits.contactsMax) return refuse(400, `More than ${limits.contactsMax} contacts`)
    const change = read(address.uri, address.params, header, limits)
    if ('kind' in change) return change
    changes.push(change)
    at = address.end + 1
  }
  return { kind: 'bind', changes }
}

function read(
  uri: string,
  params: ReadonlyMap<string, string>,
  header: number | null,
  limits: ContactLimits,
): BindChange | Extract<Wish, { kind: 'refused' }> {
  if (uri === '*') return refuse(400, 'Contact: * stands alone')
  if (!parseUri(uri)) return refuse(400, 'A contact is a sip or sips URI')

  const own = params.get('expires')
  const asked = own === undefined ? header : seconds(own)
  // A malformed parameter counts as absent, as §20.19 has it for the header's older form.
  const wanted = asked ?? header ?? limits.defaultExpires
  if (wanted !== 0 && wanted < limits.minExpires) {
    return { kind: 'refused', status: 423, reason: 'Interval Too Brief', minExpires: limits.minExpires }
  }
  const q = params.has('q') ? quality(params.get('q')!) : 1
  if (q === null) return refuse(400, 'q is a number from 0 to 1')
  return { contact: uri, q, expires: Math.min(wanted, limits.maxExpires) }
}

function refuse(status: 400 | 413, reason: string): Extract<Wish, { kind: 'refused' }> {
  return { kind: 'refused', status, reason }
}

/** Ten digits hold 2³²-1, the most that RFC 3261 §20.19 allows. */
function seconds(text: string): number | null {
  const digits = text.trim()
  return /^\d{1,10}$/.test(digits) ? Math.min(Number(digits), 0xffffffff) : null
}

function quality(text: string): number | null {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : null
}
