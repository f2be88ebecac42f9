/** What a number that was dialled in a country is everywhere: `030 1234…` and `0049 30 1234…` dialled in Germany are both `+49301234…` (ITU-T E.164). */
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'

/** Reading a number is slow, and the same ones are dialled again and again. By country, and by what was dialled. */
const KEPT_MAX = 16_384
const kept = new Map<string, Map<string, string | null>>()
/** Longer is no number, and nothing to keep. */
const LENGTH_MAX = 32
const NUMBER = /^\+?[0-9](?:[0-9]|[-.()](?=[-.()0-9])){2,29}$/

export function isCountry(country: string): country is CountryCode {
  return isSupportedCountry(country)
}

/** Null: it is no number that could be dialled outside, like an extension. Without a country only what begins with + is one. */
export function normalForm(dialled: string, country: string | undefined): string | null {
  if (dialled.length > LENGTH_MAX) return null
  if (country === undefined) return isPlain(dialled) ? dialled : null
  let forms = kept.get(country)
  if (!forms) kept.set(country, (forms = new Map()))
  let normal = forms.get(dialled)
  if (normal === undefined) {
    normal = readNumber(dialled, country)
    if (forms.size >= KEPT_MAX) forms.clear()
    forms.set(dialled, normal)
  }
  return normal
}

function isPlain(dialled: string): boolean {
  return /^\+[1-9]\d{4,14}$/.test(dialled)
}

/** The number with the country's code before it, as who normalises all he sends would write a short one. */
export function withCallingCode(number: string, country: string | undefined): string | null {
  return country === undefined || !isCountry(country) ? null : `+${getCountryCallingCode(country)}${number}`
}

function readNumber(dialled: string, country: string): string | null {
  if (!isCountry(country)) return isPlain(dialled) ? dialled : null
  if (!NUMBER.test(dialled)) return null
  const number = parsePhoneNumberFromString(dialled, country)
  if (!number?.isPossible()) return null
  if (dialled.startsWith('+') || isFromAnywhere(dialled, country)) return number.number
  const { national, callingCode } = dialling(country)
  // Where numbers of the country begin with nothing of their own, an extension must not look like one of them.
  if (national === undefined || callingCode === '1') return number.isValid() ? number.number : null
  return dialled.startsWith(national) ? number.number : null
}

function isFromAnywhere(dialled: string, country: CountryCode): boolean {
  const { international } = dialling(country)
  return international.test(dialled)
}

interface Dialling {
  readonly callingCode: string
  /** Before a number of the country, and before one of any other. */
  readonly national: string | undefined
  readonly international: RegExp
}

const countries = new Map<CountryCode, Dialling>()

function dialling(country: CountryCode): Dialling {
  const known = countries.get(country)
  if (known) return known
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  const plan = metadata.numberingPlan
  const made = {
    callingCode: getCountryCallingCode(country),
    // It is there, and not in the library's types.
    national: (plan as { nationalPrefix?(): string | undefined } | undefined)?.nationalPrefix?.(),
    international: new RegExp(`^(?:${plan?.IDDPrefix() ?? '00'})`),
  }
  countries.set(country, made)
  return made
}
