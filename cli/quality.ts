/** What one side says of what it heard, in words. */
export function quality({
  mos,
  jitterMs,
  lost,
  roundTripMs,
}: {
  readonly mos: number
  readonly jitterMs: number
  readonly lost: number
  readonly roundTripMs: number
}): string {
  return `MOS ${mos.toFixed(1)}, ${lost} % lost, jitter ${jitterMs} ms, ${roundTripMs} ms there and back`
}
