/** How numbers are written at the other end of a trunk. Pure. What is no number, like a name, passes as it is. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { NumberPolicy } from '../../cluster/tables/trunk-rows.ts'

const INTERNATIONAL = /^\+(\d{3,20})$/
/** With its country: those of some islands have four digits. */
const SHORTEST = 7
/** What stands before numbers of other countries in most of the world. */
const OUT_OF_HERE = '00'

/** As it is dialled there: written as they have it, then without its first `strip` characters, then with the prefix. */
export function outNumber(policy: NumberPolicy, number: string): string {
  const { strip = 0, prefix = '' } = policy
  return prefix + written(policy, number).slice(strip)
}

/** As we have it, +E.164 where the policy says how they write: the same, backwards. */
export function inNumber(policy: NumberPolicy, number: string): string {
  const { format, country = '', international = OUT_OF_HERE, strip = 0, prefix = '' } = policy
  const given = prefix + number.slice(strip)
  if (format === undefined || INTERNATIONAL.test(given) || !/^\d{3,20}$/.test(given)) return given
  // What is too short for one is a number that only they know the place of, or one for help.
  if (format !== 'national') return given.length < SHORTEST ? given : `+${given}`
  if (given.startsWith(international)) return `+${given.slice(international.length)}`
  const read = parsePhoneNumberFromString(given, { defaultCallingCode: country })
  return read?.isPossible() ? read.number : given
}

function written({ format, country, international = OUT_OF_HERE }: NumberPolicy, number: string): string {
  const [, digits] = INTERNATIONAL.exec(number) ?? []
  if (digits === undefined) return number
  if (format === 'plus-less') return digits
  if (format !== 'national') return number
  // Countries differ in what stands before a number of their own: 030… in Germany, 06… in Italy, nothing in America.
  const read = parsePhoneNumberFromString(number)
  if (read && read.countryCallingCode === country) return read.formatNational().replace(/\D/g, '')
  return international + digits
}
