/** A request of ours that is challenged, and said once more with the answer. */
import type { Answers } from './port.ts'
import { safeHeaders } from './send.ts'
import type { SrfResponse } from './srf.ts'

/** What is answered of one request: the challenge, and one more when its nonce was stale. */
const ANSWERS_MAX = 2

/** The headers to say it again with; null: what came is its final response. */
export function answersTo(
  answers: Answers | undefined,
  request: Parameters<Answers>[0],
): (response: SrfResponse) => Record<string, string> | null {
  const answer = answers?.(request)
  let asked = 0
  return ({ status, headers }) => {
    if (!answer || (status !== 401 && status !== 407) || asked++ >= ANSWERS_MAX) return null
    const more = answer({ status, headers: new Map(Object.entries(headers)) })
    return more && safeHeaders(more)
  }
}
