/**
 * What each source did lately, and what is to be done about it. Bounded: when there are too many, the one that was seen first is
 * forgotten. Times are ms of a clock that only goes forward. Pure.
 */

export interface AbusePolicy {
  /** Never banned, shunned or slowed: networks as CIDR. */
  readonly trusted: readonly string[]
  /** Messages a second of one source; 0: as many as it likes, unless it is slowed. Twice as many may come at once. */
  readonly sourceRate: number
  /** Calls a second of one account, and REGISTERs of one, the same way. */
  readonly accountRate: number
  /** Wrong passwords from one source within the window, after which it is banned. */
  readonly failures: number
  /** Wrong passwords for one account, wherever from, after which it is let in only from where it is registered. */
  readonly accountFailures: number
  /** Messages that are malformed, after which their source is shunned. */
  readonly badRequests: number
  readonly windowSeconds: number
  readonly banSeconds: number
  /** How a node of its own shuns what could not be banned: anybody may write an address on a datagram. */
  readonly shunSeconds: number
  /** Parts of a User-Agent that only scanners have, in lower case. */
  readonly scanners: readonly string[]
}

export const ABUSE: AbusePolicy = {
  trusted: ['127.0.0.1', '::1'],
  sourceRate: 500,
  accountRate: 20,
  failures: 10,
  accountFailures: 50,
  badRequests: 100,
  windowSeconds: 60,
  banSeconds: 3600,
  shunSeconds: 60,
  scanners: ['friendly-scanner', 'sipvicious', 'sipcli/', 'sip-scan', 'sundayddr', 'vaxsipuseragent', 'pplsip'],
}

/**
 * How it came: anybody may have written an address on a datagram, and any page may have a browser send something; that takes nothing from who
 * holds a connection of his own.
 */
export type Way = 'datagrams' | 'connections' | 'web'

/** Tokens that come back with time: as many as `rate` a second, at most twice that. */
interface Bucket {
  tokens: number
  at: number
}

interface Tally {
  count: number
  since: number
}

const SOURCES_MAX = 50_000
/** Names are as long as a stranger likes; what follows is not told apart. */
const ACCOUNT_MAX = 128
/** What is left of a source's rate when it is slowed instead of banned. */
const SLOWED_TO = 0.02

export class Offences {
  readonly #policy: AbusePolicy
  readonly #rates = { datagrams: new Bounded<Bucket>(), connections: new Bounded<Bucket>(), web: new Bounded<Bucket>() }
  /** What is looked at of whom is not heard. */
  readonly #looks = { datagrams: new Bounded<Bucket>(), connections: new Bounded<Bucket>(), web: new Bounded<Bucket>() }
  readonly #accounts = new Bounded<Bucket>()
  readonly #failures = new Bounded<Tally>()
  /** The account that a source failed for, where it was one alone. */
  readonly #guessed = new Bounded<string>()
  readonly #accountFailures = new Bounded<Tally>()
  readonly #bad = { datagrams: new Bounded<Tally>(), connections: new Bounded<Tally>(), web: new Bounded<Tally>() }
  /** Until when. */
  readonly #shunned = new Bounded<number>()
  /** The same for datagrams alone. */
  readonly #forged = new Bounded<number>()
  readonly #slowed = new Bounded<number>()

  constructor(policy: AbusePolicy) {
    this.#policy = policy
  }

  /** A message came: may it be looked at? */
  message(source: string, now: number, way: Way = 'datagrams'): 'yes' | 'shunned' | 'too fast' {
    if (isUntil(this.#shunned, source, now)) return 'shunned'
    if (way === 'datagrams' && isUntil(this.#forged, source, now)) return 'shunned'
    const { sourceRate } = this.#policy
    const isSlowed = isUntil(this.#slowed, source, now)
    if (sourceRate === 0 && !isSlowed) return 'yes'
    // Without a rate a source would go on as before that was spared a ban for its phones.
    const rate = isSlowed ? this.#slowRate() : sourceRate
    return take(this.#rates[way], source, rate, now) ? 'yes' : 'too fast'
  }

  /**
   * Something came that is not heard: may it be looked at, for it may be a call for help? As much as is heard of a source that is slowed, of each
   * kind (`what`) for itself.
   */
  looks(source: string, what: string, now: number, way: Way = 'datagrams'): boolean {
    const looks = this.#looks[way]
    if (!take(looks, `${source} ${what}`, this.#slowRate(), now)) return false
    // Who has many connections is not looked at more often than who is heard.
    return way === 'datagrams' || take(looks, source, this.#policy.sourceRate || ABUSE.sourceRate, now)
  }

  #slowRate(): number {
    return Math.max(1, (this.#policy.sourceRate || ABUSE.sourceRate) * SLOWED_TO)
  }

  /** An account that proved itself asks for something that costs. */
  request(account: string, now: number): boolean {
    const { accountRate } = this.#policy
    return accountRate === 0 || take(this.#accounts, account, accountRate, now)
  }

  /** A wrong password; true when these were enough. `source` null: nobody knows who it was. */
  failed(source: string | null, account: string, now: number): boolean {
    const name = account.slice(0, ACCOUNT_MAX)
    this.#count(this.#accountFailures, name, now)
    if (source === null) return false
    const count = this.#count(this.#failures, source, now)
    if (count === 1) this.#guessed.set(source, Buffer.from(name).toString())
    else if (this.#guessed.get(source) !== name) this.#guessed.delete(source)
    return count >= this.#policy.failures
  }

  /** The right password: typing errors are forgiven, not guesses at several accounts by one who has a password for one of them. */
  proved(source: string, account: string): void {
    if (this.#failures.size === 0 || this.#guessed.get(source) !== account) return
    this.#failures.delete(source)
    this.#guessed.delete(source)
  }

  /** Whether so many wrong passwords came for an account that more are not looked at. */
  isGuessed(account: string, now: number): boolean {
    const tally = this.#accountFailures.get(account.slice(0, ACCOUNT_MAX))
    if (!tally || now - tally.since > this.#policy.windowSeconds * 1000) return false
    return tally.count >= this.#policy.accountFailures
  }

  /** A malformed message; true when these were enough. */
  bad(source: string, now: number, way: Way = 'datagrams'): boolean {
    return this.#count(this.#bad[way], source, now) >= this.#policy.badRequests
  }

  isScanner(userAgent: string): boolean {
    if (userAgent === '') return false
    const text = userAgent.toLowerCase()
    return this.#policy.scanners.some((part) => text.includes(part))
  }

  /** `forged`: anybody may have written this address, so what comes over connections from there is heard. */
  shun(source: string, now: number, forged = false): void {
    const shunned = forged ? this.#forged : this.#shunned
    shunned.set(source, now + this.#policy.shunSeconds * 1000)
  }

  slow(source: string, now: number): void {
    this.#slowed.set(source, now + this.#policy.banSeconds * 1000)
    this.#failures.delete(source)
  }

  /** What was held against it is forgotten, as when an operator lifts a ban. */
  forgive(source: string): void {
    const bad = Object.values(this.#bad)
    for (const held of [this.#failures, ...bad, this.#shunned, this.#forged, this.#slowed]) held.delete(source)
  }

  #count(tallies: Bounded<Tally>, key: string, now: number): number {
    const tally = tallies.get(key)
    if (tally && now - tally.since <= this.#policy.windowSeconds * 1000) return ++tally.count
    tallies.set(key, { count: 1, since: now })
    return 1
  }
}

function isUntil(times: Bounded<number>, source: string, now: number): boolean {
  if (times.size === 0) return false
  const until = times.get(source)
  if (until === undefined) return false
  if (until > now) return true
  times.delete(source)
  return false
}

function take(buckets: Bounded<Bucket>, key: string, rate: number, now: number): boolean {
  const most = 2 * rate
  const bucket = buckets.get(key)
  if (!bucket) {
    buckets.set(key, { tokens: most - 1, at: now })
    return true
  }
  bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) * rate) / 1000)
  bucket.at = now
  if (bucket.tokens < 1) return false
  bucket.tokens--
  return true
}

class Bounded<Value> {
  readonly #map = new Map<string, Value>()

  get size(): number {
    return this.#map.size
  }

  get(key: string): Value | undefined {
    return this.#map.get(key)
  }

  set(key: string, value: Value): void {
    if (this.#map.has(key)) return void this.#map.set(key, value)
    if (this.#map.size >= SOURCES_MAX) this.#map.delete(this.#map.keys().next().value!)
    // A copy: a text cut out of a message keeps all of the message alive.
    this.#map.set(Buffer.from(key).toString(), value)
  }

  delete(key: string): void {
    this.#map.delete(key)
  }
}
