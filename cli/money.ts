/** Amounts as people write them, and as nodes have them: whole micro-units of a currency. */
import { InvalidArgumentError } from 'commander'

/** Commander calls it for what was written. */
export function amountIn(text: string): number {
  const [, sign, whole, rest = ''] = /^(-?)(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text) ?? []
  if (whole === undefined) throw new InvalidArgumentError('write it like 25 or 12.50, with at most six decimals')
  const micro = Number(whole) * 1_000_000 + Number(rest.padEnd(6, '0'))
  return sign === '-' ? -micro : micro
}

/** With two decimals, and more where there are more: `12.50`, `0.0125`. Text, so that JSON has it exactly as well. */
export function money(micro: number): string {
  const all = Math.abs(micro)
  const whole = Math.floor(all / 1_000_000)
  const rest = String(all % 1_000_000).padStart(6, '0')
  return `${micro < 0 ? '-' : ''}${whole}.${rest.slice(0, 2)}${rest.slice(2).replace(/0+$/, '')}`
}
