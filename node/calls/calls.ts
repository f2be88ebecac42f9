/** The live calls of this node: those whose caller is here, and those dialled here for other nodes. */
import { isDeepStrictEqual } from 'node:util'
import { queueOf } from '../../cluster/tables/cdrs.ts'
import { ChurnMap } from '../../proto/churn-map.ts'
import { clean } from '../../proto/text.ts'
import type { Stream } from '../media/media.ts'
import type { Early, Invitation, Urgent } from '../sip/port.ts'
import { watchBehind } from './behind.ts'
import { advance, type Call, rowIn, rowOf } from './call.ts'
import { reservedFor } from './carry.ts'
import { click } from './click.ts'
import type { CallsNeeds, Desk, Live } from './desk.ts'
import { readDialled } from './dialled.ts'
import { BY_OPERATOR, endOf, GAVE_UP } from './ended.ts'
import { forHelp, place, unnamed } from './place.ts'
import { startPublisher } from './publish.ts'
import { refusals } from './refusals.ts'
import { RELAY_HEADER, usedOnce } from './relay.ts'
import { serveRelayed } from './relayed.ts'
import { startSweeping } from './sweep.ts'
import { startTelling, type Told } from './told.ts'

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
