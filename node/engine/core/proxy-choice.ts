import { type Field, field, headersOf, type SipResponse } from '../parser/message.ts'

/** Those of class 4 that tell the caller what to change (RFC 3261 §16.7 step 6). */
const HELPFUL = new Set([401, 407, 415, 420, 484])
const CHALLENGES = ['www-authenticate', 'proxy-authenticate'] as const

/**
 * The one final response that a caller hears of all that his forks got (RFC 3261 §16.7 steps 6 and 7): a 6xx, else of the
 * lowest class, there what helps, and a timeout last. Challenges of all forks are put together. Null: there is none.
 */
export function bestResponse(responses: readonly SipResponse[]): SipResponse | null {
  let best: SipResponse | null = null
  for (const one of responses) if (best === null || rank(one) < rank(best)) best = one
  if (best === null) return null
  // What is not available is one of the targets, and not this proxy.
  if (best.status === 503)
    return { ...best, status: 500, reason: 'Server Internal Error', fields: without(best, 'retry-after') }
  return best.status === 401 || best.status === 407 ? withAllChallenges(best, responses) : best
}

function rank({ status }: SipResponse): number {
  const kind = Math.floor(status / 100)
  if (kind === 6) return 0
  const within = status === 408 || status === 503 ? 2 : HELPFUL.has(status) ? 0 : 1
  return kind * 10 + within
}

function withAllChallenges(best: SipResponse, responses: readonly SipResponse[]): SipResponse {
  const others = responses.filter((one) => one !== best && (one.status === 401 || one.status === 407))
  const more: Field[] = []
  for (const one of others)
    for (const name of CHALLENGES)
      for (const value of headersOf(one, name))
        more.push(field(name === 'www-authenticate' ? 'WWW-Authenticate' : 'Proxy-Authenticate', value))
  return more.length === 0 ? best : { ...best, fields: [...best.fields, ...more] }
}

function without(response: SipResponse, name: string): Field[] {
  return response.fields.filter((f) => f.name !== name)
}
