/** How many calls that never rang are recorded: a flood of them must not fill the log. ◆ */

/** On one node, in the long run; and so many at once. */
const PER_SECOND = 20
const AT_ONCE = 100

export function refusals(): { mayRecord(now: number): boolean } {
  let left = AT_ONCE
  let at = 0
  return {
    /** `now` is wall clock, ms: a clock that is set back waits. */
    mayRecord(now) {
      left = Math.min(AT_ONCE, left + (Math.max(0, now - at) / 1000) * PER_SECOND)
      at = now
      if (left < 1) return false
      left--
      return true
    },
  }
}
