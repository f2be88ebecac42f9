import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { ServiceName } from '../../cluster/tables/plan-rows.ts'
import type { Aor, BindingRow, LegRow, UserRow } from '../../cluster/tables/rows.ts'
import type { Media, MediaSession, Side } from '../media/media.ts'
import type { CallRequest, Decision } from '../routing/decision.ts'
import type { Facts } from '../routing/route.ts'
import type { GruuKey } from '../sip/gruu.ts'
import type { Heard, SipPort, Source } from '../sip/port.ts'
import type { Trunks } from '../trunks/trunks.ts'
import type { Admission } from './admission.ts'
import type { Call, CallEvent } from './call.ts'
import type { Bridge } from './ends.ts'
import type { Decided } from './facts.ts'
import type { Destination } from './place.ts'
import type { Replaces } from './refer.ts'
import type { usedOnce } from './relay.ts'
import type { Meant } from './stand-in.ts'
import type { Telling } from './told.ts'

export interface CallsNeeds {
  readonly cluster: Cluster
  readonly sip: SipPort
  readonly media: Media
  /** Who calls (407 when it does not say). */
  identify(request: Heard): Caller
  /** Whether a host is an address of the cluster, and no domain of it. Lower case. */
  here(host: string): boolean
  /** Carriers and other PBXs; absent: there are none. */
  readonly trunks?: Trunks
  /** There is no connection any more to the phone that this node has this flow of. */
  flowLost?(binding: BindingRow): void
  /** Limits and credit. */
  readonly admission?: Admission
  /** What the plan says of a call; by default the one in the table does. */
  decide?(facts: Facts, request: CallRequest): Decision
  /** What a minute to a number costs by a trunk; null: nobody knows. */
  price?(trunk: string, number: string): number | null
  /** Sets for a user what his star code says; how that is told to him. */
  services?(
    aor: Aor,
    service: ServiceName,
    argument: string,
  ): Promise<{ readonly status: number; readonly reason: string }>
  /** Hears of every decision that counted, and what it came from. */
  decided?(decided: Decided): void
  /** From `relayKeyOf(cluster key)`. */
  readonly relayKey: Uint8Array
  /** From `gruuKeyOf(cluster key)`. */
  readonly gruuKey: GruuKey
  readonly log: Logger
  /** A dialog of this SIP Call-ID is a leg of this call, which may be one of another node. */
  isLeg?(call: string, callId: string): void
  /** Wall clock, ms. */
  now(): number
  /** Unguessable, made of letters, digits and dashes, at most 64. */
  newId(): string
  /** Calls at once on this node; emergency calls are not counted out. */
  readonly max: number
  /** An answered call is ended after so many seconds: a phone that vanished must not hold its ports for ever. */
  readonly maxSeconds: number
  /** How often the ends of a conversation are asked whether they are still there. */
  readonly checkSeconds: number
  /** How often calls are compared with the relay and the table; ms, by default half a minute. */
  readonly sweepMs?: number
}

export type Caller =
  | { readonly kind: 'known'; readonly user: Who }
  | {
      readonly kind: 'challenge'
      readonly status: number
      readonly headers: Readonly<Record<string, string | readonly string[]>>
    }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

/** One call under way here. */
export interface Live {
  readonly id: string
  readonly stop: AbortController
  call: Call | null
  media: MediaSession | null
  /** Where it was placed to, and by which leg. */
  placed: Placed | null
  /** Once it was answered, if it is a call of ours. */
  talk: Talk | null
  /** How often one of its ends was asked for elsewhere. */
  refers: number
  /** When it was answered, and how long the conversation was once it is over, seconds of a clock that nobody sets. */
  answeredAt: number | null
  seconds: number | null
  /** The cluster took this node for gone, and has recorded it. */
  recorded: boolean
  /** What limits and credit know each of its ends by, see carry.ts. */
  reserved: Readonly<Record<Side, readonly string[]>>
  /** What was reserved for it and is for another now. */
  on: { readonly call: string; readonly ids: readonly string[] } | null
  /** The cluster knows its end, or will not be told; its own is told after those. */
  readonly told: PromiseWithResolvers<void>
  readonly after: Promise<void>[]
}

export interface Placed {
  readonly leg: LegRow
  readonly by: Who | null
  readonly to: Destination
  /** Of a user or a trunk, or for help: also refused it is worth a record. */
  readonly isNotable: boolean
}

/** A user as the plan knows him. */
export interface Who extends Pick<UserRow, 'aor' | 'user' | 'domain'> {
  /** He is not to be shown to whom he is connected with. */
  readonly private?: boolean
}

/** Two ends, and who is at them; null: a stranger. */
export interface Talk {
  readonly ends: Bridge
  readonly who: Readonly<Record<Side, Who | null>>
}

/** What the journey of one call may touch. */
export interface Desk extends CallsNeeds {
  /** Applies an event and tells the cluster of it. */
  happened(live: Live, event: CallEvent): void
  /** Waits until the cluster has agreed that this happens, as long as it can and it is not urgent. */
  agree(live: Live, event: CallEvent, urgent: boolean): Promise<void>
  readonly count: Record<Counter, number>
  /** Every call under way here. */
  all(): Iterable<Live>
  readonly telling: Telling
  /** Whether one more call fits. */
  hasRoom(): boolean
  /** Begins a call that nobody invited to; false: the node is stopping. */
  begin(travel: (live: Live) => Promise<string>): boolean
  /** The leg here that a Replaces means. */
  meant(replaces: Replaces): Meant | null
  /** The call of this node that its caller names so, while nobody has answered it. */
  ringing(replaces: Replaces): { readonly live: Live; readonly placed: Placed } | null
  readonly used: ReturnType<typeof usedOnce>
  /** Counts an order that is none of ours, and says so in the log, once a second at most: anybody can send them. */
  forged(source: Source, why: string): void
}

export type Counter =
  | 'placed'
  | 'answered'
  | 'refused'
  | 'relayed'
  | 'forged'
  | 'overload'
  | 'emergency'
  | 'unrecorded'
  | 'unagreed'
