/** Waiting for what will be, with a bound. */
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 100

/** Asks until the answer is true; throws after `boundMs`, with what was wrong last. */
export async function until(what: string, ask: () => boolean | Promise<boolean>, boundMs = 10_000): Promise<void> {
  const end = performance.now() + boundMs
  for (let last = ''; ; await pause(LOOK_EVERY_MS)) {
    try {
      if (await ask()) return
    } catch (error) {
      last = `: ${(error as Error).message}`
    }
    if (performance.now() > end) throw new Error(`not within ${boundMs / 1000} s: ${what}${last}`)
  }
}

/** Sleeps, unless it is over before: then false. */
export async function sleep(ms: number, over: AbortSignal): Promise<boolean> {
  if (over.aborted) return false
  return await pause(Math.max(0, ms), true, { signal: over }).catch(() => false)
}
