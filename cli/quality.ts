/** What one side says of what it heard, in words. */
import type { ToldQuality } from '../proto/cdr.ts'

export function quality({ mos, jitterMs, lost, roundTripMs }: ToldQuality): string {
  return `MOS ${mos.toFixed(1)}, ${lost} % lost, jitter ${jitterMs} ms, ${roundTripMs} ms there and back`
}
