/** Every key there is, as data: the dispatcher, the footer and the help page all read this one table. */

import { ARROWS_MIN, PREVIEW } from './ladder.ts'
import { chosen } from './list.ts'
import type { Model, Page, Preset } from './model.ts'
import type { SeenEvent } from './rows.ts'

export type Action =
  | 'calls'
  | 'regs'
  | 'nodes'
  | 'events'
  | 'plan'
  | 'up'
  | 'down'
  | 'page up'
  | 'page down'
  | 'first'
  | 'last'
  | 'open'
  | 'back'
  | 'filter'
  | 'command'
  | 'sort left'
  | 'sort right'
  | 'reverse'
  | Preset
  | 'freeze'
  | 'hang up'
  | 'ladder'
  | 'explain'
  | 'raw'
  | 'sdp'
  | 'mark'
  | 'extend'
  | 'compress'
  | 'time'
  | 'stats'
  | 'colours'
  | 'autoscroll'
  | 'preview'
  | 'wider'
  | 'narrower'
  | 'media'
  | 'save'
  | 'help'
  | 'quit'

/** `label`: the keys as a person reads them. `footer`: the word beside them on the last line, absent: only in the help. */
export interface Binding {
  readonly action: Action
  readonly keys: readonly string[]
  readonly label: string
  readonly description: string
  readonly footer?: string
  readonly on: readonly Page['kind'][]
  /** Why it cannot be done now. */
  readonly disabled?: (model: Model) => string | undefined
}

const TABLE = ['table'] as const
const LADDER = ['ladder'] as const
const PAGES = ['call', 'message', 'explain', 'help', 'plan'] as const
const BUT_LADDER = [...TABLE, ...PAGES] as const
const ALL = [...BUT_LADDER, ...LADDER] as const

export const BINDINGS: readonly Binding[] = [
  {
    action: 'open',
    keys: ['enter'],
    label: 'enter',
    description: 'the page of the chosen call',
    footer: 'open',
    on: TABLE,
    disabled: noPage,
  },
  { action: 'back', keys: ['esc'], label: 'esc', description: 'clear the filter, show all', on: TABLE },
  {
    action: 'back',
    keys: ['esc'],
    label: 'esc',
    description: 'back to where it was opened',
    footer: 'back',
    on: [...PAGES, ...LADDER],
  },
  {
    action: 'ladder',
    keys: ['enter', 'l'],
    label: 'enter',
    description: 'the SIP of this call on all nodes, as a ladder',
    footer: 'ladder',
    on: ['call', 'explain'],
  },
  {
    action: 'explain',
    keys: ['e'],
    label: 'e',
    description: 'why this call went where it went',
    footer: 'explain',
    on: ['call', ...LADDER],
  },
  {
    action: 'hang up',
    keys: ['x'],
    label: 'x',
    description: 'hang this call up, after a typed confirmation',
    footer: 'hang up',
    on: ['call'],
    disabled: noHangUp,
  },
  {
    action: 'raw',
    keys: ['enter', 'r'],
    label: 'enter',
    description: 'the chosen message; with one that is marked, how they differ',
    footer: 'message',
    on: LADDER,
  },
  {
    action: 'filter',
    keys: ['f', '/'],
    label: 'f',
    description: 'only messages with a text, like INVITE; /re, !not, -f fuzzy',
    footer: 'filter',
    on: LADDER,
  },
  {
    action: 'save',
    keys: ['E'],
    label: 'E',
    description: 'save what is shown as .pcap, .txt or .mmd (Mermaid)',
    footer: 'export',
    on: LADDER,
  },
  { action: 'sdp', keys: ['d'], label: 'd', description: 'the body of the chosen message', footer: 'sdp', on: LADDER },
  {
    action: 'mark',
    keys: [' '],
    label: 'space',
    description: 'mark the chosen message, to compare it with another',
    footer: 'mark',
    on: LADDER,
  },
  {
    action: 'extend',
    keys: ['x'],
    label: 'x',
    description: 'all legs, or that of the caller alone',
    footer: 'legs',
    on: LADDER,
  },
  {
    action: 'compress',
    keys: ['s'],
    label: 's',
    description: 'leave out what was sent again',
    footer: 'compress',
    on: LADDER,
  },
  {
    action: 'time',
    keys: ['w'],
    label: 'w',
    description: 'times by the clock, or since the first message',
    footer: 'time',
    on: LADDER,
  },
  {
    action: 'preview',
    keys: ['t'],
    label: 't',
    description: 'the chosen message beside the arrows, or not',
    footer: 'preview',
    on: LADDER,
    disabled: noPreview,
  },
  { action: 'wider', keys: ['9'], label: '9', description: 'more room for it', on: LADDER },
  { action: 'narrower', keys: ['0'], label: '0', description: 'less room for it', on: LADDER },
  { action: 'media', keys: ['m'], label: 'm', description: 'the page of the call: legs and media', on: LADDER },
  { action: 'stats', keys: ['i'], label: 'i', description: 'this call in numbers', footer: 'numbers', on: LADDER },
  {
    action: 'colours',
    keys: ['c'],
    label: 'c',
    description: 'colours tell the state, the leg or the method',
    on: LADDER,
  },
  { action: 'autoscroll', keys: ['A'], label: 'A', description: 'stay with the newest message', on: LADDER },
  {
    action: 'filter',
    keys: ['/'],
    label: '/',
    description: 'only rows with a text; /re, !not, -f fuzzy',
    footer: 'filter',
    on: TABLE,
  },
  {
    action: 'problems',
    keys: ['ctrl-z'],
    label: '^z',
    description: 'only calls that something is wrong with, or all',
    footer: 'problems',
    on: TABLE,
  },
  {
    action: 'command',
    keys: [':'],
    label: ':',
    description: 'go: calls regs nodes events plan problems slow-setup one-way nat help quit',
    footer: 'go',
    on: ALL,
  },
  { action: 'help', keys: ['?'], label: '?', description: 'these keys', footer: 'help', on: ALL },
  {
    action: 'quit',
    keys: ['q', 'ctrl-c'],
    label: 'q',
    description: 'leave the screen; the cluster goes on',
    footer: 'quit',
    on: ALL,
  },
  {
    action: 'freeze',
    keys: ['p'],
    label: 'p',
    description: 'freeze the screen; collecting goes on',
    footer: 'freeze',
    on: ALL,
  },
  {
    action: 'reverse',
    keys: ['r', 'z'],
    label: 'r',
    description: 'sort the other way round',
    footer: 'reverse',
    on: TABLE,
  },
  {
    action: 'sort left',
    keys: ['<'],
    label: '<',
    description: 'sort by the column to the left',
    footer: 'sort',
    on: TABLE,
  },
  {
    action: 'sort right',
    keys: ['>'],
    label: '>',
    description: 'sort by the column to the right',
    footer: 'sort',
    on: TABLE,
  },
  { action: 'calls', keys: ['1'], label: '1', description: 'live calls', on: ALL },
  { action: 'regs', keys: ['2'], label: '2', description: 'registrations', on: ALL },
  { action: 'nodes', keys: ['3'], label: '3', description: 'nodes of the cluster', on: ALL },
  { action: 'events', keys: ['4'], label: '4', description: 'what happened', on: ALL },
  { action: 'plan', keys: ['5'], label: '5', description: 'the routing plan in force', on: ALL },
  { action: 'down', keys: ['down', 'j'], label: 'j', description: 'down, like the arrow', on: ALL },
  { action: 'up', keys: ['up', 'k'], label: 'k', description: 'up, like the arrow', on: ALL },
  { action: 'page down', keys: ['pagedown', ' '], label: 'PgDn', description: 'a screen down', on: BUT_LADDER },
  { action: 'page down', keys: ['pagedown'], label: 'PgDn', description: 'a screen down', on: LADDER },
  { action: 'page up', keys: ['pageup'], label: 'PgUp', description: 'a screen up', on: ALL },
  { action: 'first', keys: ['g', 'home'], label: 'g', description: 'to the top, and stay there', on: ALL },
  { action: 'last', keys: ['G', 'end'], label: 'G', description: 'to the bottom', on: ALL },
]

export function bindingOf(key: string, page: Page['kind']): Binding | undefined {
  return BINDINGS.find((binding) => binding.keys.includes(key) && binding.on.includes(page))
}

/** The keys worth a place on the last line, in order; those that share a word share a place. */
export function footer(model: Model): { keys: string; word: string }[] {
  const places: { keys: string; word: string }[] = []
  for (const binding of BINDINGS) {
    if (!binding.footer || !binding.on.includes(model.page.kind) || binding.disabled?.(model)) continue
    const same = places.find((place) => place.word === binding.footer)
    if (same) same.keys += binding.label
    else
      places.push({ keys: binding.label, word: binding.action === 'freeze' && model.frozen ? 'go on' : binding.footer })
  }
  return places
}

/** The call that enter would open. */
export function openable(model: Model): string | undefined {
  const row = chosen(model.view, model.lists[model.view])
  if (!row) return undefined
  if (model.view === 'calls') return (row as { id: string }).id
  if (model.view !== 'events') return undefined
  const event = row as SeenEvent
  return event.kind === 'call' && event.subject ? event.subject : undefined
}

function noPage(model: Model): string | undefined {
  if (openable(model) !== undefined) return undefined
  return model.view === 'calls' ? 'no call is chosen' : 'only calls have a page'
}

function noPreview({ columns }: Model): string | undefined {
  return columns < ARROWS_MIN + PREVIEW.least ? 'the terminal is too narrow for it; enter shows the message' : undefined
}

function noHangUp(model: Model): string | undefined {
  if (model.readOnly) return 'this screen is read-only: start it without --read-only to hang calls up'
  if (model.page.kind === 'call' && model.page.gone) return 'the call has ended'
  return undefined
}
