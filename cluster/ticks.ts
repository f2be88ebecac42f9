/** Time, as the core counts it. ◆ */
import { STALL_TICKS } from './options.ts'
import type { World } from './world.ts'

/**
 * Ticks until it is stopped. After a stall of the thread, what peers said meanwhile comes first, and the time lost counts as
 * one tick.
 */
export function everyTick(world: Pick<World, 'now' | 'soon' | 'every'>, tickMs: number, tick: () => void): () => void {
  let tickedAt = world.now()
  return world.every(tickMs, () => {
    const at = world.now()
    const stalled = at - tickedAt > STALL_TICKS * tickMs
    tickedAt = at
    if (stalled) world.soon(tick)
    else tick()
  })
}
