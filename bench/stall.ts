/** How long the event loop of a thread stands still. */

/** ms. */
export interface Stall {
  readonly wall: number
  readonly cpu: number
}

/** CPU of this thread, ms. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/**
 * Watches the turns of this event loop; what it returns tells the longest so far: by the clock, and of CPU, which others on the machine do not
 * add to. To look at each turn keeps a processor busy; `again` may do it less often, and then several turns count as one.
 */
export function watchTurns(again: (look: () => void) => void = (look) => void setImmediate(look)): {
  readonly longest: () => Stall
  readonly stop: () => void
} {
  let longest: Stall = { wall: 0, cpu: 0 }
  let last: Stall = { wall: performance.now(), cpu: cpuMs() }
  let over = false
  const look = (): void => {
    const now = { wall: performance.now(), cpu: cpuMs() }
    longest = { wall: Math.max(longest.wall, now.wall - last.wall), cpu: Math.max(longest.cpu, now.cpu - last.cpu) }
    last = now
    if (!over) again(look)
  }
  again(look)
  return { longest: () => longest, stop: () => void (over = true) }
}

/** The longest turn of the event loop during something. */
export async function longestStall(during: () => Promise<void>): Promise<Stall> {
  const { longest, stop } = watchTurns()
  await turn()
  await during()
  await turn()
  stop()
  return longest()
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
