/** A trunk is up or down also by what real calls hear of it. */
import type { Desk } from './desk.ts'
import type { Said } from './steps.ts'

/** `said`: of those that were asked by it, in their order. */
export function tellTrunk({ trunks }: Pick<Desk, 'trunks'>, trunk: string, said: readonly Said[]): void {
  const [last] = said.slice(-1)
  // A phone that rings there for nothing says that the way is good.
  if (last) trunks?.outcome(trunk, last.late && last.rang ? 200 : last.status)
}
