/** When, as a person says it. */
import { InvalidArgumentError } from 'commander'

/** Unix ms. A time without a zone is one of this machine. */
export function timeIn(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const at = number === undefined ? Date.parse(text) : Date.now() - Number(number) * (UNITS[unit ?? ''] ?? 0)
  if (!(at > 0)) throw new InvalidArgumentError('write it like 2026-11-20T03:12Z, or 30m, 2h, 7d ago')
  return at
}
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
