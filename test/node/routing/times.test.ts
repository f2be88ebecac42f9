/** Times of plans, by the clocks on the wall: also on the days when these are changed. */
import test from 'ava'
import type { PlanSpan } from '../../../cluster/tables/plan-rows.ts'
import {
  areNow,
  isHoliday,
  readDates,
  readDays,
  readHours,
  readMoment,
  readMonths,
} from '../../../node/routing/times.ts'
import { isZone, localTime, momentOf } from '../../../node/routing/zone.ts'

const BERLIN = 'Europe/Berlin'
const value = <T>(read: { readonly value: T } | { readonly why: string }): T => {
  if ('why' in read) throw new Error(read.why)
  return read.value
}
const hours = (text: string): PlanSpan => ({ hours: value(readHours(text)) })
const is = (span: PlanSpan, utc: string, zone = BERLIN) => areNow({ name: 't', spans: [span] }, zone, Date.parse(utc))

test('hours follow the clocks when these go forward and when they go back', (t) => {
  // 29 March 2026: after 01:59:59 comes 03:00.
  const night = hours('02:00-03:00')
  t.false(is(night, '2026-03-29T00:59:59Z'))
  t.false(is(night, '2026-03-29T01:00:00Z'), 'there is no such hour')
  t.true(is(hours('03:00-04:00'), '2026-03-29T01:00:00Z'))
  t.true(is(night, '2026-03-28T01:30:00Z'), 'the night before it was there')
  // 25 October 2026: after 02:59:59 comes 02:00 again.
  for (const moment of [
    '2026-10-25T00:00:00Z',
    '2026-10-25T00:59:59Z',
    '2026-10-25T01:00:00Z',
    '2026-10-25T01:59:59Z',
  ]) {
    t.true(is(night, moment), moment)
  }
  t.false(is(night, '2026-10-25T02:00:00Z'))
  t.true(is(hours('09:00-17:00'), '2026-03-27T08:00:00Z'))
  t.false(is(hours('09:00-17:00'), '2026-03-27T16:00:00Z'))
  t.true(is(hours('09:00-17:00'), '2026-03-30T07:00:00Z'))
  t.false(is(hours('09:00-17:00'), '2026-03-30T15:00:00Z'))
})

test('zones of other halves of the world, and of half hours', (t) => {
  t.true(is(hours('09:00-09:01'), '2026-01-15T22:00:00Z', 'Australia/Sydney'))
  t.true(is(hours('09:00-09:01'), '2026-07-15T23:00:00Z', 'Australia/Sydney'))
  t.true(is(hours('09:00-09:01'), '2026-07-15T03:15:00Z', 'Asia/Kathmandu'))
  for (const twice of ['2026-04-04T14:45:00Z', '2026-04-04T15:10:00Z']) {
    t.true(is(hours('01:30-02:00'), twice, 'Australia/Lord_Howe'), 'a change of half an hour')
  }
  t.true(isZone('America/Argentina/Buenos_Aires'))
  for (const no of ['Mars/Olympus', 'CET+1; x', '', 'Europe/Berlin '.repeat(20)]) t.false(isZone(no), no)
  t.is(localTime('Mars/Olympus', 5), 5, 'what is not known is UTC')
  t.is(localTime(BERLIN, Number.NaN), localTime(BERLIN, 0))
})

test('what is written by the clocks is the moment at which they show it', (t) => {
  t.is(readMoment('2026-12-24T03:00', BERLIN), Date.parse('2026-12-24T02:00Z'))
  t.is(readMoment('2026-07-24 03:00:30', BERLIN), Date.parse('2026-07-24T01:00:30Z'))
  t.is(readMoment('2026-07-24T03:00Z', BERLIN), Date.parse('2026-07-24T03:00Z'))
  t.is(readMoment('2026-07-24T03:00-05:00', BERLIN), Date.parse('2026-07-24T08:00Z'))
  t.is(momentOf(BERLIN, Date.UTC(2026, 9, 25, 2, 30)), Date.parse('2026-10-25T00:30Z'), 'of two the earlier')
  t.is(momentOf(BERLIN, Date.UTC(2026, 2, 29, 2, 30)), Date.parse('2026-03-29T01:30Z'), 'of none, as before the change')
  for (const no of ['2026-02-30T00:00', '24.12.2026', '2026-12-24', '2026-12-24T25:00'])
    t.is(readMoment(no, BERLIN), null, no)
})

test('a night belongs to the day that it began on', (t) => {
  const friday = { days: value(readDays('fri')), ...hours('22:00-06:00') }
  t.true(is(friday, '2026-11-27T22:00:00Z'))
  t.true(is(friday, '2026-11-28T04:59:00Z'))
  t.false(is(friday, '2026-11-28T05:00:00Z'))
  t.false(is(friday, '2026-11-27T03:00:00Z'), 'the night of Thursday')
  const newYear = { dates: value(readDates('2026-12-31')), ...hours('20:00-08:00') }
  t.true(is(newYear, '2027-01-01T06:00:00Z'))
  t.false(is(newYear, '2026-12-31T06:00:00Z'))
  t.true(is(hours('00:00-24:00'), '2026-11-28T22:59:59Z'))
})

test('holidays are dates of one year or of all, also over the end of the year', (t) => {
  const on = (text: string, date: string) =>
    isHoliday({ name: 'h', dates: value(readDates(text)) }, BERLIN, Date.parse(`${date}T12:00Z`))
  t.true(on('12-25', '2031-12-25'))
  t.false(on('2026-12-25', '2031-12-25'))
  t.true(on('12-24..01-02', '2031-01-01'))
  t.true(on('12-24..01-02', '2031-12-24'))
  t.false(on('12-24..01-02', '2031-01-03'))
  t.true(on('2026-12-24..2027-01-02, 05-01', '2030-05-01'))
  t.true(on('02-29', '2028-02-29'))
  t.true(
    isHoliday({ name: 'h', dates: value(readDates('12-25')) }, BERLIN, Date.parse('2026-12-24T23:30Z')),
    'by the clocks of the zone',
  )
})

test('times are read as people write them, or it is said how to', (t) => {
  t.deepEqual(value(readDays('mon-wed, Fri')), [1, 2, 3, 5])
  t.deepEqual(value(readDays('sat-mon')), [1, 6, 7])
  t.deepEqual(value(readMonths('nov-feb')), [1, 2, 11, 12])
  t.deepEqual(value(readHours('8:00 - 12:30,13:00-24:00')), [
    { from: 480, to: 750 },
    { from: 780, to: 1440 },
  ])
  for (const [read, text] of [
    [readDays, 'monday'],
    [readDays, 'mon-tue-wed'],
    [readDays, ''],
    [readHours, '9-17'],
    [readHours, '09:60-17:00'],
    [readHours, '24:00-01:00'],
    [readHours, '23:00-25:00'],
    [readDates, '2026-13-01'],
    [readDates, '2026-02-29'],
    [readDates, '2026-12-24..12-31'],
    [readDates, '2026-12-24..2026-12-01'],
    [readMonths, '13'],
  ] as const) {
    t.true('why' in read(text), text)
  }
})
