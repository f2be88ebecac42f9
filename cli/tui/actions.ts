/** What a key does: straight to its action, or into the line being typed. */
import { ENDINGS, fileOf } from '../trace/file.ts'
import { wrongWith } from './filter.ts'
import { type Action, bindingOf, openable } from './keys.ts'
import {
  arrowAt,
  COLOURS,
  isSame,
  type LadderPage,
  ladderBody,
  ladderPage,
  PREVIEW,
  shownStory,
  stepped,
  TITLES_MAX,
} from './ladder.ts'
import { cursor, home, type List, move } from './list.ts'
import { height, just, type Model, type Page, PRESETS, type Prompt, rearranged, type Step } from './model.ts'
import { pageLines } from './pages.ts'
import { TABLES, VIEWS, type View } from './rows.ts'

const TYPED_MAX = 128
// Only the number of lines is asked for here, which no theme changes.
const PLAIN = { colour: false, ascii: true }
/** How much of a call's id is typed to confirm that it is the one meant. */
export const CONFIRM = 4

/** `key`: one character, or a name like 'enter' or 'ctrl-c'. */
export function press(model: Model, key: string): Step {
  if (key === 'ctrl-c') return just(model, { type: 'quit' })
  if (model.prompt.kind !== 'none') return type({ ...model, notice: undefined }, model.prompt, key)
  const binding = bindingOf(key, model.page.kind)
  if (!binding) return just(model)
  const reason = binding.disabled?.(model)
  if (reason) return just({ ...model, notice: { text: reason, tone: 'bad' } })
  return act({ ...model, notice: undefined }, binding.action)
}

function act(model: Model, action: Action): Step {
  const { view, page } = model
  switch (action) {
    case 'calls':
    case 'regs':
    case 'nodes':
    case 'events':
      return go(model, action)
    case 'plan':
      return just({ ...model, page: { kind: 'plan', top: 0 } }, { type: 'refresh' })
    case 'help':
      return just({ ...model, page: page.kind === 'help' ? { kind: 'table' } : { kind: 'help', top: 0 } })
    case 'quit':
      return just(model, { type: 'quit' })
    case 'up':
      return just(scroll(model, -1))
    case 'down':
      return just(scroll(model, 1))
    case 'page up':
      return just(scroll(model, -height(model)))
    case 'page down':
      return just(scroll(model, height(model)))
    case 'first':
      return just(page.kind === 'table' ? withList(model, home(view, model.lists[view])) : scroll(model, -Infinity))
    case 'last':
      return just(scroll(model, Infinity))
    case 'open':
      return just(opened(model), { type: 'refresh' })
    case 'back':
      return page.kind === 'table'
        ? filtered({ ...model, only: view === 'calls' ? undefined : model.only }, '')
        : just({ ...model, page: behind(model, page) }, { type: 'refresh' })
    case 'filter': {
      const text = page.kind === 'ladder' ? page.filter : model.lists[view].filter
      return just({ ...model, prompt: { kind: 'filter', text } })
    }
    case 'command':
      return just({ ...model, prompt: { kind: 'command', text: '' } })
    case 'sort left':
      return sorted(model, -1)
    case 'sort right':
      return sorted(model, 1)
    case 'reverse': {
      const { sort } = model.lists[view]
      return just(rearranged(model, view, { sort: { ...sort, reverse: !sort.reverse } }), { type: 'refresh' })
    }
    case 'problems':
    case 'slow-setup':
    case 'one-way':
    case 'nat': {
      const isShown = page.kind === 'table' && view === 'calls' && model.only === action
      return go({ ...model, only: isShown ? undefined : action }, 'calls')
    }
    case 'freeze':
      return just(model.frozen ? thawed(model) : { ...model, frozen: { live: model.live, now: model.now } })
    case 'ladder':
      return just('id' in page ? { ...model, page: ladderPage(page.id) } : model, { type: 'refresh' })
    case 'explain':
      return just('id' in page ? { ...model, page: { kind: 'explain', id: page.id, top: 0, trouble: '' } } : model, {
        type: 'refresh',
      })
    case 'raw':
    case 'sdp':
    case 'mark':
    case 'extend':
    case 'compress':
    case 'time':
    case 'stats':
    case 'colours':
    case 'autoscroll':
    case 'preview':
    case 'wider':
    case 'narrower':
      return page.kind === 'ladder' ? just({ ...model, page: onLadder(page, action) }) : just(model)
    case 'media':
      return just('id' in page ? { ...model, page: callPage(model, page.id) } : model, { type: 'refresh' })
    case 'save': {
      const name = page.kind === 'ladder' ? `call-${page.id.replace(/[^\w-]/g, '').slice(0, 8)}.pcap` : ''
      return just({ ...model, prompt: { kind: 'save', text: name } })
    }
    case 'hang up':
      return just(page.kind === 'call' ? { ...model, prompt: { kind: 'hang up', id: page.id, text: '' } } : model)
  }
}

/** What was in front before this page. */
function behind(model: Model, page: Page): Page {
  if (page.kind === 'message') return page.back
  if (page.kind === 'ladder' || page.kind === 'explain') return callPage(model, page.id)
  return { kind: 'table' }
}

type OnLadder =
  | ('raw' | 'sdp' | 'mark' | 'extend' | 'compress' | 'time')
  | ('stats' | 'colours' | 'autoscroll' | 'preview' | 'wider' | 'narrower')

function onLadder(page: LadderPage, action: OnLadder): Page {
  const arrow = arrowAt(page)
  switch (action) {
    case 'time':
      return { ...page, clock: page.clock === 'wall' ? 'since' : 'wall' }
    case 'compress':
      return stepped({ ...page, compressed: !page.compressed, top: 0 }, 0, 1)
    case 'extend':
      return stepped({ ...page, extended: !page.extended, top: 0 }, 0, 1)
    case 'colours':
      return { ...page, colours: COLOURS[(COLOURS.indexOf(page.colours) + 1) % COLOURS.length] ?? 'state' }
    case 'autoscroll':
      return page.at < 0 ? stepped(page, 0, Infinity) : { ...page, at: -1 }
    case 'preview':
      return { ...page, preview: page.preview > 0 ? 0 : PREVIEW.first }
    case 'wider':
    case 'narrower': {
      const by = action === 'wider' ? PREVIEW.step : -PREVIEW.step
      return page.preview === 0 ? page : { ...page, preview: Math.max(PREVIEW.least, page.preview + by) }
    }
    case 'stats':
      return arrow ? { kind: 'message', top: 0, back: page, show: 'stats', arrow } : page
    case 'mark': {
      if (!arrow) return page
      const { marked, ...unmarked } = page
      return marked && isSame(marked, arrow) ? unmarked : { ...page, marked: arrow }
    }
    case 'raw':
    case 'sdp': {
      if (!arrow) return page
      const isTwo = action === 'raw' && page.marked !== undefined && !isSame(page.marked, arrow)
      return { kind: 'message', top: 0, back: page, show: isTwo ? 'diff' : action, arrow }
    }
  }
}

function type(model: Model, prompt: Exclude<Prompt, { kind: 'none' }>, key: string): Step {
  switch (key) {
    case 'enter':
      // What is wrong with it stands beside it.
      if (prompt.kind === 'filter' && wrongWith(prompt.text) !== '') return just(model)
      return entered({ ...model, prompt: { kind: 'none' } }, prompt)
    case 'esc': {
      const left: Model = { ...model, prompt: { kind: 'none' } }
      return prompt.kind === 'filter' ? filtered(left, '') : just(left)
    }
    case 'up':
    case 'down':
      return prompt.kind === 'filter' ? just(scroll(model, key === 'up' ? -1 : 1)) : just(model)
    case 'backspace':
      return typed(model, prompt, [...prompt.text].slice(0, -1).join(''))
    case 'ctrl-u':
      return typed(model, prompt, '')
    default:
      // Names of keys are longer than any character.
      return [...key].length > 1 || prompt.text.length >= TYPED_MAX
        ? just(model)
        : typed(model, prompt, prompt.text + key)
  }
}

function typed(model: Model, prompt: Exclude<Prompt, { kind: 'none' }>, text: string): Step {
  const next: Model = { ...model, prompt: { ...prompt, text } }
  return prompt.kind === 'filter' ? filtered(next, text) : just(next)
}

function entered(model: Model, prompt: Exclude<Prompt, { kind: 'none' }>): Step {
  switch (prompt.kind) {
    case 'filter':
      return just(model)
    case 'command':
      return commanded(model, prompt.text.trim())
    case 'save':
      return saving(model, prompt.text.trim())
    case 'hang up':
      if (prompt.text !== prompt.id.slice(0, CONFIRM))
        return refuse(model, 'not hung up: that is not how its id begins')
      return just(
        { ...model, notice: { text: `hanging up ${prompt.id}`, tone: 'plain' } },
        { type: 'hang up', id: prompt.id },
      )
  }
}

function saving(model: Model, file: string): Step {
  const story = model.page.kind === 'ladder' ? shownStory(model.page) : null
  if (!story || story.arrows.length === 0) return refuse(model, 'not saved: no message is shown')
  const bytes = fileOf(file, story)
  if (bytes === null) return refuse(model, `not saved: end its name with one of ${ENDINGS.join(' ')}`)
  return just(model, { type: 'save', file, bytes })
}

const COMMANDS: readonly Action[] = [...VIEWS, 'plan', 'help', 'quit', ...PRESETS]

// The beginning of a command is enough.
function commanded(model: Model, text: string): Step {
  if (text === '') return just(model)
  const [, name = text, filter] = /^(\S+)\s+\/(.*)$/s.exec(text) ?? []
  const action = COMMANDS.find((one) => one.startsWith(name))
  if (!action) return refuse(model, `no command begins with "${name}"; there are ${COMMANDS.join(' ')}`)
  if (filter === undefined) return act(model, action)
  const view = VIEWS.find((one) => one === action)
  if (!view) return refuse(model, `${action} is no list that could be filtered; there are ${VIEWS.join(' ')}`)
  const wrong = wrongWith(filter)
  if (wrong !== '') return refuse(model, `${filter}: ${wrong}`)
  return filtered(go(model, view).model, filter)
}

function refuse(model: Model, text: string): Step {
  return just({ ...model, notice: { text, tone: 'bad' } })
}

function go(model: Model, view: View): Step {
  return just(rearranged({ ...model, view, page: { kind: 'table' } }, view), { type: 'refresh' })
}

function opened(model: Model): Model {
  const id = openable(model)
  if (id === undefined) return model
  return { ...model, page: callPage(model, id) }
}

function callPage(model: Model, id: string): Page {
  const page: Page = { kind: 'call', id, top: 0, at: model.now, rates: [], gone: false }
  const row = (model.live.calls?.rows ?? []).find((call) => call.id === id)
  return row ? { ...page, call: row } : page
}

function filtered(model: Model, filter: string): Step {
  const { page } = model
  if (page.kind === 'ladder') return just({ ...model, page: stepped({ ...page, filter, top: 0 }, 0, 1) })
  return just(rearranged(model, model.view, { filter }), { type: 'refresh' })
}

function sorted(model: Model, by: number): Step {
  const { sort } = model.lists[model.view]
  const last = TABLES[model.view].columns.length - 1
  const column = Math.min(last, Math.max(0, sort.column + by))
  return just(rearranged(model, model.view, { sort: { ...sort, column } }), { type: 'refresh' })
}

function thawed(model: Model): Model {
  return VIEWS.reduce<Model>((next, view) => rearranged(next, view), { ...model, frozen: undefined })
}

function scroll(model: Model, by: number): Model {
  const { page, view } = model
  if (page.kind === 'ladder') {
    const { head } = ladderBody(page, model.columns, PLAIN)
    return { ...model, page: stepped(page, by, height(model) + 1 - Math.min(head.length, TITLES_MAX)) }
  }
  if (page.kind !== 'table') {
    const end = Math.max(0, pageLines(model, PLAIN).length - height(model))
    return { ...model, page: { ...page, top: Math.min(end, Math.max(0, page.top + by)) } }
  }
  const list = model.lists[view]
  const steps = Math.min(list.rows.length, Math.max(-cursor(view, list) - 1, by))
  return withList(model, move(view, list, steps, height(model)))
}

function withList(model: Model, list: List): Model {
  return { ...model, lists: { ...model.lists, [model.view]: list } }
}
