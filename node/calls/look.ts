/** How a call looks to whom it rings: what he is told of the caller (RFC 3261 §8.1.1.3, RFC 3323, RFC 3325). */
import type { Shown } from '../routing/decision.ts'
import { formatNameAddr } from '../sip/address.ts'
import type { DialRequest } from '../sip/port.ts'
import { type Dialled, ofAor, sayDialled } from './dialled.ts'

export type Look = Pick<DialRequest, 'from' | 'to' | 'headers'>

/** Who calls, as far as it is known; what he shows is his own word unless it was proved. */
export interface Shows {
  /** Null: a stranger. */
  readonly who: Dialled | null
  readonly display: string
  /** He does not want to be known, or who passed him on did not. */
  readonly private?: boolean
}

const NOBODY: Dialled = { user: 'anonymous', domain: 'anonymous.invalid' }

/** To phones. The caller is shown as who he proved to be, or as the plan has it, whatever he claims. */
export function lookOf(
  shows: Shows,
  to: Dialled,
  shown: Shown | undefined,
  headers: Readonly<Record<string, string>> = {},
): Look {
  const callee = { uri: sayDialled(to) }
  if (shows.private || shown?.private) {
    const from = { display: 'Anonymous', uri: sayDialled(NOBODY) }
    return { from, to: callee, headers: { ...headers, Privacy: 'id' } }
  }
  const who = calledBy(shows, to, shown)
  const from = { display: shown?.display ?? shows.display, uri: sayDialled(who ?? NOBODY) }
  // Who is shown as somebody else is so to those phones too that believe the network alone.
  const more: Record<string, string> = { ...headers }
  if (shown && who) more['P-Asserted-Identity'] = formatNameAddr(from.display, from.uri)
  return { from, to: callee, ...(Object.keys(more).length > 0 && { headers: more }) }
}

/** To trunks, which are told all of it: whether they may hear of a caller who is private is theirs to say. */
export function identityFor(
  shows: Shows,
  to: Dialled,
  shown: Shown | undefined,
): { readonly number: string; readonly display: string; readonly private: boolean } {
  return {
    number: calledBy(shows, to, shown)?.user ?? '',
    display: shown?.display ?? shows.display,
    private: shows.private === true || shown?.private === true,
  }
}

function calledBy({ who }: Shows, to: Dialled, shown: Shown | undefined): Dialled | null {
  const number = shown?.number ?? null
  if (number === null) return who
  return number.includes('@') ? ofAor(number) : { user: number, domain: who?.domain ?? to.domain }
}
