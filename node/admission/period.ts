/** When the day or month began that a time is in, where somebody lives. */

const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether this is a zone that is known here: an IANA name. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** Unix ms. */
export function beginOf(period: 'day' | 'month', zone: string, at: number): number {
  const { year, month, day } = local(zone, at)
  const midnight = Date.UTC(year, month - 1, period === 'day' ? day : 1)
  // What the clocks there show less what they show here, at midnight there: found in two steps, since it may have changed since.
  const guess = midnight - offset(zone, midnight)
  return midnight - offset(zone, guess)
}

/** Hour of the day, 0 to 23. */
export function hourOf(zone: string, at: number): number {
  return local(zone, at).hour
}

function offset(zone: string, at: number): number {
  const { year, month, day, hour, minute, second } = local(zone, at)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

function local(zone: string, at: number) {
  const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  for (const { type, value } of formatOf(zone).formatToParts(at))
    if (type in parts) parts[type as 'day'] = Number(value)
  return parts
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const numeric = 'numeric'
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    calendar: 'gregory',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  formats.set(timeZone, made)
  return made
}
