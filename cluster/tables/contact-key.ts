import type { BindChange } from './commands.ts'

/**
 * When are two contacts one binding? RFC 3261 §19.1.4, turned into a key, because a table wants one: contacts with equal
 * keys are the same contact. Scheme, host and parameters compare without case, the user part with it; order of
 * parameters and headers is nothing; an escaped character equals the character where escaping was not needed; and
 * a default port that is spelled out differs from one that is not, as the RFC has it (it may resolve elsewhere).
 * Where the RFC's rule is no equivalence (a parameter that only one of two carries) the key tells them apart.
 */
export function contactKey(contact: string): string {
  let key = known.get(contact)
  if (key === undefined) {
    key = keyOf(contact)
    // A refresh asks for the same contact several times; phones refresh all the time.
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(contact, key)
  }
  return key
}

/**
 * What a binding of an AoR is known by: a flow by its instance and reg-id, whatever its contact is now (RFC 5626 §6), any other by its
 * contact.
 */
export function bindingKey({ contact, instance, regId }: Pick<BindChange, 'contact' | 'instance' | 'regId'>): string {
  return instance === undefined || regId === undefined ? contactKey(contact) : `${instance.toLowerCase()};${regId}`
}

const KNOWN_MAX = 4096
const known = new Map<string, string>()

function keyOf(contact: string): string {
  const match = URI.exec(contact)
  if (!match) return contact
  const [, scheme, user, host, parameters, headers] = match
  return [
    scheme!.toLowerCase() + ':',
    user === undefined ? '' : unescaped(user) + '@',
    host!.toLowerCase(),
    ...sorted(parameters?.slice(1), ';').map((p) => ';' + unescaped(p).toLowerCase()),
    ...sorted(headers?.slice(1), '&').map((h, i) => (i === 0 ? '?' : '&') + unescaped(h)),
  ].join('')
}

const URI = /^(sips?):(?:([^@]*)@)?([^;?@]*)(;[^?]*)?(\?.*)?$/i

function sorted(text: string | undefined, separator: string): string[] {
  return text ? text.split(separator).filter(Boolean).sort(caseless) : []
}

function caseless(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Only unreserved characters lose their escape (RFC 3261 §19.1.4, RFC 3986 §6.2.2.2); others keep it in upper case. */
function unescaped(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9a-f]{2})/gi, (escaped, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9\-_.!~*'()]/.test(character) ? character : escaped.toUpperCase()
  })
}
