/** Ways that a call may go on, each pointing at what comes after it → the steps of a decision, each before all that it leads to. */
import type { Ending, MediaStep, PhonesStep, Shown, Step, TrunkStep } from './decision.ts'

/** A step, and where it leads; null: the call is over. Ways are made from their end, so that none can lead back. */
export interface Way {
  readonly step: Bare
  readonly shown: Shown | undefined
  readonly next: Readonly<Record<Going, Way | null>>
}

type Bare = Omit<PhonesStep, 'next'> | Omit<TrunkStep, 'next' | 'shown'> | Omit<MediaStep, 'next'>
type Going = Exclude<Ending, 'declined'>

/** No call goes on for longer than this, whatever a plan from elsewhere says. */
export const STEPS_MAX = 32
/** The last is what is likeliest, and stands next to where it comes from. */
const GOINGS: readonly Going[] = ['busy', 'unregistered', 'failed', 'no answer']

export function way(step: Bare, after: Way | null, shown?: Shown, other: Partial<Way['next']> = {}): Way {
  return { step, shown, next: { busy: after, unregistered: after, failed: after, 'no answer': after, ...other } }
}

/** `shown` is what the first step shows; what a later trunk shows otherwise stands with it. */
export function stepsOf(first: Way): { readonly steps: readonly Step[]; readonly shown: Shown | undefined } {
  const ordered = inOrder(first).slice(0, STEPS_MAX)
  const place = new Map(ordered.map((one, i) => [one, i]))
  const steps = ordered.map((one, i): Step => {
    const natural = i + 1 < ordered.length ? i + 1 : null
    const next: Partial<Record<Ending, number | null>> = {}
    for (const going of GOINGS) {
      const to = one.next[going]
      const number = to === null ? null : (place.get(to) ?? null)
      if (number !== natural) next[going] = number
    }
    const leads = Object.keys(next).length > 0 ? { next } : {}
    const { step, shown } = one
    if (step.kind !== 'trunk' || isSame(shown, first.shown)) return { ...step, ...leads }
    return { ...step, ...leads, shown: shown ?? { number: null, display: null, private: false } }
  })
  return { steps, shown: first.shown }
}

/** Each before all that it leads to: depth first, put down when all below has been. */
function inOrder(first: Way): Way[] {
  const done: Way[] = []
  const seen = new Set<Way>()
  const visit = (one: Way): void => {
    seen.add(one)
    for (const going of GOINGS) {
      const to = one.next[going]
      if (to !== null && !seen.has(to)) visit(to)
    }
    done.push(one)
  }
  visit(first)
  return done.reverse()
}

function isSame(a: Shown | undefined, b: Shown | undefined): boolean {
  return a?.number === b?.number && a?.display === b?.display && a?.private === b?.private
}
