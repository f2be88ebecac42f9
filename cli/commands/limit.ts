/** `raftel limit`: how many calls, calls a second and minutes, over the whole cluster. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Limit__Output } from '../../proto/types/raftel/v1/Limit.ts'
import { usage } from '../failure.ts'
import { whole } from '../globals.ts'
import { addList } from '../lists.ts'
import { amountIn, money } from '../money.ts'
import { tellOne } from '../one.ts'
import type { Column } from '../print.ts'

interface Row {
  readonly key: string
  readonly calls: number | null
  /** Now. */
  readonly used: number
  readonly perSecond: number | null
  readonly burst: number | null
  readonly minutes: number | null
  /** Of the period, those that calls have reserved with them. */
  readonly minutesUsed: number | null
  readonly period: string | null
  readonly zone: string | null
  readonly prefixes: string | null
  readonly guard: string | null
  readonly strict: boolean
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'KEY', text: (row) => row.key },
  { title: 'USED', text: (row) => String(row.used), right: true },
  { title: 'CALLS', text: (row) => said(row.calls) + (row.strict ? ' strict' : ''), right: true },
  { title: 'A SECOND', text: (row) => said(row.perSecond), right: true },
  {
    title: 'MINUTES',
    text: (row) => (row.minutes === null ? '-' : `${row.minutesUsed}/${row.minutes} a ${row.period}`),
  },
  { title: 'GUARD', text: (row) => said(row.guard) },
]

interface SetOptions {
  readonly calls?: number
  readonly strict?: boolean
  readonly perSecond?: number
  readonly burst?: number
  readonly minutes?: number
  readonly per?: string
  readonly zone?: string
  readonly prefix?: string
  readonly guard?: string
  readonly newCountry?: boolean
  readonly night?: readonly [number, number]
  readonly spendPerHour?: number
}

export function limitCommand(): Command {
  const set = new Command('set')
    .description('limit calls of a user, group, tenant, trunk, or class of numbers; what is not said is not limited')
    .argument('<key>', 'user:NAME@DOMAIN, group:NAME, tenant:DOMAIN, trunk:NAME or class:NAME')
    .option('--calls <number>', 'calls at once; 0: none', whole)
    .option('--strict', 'calls are never more than that, also when a node is cut off: it ends those that it has')
    .option('--per-second <number>', 'calls begun a second', whole)
    .option('--burst <number>', 'of these at once; by default as many', whole)
    .option('--minutes <number>', 'minutes of conversation a month, or a day', whole)
    .addOption(new Option('--per <period>', 'what minutes are counted by').choices(['day', 'month']))
    .option('--zone <name>', 'where days, months and nights begin, like Europe/Berlin; by default UTC')
    .option('--prefix <digits,…>', 'of a class: what numbers of it begin with')
    .addOption(new Option('--guard <action>', 'what happens when something is unusual').choices(['alert', 'block']))
    .option('--new-country', 'unusual: a country that was never called before')
    .option('--night <from-to>', 'unusual: hours like 22-6', nightIn)
    .option('--spend-per-hour <amount>', 'unusual: that much spent an hour', amountIn)
    .addHelpText('after', SET)
    .action(setLimit)
  const ls = new Command('ls')
    .description('all limits, and what is in use of each')
    .addHelpText('after', '\nExamples:\n  raftel limit ls\n  raftel limit ls --sort -used -o json')
  addList<Limit__Output, Row>(ls, {
    page: (control, request, limits, done) => control.listLimits(request, limits, done),
    row: rowOf,
    columns: COLUMNS,
  })
  const show = new Command('show')
    .description('one limit, and what is in use of it')
    .argument('<key>')
    .addHelpText('after', '\nExamples:\n  raftel limit show tenant:pbx.test -o json')
    .action((key: string, _: object, self: Command) =>
      tellOne(self, (control, limits, done) => control.getLimit({ key }, limits, done), rowOf),
    )
  const rm = new Command('rm')
    .description('remove a limit; calls that run go on')
    .argument('<key>')
    .addHelpText('after', '\nExamples:\n  raftel limit rm trunk:carrier-a')
    .action((key: string, _: object, self: Command) =>
      tellOne(self, (control, limits, done) => control.removeLimit({ key }, limits, done), rowOf, 'once'),
    )
  return new Command('limit')
    .description('limits that are exact over all nodes')
    .addCommand(set)
    .addCommand(ls)
    .addCommand(show)
    .addCommand(rm)
}

const SET = `
Examples:
  raftel limit set tenant:pbx.test --calls 50 --per-second 10
  raftel limit set trunk:carrier-a --calls 30 --strict
  raftel limit set user:alice@pbx.test --minutes 3000 --per month --zone Europe/Berlin
  raftel limit set class:premium --prefix 49900,49137 --calls 0
  raftel limit set user:bob@pbx.test --guard block --new-country --night 22-6 --spend-per-hour 20`

async function setLimit(key: string, options: SetOptions, self: Command): Promise<void> {
  const { per, prefix, guard, newCountry, night, spendPerHour, ...rest } = options
  if (guard === undefined && (newCountry || night || spendPerHour !== undefined)) {
    throw usage('say with --guard alert or --guard block what happens when something is unusual')
  }
  const request = {
    key,
    ...rest,
    ...(per !== undefined && { period: per }),
    ...(prefix !== undefined && { prefixes: prefix.split(',').map((text) => text.trim()) }),
    ...(guard !== undefined && {
      guard: {
        action: guard,
        newCountry: newCountry === true,
        ...(night && { nightFrom: night[0], nightTo: night[1] }),
        ...(spendPerHour !== undefined && { spendPerHour }),
      },
    }),
  }
  // Said twice it is the same, but it may undo what somebody else said meanwhile.
  await tellOne(self, (control, limits, done) => control.setLimit(request, limits, done), rowOf, 'once')
}

function rowOf(limit: Limit__Output): Row {
  const { key, calls, callsUsed, perSecond, burst, minutes, secondsUsed, period, zone, prefixes, guard, strict } = limit
  return {
    key,
    calls: calls ?? null,
    used: callsUsed,
    perSecond: perSecond ?? null,
    burst: burst ?? null,
    minutes: minutes ?? null,
    minutesUsed: minutes === undefined ? null : Math.ceil(secondsUsed / 60),
    period: period || null,
    zone: zone || null,
    prefixes: prefixes.join(',') || null,
    guard: guard ? guardText(guard) : null,
    strict,
  }
}

function guardText({
  action,
  newCountry,
  nightFrom,
  nightTo,
  spendPerHour,
}: NonNullable<Limit__Output['guard']>): string {
  const what = [
    newCountry ? 'new countries' : '',
    nightFrom === undefined ? '' : `night ${nightFrom}-${nightTo}`,
    spendPerHour === undefined ? '' : `${money(spendPerHour)} an hour`,
  ]
  return `${action}: ${what.filter(Boolean).join(', ')}`
}

function nightIn(text: string): readonly [number, number] {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  if (from === undefined || Number(from) > 23 || Number(to) > 23) throw new InvalidArgumentError('write it like 22-6')
  return [Number(from), Number(to)]
}

function said(value: string | number | null): string {
  return value === null ? '-' : String(value)
}
