/** Moments and spans, in as few letters as an operator needs. */

/** Time of day in UTC, of Unix milliseconds. */
export function clock(at: number): string {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString().slice(11, 19) : '--:--:--'
}

/** 00:09, 12:44, 3h05, 2d04: always five columns or fewer below 100 days. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return `${Math.floor(hours / 24)}d${two(hours % 24)}`
  if (hours > 0) return `${hours}h${two(minutes % 60)}`
  return `${two(minutes)}:${two(seconds % 60)}`
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** 9981 → '9 981': digits in threes, so that an index can be read. */
export function count(n: number): string {
  return String(Math.floor(n)).replace(/\B(?=(\d{3})+$)/g, ' ')
}
