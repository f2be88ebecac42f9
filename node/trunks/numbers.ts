/** How numbers are written at the other end of a trunk. Pure. What is no number, like a name, passes as it is. */
import type { NumberPolicy } from '../../cluster/tables/rows.ts'

const INTERNATIONAL = /^\+(\d{3,20})$/

/** As it is dialled there: written as they have it, then without its first `strip` characters, then with the prefix. */
export function outNumber({ format, country, strip = 0, prefix = '' }: NumberPolicy, number: string): string {
  return prefix + written(format, country, number).slice(strip)
}

/** As we have it, +E.164 where the policy says how they write: the same, backwards. */
export function inNumber({ format, country = '', strip = 0, prefix = '' }: NumberPolicy, number: string): string {
  const given = prefix + number.slice(strip)
  if (format === undefined || INTERNATIONAL.test(given) || !/^\d{3,20}$/.test(given)) return given
  if (format !== 'national') return `+${given}`
  if (given.startsWith('00')) return `+${given.slice(2)}`
  // Without its zero it is a number that only they know the place of.
  return given.startsWith('0') ? `+${country}${given.slice(1)}` : given
}

function written(format: NumberPolicy['format'], country = '', number: string): string {
  const [, digits] = INTERNATIONAL.exec(number) ?? []
  if (digits === undefined) return number
  if (format === 'plus-less') return digits
  if (format !== 'national') return number
  return digits.startsWith(country) && country !== '' ? `0${digits.slice(country.length)}` : `00${digits}`
}
