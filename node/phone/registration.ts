/** Keeps one binding alive at the registrar (RFC 3261 §10.2). */
import { randomBytes } from 'node:crypto'
import type { Logger } from '../../cluster/logger.ts'
import { answerTo } from '../sip/authorize.ts'
import type { SipPort } from '../sip/port.ts'
import { type Hop, hopUri, type Identity } from './identity.ts'

export type Registered =
  | { readonly kind: 'registered'; readonly expires: number }
  | { readonly kind: 'refused'; readonly status: number }

export interface Registration {
  /** Registers now and again before it expires. */
  register(): Promise<Registered>
  /** Takes the binding back, if there is one. */
  end(): Promise<void>
}

export interface RegistrationOptions {
  readonly sip: SipPort
  readonly identity: Identity
  readonly password: string
  readonly registrar: Hop
  /** `sip:alice@127.0.0.1:5070;transport=udp`. */
  readonly contact: string
  /** Seconds that are asked for. */
  readonly expires: number
  readonly log: Logger
}

/** How long the registrar is given to let us go. */
const endWithinMs = 2000
const retryS = 5

export function registration(options: RegistrationOptions): Registration {
  const { sip, identity, password, registrar, contact, log } = options
  const uri = `sip:${identity.domain}`
  const nextHop = hopUri(registrar)
  let wanted = options.expires
  let timer: NodeJS.Timeout | null = null
  let bound = false
  let over = false

  const send = (expires: number, extra: Readonly<Record<string, string>>) =>
    sip.ask('REGISTER', uri, {
      nextHop,
      headers: {
        From: `<sip:${identity.aor}>`,
        To: `<sip:${identity.aor}>`,
        Contact: `<${contact}>`,
        Expires: String(expires),
        ...extra,
      },
    })

  async function exchange(expires: number): Promise<Registered> {
    let response = await send(expires, {})
    const cnonce = randomBytes(8).toString('hex')
    const proof = { method: 'REGISTER', uri, user: identity.user, password, cnonce }
    const headers = answerTo(response.status, response.headers, proof)
    if (headers) response = await send(expires, headers)
    if (response.status === 423 && expires > 0) {
      const least = Number(response.headers.get('min-expires'))
      // A registrar that answers 423 to what it asked for would be asked for ever.
      if (least > expires && least <= 86_400) {
        wanted = least
        return exchange(least)
      }
    }
    if (response.status < 200 || response.status > 299) return { kind: 'refused', status: response.status }
    return { kind: 'registered', expires: granted(response.headers, contact) ?? expires }
  }

  function again(seconds: number): void {
    if (over) return
    timer = setTimeout(() => void register(), seconds * 1000)
  }

  async function register(): Promise<Registered> {
    if (timer) clearTimeout(timer)
    const result = await exchange(wanted)
    if (result.kind === 'registered') {
      bound = true
      again(Math.max(1, result.expires * 0.8))
    } else if (bound) {
      log.warn({ aor: identity.aor, status: result.status }, 'registering again was refused')
      again(retryS)
    }
    return result
  }

  return {
    register,
    async end() {
      over = true
      if (timer) clearTimeout(timer)
      if (!bound) return
      const late = Promise.withResolvers<void>()
      const limit = setTimeout(late.resolve, endWithinMs)
      await Promise.race([exchange(0), late.promise])
      clearTimeout(limit)
    },
  }
}

/** What the registrar gave us: the expires of our contact, or of the response. */
function granted(headers: ReadonlyMap<string, string>, contact: string): number | null {
  const bare = contact.replace(/;.*$/, '')
  const ours = (headers.get('contact') ?? '').split(',').find((value) => value.includes(bare))
  const seconds = Number(/;\s*expires\s*=\s*"?(\d{1,7})/i.exec(ours ?? '')?.[1] ?? headers.get('expires') ?? Number.NaN)
  return Number.isInteger(seconds) && seconds > 0 ? seconds : null
}
