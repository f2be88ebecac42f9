/** Times of day, weekdays, dates and holidays: how a plan writes them, and whether they are now. By the clocks on the wall of a zone. */
import type { PlanDates, PlanHolidays, PlanSpan, PlanTimes } from '../../cluster/tables/plan-rows.ts'
import { localTime, momentOf } from './zone.ts'

const DAY_MS = 86_400_000
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAY_MINUTES = 24 * 60

export function areNow({ spans }: PlanTimes, zone: string, at: number): boolean {
  return spans.some((span) => isNow(span, localTime(span.zone ?? zone, at)))
}

export function isHoliday({ dates }: PlanHolidays, zone: string, at: number): boolean {
  return isAmong(dates, localTime(zone, at))
}

function isNow(span: PlanSpan, local: number): boolean {
  const { hours } = span
  if (hours === undefined) return isDay(span, local)
  const minute = Math.floor((((local % DAY_MS) + DAY_MS) % DAY_MS) / 60_000)
  return hours.some(({ from, to }) => {
    if (from < to) return minute >= from && minute < to && isDay(span, local)
    // The night belongs to the day that it began on.
    return (minute >= from && isDay(span, local)) || (minute < to && isDay(span, local - DAY_MS))
  })
}

function isDay({ days, dates, months }: PlanSpan, local: number): boolean {
  const date = new Date(local)
  if (days !== undefined && !days.includes(date.getUTCDay() || 7)) return false
  if (months !== undefined && !months.includes(date.getUTCMonth() + 1)) return false
  return dates === undefined || isAmong(dates, local)
}

function isAmong(dates: readonly PlanDates[], local: number): boolean {
  const full = new Date(local).toISOString().slice(0, 10)
  return dates.some(({ from, to }) => {
    const date = from.length === full.length ? full : full.slice(5)
    return from <= to ? date >= from && date <= to : date >= from || date <= to
  })
}

/** A value, or what is wrong with the text. */
type Read<T> = { readonly value: T } | { readonly why: string }

/** `mon-fri, sun` → [1, 2, 3, 4, 5, 7] */
export function readDays(text: string): Read<number[]> {
  return readNames(text, DAYS, 'days are written mon, tue, wed, thu, fri, sat, sun: mon-fri, sun')
}

/** `jun-aug, dec` → [6, 7, 8, 12] */
export function readMonths(text: string): Read<number[]> {
  return readNames(text, MONTHS, 'months are written jan, feb … dec: jun-aug, dec')
}

function readNames(text: string, names: readonly string[], why: string): Read<number[]> {
  const found = new Set<number>()
  for (const part of parts(text)) {
    const [from, to = from, ...more] = part.split('-').map((name) => names.indexOf(name.trim().toLowerCase()))
    if (from === undefined || to === undefined || from < 0 || to < 0 || more.length > 0) return { why }
    for (let i = from; ; i = (i + 1) % names.length) {
      found.add(i + 1)
      if (i === to) break
    }
  }
  return { value: [...found].sort((a, b) => a - b) }
}

/** `09:00-12:30, 13:30-17:00`; a time that is not after its beginning is on the day after. */
export function readHours(text: string): Read<{ from: number; to: number }[]> {
  const value: { from: number; to: number }[] = []
  for (const part of parts(text)) {
    const read = /^(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)$/.exec(part)
    const [from, to] = read === null ? [-1, -1] : [minutes(read[1]!, read[2]!), minutes(read[3]!, read[4]!)]
    if (from < 0 || to < 0 || from === DAY_MINUTES) return { why: 'hours are written 09:00-17:30, from 00:00 to 24:00' }
    value.push({ from, to })
  }
  return { value }
}

function minutes(hour: string, minute: string): number {
  const all = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && all <= DAY_MINUTES ? all : -1
}

/** `2026-12-24..2026-12-31, 01-06`: dates of one year, or of every one. */
export function readDates(text: string): Read<PlanDates[]> {
  const value: PlanDates[] = []
  for (const part of parts(text)) {
    const [from = '', to = from, ...more] = part.split('..').map((date) => date.trim())
    if (!isDate(from) || !isDate(to) || from.length !== to.length || more.length > 0) {
      return { why: 'dates are written 2026-12-24, 12-24 for every year, or from..to' }
    }
    if (from.length === 10 && to < from) return { why: `${to} is before ${from}` }
    value.push({ from, to })
  }
  return { value }
}

function isDate(text: string): boolean {
  if (!/^(?:\d{4}-)?\d\d-\d\d$/.test(text)) return false
  // Every year: also on 29 February.
  const full = text.length === 5 ? `2024-${text}` : text
  const date = new Date(`${full}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(full)
}

/** `2026-12-24T03:00` by the clocks of the zone, or with Z or an offset; null: it is no time. */
export function readMoment(text: string, zone: string): number | null {
  const read = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?$/.exec(text)
  if (read === null || !isDate(read[1]!)) return null
  const [, day, time, offset] = read
  const moment = Date.parse(`${day}T${time}${offset ?? 'Z'}`)
  if (Number.isNaN(moment)) return null
  return offset === undefined ? momentOf(zone, moment) : moment
}

function parts(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}
