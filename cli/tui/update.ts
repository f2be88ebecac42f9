/** How each thing that happens changes what is on the screen. Nothing here waits, asks or draws. */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { Event__Output } from '../../proto/types/raftel/v1/Event.ts'
import type { Overview__Output } from '../../proto/types/raftel/v1/Overview.ts'
import { press } from './actions.ts'
import { traced } from './ladder.ts'
import { refit } from './list.ts'
import { height, type Input, just, type Model, type Page, rearranged, type Step } from './model.ts'
import { type SeenEvent, VIEWS, type View } from './rows.ts'

const EVENTS_MAX = 1000
const HISTORY_MAX = 120

export function update(model: Model, input: Input): Step {
  switch (input.type) {
    case 'key':
      return press(model, input.key)
    case 'tick':
      return just({ ...model, now: input.now })
    case 'saved': {
      const { file, trouble } = input
      const text = trouble === '' ? `saved ${file}` : `not saved: ${trouble}`
      return just({ ...model, notice: { text, tone: trouble === '' ? 'good' : 'bad' } })
    }
    case 'resize':
      return just(resized({ ...model, columns: input.columns, rows: input.rows }))
    case 'failure':
      return just(failed(model, input))
    case 'reply':
      return just(replied(model.trouble?.what === input.what ? { ...model, trouble: undefined } : model, input))
  }
}

function resized(model: Model): Model {
  const lists = { ...model.lists }
  for (const view of VIEWS) lists[view] = refit(view, lists[view], height(model))
  return { ...model, lists }
}

function failed(model: Model, { what, id, at, text, gone }: Extract<Input, { type: 'failure' }>): Model {
  if (what === 'hang up') return { ...model, notice: { text: `not hung up: ${text}`, tone: 'bad' } }
  if (what === 'call' && gone) {
    const { page } = model
    return page.kind === 'call' && page.id === id ? { ...model, page: { ...page, gone: true } } : model
  }
  if (what === 'trace' || what === 'explain') {
    const { page } = model
    const asked = what === 'trace' ? 'ladder' : 'explain'
    // What is there stays there: of a call that is over nothing more comes.
    return page.kind === asked && page.id === id ? { ...model, page: { ...page, trouble: text } as Page } : model
  }
  // What everything depends on is said before what one table misses.
  if (what !== 'overview' && model.trouble?.what === 'overview') return model
  const since = model.trouble?.what === what ? model.trouble.since : at
  return { ...model, trouble: { what, since, text } }
}

function replied(model: Model, reply: Extract<Input, { type: 'reply' }>): Model {
  switch (reply.what) {
    case 'overview':
      return overviewed(model, reply.value, reply.at)
    case 'cluster':
      return listed({ ...model, live: { ...model.live, cluster: reply.value } }, 'nodes')
    case 'calls':
      return listed({ ...model, live: { ...model.live, calls: reply.value } }, 'calls')
    case 'problems':
      return listed({ ...model, live: { ...model.live, problems: reply.value } }, 'calls')
    case 'regs':
      return listed({ ...model, live: { ...model.live, regs: reply.value } }, 'regs')
    case 'plan':
      return { ...model, live: { ...model.live, plan: reply.value } }
    case 'events':
      return listed({ ...model, live: { ...model.live, events: remember(model.live.events, reply) } }, 'events')
    case 'call':
      return { ...model, page: called(model.page, reply.value, reply.at) }
    case 'trace': {
      const { page } = model
      // A page that was opened since the screen was frozen has nothing yet.
      if (page.kind !== 'ladder' || page.id !== reply.id || (model.frozen && page.story)) return model
      return { ...model, page: traced(page, reply.value) }
    }
    case 'explain': {
      const { page } = model
      return page.kind === 'explain' && page.id === reply.value.id && !(model.frozen && page.told)
        ? { ...model, page: { ...page, told: reply.value, trouble: '' } }
        : model
    }
    case 'hang up':
      return { ...model, notice: { text: `hung up · raftel call hangup ${reply.value.id}`, tone: 'good' } }
  }
}

function listed(model: Model, view: View): Model {
  return model.frozen ? model : rearranged(model, view)
}

function overviewed(model: Model, overview: Overview__Output, at: number): Model {
  const before = model.live.overview
  const seconds = before ? (overview.now - before.now) / 1000 : 0
  // Each node counts for itself since its own start: only two answers of one life of one node make a rate.
  const same = before?.node === overview.node && before.startedAt === overview.startedAt && seconds > 0
  const cps = same ? Math.max(0, overview.callsStartedTotal - before.callsStartedTotal) / seconds : 0
  const lost = before !== undefined && before.node !== overview.node
  return {
    ...model,
    live: { ...model.live, overview, at },
    skew: overview.now - at,
    history: { calls: push(model.history.calls, overview.calls), cps: push(model.history.cps, cps) },
    noQuorumSince: overview.quorum ? undefined : (model.noQuorumSince ?? at),
    notice: lost
      ? { text: `${before.node} no longer answers, asking ${overview.node} now`, tone: 'plain' }
      : model.notice,
  }
}

function push(values: readonly number[], value: number): readonly number[] {
  return [...values.slice(-(HISTORY_MAX - 1)), value]
}

function remember(
  events: readonly SeenEvent[],
  reply: { value: readonly Event__Output[]; fresh: boolean },
): readonly SeenEvent[] {
  const first = (events.at(-1)?.seq ?? 0) + 1
  const more = reply.value.map((event, i) => ({ ...event, seq: first + i }))
  return [...(reply.fresh ? [] : events), ...more].slice(-EVENTS_MAX)
}

function called(page: Page, call: Call__Output, at: number): Page {
  if (page.kind !== 'call' || page.id !== call.id) return page
  const seconds = (at - page.at) / 1000
  const before = page.call?.streams ?? []
  const rates = call.streams.map((stream, i) => {
    const last = before[i]
    return last && seconds > 0 ? Math.max(0, stream.packets - last.packets) / seconds : 0
  })
  return { ...page, call, at, rates, gone: false }
}
