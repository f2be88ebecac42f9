/** OPTIONS to every target of every trunk (RFC 3261 §11), what real calls hear, and what this node tells the others of it. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { TrunkRow, TrunkStateRow } from '../../cluster/tables/trunk-rows.ts'
import { trunkStateKey } from '../../cluster/tables/trunks.ts'
import type { SipPort } from '../sip/port.ts'
import { badFor, FRESH, type Health, next } from './health.ts'
import { hostportOf } from './invite.ts'

export const PROBE_SECONDS = 30
/** While it is about to change, so that three lost ones are no minute and a half. */
const SOON_MS = 2_000
/** As long as one may take: what answers later is of no use for calls. */
const ANSWER_MS = 4_000
const PROPOSE_MS = 5_000
const RETRY_MS = 1_000

export interface Probing {
  /** The targets that answer, as far as this node knows, in their order. */
  up(trunk: TrunkRow): readonly string[]
  /** Why none does. */
  why(trunk: TrunkRow): string
  /** What a call heard; of the target that calls go to. */
  heard(trunk: TrunkRow, why: string | null): void
  /** What became of the registration that this node tries; null: it does not. */
  registered(trunk: string, state: Registration | null): void
  close(): void
}

export interface Registration {
  readonly state: NonNullable<TrunkStateRow['registration']>
  readonly why: string
}

interface Watched {
  /** As it was when it began: another row is another trunk. */
  row: TrunkRow
  readonly targets: Map<string, Health>
  timer: NodeJS.Timeout | null
  registration: Registration | null
}

export interface ProbeNeeds {
  readonly cluster: Cluster
  readonly sip: SipPort
  readonly log: Logger
  readonly answerMs?: number
  chance(): number
}

export function startProbing({ cluster, sip, log, chance, answerMs = ANSWER_MS }: ProbeNeeds): Probing {
  const watched = new Map<string, Watched>()
  /** Trunks of which the others may know something else than this node does. */
  const untold = new Set<string>()
  let telling = false
  let retry: NodeJS.Timeout | null = null
  let isClosed = false

  function look(): void {
    for (const [name, one] of watched) {
      const row = cluster.tables.trunks.get(name)
      if (row && !row.disabled) continue
      if (one.timer) clearTimeout(one.timer)
      watched.delete(name)
    }
    for (const row of cluster.tables.trunks.values()) if (!row.disabled) begin(row)
    tell()
  }

  function begin(row: TrunkRow): void {
    const known = watched.get(row.name)
    if (known?.row.version === row.version) return
    if (known?.timer) clearTimeout(known.timer)
    // Of a target that stays it is known how it is.
    const targets = new Map(row.targets.map((target) => [target, known?.targets.get(target) ?? FRESH]))
    const one: Watched = { row, targets, timer: null, registration: known?.registration ?? null }
    watched.set(row.name, one)
    untold.add(row.name)
    again(one, chance() * Math.min(1_000, everyMs(row)))
  }

  function again(one: Watched, ms: number): void {
    if (isClosed || everyMs(one.row) === 0) return
    one.timer = setTimeout(() => void probe(one), ms)
    one.timer.unref()
  }

  async function probe(one: Watched): Promise<void> {
    await Promise.all(one.row.targets.map((target) => probeTarget(one, target)))
    if (watched.get(one.row.name) !== one) return
    const isMoving = [...one.targets.values()].some(({ reach, against }) => against > 0 || reach === 'down')
    const every = everyMs(one.row) * (0.9 + 0.2 * chance())
    again(one, isMoving ? Math.min(SOON_MS, every) : every)
  }

  async function probeTarget(one: Watched, target: string): Promise<void> {
    const at = one.row.domain ?? hostportOf(target)
    const late = Promise.withResolvers<number>()
    const timer = setTimeout(() => late.resolve(408), answerMs)
    const headers = { From: `<sip:raftel@${sip.address}>`, To: `<sip:${at}>`, 'Max-Forwards': '70' }
    const status = await Promise.race([
      sip.request('OPTIONS', `sip:${at}`, { nextHop: target, headers }),
      late.promise,
    ]).finally(() => clearTimeout(timer))
    if (watched.get(one.row.name) === one) learn(one, target, badFor(status))
  }

  function learn(one: Watched, target: string, why: string | null): void {
    const before = one.targets.get(target) ?? FRESH
    const now = next(before, why)
    one.targets.set(target, now)
    if (now.reach === before.reach) return
    const about = { trunk: one.row.name, target }
    if (now.reach === 'down') log.warn({ ...about, why: now.why }, 'a target of a trunk does not answer')
    else log.info(about, 'a target of a trunk answers again')
    untold.add(one.row.name)
    tell()
  }

  /** Only what is another than the table has it; one at a time, until it is agreed on. */
  function tell(): void {
    if (telling || isClosed) return
    const due = [...untold].flatMap((name) => reportOf(name) ?? [])
    untold.clear()
    // Programs of before do not know the command.
    if (due.length === 0 || cluster.tables.members === null) return
    telling = true
    let failed = false
    void Promise.all(
      due.map(async (state) => {
        const agreed = await cluster.propose({ type: 'trunk-state', state }, PROPOSE_MS)
        if (agreed.kind === 'agreed') return
        failed = true
        untold.add(state.trunk)
      }),
    ).finally(() => {
      telling = false
      if (isClosed) return
      if (!failed) return tell()
      retry = setTimeout(tell, RETRY_MS)
      retry.unref()
    })
  }

  function reportOf(name: string): Omit<TrunkStateRow, 'since'> | null {
    const one = watched.get(name)
    const { node, incarnation } = cluster
    if (!one || cluster.tables.nodes.get(node)?.incarnation !== incarnation) return null
    const { registration } = one
    const isUp = upOf(one).length > 0
    const state = {
      trunk: name,
      node,
      incarnation,
      reach: isUp ? ('up' as const) : ('down' as const),
      why: isUp ? '' : whyOf(one),
      ...(registration && {
        registration: registration.state,
        ...(registration.why !== '' && { registrationWhy: registration.why }),
      }),
    }
    const known = cluster.tables.trunkStates.get(trunkStateKey(name, node))
    const isKnown =
      known?.incarnation === incarnation &&
      known.reach === state.reach &&
      known.registration === registration?.state &&
      (known.registrationWhy ?? '') === (registration?.why ?? '')
    return isKnown ? null : state
  }

  const stop = cluster.watch((changes) => {
    const isMine = (key: string) => key === cluster.node
    if (changes.some(({ table, key }) => table === 'nodes' && isMine(key)))
      for (const name of watched.keys()) untold.add(name)
    if (
      changes.some(({ table, key }) => table === 'trunks' || table === 'members' || (table === 'nodes' && isMine(key)))
    ) {
      if (changes.some(({ table }) => table === 'members')) for (const name of watched.keys()) untold.add(name)
      look()
    }
  })
  look()

  return {
    up(trunk) {
      const one = watched.get(trunk.name)
      return one ? upOf(one) : trunk.targets
    },
    why(trunk) {
      const one = watched.get(trunk.name)
      return one ? whyOf(one) : ''
    },
    heard(trunk, why) {
      const one = watched.get(trunk.name)
      const target = one && (upOf(one)[0] ?? trunk.targets[0])
      if (one && target !== undefined) learn(one, target, why)
    },
    registered(trunk, registration) {
      const one = watched.get(trunk)
      if (!one) return
      one.registration = registration
      untold.add(trunk)
      tell()
    },
    close() {
      isClosed = true
      stop()
      if (retry) clearTimeout(retry)
      for (const { timer } of watched.values()) if (timer) clearTimeout(timer)
    },
  }
}

/** Zero: it is not asked. */
function everyMs({ probe = PROBE_SECONDS }: TrunkRow): number {
  return probe * 1_000
}

function upOf({ targets }: Watched): string[] {
  return [...targets].flatMap(([target, { reach }]) => (reach === 'up' ? [target] : []))
}

function whyOf({ targets }: Watched): string {
  return [...targets]
    .map(([target, { why }]) => `${hostportOf(target)}: ${why}`)
    .join('; ')
    .slice(0, 256)
}
