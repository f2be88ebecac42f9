/** What the control service needs of the rest of the node. Only node.ts knows who provides it. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { Plan } from '../../cluster/tables/plan-rows.ts'
import type { BindingRow, MediaKind } from '../../cluster/tables/rows.ts'
import type { TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import type { ToldQuality } from '../../proto/cdr.ts'
import type { Decks } from '../admission/decks.ts'
import type { Recent } from '../replay/recent.ts'
import type { Facts } from '../routing/route.ts'

export interface Needs {
  /** As calls read them; without it they are made readable for each question. */
  readonly decks?: Decks
  readonly cluster: Cluster
  /** The cluster key: credentials of new users are sealed with it. */
  readonly key: Uint8Array
  readonly dataDir: string
  /** What this node shows at its listeners. */
  certificates(): readonly OwnCertificate[]
  readonly version: string
  /** Wall clock, ms. */
  readonly startedAt: number
  readonly sip: SipView
  readonly media: MediaView
  /** Whether the configuration asks for a relay: direct media is then a fault, and else what is wanted. */
  readonly relayWanted: boolean
  readonly calls: CallsView
  readonly trace: TraceView
  /** Seconds that a phone has left by its own time; null: another node keeps that, or nobody. */
  secondsLeft(binding: BindingRow): number | null
  readPlan(text: string): PlanRead
  /** What routing is told of the cluster. */
  readonly facts: Facts
  /** Inputs of the last decisions here. */
  readonly recent: Pick<Recent, 'last'>
  readTrunk(name: string, text: string): TrunkRead
  /** As an operator would write it, without its password. */
  writeTrunk(row: TrunkRow): string
  /** An address as bans name it; null: it is none. */
  readSource(text: string): string | null
  /** Whether an address, as a person writes it, is never banned: one of a node, or in sip.abuse.trusted. */
  isTrusted(text: string): boolean
  /** How often somebody was refused, by reason; see docs/abuse.md. */
  refused(): Readonly<Record<string, number>>
  /** Who is slowed and not banned, because phones are registered from there. */
  spared(): readonly { readonly source: string; readonly reason: string }[]
  /** Whether browsers can connect, and for any web page. */
  readonly anyOrigin: boolean
  readonly log: Logger
}

export interface OwnCertificate {
  readonly file: string
  /** Unix ms. */
  readonly expires: number
}

export interface SipView {
  /** `host:port`. */
  readonly address: string
  /** Whether the link to the engine is up. */
  readonly connected: boolean
  /** What its queues hold now, and counters since the start; whole numbers. */
  stats(): Readonly<Record<string, number>>
}

export interface MediaView {
  status(): MediaState
  onStatus(listener: (status: MediaState) => void): () => void
}

export interface MediaState {
  readonly kind: MediaKind
  readonly detail: string
  readonly sessions: number
}

export interface CallsView {
  /** Why a call went where it went; null: it is none of this node, or forgotten. */
  explain(id: string): ToldView | null
  /** False: no such live call here. */
  hangUp(id: string): boolean
  /** Null: no such call here, or its relay cannot say. */
  streams(id: string): Promise<readonly StreamView[] | null>
}

/** See `node/trace`. */
export interface TraceView {
  /** Whether this node remembers anything. */
  readonly kept: boolean
  calls(id: string): readonly string[]
  of(call: string): readonly PassedView[]
  follow(call: string, tell: (passed: PassedView) => void): () => void
}

export interface PassedView {
  /** Wall clock, µs. */
  readonly at: number
  readonly way: 'in' | 'out'
  readonly transport: string
  readonly local: { readonly host: string; readonly port: number }
  readonly remote: { readonly host: string; readonly port: number }
  readonly callId: string
  readonly text: string
}

/** See `node/calls/told.ts`. */
export interface ToldView {
  readonly id: string
  readonly ending: string
  readonly asked: {
    readonly at: number
    readonly from: string
    readonly uri: string
    readonly transport: string
    readonly address: string
  } | null
  readonly from: string
  readonly to: string
  readonly planVersion: number
  readonly rule: string
  readonly target: string
  readonly why: readonly string[]
  readonly attempts: readonly {
    readonly at: number
    readonly uri: string
    readonly hop: string
    readonly outcome: string
    readonly over: number
  }[]
  readonly marks: readonly { readonly at: number; readonly what: string }[]
  readonly term: number
  readonly index: number
}

export interface StreamView {
  readonly side: string
  readonly packets: number
  readonly bytes: number
  readonly codec: string
  readonly endpoint: string
  readonly errors: number
  readonly heard?: ToldQuality
}

/** `text` has one line a fault, `warnings` one each. */
export type PlanRead =
  | { readonly kind: 'ok'; readonly plan: Plan; readonly warnings: readonly string[] }
  | { readonly kind: 'faults'; readonly text: string; readonly total: number }

export type TrunkRead =
  | {
      readonly kind: 'ok'
      readonly trunk: Omit<TrunkRow, 'version' | 'auth'> & {
        readonly auth?: { readonly user: string; readonly realm?: string }
      }
      /** Where the text has one. */
      readonly password: string | null
    }
  | { readonly kind: 'faults'; readonly text: string }
