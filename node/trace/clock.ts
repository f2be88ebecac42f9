/** The wall clock in µs: as even as the monotonic one, and where the wall clock is when that was set. */
const OFF_MS = 5

export function wallClock(): () => number {
  let origin = Date.now() - performance.now()
  return () => {
    const wall = Date.now()
    const now = performance.now()
    if (Math.abs(wall - origin - now) > OFF_MS) origin = wall - now
    return Math.round((origin + now) * 1000)
  }
}
