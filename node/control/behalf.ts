/**
 * What a node shows another when it asks: that it is of the cluster, and for whom. It is good for one method at one node, once, for two minutes: who reads
 * one on the way can ask nothing else with it.
 */
import { timingSafeEqual } from 'node:crypto'
import { proof } from '../../cluster/seal.ts'
import type { Cause } from '../../cluster/tables/commands.ts'

export interface Behalf {
  /** The node that asks. */
  readonly name: string
  /** For whom; null: for itself. */
  readonly cause: Cause | null
}

export interface Question {
  /** The node that is asked. */
  readonly node: string
  /** As gRPC has it: /package.Service/Method. */
  readonly method: string
  /** Wall clock, ms. */
  readonly now: number
}

/** How far the clocks of two nodes may be apart, with the way between them. */
export const FRESH_MS = 2 * 60_000
/** Of those that were shown and could be shown again; more than nodes ask in that time. */
const SHOWN_MAX = 10_000

/** `nonce`: never the same twice. */
export function behalf(
  key: Uint8Array,
  { name, cause }: Behalf,
  { node, method, now }: Question,
  nonce: string,
): string {
  const said = JSON.stringify([name, now, cause, node, method, nonce])
  return `${Buffer.from(said).toString('base64')}.${proof(key, 'control', said)}`
}

export type Shown = (value: string, question: Question) => Behalf | null

/** Reads what is shown to this node; null: it proves nothing here, or did already. */
export function readBehalves(key: Uint8Array): Shown {
  /** Until when each could be shown again, ms; the oldest first. */
  const shown = new Map<string, number>()
  return (value, { node, method, now }) => {
    const [body = '', given = ''] = value.split('.')
    const said = Buffer.from(body, 'base64').toString()
    const [own, other] = [proof(key, 'control', said), given].map((one) => Buffer.from(one))
    if (own!.length !== other!.length || !timingSafeEqual(own!, other!)) return null
    const [name, at, cause, to, what] = JSON.parse(said) as [string, number, Cause | null, string?, string?]
    if (to !== node || what !== method || Math.abs(now - at) >= FRESH_MS || shown.has(given)) return null
    for (const [old, until] of shown) {
      if (until > now && shown.size < SHOWN_MAX) break
      shown.delete(old)
    }
    shown.set(given, at + FRESH_MS)
    return { name, cause }
  }
}
