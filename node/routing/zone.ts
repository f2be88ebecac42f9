/** What the clocks of a time zone show (IANA, as the runtime knows it). Asking the runtime is slow: what it says is kept for a quarter of an hour of time. */

/** Zones change their clocks at whole quarters of an hour. */
const QUARTER_MS = 15 * 60_000
const KEPT_MAX = 4096
/** Where `Date` ends (ECMA-262 §21.4.1.1). */
const END_OF_TIME = 8.64e15

interface Zone {
  readonly format: Intl.DateTimeFormat
  /** By quarters since 1970. */
  readonly offsets: Map<number, number>
}

const zones = new Map<string, Zone | null>()

export function isZone(name: string): boolean {
  return zoneOf(name) !== null
}

/** What the clocks show, as the milliseconds at which UTC shows the same. A zone that is not known is UTC. */
export function localTime(name: string, at: number): number {
  const when = Math.abs(at) < END_OF_TIME - 2 * 86_400_000 ? at : 0
  return when + offsetAt(name, when)
}

/** When the clocks show this; of two such moments the earlier, and where they skip it, as if they had not changed yet. */
export function momentOf(name: string, local: number): number {
  const early = local - offsetAt(name, local - 86_400_000)
  if (early + offsetAt(name, early) === local) return early
  const late = local - offsetAt(name, local + 86_400_000)
  return late + offsetAt(name, late) === local ? late : early
}

function offsetAt(name: string, at: number): number {
  const zone = zoneOf(name)
  if (zone === null) return 0
  const quarter = Math.floor(at / QUARTER_MS)
  let offset = zone.offsets.get(quarter)
  if (offset === undefined) {
    offset = askedOffset(zone.format, quarter * QUARTER_MS)
    if (zone.offsets.size >= KEPT_MAX) zone.offsets.clear()
    zone.offsets.set(quarter, offset)
  }
  return offset
}

function askedOffset(format: Intl.DateTimeFormat, at: number): number {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of format.formatToParts(at)) shown[type] = Number(value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
  return Date.UTC(year, month - 1, day, hour, minute, second) - at
}

function zoneOf(name: string): Zone | null {
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = made(name)
    if (zones.size >= KEPT_MAX) zones.clear()
    zones.set(name, zone)
  }
  return zone
}

function made(timeZone: string): Zone | null {
  if (!/^[A-Za-z_]{1,32}(?:\/[A-Za-z0-9_+-]{1,32}){0,2}$/.test(timeZone)) return null
  try {
    return { format: new Intl.DateTimeFormat('en-US', { ...FIELDS, timeZone }), offsets: new Map() }
  } catch {
    return null
  }
}

const FIELDS = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const
