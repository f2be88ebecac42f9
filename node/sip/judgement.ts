/**
 * What becomes of a source that did too much: it is slowed and reported when a phone is registered from its address, else banned by all nodes, or
 * shunned by this one. A ban is an entry of the log, so there are few: one a source and minute, and so many of a node.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { Seldom } from '../../cluster/seldom.ts'
import { hasRoom } from '../../cluster/tables/bans.ts'
import type { AbusePolicy, Offences } from './offences.ts'
import { hostOf, sourceOf } from './source.ts'

interface JudgementNeeds {
  readonly cluster: Pick<Cluster, 'node' | 'tables' | 'propose' | 'now'>
  readonly offences: Offences
  readonly policy: AbusePolicy
  readonly log: Logger
  /** Monotonic, ms. */
  readonly now: () => number
}

export type Remedy = 'ban' | 'shun'

/** A source is looked at once in this time, and this many bans of a node are agreed on in it. */
const MINUTE = 60_000
export const BANS_A_MINUTE = 30
/** More wait for judgement than anybody needs: those that are left out come again. */
const ACCUSED_MAX = 1_000
/** Judgements that are remembered. */
const JUDGED_MAX = 50_000
/** Registrations between two turns of the event loop. */
const SLICE = 500
/** Of the time that a look at all registrations takes. */
const PAUSES = 10

export class Judgement {
  readonly #needs: JudgementNeeds
  readonly #accused = new Map<string, { readonly remedy: Remedy; readonly reason: string }>()
  /** When a source was judged last, and for what. In the order of time. */
  readonly #judged = new Map<string, { readonly when: number; readonly remedy: Remedy }>()
  /** Whom a phone of his saved, until when. */
  readonly #spared = new Map<string, { readonly reason: string; readonly until: number }>()
  readonly #count = { bans: 0, bansPutOff: 0, shuns: 0, spared: 0 }
  /** Of each kind its own, so that a flood of one hides none of the other. Bans are few by themselves. */
  readonly #saysSpared: Seldom
  readonly #saysShunned: Seldom
  #bans: number[] = []
  #running = false
  #pause: NodeJS.Timeout | null = null
  #closed = false

  constructor(needs: JudgementNeeds) {
    this.#needs = needs
    this.#saysSpared = new Seldom(needs.log, needs.now)
    this.#saysShunned = new Seldom(needs.log, needs.now)
  }

  accuse(source: string, remedy: Remedy, reason: string): void {
    const at = this.#needs.now()
    for (const [old, { when }] of this.#judged) {
      if (at - when < MINUTE) break
      this.#judged.delete(old)
    }
    const known = this.#accused.get(source)
    const judged = this.#judged.get(source)?.remedy
    // Who makes himself be shunned does not get out of being banned.
    if (judged === 'ban' || judged === remedy || known?.remedy === 'ban' || !this.#hasRoom(remedy)) return
    this.#accused.set(source, { remedy, reason })
    this.#begin()
  }

  /** Sources that are slowed for want of somebody who decides. */
  spared(): readonly { readonly source: string; readonly reason: string }[] {
    const at = this.#needs.now()
    for (const [source, { until }] of this.#spared) if (until <= at) this.#spared.delete(source)
    return [...this.#spared].map(([source, { reason }]) => ({ source, reason }))
  }

  /** An operator has decided. */
  forget(source: string): void {
    this.#spared.delete(source)
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#count }
  }

  close(): void {
    this.#closed = true
    if (this.#pause) clearTimeout(this.#pause)
  }

  /** Anybody can accuse many by writing their addresses on datagrams; who is to be banned goes before them. */
  #hasRoom(remedy: Remedy): boolean {
    if (this.#accused.size < ACCUSED_MAX) return true
    if (remedy === 'shun') return false
    for (const [source, { remedy: other }] of this.#accused) if (other === 'shun') return this.#accused.delete(source)
    return false
  }

  #begin(): void {
    if (this.#running || this.#pause || this.#closed || this.#accused.size === 0) return
    this.#running = true
    const began = this.#needs.now()
    this.#judge()
      .catch((error: unknown) => this.#needs.log.error({ err: error }, 'judging who is to be banned failed'))
      .finally(() => {
        this.#running = false
        if (this.#closed) return
        this.#pause = setTimeout(
          () => {
            this.#pause = null
            this.#begin()
          },
          PAUSES * (this.#needs.now() - began),
        )
        this.#pause.unref()
      })
  }

  async #judge(): Promise<void> {
    const accused = new Map(this.#accused)
    const living = await this.#living(accused)
    for (const source of accused.keys()) {
      // It may have done worse since, or have made room.
      const now = this.#accused.get(source)
      if (!now) continue
      const { remedy, reason } = now
      this.#accused.delete(source)
      this.#judged.delete(source)
      this.#judged.set(source, { when: this.#needs.now(), remedy })
      // What proves no address takes nothing from those who have it.
      if (living.has(source)) {
        if (remedy === 'ban') this.#spare(source, reason)
        else this.#count.spared++
        continue
      }
      if (this.#judged.size > JUDGED_MAX) this.#judged.delete(this.#judged.keys().next().value!)
      if (remedy === 'ban') this.#ban(source, reason)
      else this.#shun(source, reason)
    }
  }

  /** Those of them that a phone is registered from, on any node. */
  async #living(accused: ReadonlyMap<string, unknown>): Promise<Set<string>> {
    const { cluster } = this.#needs
    const living = new Set<string>()
    let looked = 0
    for (const { bindings } of cluster.tables.registrations.values()) {
      for (const { received, expiresAt } of bindings) {
        const source = sourceOf(hostOf(received))
        if (accused.has(source) && expiresAt > cluster.now()) living.add(source)
      }
      if (++looked % SLICE === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    }
    return living
  }

  #spare(source: string, reason: string): void {
    const { offences, now, policy } = this.#needs
    this.#count.spared++
    if (this.#spared.size < ACCUSED_MAX) this.#spared.set(source, { reason, until: now() + policy.banSeconds * 1000 })
    offences.slow(source, now())
    const remedy = `raftel ban add ${source} bans it`
    this.#saysSpared.warn(
      { source, reason },
      `a phone is registered from ${source}, which is slowed and not banned; ${remedy}`,
    )
  }

  #shun(source: string, reason: string): void {
    const { offences, now, policy } = this.#needs
    this.#count.shuns++
    offences.shun(source, now(), true)
    this.#saysShunned.warn({ source, reason, seconds: policy.shunSeconds }, `this node shuns ${source} for a while`)
  }

  #ban(source: string, reason: string): void {
    const { cluster, log, now, offences, policy } = this.#needs
    const at = now()
    // At once and here, until the others agree; and where they cannot, or there were too many.
    offences.shun(source, at)
    this.#bans = this.#bans.filter((when) => at - when < MINUTE)
    // Programs of before do not know the command; once there are founders there is none of them.
    const isTime = cluster.tables.members !== null && this.#bans.length < BANS_A_MINUTE
    if (isTime) this.#bans.push(at)
    if (!isTime || !hasRoom(cluster.tables.bans.values(), cluster.now())) {
      this.#count.bansPutOff++
      return
    }
    this.#count.bans++
    log.warn({ source, reason, seconds: policy.banSeconds }, 'a source is banned')
    void cluster
      .propose({ type: 'ban', source, reason, by: cluster.node, seconds: policy.banSeconds })
      .then((agreed) => {
        const why = agreed.kind === 'agreed' ? agreed.result.kind : agreed.kind
        if (why !== 'done') log.warn({ source, why }, 'a ban was not agreed on; this node shuns the source meanwhile')
      })
  }
}
