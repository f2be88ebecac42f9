/**
 * Whether this node reaches a target, with hysteresis: one lost OPTIONS is no outage, one answer no recovery. What real calls hear counts like a
 * probe. Pure.
 */
export interface Health {
  readonly reach: 'up' | 'down'
  /** In a row, of the kind that would change `reach`. */
  readonly against: number
  /** Why it is down; of the last bad one while it is up. */
  readonly why: string
}

export interface Hysteresis {
  /** Bad ones in a row until it is down. */
  readonly bad: number
  /** Good ones in a row until it is up. */
  readonly good: number
}

export const HYSTERESIS: Hysteresis = { bad: 3, good: 2 }

/** Before anything was heard: calls are tried. */
export const FRESH: Health = { reach: 'up', against: 0, why: '' }

/** `why`: what was wrong; null: it answered. */
export function next(health: Health, why: string | null, { bad, good }: Hysteresis = HYSTERESIS): Health {
  const { reach } = health
  if ((why === null) === (reach === 'up')) return { reach, against: 0, why: why ?? '' }
  const against = health.against + 1
  const isEnough = against >= (reach === 'up' ? bad : good)
  if (!isEnough) return { reach, against, why: why ?? health.why }
  return reach === 'up' ? { reach: 'down', against: 0, why: why ?? '' } : FRESH
}

/**
 * What a final status says of whoever sent it, in words; null: he is there. Also a refusal is an answer: only who says that he cannot serve, or
 * nobody, is not reached (RFC 3261 §21.5.4, §8.1.3.1).
 */
export function badFor(status: number): string | null {
  if (status === 408) return 'no answer'
  return status === 503 ? 'it cannot be reached, or says 503' : null
}
