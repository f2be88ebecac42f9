/**
 * The header by which one node asks another to dial a phone whose connection the other holds. Signed with a key of the
 * cluster, bound to the SIP Call-ID, short-lived and good once: what it allows (a call without authentication) is more
 * than any phone may ask for.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { bindingKey } from '../../cluster/tables/contact-key.ts'
import type { BindingRow } from '../../cluster/tables/rows.ts'

export const RELAY_HEADER = 'X-Raftel-Relay'
const AGE_MAX = 60_000
const HEADER_MAX = 2_048
const HOPS_MAX = 3
/** More relayed calls a minute than this are refused rather than remembered. */
const SEEN_MAX = 100_000

/** One relayed call: which contact of which AoR (see orderedName), for which call of the asking node. */
export interface RelayOrder {
  readonly aor: string
  readonly contact: string
  readonly call: string
  /** Cluster time, ms. */
  readonly at: number
  readonly hop: number
}

/** What an order calls a binding: a flow by its key, since several phones may have the same contact each behind a NAT of its own. */
export function orderedName(binding: BindingRow): string {
  return binding.regId === undefined ? binding.contact : bindingKey(binding)
}

/** Whether an order's name is of a flow: no URI begins so. */
export function isFlow(name: string): boolean {
  return name.startsWith('<')
}

/** The name of a place in a call that the asked node has: the value of a Replaces (RFC 3891). No URI begins so either. */
export function replacingName(replaces: string): string {
  return `replaces ${replaces}`
}

export function replacedBy(name: string): string | null {
  return name.startsWith('replaces ') ? name.slice('replaces '.length) : null
}

/** The event of the NOTIFY by which the asking node says that the place is taken for good. */
export const KEPT = 'x-raftel-kept'

export type RelayRead =
  | { readonly kind: 'order'; readonly order: RelayOrder }
  | { readonly kind: 'refused'; readonly why: string }

/** The key of relayed calls, from the cluster key (RFC 5869). */
export function relayKeyOf(clusterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', clusterKey, '', 'raftel relay', 32))
}

export function writeRelay(order: RelayOrder, callId: string, key: Uint8Array): string {
  const text = spell(order)
  return `${text};mac=${mac(text, callId, key).toString('hex')}`
}

/** Reads and checks everything but whether it was used before. */
export function readRelay(header: string, callId: string, key: Uint8Array, now: number): RelayRead {
  if (header.length > HEADER_MAX) return refused('too long')
  const parts = FORM.exec(header)
  if (parts === null) return refused('malformed')
  const [, text, aor, contact, call, at, hop, given] = parts as unknown as string[]
  if (!timingSafeEqual(mac(text!, callId, key), Buffer.from(given!, 'hex')))
    return refused('not signed by this cluster')
  if (Math.abs(now - Number(at)) > AGE_MAX) return refused('too old')
  if (Number(hop) > HOPS_MAX) return refused('relayed too often')
  const [aorText, contactText] = [decode(aor!), decode(contact!)]
  if (aorText === null || contactText === null) return refused('malformed')
  return { kind: 'order', order: { aor: aorText, contact: contactText, call: call!, at: Number(at), hop: Number(hop) } }
}

/** Remembers what was used until it is too old anyway. `use` says false the second time, and when too much is remembered. */
export function usedOnce(): { use(signature: string, now: number): boolean } {
  const seen = new Map<string, number>()
  return {
    use(signature, now) {
      // Insertion order is order of expiry, near enough: the clock is the cluster's.
      for (const [old, until] of seen) {
        if (until > now) break
        seen.delete(old)
      }
      if (seen.has(signature) || seen.size >= SEEN_MAX) return false
      // A header may come from a clock ahead of ours by its whole age, and stays good for that long again.
      seen.set(signature, now + 2 * AGE_MAX)
      return true
    },
  }
}

const FORM =
  /^(v1;aor=([^;]{1,800});to=([^;]{1,900});call=([\w-]{1,64});at=(\d{1,15});hop=(\d{1,2}));mac=([0-9a-f]{64})$/

function spell({ aor, contact, call, at, hop }: RelayOrder): string {
  return `v1;aor=${encodeURIComponent(aor)};to=${encodeURIComponent(contact)};call=${call};at=${Math.round(at)};hop=${hop}`
}

function mac(text: string, callId: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${text}\n${callId}`).digest()
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function refused(why: string): RelayRead {
  return { kind: 'refused', why }
}
