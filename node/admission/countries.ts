/** Which country a number is of. */
import { getCountries, getCountryCallingCode } from 'libphonenumber-js'

let codes: ReadonlySet<string> | null = null

/** Calling code of an E.164 number with its plus; no code is the beginning of another (ITU-T E.164 §6). Null: it is none. */
export function countryOf(number: string): string | null {
  codes ??= new Set(getCountries().map((country) => String(getCountryCallingCode(country))))
  for (let digits = 1; digits <= 3; digits++) {
    const code = number.slice(1, 1 + digits)
    if (number.startsWith('+') && codes.has(code)) return code
  }
  return null
}
