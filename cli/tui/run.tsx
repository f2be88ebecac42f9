/** The shell around the screen: asks the cluster, hears the keys, draws frames, and gives the terminal back. */
import './production.ts'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { render } from 'ink'
import { createElement } from 'react'
import { frame } from './frame.ts'
import { type Effect, type Input, initial, type Model } from './model.ts'
import { poller } from './poll.ts'
import type { TuiClient } from './source.ts'
import { theme } from './theme.ts'
import { update } from './update.ts'
import { Screen } from './views/screen.tsx'

export interface TuiOptions {
  readonly client: TuiClient
  /** Refuses everything that changes something. */
  readonly readOnly?: boolean
  /** Frames a second at most; 10. */
  readonly fps?: number
  readonly stdin?: NodeJS.ReadStream
  readonly stdout?: NodeJS.WriteStream
}

// Ctrl-C is a key once the terminal is raw; pressed in the moment before, it comes as SIGINT and means the same.
const SIGNALS = { SIGTERM: 143, SIGHUP: 129, SIGINT: 0 } as const

/** Resolves with the exit code when the operator leaves or the terminal goes away. The caller closes the client. */
export async function runTui(options: TuiOptions): Promise<number> {
  const { client, readOnly = false, fps = 10, stdin = process.stdin, stdout = process.stdout } = options
  if (!stdin.isTTY || !stdout.isTTY) {
    process.stderr.write(
      'raftel tui needs a terminal on both sides; for scripts there is: raftel call ls --watch -o ndjson\n',
    )
    return 2
  }
  const looks = theme(process.env)
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<number>()

  let model: Model = initial(size(stdout), Date.now(), readOnly)
  let drawn: Model | undefined
  let drawnAt = 0
  let pending: NodeJS.Timeout | undefined

  // A bug ends the screen instead of leaving a broken one.
  const guarded = (work: () => void) => {
    try {
      work()
    } catch (error) {
      fail(error)
    }
  }
  // The one door for everything that happens.
  const happen = (input: Input) =>
    guarded(() => {
      const step = update(model, input)
      model = step.model
      for (const effect of step.effects) perform(effect)
      schedule()
    })
  const perform = (effect: Effect) => {
    if (effect.type === 'quit') end(0)
    else if (effect.type === 'refresh') asking.refresh()
    else if (effect.type === 'save') save(effect)
    else asking.hangUp(effect.id)
  }
  const save = ({ file, bytes }: Extract<Effect, { type: 'save' }>) => {
    const place = path.resolve(file)
    writeFile(place, bytes, { flag: 'wx', mode: 0o600 }).then(
      () => happen({ type: 'saved', file: place, trouble: '' }),
      (error: NodeJS.ErrnoException) =>
        happen({
          type: 'saved',
          file: place,
          trouble: error.code === 'EEXIST' ? `${place} is there already; choose another name` : error.message,
        }),
    )
  }
  const onKey = (key: string) => happen({ type: 'key', key })

  const element = () => createElement(Screen, { lines: frame(model, looks), ...sized(model), theme: looks, onKey })
  const draw = () =>
    guarded(() => {
      clearTimeout(pending)
      pending = undefined
      // A terminal that cannot keep up gets fewer frames, not a longer queue of them.
      if (stdout.writableNeedDrain) {
        stdout.off('drain', schedule).once('drain', schedule)
        return
      }
      if (model === drawn) return
      drawn = model
      drawnAt = performance.now()
      screen.rerender(element())
    })
  const schedule = () => {
    pending ??= setTimeout(draw, Math.max(0, drawnAt + 1000 / fps - performance.now()))
  }
  // Before Ink hears of it: it redraws at once, and must find a tree that fits and a screen without what was there,
  // of which it would keep the lines whose text is the same.
  const onResize = () => {
    screen.clear()
    happen({ type: 'resize', ...size(stdout) })
    draw()
  }
  const onSignal = (signal: NodeJS.Signals) => end(SIGNALS[signal as keyof typeof SIGNALS])
  const onLost = () => end(1)

  const asking = poller(client, () => model, happen)
  const screen = render(element(), {
    stdin,
    stdout,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    exitOnCtrlC: false,
    maxFps: Math.max(fps, 1) * 2,
  })
  stdout.prependListener('resize', onResize)
  stdout.on('error', onLost)
  stdin.on('end', onLost).on('error', onLost)
  for (const signal of Object.keys(SIGNALS)) process.on(signal, onSignal)
  asking.start()
  try {
    return await ended
  } finally {
    asking.stop()
    clearTimeout(pending)
    stdout.off('resize', onResize).off('drain', schedule)
    stdin.off('end', onLost).off('error', onLost)
    for (const signal of Object.keys(SIGNALS)) process.off(signal, onSignal)
    screen.unmount()
    await screen.waitUntilExit().catch(() => undefined)
    stdout.off('error', onLost)
    stdin.unref()
  }
}

function size(stdout: NodeJS.WriteStream): { columns: number; rows: number } {
  // A terminal that does not say its size is taken for the classic one.
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 }
}

function sized({ columns, rows }: Model): { columns: number; rows: number } {
  return { columns, rows }
}
