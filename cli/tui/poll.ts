/** Asks the cluster, at most once a second, for what the screen shows; nothing is asked again before it was answered. */
import type { Event__Output } from '../../proto/types/raftel/v1/Event.ts'
import { SLOW_MS } from '../trace/problems.ts'
import { filterSort } from './asking.ts'
import { judged } from './judged.ts'
import type { Input, Model, Reply } from './model.ts'
import { explain, type TuiClient } from './source.ts'

export interface Poller {
  start(): void
  /** What is on the screen has changed: ask now, unless it was asked for less than a second ago. */
  refresh(): void
  hangUp(id: string): void
  stop(): void
}

const PERIOD_MS = 1000
const JUDGE_MS = 3_000
const AT_ONCE = 4

export function poller(client: TuiClient, model: () => Model, happen: (input: Input) => void): Poller {
  const gone = new AbortController()
  const asked = new Map<string, number>()
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined

  const ask = async (what: Reply['what'], key: string, send: () => Promise<Reply>, id?: string) => {
    if (waiting.has(key) || gone.signal.aborted) return
    waiting.add(key)
    asked.set(key, Date.now())
    const input = await send().then(
      (reply): Input => ({ type: 'reply', at: Date.now(), ...reply }),
      (error): Input => ({
        type: 'failure',
        what,
        ...(id === undefined ? {} : { id }),
        at: Date.now(),
        ...explain(error),
      }),
    )
    waiting.delete(key)
    if (!gone.signal.aborted) happen(input)
  }

  const overview = () => ask('overview', 'overview', async () => ({ what: 'overview', value: await client.overview() }))
  const cluster = () => ask('cluster', 'cluster', async () => ({ what: 'cluster', value: await client.cluster() }))

  // Each call is asked about on its own: seldom, and gently.
  const judge = () => {
    const { live, now, skew } = model()
    const calls = live.calls?.rows
    if (!calls || Date.now() - (asked.get('problems') ?? 0) < JUDGE_MS) return
    const how = {
      now: now + skew,
      slowMs: SLOW_MS,
      atOnce: AT_ONCE,
      isOver: () => gone.signal.aborted,
    }
    ask('problems', 'problems', async () => ({ what: 'problems', value: await judged(calls, client, how) }))
  }

  // What the page or table in front is made of; the key tells two different questions apart.
  const front = (atOnce: boolean) => {
    const { page, view } = model()
    const fresh = (key: string) => atOnce && Date.now() - (asked.get(key) ?? 0) < PERIOD_MS
    if (page.kind === 'call') {
      const { id } = page
      if (!page.gone && !fresh(id)) ask('call', id, async () => ({ what: 'call', value: await client.call(id) }), id)
    } else if (page.kind === 'ladder') {
      const { id } = page
      const key = `trace ${id}`
      if (!fresh(key)) ask('trace', key, async () => ({ what: 'trace', value: await client.trace(id), id }), id)
    } else if (page.kind === 'explain') {
      const { id } = page
      const key = `explain ${id}`
      if (!fresh(key)) ask('explain', key, async () => ({ what: 'explain', value: await client.explain(id) }), id)
    } else if (page.kind === 'plan') {
      if (!fresh('plan')) ask('plan', 'plan', async () => ({ what: 'plan', value: await client.plan() }))
    } else if (page.kind === 'table' && view === 'calls') {
      const query = filterSort(model())
      if (!fresh('calls')) ask('calls', 'calls', async () => ({ what: 'calls', value: await client.calls(query) }))
      if (model().only) judge()
    } else if (page.kind === 'table' && view === 'regs') {
      const query = filterSort(model())
      if (!fresh('regs')) ask('regs', 'regs', async () => ({ what: 'regs', value: await client.registrations(query) }))
    }
  }

  // Aligned to the second, so that all ages on the screen change in one frame.
  const tick = () => {
    const now = Date.now()
    timer = setTimeout(tick, PERIOD_MS - (now % PERIOD_MS) + 1)
    if (asked.size > 1000) asked.clear()
    happen({ type: 'tick', now })
    overview()
    cluster()
    front(false)
  }

  const listen = async () => {
    try {
      await collect(client.events(gone.signal), (value, fresh) =>
        happen({ type: 'reply', at: Date.now(), what: 'events', value, fresh }),
      )
    } catch {
      // The overview fails for the same reason and says so on the screen.
    }
    if (!gone.signal.aborted) retry = setTimeout(listen, PERIOD_MS)
  }

  return {
    start() {
      tick()
      listen()
    },
    refresh: () => front(true),
    hangUp: (id) => ask('hang up', `hang up ${id}`, async () => ({ what: 'hang up', value: await client.hangUp(id) })),
    stop() {
      gone.abort()
      clearTimeout(timer)
      clearTimeout(retry)
    },
  }
}

const BATCH_MS = 100

// Handed on in batches: a storm of events changes the screen ten times a second, not ten thousand times.
async function collect(
  events: AsyncIterable<Event__Output>,
  deliver: (batch: Event__Output[], fresh: boolean) => void,
) {
  let fresh = true
  let batch: Event__Output[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    timer = undefined
    deliver(batch, fresh)
    fresh = false
    batch = []
  }
  try {
    for await (const event of events) {
      batch.push(event)
      timer ??= setTimeout(flush, BATCH_MS)
    }
  } finally {
    clearTimeout(timer)
    if (batch.length > 0) flush()
  }
}
