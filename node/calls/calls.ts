/** The live calls of this node: those whose caller is here, and those dialled here for other nodes. */
import { isDeepStrictEqual } from 'node:util'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { queueOf } from '../../cluster/tables/cdrs.ts'
import type { ServiceName } from '../../cluster/tables/plan-rows.ts'
import type { Aor, BindingRow, LegRow, UserRow } from '../../cluster/tables/rows.ts'
import { ChurnMap } from '../../proto/churn-map.ts'
import { clean } from '../../proto/text.ts'
import type { Media, MediaSession, Side, Stream } from '../media/media.ts'
import type { CallRequest, Decision } from '../routing/decision.ts'
import type { Facts } from '../routing/route.ts'
import type { GruuKey } from '../sip/gruu.ts'
import type { Early, Heard, Invitation, SipPort, Source, Urgent } from '../sip/port.ts'
import type { Trunks } from '../trunks/trunks.ts'
import type { Admission } from './admission.ts'
import { watchBehind } from './behind.ts'
import { advance, type Call, type CallEvent, rowIn, rowOf } from './call.ts'
import { reservedFor } from './carry.ts'
import { click } from './click.ts'
import { readDialled } from './dialled.ts'
import { BY_OPERATOR, endOf, GAVE_UP } from './ended.ts'
import type { Bridge } from './ends.ts'
import type { Decided } from './facts.ts'
import { type Destination, forHelp, place, unnamed } from './place.ts'
import { startPublisher } from './publish.ts'
import type { Replaces } from './refer.ts'
import { refusals } from './refusals.ts'
import { RELAY_HEADER, usedOnce } from './relay.ts'
import { serveRelayed } from './relayed.ts'
import type { Meant } from './stand-in.ts'
import { startSweeping } from './sweep.ts'
import { startTelling, type Telling, type Told } from './told.ts'

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

export interface Calls {
  /** The calls whose caller is here, with the record of why they went where they went. */
  live(): readonly Call[]
  /** False: no such call here. */
  hangUp(id: string): boolean
  /** Why a call went where it went, live or over; null: no call whose caller is here, or it is forgotten. */
  explain(id: string): Told | null
  /** What the relay counted for a call; null: no such call here, or its relay cannot say. */
  streams(id: string): Promise<readonly Stream[] | null>
  counters(): Readonly<Record<string, number>>
  /** Ends every call with BYE, 487 or 503, and waits, at most some seconds. */
  close(): Promise<void>
}

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

type Counter =
  | 'placed'
  | 'answered'
  | 'refused'
  | 'relayed'
  | 'forged'
  | 'overload'
  | 'emergency'
  | 'unrecorded'
  | 'unagreed'

const SWEEP_MS = 30_000
const CLOSE_MS = 3_000
/** So long a caller waits at most for the cluster to know that he is answered: a leader that died has a successor by then. */
const AGREE_MS = 2_000

export function startCalls(needs: CallsNeeds): Calls {
  const { cluster, sip, log } = needs
  const lives = new ChurnMap<string, Live>()
  const journeys = new Set<Promise<void>>()
  const behind = watchBehind(cluster)
  const publisher = startPublisher({
    propose: (command) => cluster.propose(command),
    next: () => queueOf(cluster.tables).next,
    behind: () => behind.until(),
    hasRow: (id) => cluster.tables.calls.get(id)?.about !== undefined,
  })
  const count = {
    placed: 0,
    answered: 0,
    refused: 0,
    relayed: 0,
    forged: 0,
    overload: 0,
    emergency: 0,
    unrecorded: 0,
    unagreed: 0,
  }
  const refused = refusals()
  /** Calls that are over, and whose end is about to be told. */
  const ending = new Set<string>()
  let closing: Promise<void> | null = null
  let spokeAt = Number.NEGATIVE_INFINITY

  const telling = startTelling({ now: needs.now, tables: () => cluster.status() })
  const desk: Desk = {
    ...needs,
    count,
    telling,
    used: usedOnce(),
    forged(source, why) {
      count.forged++
      const now = needs.now()
      if (Math.abs(now - spokeAt) < 1_000) return
      spokeAt = now
      log.warn({ source, why, sinceStart: count.forged }, 'refused a relayed call')
    },
    all: () => lives.values(),
    hasRoom: () => lives.size <= needs.max,
    meant(replaces) {
      for (const live of lives.values()) {
        const side = live.talk?.ends.sideOf(replaces)
        if (live.talk && side) return { live, talk: live.talk, side }
      }
      return null
    },
    ringing({ callId, remoteTag }) {
      for (const live of lives.values()) {
        const { placed, talk } = live
        if (talk === null && placed?.leg.callId === callId && placed.leg.tag === remoteTag) return { live, placed }
      }
      return null
    },
    begin(travel) {
      if (closing !== null) return false
      const live = newLive()
      telling.began(live.id, null)
      underWay(journey(live, travel, {})).catch((error) => {
        log.error({ error: (error as Error)?.stack ?? String(error) }, 'a transfer failed')
      })
      return true
    },
    happened(live, event) {
      if (live.call === null) return
      const before = live.call
      live.call = advance(before, event)
      if (live.call === before) return
      if (event.type === 'noted') return
      telling.happened(live.call, event)
      if (event.type === 'answered') {
        count.answered++
        live.answeredAt = performance.now() / 1000
      }
      // A tenth that is begun costs nothing: what ends a call in time comes some milliseconds late.
      if (event.type === 'ended' && live.answeredAt !== null)
        live.seconds = Math.floor((performance.now() / 1000 - live.answeredAt) * 10) / 10
      const row = rowOf(live.call, cluster.node, cluster.incarnation, isRecorded(live))
      // That it is answered is agreed on already, most likely, and is told once.
      if (row !== null && !isDeepStrictEqual(row, cluster.tables.calls.get(live.id))) publisher.put(row)
    },
    async agree(live, event, urgent) {
      const row = live.call && rowOf(advance(live.call, event), cluster.node, cluster.incarnation, isRecorded(live))
      if (row === null) return
      if (urgent || !cluster.status().quorum) publisher.put(row)
      else if (await publisher.agree(row, AGREE_MS)) return
      count.unagreed++
    },
  }

  /** Once there are founders no older program is among the nodes, and records are the same everywhere. */
  const isRecorded = ({ recorded }: Live): boolean => recorded || cluster.tables.members === null

  const early: Early = (request) => (closing === null && lives.size < needs.max ? unnamed(desk, request) : null)

  const newLive = (): Live => {
    const id = needs.newId()
    return {
      id,
      stop: new AbortController(),
      call: null,
      media: null,
      placed: null,
      talk: null,
      refers: 0,
      answeredAt: null,
      seconds: null,
      recorded: false,
      reserved: { caller: [id], called: [id] },
      on: null,
      told: Promise.withResolvers(),
      after: [],
    }
  }

  async function journey(live: Live, travel: (live: Live) => Promise<string>, about: object): Promise<void> {
    lives.set(live.id, live)
    let why = 'failed here'
    try {
      why = await travel(live)
      desk.happened(live, { type: 'ended', why, at: needs.now() })
      log.debug({ call: live.id, ...about, why: clean(why) }, 'call over')
    } finally {
      // Also when a bug threw: nothing of a call may stay behind.
      lives.delete(live.id)
      desk.happened(live, { type: 'ended', why, at: needs.now() })
      telling.over(live.id, live.call, why)
      ending.add(live.id)
      const measured = Promise.resolve(live.media?.end())
      const { after, told } = live
      const counting: (() => boolean)[] = []
      const begun = Promise.all([measured, ...after]).then(([streams]) => {
        const isCounted = counting.some((counts) => counts())
        return { told: tellEnd(live, streams ?? null, isCounted) }
      })
      void begun
        .then(({ told }) => told)
        .catch(() => undefined)
        .finally(told.resolve)
      for (const id of reservedFor(live)) {
        if (live.on?.ids.includes(id)) continue
        const counts = needs.admission?.release(id, id === live.id ? live.seconds : null, told.promise)
        if (counts) counting.push(counts)
      }
      await begun.finally(() => ending.delete(live.id))
    }
  }

  function tellEnd(live: Live, streams: readonly Stream[] | null, counts: boolean): Promise<void> | void {
    const { id, call, placed, stop } = live
    if (call === null) return
    if (isRecorded(live)) return publisher.end(id)
    const hasRung = call.about.ringingAt !== null
    // A row takes no more room than the call did; of calls that were refused at once there may be any number.
    if (!hasRung && !(placed?.isNotable && refused.mayRecord(needs.now()))) {
      count.unrecorded++
      return
    }
    const row = rowIn(call, call.answeredAt === null ? 'ringing' : 'answered', cluster.node, cluster.incarnation)
    const stopped = stop.signal.aborted ? clean(String(stop.signal.reason), 128) : null
    const at = call.endedAt ?? needs.now()
    const end = endOf({ call, why: call.ending, stopped, at, seconds: live.seconds, row, streams })
    return publisher.end(id, { ...end, ...(counts && { counts }), ...(live.on && { on: live.on }) })
  }

  /** While a call is live only somebody who takes this node for gone ends its row; and has recorded it then. */
  const unwatch = cluster.watch((changes) => {
    for (const change of changes) {
      if (change.table !== 'calls' || change.row !== null) continue
      const live = lives.get(change.key)
      if (live !== undefined) live.recorded = true
    }
  })

  /** Close waits for it. */
  function underWay(running: Promise<void>): Promise<void> {
    journeys.add(running)
    return running.finally(() => journeys.delete(running))
  }

  function invited(invitation: Invitation): Promise<void> | void {
    if (closing !== null) return invitation.reply(503, { headers: { 'Retry-After': '5' } })
    const live = newLive()
    const header = invitation.header(RELAY_HEADER)
    if (header === null) {
      telling.began(live.id, invitation)
      needs.isLeg?.(live.id, invitation.callId)
    }
    invitation.onCancel(() => live.stop.abort(GAVE_UP))
    const travel = () =>
      header === null ? place(desk, live, invitation) : serveRelayed(desk, live, invitation, header)
    return underWay(journey(live, travel, { from: clean(invitation.from.uri), to: clean(invitation.uri) }))
  }

  /** Plan and number alone say it, so it is known before anything else is asked. */
  const urgent: Urgent = ({ uri, from }) => forHelp(desk, readDialled(uri, from.host))

  sip.early('invite', early)
  sip.onInvite(invited, urgent)
  sip.on('refer', (request) => click(desk, request))

  const sweeping = startSweeping(
    { cluster, now: needs.now, ending: (id) => ending.has(id) || publisher.has(id), lives, publisher, log },
    needs.sweepMs ?? SWEEP_MS,
  )

  async function shutDown(): Promise<void> {
    sweeping.stop()
    unwatch()
    for (const live of lives.values()) live.stop.abort('the node is stopping')
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, CLOSE_MS)
    await Promise.race([Promise.allSettled(journeys), late])
    clearTimeout(timer)
    await publisher.settle(1_000)
    publisher.close()
    behind.stop()
  }

  return {
    live: () => [...lives.values()].flatMap(({ call }) => (call === null ? [] : [call])),
    hangUp(id) {
      const live = lives.get(id)
      if (live === undefined) return false
      live.stop.abort(BY_OPERATOR)
      return true
    },
    explain: (id) => telling.of(id, lives.get(id)?.call ?? null),
    streams: async (id) => (await lives.get(id)?.media?.streams()) ?? null,
    counters: () => ({ ...count, live: lives.size, unpublished: publisher.pending, dropped: publisher.dropped }),
    close() {
      closing ??= shutDown()
      return closing
    },
  }
}
