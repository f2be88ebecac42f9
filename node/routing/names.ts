/** Users and domains as a document writes them → as they are kept. */
import type { Aor } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { closest } from '../closest.ts'
import type { Path } from '../yaml.ts'

/** Says what is wrong at a place of the document. */
export type Complain = (path: Path, message: string) => void

export interface Names {
  /** Complains of a domain that the plan does not serve. */
  domain(domain: string, path: Path): void
  /** The AoR in its normal form. A bare name gets the only domain; among several it stays bare and means the domain dialled. */
  aor(text: string, path: Path): Aor
  /** The same where it must have a domain. */
  whole(text: string, path: Path): Aor
}

/** `complete`: whether these are all the domains; if not, one that is missing here may well be served. */
export function namesIn(domains: readonly string[], complete: boolean, complain: Complain): Names {
  const served = new Set(domains)
  const domain: Names['domain'] = (name, path) => {
    if (served.has(name) || !complete) return
    const meant = closest(name, domains)
    const hint = meant === null ? 'list it under domains' : `did you mean ${meant}?`
    complain(path, `${clean(name)} is not a domain of this plan; ${hint}`)
  }
  const aor: Names['aor'] = (text, path) => {
    const bare = text.replace(/^sips?:/i, '')
    const at = bare.lastIndexOf('@')
    const user = at < 0 ? bare : bare.slice(0, at)
    if (!USER.test(user)) complain(path, 'the user part is 1 to 64 letters, digits and + * # . _ ~ -')
    if (at < 0) return complete && domains.length === 1 ? `${user}@${domains[0]}` : user
    const host = bare.slice(at + 1).toLowerCase()
    domain(host, path)
    return `${user}@${host}`
  }
  const whole: Names['whole'] = (text, path) => {
    const name = aor(text, path)
    if (!name.includes('@') && complete) complain(path, 'must be user@domain')
    return name
  }
  return { domain, aor, whole }
}

const USER = /^[A-Za-z0-9+*#._~-]{1,64}$/

export function isDomain(text: string): boolean {
  return text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
}
