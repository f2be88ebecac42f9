/** Limits, and credit that is used up by talking. */
import type { Command } from '../../../cluster/tables/commands.ts'
import { agreed, until } from '../../cluster/nodes.ts'
import type { TestNode } from './rig.ts'

export const limit = (key: string, more: object): Command => ({ type: 'limit-set', limit: { key, ...more } })
export const ACCOUNT = 'user:alice@pbx.test'

/** One that costs a hundredth a second, and credit for it. */
export async function prepaid(at: TestNode, amount: number, connect = 0): Promise<void> {
  const rates = [['internal', 600_000, connect, 1, 1, 0, 0, 0, 'all'] as const]
  await agreed(at.cluster, { type: 'deck-piece', deck: 'd', load: 'l', piece: 0, rates })
  await agreed(at.cluster, {
    type: 'deck-use',
    name: 'd',
    load: 'l',
    pieces: 1,
    currency: 'EUR',
    uses: [ACCOUNT],
    at: 1,
  })
  const grant = { id: 'g', amount, reason: 'paid', by: 'ops', at: 1 }
  await agreed(at.cluster, { type: 'credit-add', account: ACCOUNT, currency: 'EUR', grant })
}

export async function nothingHeld(at: TestNode): Promise<void> {
  await until(at.cluster, 'nothing is reserved', () => at.cluster.tables.reservations.size === 0)
}
