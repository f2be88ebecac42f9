/** What each table shows: its columns as data, and a row as words. A row's text needs no terminal to decide. */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { Event__Output } from '../../proto/types/raftel/v1/Event.ts'
import type { Registration__Output } from '../../proto/types/raftel/v1/Registration.ts'
import type { Problem } from '../trace/problems.ts'
import { pad, type Share, safe } from './columns.ts'
import { glyphs, symbol, type Theme, type Tone } from './theme.ts'
import { clock, count, span } from './time.ts'

export const VIEWS = ['calls', 'regs', 'nodes', 'events'] as const
export type View = (typeof VIEWS)[number]

/** `now` is the cluster's clock in Unix milliseconds. `ahead`: the highest commit index known. */
export interface Moment {
  readonly now: number
  readonly ahead: number
}

export interface Column<Row> extends Share {
  readonly title: string
  /** What the server calls it in `sort`, '-field' when it orders the other way round; absent: sorted here alone. */
  readonly field?: string
  readonly align?: 'left' | 'right'
  /** Only there while the list is of those with a problem. */
  readonly ofProblems?: true
  cell(row: Row, moment: Moment): string
  /** What it is sorted by. */
  by(row: Row): string | number
}

export interface Table<Row> {
  readonly title: string
  readonly columns: readonly Column<Row>[]
  /** The column sorted by at first, and whether from its high end. */
  readonly first: { readonly column: number; readonly reverse: boolean }
  id(row: Row): string
  /** What filters look at: of what nodes list, the same as there (node/control/views.ts). */
  words(row: Row): readonly string[]
  tone(row: Row): Tone
}

/** An event as it arrived here: `seq` counts up and tells two equal ones apart. */
export type SeenEvent = Event__Output & { readonly seq: number }

/** `problems`: what is wrong with it, where only such calls are shown. */
export type ShownCall = Call__Output & { readonly problems?: readonly Problem[] }

const calls: Table<ShownCall> = {
  title: 'calls',
  first: { column: 1, reverse: false },
  id: (call) => call.id,
  words: (call) => [call.id, call.state, call.from, call.to, call.node, call.media, call.rule, call.target],
  tone: (call) => (call.problems ? 'warning' : call.state === 'answered' ? 'good' : 'plain'),
  columns: [
    { title: 'STATE', field: 'state', min: 8, drop: 2, cell: (call) => call.state, by: (call) => call.state },
    {
      title: 'AGE',
      field: '-startedAt',
      min: 5,
      drop: 3,
      align: 'right',
      cell: (call, { now }) => span(now - call.startedAt),
      by: (call) => -call.startedAt,
    },
    {
      title: 'FROM',
      field: 'from',
      min: 16,
      max: 40,
      grow: 3,
      drop: 0,
      cell: (call) => call.from,
      by: (call) => call.from,
    },
    { title: 'TO', field: 'to', min: 16, max: 40, grow: 3, drop: 0, cell: (call) => call.to, by: (call) => call.to },
    {
      title: 'NODE',
      field: 'node',
      min: 5,
      max: 12,
      grow: 1,
      drop: 4,
      cell: (call) => call.node,
      by: (call) => call.node,
    },
    { title: 'MEDIA', field: 'media', min: 9, drop: 5, cell: (call) => call.media, by: (call) => call.media },
    {
      title: 'TALK',
      field: '-answeredAt',
      min: 5,
      drop: 6,
      align: 'right',
      cell: (call, { now }) => (call.answeredAt > 0 ? span(now - call.answeredAt) : ''),
      by: (call) => (call.answeredAt > 0 ? -call.answeredAt : -Infinity),
    },
    {
      title: 'RULE',
      field: 'rule',
      min: 8,
      max: 24,
      grow: 1,
      drop: 7,
      cell: (call) => call.rule,
      by: (call) => call.rule,
    },
    { title: 'ID', field: 'id', min: 10, max: 36, grow: 1, drop: 8, cell: (call) => call.id, by: (call) => call.id },
    {
      title: 'PROBLEMS',
      min: 12,
      max: 40,
      grow: 2,
      drop: 1,
      ofProblems: true,
      cell: (call) => call.problems?.join(', ') ?? '',
      by: (call) => call.problems?.join() ?? '',
    },
  ],
}

const regs: Table<Registration__Output> = {
  title: 'registrations',
  first: { column: 0, reverse: false },
  // Several flows of a phone may have one contact.
  id: (reg) => `${reg.aor} ${reg.contact} ${reg.instance} ${reg.regId}`,
  words: (reg) => [reg.aor, reg.contact, reg.transport, reg.node, reg.received, reg.userAgent],
  tone: (reg) => (reg.expires > 0 && reg.state !== 'unverified' ? 'good' : 'warning'),
  columns: [
    { title: 'AOR', field: 'aor', min: 18, max: 40, grow: 3, drop: 0, cell: (reg) => reg.aor, by: (reg) => reg.aor },
    {
      title: 'CONTACT',
      field: 'contact',
      min: 22,
      max: 60,
      grow: 3,
      drop: 3,
      cell: (reg) => reg.contact,
      by: (reg) => reg.contact,
    },
    { title: 'VIA', field: 'transport', min: 4, drop: 4, cell: (reg) => reg.transport, by: (reg) => reg.transport },
    { title: 'NODE', field: 'node', min: 5, max: 12, grow: 1, drop: 1, cell: (reg) => reg.node, by: (reg) => reg.node },
    {
      title: 'EXPIRES',
      field: 'expires',
      min: 7,
      drop: 2,
      align: 'right',
      cell: (reg) => `${reg.state === 'kept' ? '' : '≤'}${span(reg.expires * 1000)}`,
      by: (reg) => reg.expires,
    },
    { title: 'STATE', field: 'state', min: 10, drop: 6, cell: (reg) => reg.state, by: (reg) => reg.state },
    {
      title: 'RECEIVED',
      field: 'received',
      min: 15,
      max: 47,
      grow: 1,
      drop: 5,
      cell: (reg) => reg.received,
      by: (reg) => reg.received,
    },
    { title: 'Q', field: 'q', min: 4, drop: 7, align: 'right', cell: (reg) => String(reg.q), by: (reg) => reg.q },
    {
      title: 'AGENT',
      field: 'userAgent',
      min: 10,
      max: 40,
      grow: 1,
      drop: 6,
      cell: (reg) => reg.userAgent,
      by: (reg) => reg.userAgent,
    },
  ],
}

const nodes: Table<ClusterNode__Output> = {
  title: 'nodes',
  first: { column: 0, reverse: false },
  id: (node) => node.id,
  words: (node) => [
    ...[node.id, node.role, node.reachable ? 'up' : 'lost', node.member, node.media, node.mediaDetail],
    ...[node.sip, node.control, node.hash],
  ],
  tone: (node) => (!node.reachable ? 'bad' : node.media !== 'rtpengine' ? 'warning' : 'good'),
  columns: [
    { title: 'NODE', min: 6, max: 16, grow: 2, drop: 0, cell: (node) => node.id, by: (node) => node.id },
    { title: 'ROLE', min: 9, drop: 0, cell: (node) => node.role, by: (node) => node.role },
    {
      title: 'STATE',
      min: 7,
      drop: 1,
      cell: (node) => (node.reachable ? 'up' : 'lost'),
      by: (node) => (node.reachable ? 1 : 0),
    },
    { title: 'MEMBER', min: 7, drop: 4, cell: (node) => node.member || '-', by: (node) => node.member },
    {
      title: 'APPLIED',
      min: 9,
      drop: 3,
      align: 'right',
      cell: (node) => count(node.applied),
      by: (node) => node.applied,
    },
    {
      title: 'BEHIND',
      min: 7,
      drop: 2,
      align: 'right',
      cell: (node, { ahead }) => (node.reachable ? count(Math.max(0, ahead - node.applied)) : '?'),
      by: (node) => -node.applied,
    },
    { title: 'MEDIA', min: 9, drop: 2, cell: (node) => node.media, by: (node) => node.media },
    { title: 'SIP', min: 15, max: 24, grow: 1, drop: 5, cell: (node) => node.sip, by: (node) => node.sip },
    { title: 'HASH', min: 8, max: 8, drop: 7, cell: (node) => node.hash.slice(0, 8), by: (node) => node.hash },
    { title: 'CONTROL', min: 15, max: 24, grow: 1, drop: 6, cell: (node) => node.control, by: (node) => node.control },
    {
      title: 'MEDIA DETAIL',
      min: 12,
      max: 80,
      grow: 2,
      drop: 8,
      cell: (node) => node.mediaDetail,
      by: (node) => node.mediaDetail,
    },
  ],
}

const SEVERITIES: Readonly<Record<string, Tone>> = { info: 'plain', warning: 'warning', critical: 'bad' }

const events: Table<SeenEvent> = {
  title: 'events',
  first: { column: 0, reverse: true },
  id: (event) => String(event.seq),
  words: (event) => [event.kind, event.severity, event.text, event.subject],
  tone: (event) => SEVERITIES[event.severity] ?? 'plain',
  columns: [
    { title: 'UTC', min: 8, drop: 1, cell: (event) => clock(event.at), by: (event) => event.seq },
    { title: 'KIND', min: 12, drop: 2, cell: (event) => event.kind, by: (event) => event.kind },
    { title: 'WHAT', min: 27, grow: 6, drop: 0, cell: (event) => event.text, by: (event) => event.text },
    {
      title: 'SUBJECT',
      min: 28,
      max: 48,
      grow: 1,
      drop: 3,
      cell: (event) => event.subject,
      by: (event) => event.subject,
    },
  ],
}

/** Methods of a table take only rows that came from the same table. */
export const TABLES: Readonly<Record<View, Table<object>>> = { calls, regs, nodes, events }

/** Room that a line spends before its first column: the cursor, the state's symbol and a space after each. */
export const MARGIN = 4

/** One line of a table, exactly `columns` wide when the widths were made for `columns - MARGIN`. */
export function rowLine(
  view: View,
  row: object,
  sizes: readonly number[],
  selected: boolean,
  moment: Moment,
  theme: Theme,
): string {
  const table = TABLES[view]
  const { cursor, ellipsis } = glyphs(theme)
  const cells = table.columns.flatMap((column, i) => {
    const size = sizes[i] ?? 0
    return size > 0 ? [pad(safe(column.cell(row, moment), theme.ascii), size, column.align, ellipsis)] : []
  })
  return `${selected ? cursor : ' '} ${symbol(table.tone(row), theme)} ${cells.join(' ')}`
}

/** The line of column titles above them; the one sorted by carries an arrow. */
export function titleLine(
  view: View,
  sizes: readonly number[],
  sort: { column: number; reverse: boolean },
  theme: Theme,
): string {
  const { up, down, ellipsis } = glyphs(theme)
  const cells = TABLES[view].columns.flatMap((column, i) => {
    const size = sizes[i] ?? 0
    const title = i === sort.column ? column.title + (sort.reverse ? down : up) : column.title
    return size > 0 ? [pad(title, size, column.align, ellipsis)] : []
  })
  return ' '.repeat(MARGIN) + cells.join(' ')
}
