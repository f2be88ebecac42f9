/** When which fault strikes: drawn from the seed before the run begins, and nothing else has a say in it. ◆ */
import { between, type Random, randomOf, shuffled } from './random.ts'

export interface Planned {
  readonly kind: string
  /** Seconds since the storm began. */
  readonly begins: number
  readonly ends: number
  /** Whom: the leader of that moment, or the node of this number (from 0). */
  readonly who: 'leader' | number
  /** For what else the fault draws. */
  readonly seed: number
}

/** One after another; what is in different lanes overlaps. */
export type Lane = readonly Planned[]

export interface Wish {
  readonly seed: number
  readonly seconds: number
  readonly nodes: number
  readonly lanes: readonly Kinds[]
}

export interface Kinds {
  /** Every one strikes once before any strikes twice. */
  readonly kinds: readonly string[]
  /** They strike in this order, and each takes its time. */
  readonly inOrder?: boolean
}

/** How long a fault lasts, and how long a lane is quiet after it, in seconds. */
const LASTS = [2, 7] as const
const QUIET = [0.5, 3] as const
/** What is done in order waits for the cluster in between. */
const LASTS_IN_ORDER = [9, 14] as const

/** So often it is the leader: most of what can go wrong, goes wrong when one is replaced that does not know it yet. */
const LEADER = 0.5

export function schedule({ seed, seconds, nodes, lanes }: Wish): readonly Lane[] {
  return lanes.map((kinds, i) => laneOf(randomOf(seed * 31 + i), kinds, seconds, nodes))
}

function laneOf(random: Random, { kinds, inOrder = false }: Kinds, seconds: number, nodes: number): Lane {
  const lane: Planned[] = []
  if (kinds.length === 0) return lane
  let deck: string[] = []
  for (let at = between(random, ...QUIET); ; ) {
    if (deck.length === 0) deck = inOrder ? [...kinds] : shuffled(random, kinds)
    const kind = deck.shift()!
    const [shortest, longest] = inOrder ? LASTS_IN_ORDER : LASTS
    const ends = at + between(random, shortest, longest)
    const who = random.chance(LEADER) ? 'leader' : random.below(nodes)
    if (ends > seconds) return lane
    lane.push({ kind, begins: at, ends, who, seed: random.below(2 ** 31) })
    at = ends + between(random, ...QUIET)
  }
}

/** As it is printed before the run, a line a fault, in the order in which they begin. */
export function inWords(lanes: readonly Lane[]): string[] {
  return lanes
    .flat()
    .sort((a, b) => a.begins - b.begins)
    .map(({ kind, begins, ends, who }) => {
      const whom = who === 'leader' ? 'the leader' : `n${who + 1}`
      return `${begins.toFixed(1).padStart(6)} s to ${ends.toFixed(1).padStart(6)} s  ${kind.padEnd(9)} ${whom}`
    })
}
