/**
 * Gives memory back to the system when what it was needed for is over. V8 keeps every page that its heap ever had, for the next time: after a rush, or
 * a snapshot, a process would hold its highest mark for good. A collection of the last resort lets these pages go. It also lets go of much that
 * V8 had learned about the code, which is dear to learn again: so it is done once, when the rush has been over for a while. Each thread has a heap,
 * and does this for itself.
 */
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

const EVERY_MS = 15_000
/** What must be to gain, bytes. */
const WORTH = 48 * 1024 * 1024
/** So many quiet looks in a row end a rush: what the engine keeps of a transaction goes after 32 s. */
export const CALM_LOOKS = 4
/** The part of its time that a thread which has little to do is busy. */
const QUIET = 0.2

export interface Memory {
  /** Gives back what is not needed when the thread has been `quiet` for some looks and the heap has grown much before. True when it did. */
  look(quiet: boolean): boolean
}

/** Null without `--expose-gc`, which bin/raftel sets: only there can it be done. */
export function heapMemory(): Memory | null {
  const { gc } = globalThis
  if (gc === undefined) return null
  let most = 0
  let left = 0
  let quietLooks = 0
  return {
    look(quiet) {
      most = Math.max(most, getHeapStatistics().total_heap_size)
      quietLooks = quiet ? quietLooks + 1 : 0
      if (quietLooks !== CALM_LOOKS || most - left < WORTH) return false
      gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
      left = most = getHeapStatistics().total_heap_size
      return true
    },
  }
}

/** Looks every now and then for as long as the thread lives. */
export function giveMemoryBack(): void {
  const memory = heapMemory()
  if (!memory) return
  let before = performance.eventLoopUtilization()
  setInterval(() => {
    const now = performance.eventLoopUtilization()
    memory.look(performance.eventLoopUtilization(now, before).utilization < QUIET)
    before = now
  }, EVERY_MS).unref()
}
