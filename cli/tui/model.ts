/** What is on the screen, everything that can happen to it, and what it asks for in return. */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { CallPage__Output } from '../../proto/types/raftel/v1/CallPage.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { Event__Output } from '../../proto/types/raftel/v1/Event.ts'
import type { Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'
import type { Overview__Output } from '../../proto/types/raftel/v1/Overview.ts'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import type { RegistrationPage__Output } from '../../proto/types/raftel/v1/RegistrationPage.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { PROBLEMS, type Problem } from '../trace/problems.ts'
import type { ExplainPage, LadderPage, MessagePage } from './ladder.ts'
import { arrange, emptyList, type List } from './list.ts'
import { type SeenEvent, type ShownCall, VIEWS, type View } from './rows.ts'

/** Everything the cluster has told so far; `at`: when the newest overview came, by the clock of this terminal. */
export interface Live {
  readonly overview?: Overview__Output
  readonly cluster?: ClusterStatus__Output
  readonly calls?: CallPage__Output
  readonly regs?: RegistrationPage__Output
  readonly plan?: Plan__Output
  /** What is wrong with which live call; absent until somebody wants to know. */
  readonly problems?: ReadonlyMap<string, readonly Problem[]>
  readonly events: readonly SeenEvent[]
  readonly at: number
}

/** `rates`: packets per second of each stream, counted between the last two answers. */
export type Page =
  | { readonly kind: 'table' }
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'plan'; readonly top: number }
  | {
      readonly kind: 'call'
      readonly id: string
      readonly top: number
      readonly call?: Call__Output
      readonly at: number
      readonly rates: readonly number[]
      readonly gone: boolean
    }
  | LadderPage
  | MessagePage
  | ExplainPage

export type Prompt =
  | { readonly kind: 'none' }
  | { readonly kind: 'filter'; readonly text: string }
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'hang up'; readonly id: string; readonly text: string }
  | { readonly kind: 'save'; readonly text: string }

export const PRESETS = ['problems', 'slow-setup', 'one-way', 'nat'] as const
export type Preset = (typeof PRESETS)[number]

const MEANT: Readonly<Record<Preset, readonly Problem[]>> = {
  problems: PROBLEMS,
  'slow-setup': ['slow set-up'],
  'one-way': ['one-way'],
  nat: ['nat'],
}

export interface Notice {
  readonly text: string
  readonly tone: 'good' | 'bad' | 'plain'
}

export interface Model {
  readonly columns: number
  readonly rows: number
  /** Unix milliseconds, by the clock of this terminal; it advances once a second. */
  readonly now: number
  /** What to add to it for the clock of the cluster. */
  readonly skew: number
  readonly readOnly: boolean
  readonly view: View
  /** Of the calls only those with one of these problems. */
  readonly only?: Preset
  readonly lists: Readonly<Record<View, List>>
  readonly page: Page
  readonly prompt: Prompt
  readonly live: Live
  /** What was known when the screen was frozen; collecting goes on in `live`. */
  readonly frozen?: { readonly live: Live; readonly now: number }
  readonly history: { readonly calls: readonly number[]; readonly cps: readonly number[] }
  readonly trouble?: { readonly what: Reply['what']; readonly since: number; readonly text: string }
  readonly noQuorumSince?: number
  readonly notice?: Notice
}

export type Reply =
  | { readonly what: 'overview'; readonly value: Overview__Output }
  | { readonly what: 'cluster'; readonly value: ClusterStatus__Output }
  | { readonly what: 'calls'; readonly value: CallPage__Output }
  | { readonly what: 'regs'; readonly value: RegistrationPage__Output }
  | { readonly what: 'plan'; readonly value: Plan__Output }
  | { readonly what: 'call'; readonly value: Call__Output }
  | { readonly what: 'trace'; readonly value: readonly Traced__Output[]; readonly id: string }
  | { readonly what: 'explain'; readonly value: Explanation__Output }
  | { readonly what: 'problems'; readonly value: ReadonlyMap<string, readonly Problem[]> }
  | { readonly what: 'hang up'; readonly value: { readonly id: string } }
  /** `fresh`: the stream has begun anew, earlier events come again. */
  | { readonly what: 'events'; readonly value: readonly Event__Output[]; readonly fresh: boolean }

export type Input =
  | { readonly type: 'key'; readonly key: string }
  | ({ readonly type: 'reply'; readonly at: number } & Reply)
  | {
      readonly type: 'failure'
      readonly what: Reply['what']
      readonly id?: string
      readonly at: number
      readonly text: string
      readonly gone: boolean
    }
  /** `trouble`: why it was not; empty: it was. */
  | { readonly type: 'saved'; readonly file: string; readonly trouble: string }
  | { readonly type: 'tick'; readonly now: number }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }

export type Effect =
  | { readonly type: 'quit' }
  | { readonly type: 'refresh' }
  | { readonly type: 'hang up'; readonly id: string }
  /** A new file; one that is there is left alone. */
  | { readonly type: 'save'; readonly file: string; readonly bytes: string | Uint8Array }

export interface Step {
  readonly model: Model
  readonly effects: readonly Effect[]
}

/** Lines that are not rows of the list: header 2, alert, title, column titles, prompt or notice, keys. */
const CHROME = 7

export function initial(size: { columns: number; rows: number }, now: number, readOnly: boolean): Model {
  const lists = Object.fromEntries(VIEWS.map((view) => [view, emptyList(view)])) as Record<View, List>
  return {
    ...size,
    now,
    skew: 0,
    readOnly,
    view: 'calls',
    lists,
    page: { kind: 'table' },
    prompt: { kind: 'none' },
    live: { events: [], at: now },
    history: { calls: [], cps: [] },
  }
}

export function just(model: Model, ...effects: Effect[]): Step {
  return { model, effects }
}

/** Rows of a list, or lines of a page, that fit below the header. */
export function height(model: Model): number {
  return Math.max(1, model.rows - CHROME)
}

/** What is drawn: all that is known, or what was known when the screen was frozen. */
export function shown(model: Model): { live: Live; now: number } {
  return model.frozen ?? model
}

/** The rows that a view is made of. */
export function known(live: Live, view: View): readonly object[] {
  switch (view) {
    case 'calls':
      return live.calls?.rows ?? []
    case 'regs':
      return live.regs?.rows ?? []
    case 'nodes':
      return live.cluster?.nodes ?? []
    case 'events':
      return live.events
  }
}

/** The list of `view` put in order again, with `change` made to it. */
export function rearranged(model: Model, view: View, change: Partial<List> = {}): Model {
  const { live } = shown(model)
  const rows = view === 'calls' && model.only ? troubled(live, model.only) : known(live, view)
  const list = arrange(view, { ...model.lists[view], ...change }, rows, height(model))
  return { ...model, lists: { ...model.lists, [view]: list } }
}

function troubled({ calls, problems }: Live, only: Preset): readonly ShownCall[] {
  return (calls?.rows ?? []).flatMap((call) => {
    const has = problems?.get(call.id) ?? []
    return has.some((problem) => MEANT[only].includes(problem)) ? [{ ...call, problems: has }] : []
  })
}
