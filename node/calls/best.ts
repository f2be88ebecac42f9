/** Which of the refusals a fork collected goes back to the caller (RFC 3261 §16.7 step 6). */
export interface Refusal {
  readonly status: number
  readonly reason: string
}

const PREFERRED = [415, 420, 484]
const LAST = [401, 407, 408]

/** 6xx first, then the lowest class; within 4xx those that the caller can do something about. 480 when nothing answered. */
export function best(refusals: readonly Refusal[]): Refusal {
  const finals = refusals.filter(({ status }) => status >= 300 && status < 700)
  const [first] = [...finals].sort((a, b) => rank(a.status) - rank(b.status))
  if (first === undefined) return { status: 480, reason: 'Temporarily Unavailable' }
  // A phone asks a gateway for credentials that this caller has not got, or redirects him past the plan: we do neither.
  if (first.status < 400 || first.status === 401 || first.status === 407) {
    return { status: 480, reason: 'Temporarily Unavailable' }
  }
  if (first.status === 408) return { status: 480, reason: 'No answer' }
  // Of a 503 only the one who asked it learns; towards the caller the server as a whole is not overloaded.
  if (first.status === 503) return { status: 500, reason: 'Server Internal Error' }
  return first
}

function rank(status: number): number {
  if (status >= 600) return 0
  // A phone that does not answer, or mistakes us for another, says less than one that is busy.
  if (LAST.includes(status)) return 4_999
  const preferred = PREFERRED.indexOf(status)
  return Math.floor(status / 100) * 1000 + (preferred < 0 ? (status % 100) + 10 : preferred)
}
