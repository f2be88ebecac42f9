/** What the two ends of a call are for the rest of it. */
import type { Side } from '../media/media.ts'
import type { Dialog, DialogHandlers, Modified, Referral } from '../sip/port.ts'
import type { Lasting } from './origin.ts'
import type { Replaces } from './refer.ts'

export interface Bridge {
  /** Directly after a dialog is given out, so that a BYE that follows it at once is heard. `offered`: its answer is due. */
  attach(side: Side, dialog: Dialog, offered?: boolean): void
  /** What a side is given as offer or answer when the call begins, as it goes out. */
  told(side: Side, sdp: string): string
  /** What a side said then. */
  said(side: Side, sdp: string): void
  /** One side says something that the other has not been told yet, as after an ACK with an answer. */
  pass(side: Side, sdp: string): void
  /** Asks both ends whether they are still there; an end that is not ends the call. */
  check(): void
  /** Ends both sides. The first reason stays. */
  hangUp(why: string): void
  /** One end as another call may have it; null: there is no conversation, or it has not said where it hears. */
  leg(side: Side): Leg | null
  /** Whose dialog with us has these names; null: nobody's. */
  sideOf(names: Pick<Replaces, 'callId' | 'localTag' | 'remoteTag'>): Side | null
  /**
   * From now on `side` may hang up without ending the call for the other, who is being connected elsewhere (RFC 5589
   * §6.1). Null: a transfer is under way. What it returns says that nothing came of it.
   */
  letGo(side: Side): (() => void) | null
  /**
   * Gives an end to another call with an offer of that one. When that one keeps it, this call is over, and its other end is
   * told nothing; else the end is offered what it had here, and the two go on. Its phone is told `whom` it has.
   */
  lend(side: Side, sdp: string, whom: Whom): Promise<Lent | Refused>
  readonly over: boolean
  /** It ended by being given away. */
  readonly isGiven: boolean
  /** Resolves with the reason, once. */
  readonly ended: Promise<string>
}

export interface Leg {
  readonly dialog: Dialog
  readonly session: Lasting
  /** What it said last. */
  readonly sdp: string
}

/** AoRs, or what is said of strangers. */
export interface Whom {
  readonly now: string
  readonly before: string
  /** False: who wanted it has given up, and nobody is asked any more. */
  readonly isWanted?: () => boolean
}

export interface Lent {
  readonly kind: 'lent'
  /** A BYE gives it back. */
  readonly dialog: Dialog
  readonly sdp: string
  keep(why: string): void
}
export type Refused = Extract<Modified, { kind: 'refused' }>

export interface BridgeOptions {
  /** What a side was told before, by another call. */
  readonly sessions?: Partial<Record<Side, Lasting>>
  /** Without it a REFER is refused. */
  referred?(side: Side, referral: Referral): void
  notified?(side: Side, notice: Notice): Promise<number>
}
type Notice = Parameters<NonNullable<DialogHandlers['notified']>>[0]
