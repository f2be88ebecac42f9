/** A call as routing sees it, of which a test says what matters to it. */
import type { CallRequest } from '../../../node/routing/decision.ts'

export function requestOf(about: Partial<CallRequest> & Pick<CallRequest, 'dialled' | 'domain'>): CallRequest {
  return { id: 'call', caller: null, trunk: null, number: '', at: Date.UTC(2026, 10, 24, 12), ...about }
}
