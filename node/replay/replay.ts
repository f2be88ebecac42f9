/** All inputs by the plan in force and by another, on all cores: in pieces, so that it is known how far it is and can be given up. */
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PlanRow } from '../../cluster/tables/plan-rows.ts'
import { link } from '../routing/link.ts'
import type { Difference } from '../routing/outcome.ts'
import type { Facts } from '../routing/route.ts'
import { type Again, again, inputIn, knownIn } from './again.ts'

/** Documents, and what decisions by them are said to be by. */
export interface Documents {
  readonly rows: readonly PlanRow[]
  readonly version: number
}

export interface Plans {
  readonly before: Documents
  readonly after: Documents
}

/** What a thread begins with. */
export interface Given extends Plans {
  readonly known: readonly string[]
}

/** Inputs from number `first` on; `tell`: of so many of each kind how they differ. */
export interface Piece {
  readonly first: number
  readonly inputs: readonly string[]
  readonly tell: number
}

export interface Done {
  readonly first: number
  readonly count: number
  readonly told: { readonly index: number; readonly again: Again }[]
  /** Numbers of those that need to be asked what was not asked then. */
  readonly open: number[]
  same: number
  changed: number
  fails: number
  fixed: number
  unread: number
}

export interface Replayed {
  readonly same: number
  readonly changed: number
  readonly fails: number
  readonly fixed: number
  /** Kept by a program that writes them in another way. */
  readonly unread: number
  /** The first of each kind, in the order of the inputs: those that fail before the others. */
  readonly differs: readonly { readonly input: string; readonly again: Again }[]
}

export interface Replaying {
  /** Asked for what was not asked then. */
  readonly facts: Facts
  /** How many of each kind are told. */
  readonly tell: number
  readonly threads?: number
  /** After each piece. */
  progress(done: number, total: number): void
  readonly signal?: AbortSignal
}

const KINDS: readonly Difference[] = ['fails', 'changed', 'fixed']
const PIECE = 2_000
/** Decisions one after the other in this thread, which has calls to serve. */
const TURN = 100
const HEAP_MAX = 512
/** Decisions are short-lived and many: with what V8 gives by itself a third of the time is collecting. */
const YOUNG_MAX = 64

export async function replay(plans: Plans, inputs: readonly string[], replaying: Replaying): Promise<Replayed> {
  const { tell, progress, signal } = replaying
  const pieces: Piece[] = []
  for (let first = 0; first < inputs.length; first += PIECE) {
    pieces.push({ first, inputs: inputs.slice(first, first + PIECE), tell })
  }
  const all: Done[] = []
  let decided = 0
  const threads = Math.min(replaying.threads ?? availableParallelism(), pieces.length)
  await Promise.all(
    Array.from({ length: threads }, () =>
      thread({ ...plans, known: knownIn(replaying.facts) }, pieces, signal, (done) => {
        all.push(done)
        decided += done.count - done.open.length
        progress(decided, inputs.length)
      }),
    ),
  )
  const open = all.flatMap((done) => done.open).sort((a, b) => a - b)
  const rest = await here(plans, inputs, open, replaying, (more) => progress((decided += more), inputs.length))
  return summed([...all, rest], inputs, tell)
}

/** Takes one piece after the other until there are none. */
function thread(
  given: Given,
  pieces: Piece[],
  signal: AbortSignal | undefined,
  heard: (done: Done) => void,
): Promise<void> {
  // The sources run as they are, and so does what they are compiled to.
  const file = new URL(`./worker${path.extname(import.meta.filename)}`, import.meta.url)
  const worker = new Worker(file, {
    name: 'replay',
    workerData: given,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX, maxYoungGenerationSizeMb: YOUNG_MAX },
  })
  return new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const piece = signal?.aborted ? undefined : pieces.shift()
      if (piece === undefined) resolve()
      else worker.postMessage(piece)
    }
    worker.on('message', (done: Done) => {
      heard(done)
      next()
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('a thread of the replay ended by itself')))
    next()
  }).finally(() => worker.terminate())
}

/** Those that ask what only this thread knows, some at a time. */
async function here(
  { before, after }: Plans,
  inputs: readonly string[],
  open: readonly number[],
  { facts, tell, signal }: Replaying,
  progress: (more: number) => void,
): Promise<Done> {
  const done = newDone(0, open.length)
  if (open.length === 0) return done
  const plans = [link(before.rows, before.version), link(after.rows, after.version)] as const
  for (let at = 0; at < open.length && !signal?.aborted; at += TURN) {
    const some = open.slice(at, at + TURN)
    for (const index of some) {
      const told = again(inputIn(inputs[index]!)!, ...plans, facts)!
      if (told.difference === 'same') done.same++
      else note(done, index, told, tell)
    }
    progress(some.length)
    await new Promise((resume) => setImmediate(resume))
  }
  return done
}

/** Of each kind the first are told with all there is to know. */
export function note(done: Done, index: number, told: Again, tell: number): void {
  const { difference } = told
  done[difference]++
  if (done[difference] <= tell) done.told.push({ index, again: told })
}

export function newDone(first: number, count: number): Done {
  return { first, count, told: [], open: [], unread: 0, same: 0, changed: 0, fails: 0, fixed: 0 }
}

function summed(all: readonly Done[], inputs: readonly string[], tell: number): Replayed {
  const sum = (what: Difference | 'unread'): number => all.reduce((total, done) => total + done[what], 0)
  const told = all.flatMap((done) => done.told).sort((a, b) => a.index - b.index)
  const differs = KINDS.flatMap((kind) => told.filter(({ again: one }) => one.difference === kind).slice(0, tell))
  return {
    same: sum('same'),
    changed: sum('changed'),
    fails: sum('fails'),
    fixed: sum('fixed'),
    unread: sum('unread'),
    differs: differs.map(({ index, again: one }) => ({ input: inputs[index]!, again: one })),
  }
}
