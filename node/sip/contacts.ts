/** What a REGISTER wants bound (RFC 3261 §10.3 steps 6 and 7), or how it is refused. */
import type { BindChange } from '../../cluster/tables/commands.ts'
import { isOtherUri, parseAddress, parseUri, VALUE_MAX } from './address.ts'
import { type Extensions, NO_EXTENSIONS } from './extensions.ts'
import { POLICY, type RegistrationPolicy } from './policy.ts'

export type Wish =
  | { readonly kind: 'query' }
  | { readonly kind: 'bind'; readonly changes: 'all' | readonly BindChange[] }
  | {
      readonly kind: 'refused'
      readonly status: 400 | 413 | 423 | 439
      readonly reason: string
      readonly minExpires?: number
    }

export type ContactLimits = Pick<RegistrationPolicy, 'defaultExpires' | 'minExpires' | 'maxExpires' | 'contactsMax'>

/** `contact` and `expires` are header values, repeated ones joined by a comma; null when absent. */
export function readContacts(
  contact: string | null,
  expires: string | null,
  limits: ContactLimits = POLICY,
  extensions: Extensions = NO_EXTENSIONS,
): Wish {
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
    const change = read(address.uri, address.params, header, limits, extensions)
    if ('kind' in change) return change
    changes.push(change)
    at = address.end + 1
  }
  // §6: one flow at a time, since all that are named here came over this one.
  if (changes.filter(({ regId, expires }) => regId !== undefined && expires > 0).length > 1) {
    return refuse(400, 'More than one reg-id')
  }
  return { kind: 'bind', changes }
}

function read(
  uri: string,
  params: ReadonlyMap<string, string>,
  header: number | null,
  limits: ContactLimits,
  extensions: Extensions,
): BindChange | Extract<Wish, { kind: 'refused' }> {
  if (uri === '*') return refuse(400, 'Contact: * stands alone')
  // Bound and listed as the user asked (§10.3 step 6), and never called: see routing/reach.ts.
  const isOther = isOtherUri(uri)
  if (!isOther && !parseUri(uri)) return refuse(400, 'A contact is a sip or sips URI')

  const own = params.get('expires')
  const asked = own === undefined ? header : seconds(own)
  // A malformed parameter counts as absent, as §20.19 has it for the header's older form.
  const wanted = asked ?? header ?? limits.defaultExpires
  if (wanted !== 0 && wanted < limits.minExpires) {
    return { kind: 'refused', status: 423, reason: 'Interval Too Brief', minExpires: limits.minExpires }
  }
  const q = params.has('q') ? quality(params.get('q')!) : 1
  if (q === null) return refuse(400, 'q is a number from 0 to 1')
  const phone = isOther ? {} : phoneOf(params, extensions)
  if ('kind' in phone) return phone
  return { contact: uri, q, expires: Math.min(wanted, limits.maxExpires), ...phone }
}

/** Which instance, and which flow of it; what is of no use to the phone is not kept. */
function phoneOf(
  params: ReadonlyMap<string, string>,
  { outbound, gruu }: Extensions,
): Pick<BindChange, 'instance' | 'regId'> | Extract<Wish, { kind: 'refused' }> {
  const instance = params.get('+sip.instance')
  const flow = params.get('reg-id')
  const isFlow = outbound !== 'no' && flow !== undefined && instance !== undefined
  if (instance === undefined || !(gruu || isFlow)) return {}
  if (!INSTANCE.test(instance)) return refuse(400, '+sip.instance does not read')
  if (!isFlow) return { instance }
  if (outbound === 'not by this way') return refuse(439, 'First Hop Lacks Outbound Support')
  const regId = /^\d{1,10}$/.test(flow) ? Number(flow) : 0
  if (regId < 1 || regId >= 2 ** 31) return refuse(400, 'reg-id is a number from 1')
  return { instance, regId }
}

/** A URN in angle brackets (RFC 5626 §4.1). */
const INSTANCE = /^<[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]{1,126}>$/

function refuse(status: 400 | 413 | 439, reason: string): Extract<Wish, { kind: 'refused' }> {
  return { kind: 'refused', status, reason }
}

/** More than 2³²-1, the most that RFC 3261 §20.19 allows, is as good as that. */
function seconds(text: string): number | null {
  const digits = text.trim()
  return /^\d{1,64}$/.test(digits) ? Math.min(Number(digits), 0xffffffff) : null
}

function quality(text: string): number | null {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : null
}
