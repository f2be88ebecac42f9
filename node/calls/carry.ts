/**
 * Who talks on in another call is counted and pays as before: what is reserved for his end goes with him, and is given up with the call in which nobody has that end any
 * more. The end that was called has what its call reserved, and so has the caller if it is he who placed it.
 */
import type { Side } from '../media/media.ts'
import type { TalkTime } from './admission.ts'
import type { Desk, Live } from './desk.ts'

/** An end of one call is one of another from now on; `call`: what that is known by, which may be another node's. */
export function carry(
  { admission }: Pick<Desk, 'admission'>,
  from: Live,
  side: Side,
  to: Live,
  at: Side,
  call = to.id,
) {
  const ids = from.reserved[side].filter((id) => admission?.holds(id))
  if (ids.length === 0) return
  from.on = { call, ids }
  to.reserved = { ...to.reserved, [at]: [...to.reserved[at], ...ids] }
  // What these cost so far stands in the record of that call, which goes first.
  to.after.push(from.told.promise)
}

/** Everything that is reserved for a call which is a conversation now ends it when it is used up. */
export function talks({ admission }: Pick<Desk, 'admission'>, live: Live, talk: TalkTime): void {
  for (const id of reservedFor(live)) admission?.answered(id, talk)
}

/** Ids of calls: its own and those that it goes on for. */
export function reservedFor({ reserved: { caller, called } }: Live): ReadonlySet<string> {
  return new Set([...caller, ...called])
}
