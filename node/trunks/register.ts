/**
 * Registers trunks that want it, each from one node. Who may is who has the lease; it is looked at right before each REGISTER, also whether this
 * node still hears the cluster: who is cut off stops by itself before another can have it.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { isHeld } from '../../cluster/tables/leases.ts'
import type { LeaseRow, TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { registerDuty } from '../../cluster/tables/trunks.ts'
import { answerTo, strongestChallenge } from '../sip/authorize.ts'
import type { FinalResponse, SipPort } from '../sip/port.ts'
import { hostportOf, sipUri } from './invite.ts'
import type { Registration } from './probe.ts'

/** Short, since without its holder a trunk hears no calls: another has it when it is over. */
export const LEASE_MS = 3_000
const RENEW_MS = 1_000
/** How often leases are looked at that are about to be over, of others too. */
const TICK_MS = 400
/** What has to be left of it before something is sent: more than clocks and what is under way can differ. */
const LEFT_MS = 500
const PROPOSE_MS = 2_000
/** Of what was granted, when it is asked for again. */
const AGAIN = 0.8
const EXPIRES = 600
const EXPIRES_MAX = 86_400
/** Between tries that fail: doubles from the first to the last, and half of it is drawn. */
const FIRST_MS = 1_000
const LAST_MS = 120_000
/** What a Retry-After may ask of us. */
const RETRY_AFTER_MAX = 3_600
/** How long a registrar is given to let us go. */
const END_MS = 2_000
/** No answer is one after this. */
const WITHIN_MS = 10_000

export interface RegisterNeeds {
  readonly cluster: Cluster
  readonly sip: SipPort
  readonly log: Logger
  password(trunk: TrunkRow): string
  cnonce(): string
  chance(): number
  tell(trunk: string, state: Registration | null): void
}

export interface Registering {
  /** Takes back what is registered, and gives the leases back. */
  close(): Promise<void>
}

interface Job {
  row: TrunkRow
  readonly token: number
  /** One Call-ID a life of the lease, as one registration has (RFC 3261 §10.2). */
  readonly callId: string
  seq: number
  failures: number
  target: number
  /** The registrar has us. */
  bound: boolean
  /** Asked for; larger once it said that it wants more. */
  expires: number
  timer: NodeJS.Timeout | null
  running: boolean
}

export function startRegistering(needs: RegisterNeeds): Registering {
  const { cluster, sip, log, chance, tell } = needs
  const jobs = new Map<string, Job>()
  const asking = new Set<string>()
  let renewing = false
  let isClosed = false

  const wanted = (name: string): TrunkRow | null => {
    const row = cluster.tables.trunks.get(name)
    return row?.register && !row.disabled ? row : null
  }

  /** The lease of this process, with something left of it, in a cluster that it hears. */
  function mine(name: string, left = LEFT_MS): LeaseRow | null {
    const lease = cluster.tables.leases.get(registerDuty(name))
    const { node, incarnation } = cluster
    if (!lease || lease.node !== node || lease.incarnation !== incarnation) return null
    return isHeld(lease, cluster.now() + left) && cluster.status().quorum ? lease : null
  }

  function tick(): void {
    // Programs of before do not know leases.
    if (isClosed || cluster.tables.members === null) return
    for (const [name, job] of jobs) {
      const row = wanted(name)
      if (!row) void leave(name, job, true)
      else if (mine(name, 0)?.token !== job.token) lost(name, job)
      else if (row.version !== job.row.version) void renewRow(name, job, row)
    }
    for (const { name } of cluster.tables.trunks.values()) if (wanted(name) && !jobs.has(name)) take(name)
    renew()
  }

  function take(name: string): void {
    const lease = cluster.tables.leases.get(registerDuty(name))
    const own = mine(name)
    if (own) {
      begin(name, own)
      return
    }
    if ((lease && isHeld(lease, cluster.now())) || asking.has(name) || !cluster.status().quorum) return
    if (!cluster.tables.nodes.has(cluster.node)) return
    asking.add(name)
    const { node, incarnation } = cluster
    void cluster
      .propose({ type: 'lease-take', duty: registerDuty(name), node, incarnation, ms: LEASE_MS }, PROPOSE_MS)
      .finally(() => {
        asking.delete(name)
        const got = mine(name)
        if (got && !isClosed && wanted(name) && !jobs.has(name)) begin(name, got)
      })
  }

  function begin(name: string, { token }: LeaseRow): void {
    const row = wanted(name)
    if (!row) return
    const job: Job = {
      row,
      token,
      callId: `${needs.cnonce()}${needs.cnonce()}`,
      seq: 0,
      failures: 0,
      target: 0,
      bound: false,
      expires: row.register?.expires ?? EXPIRES,
      timer: null,
      running: false,
    }
    jobs.set(name, job)
    log.info({ trunk: name, token }, 'this node registers the trunk')
    tell(name, { state: 'trying', why: '' })
    void attempt(name, job)
  }

  /** Another may have it: not a word more is said there. */
  function lost(name: string, job: Job): void {
    end(name, job)
    log.warn({ trunk: name, token: job.token }, 'this node has lost the lease to register the trunk')
  }

  function end(name: string, job: Job): void {
    if (job.timer) clearTimeout(job.timer)
    if (jobs.get(name) === job) jobs.delete(name)
    tell(name, null)
  }

  /** It is disabled or removed, or this node stops: the registrar hears of it, then the lease is free. */
  async function leave(name: string, job: Job, release: boolean): Promise<void> {
    end(name, job)
    if (job.bound && mine(name, 0)?.token === job.token) {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, END_MS)
      await Promise.race([exchange(job, 0, () => mine(name, 0)?.token === job.token), late.promise])
      clearTimeout(timer)
    }
    if (release)
      await cluster.propose({ type: 'lease-release', duty: registerDuty(name), token: job.token }, PROPOSE_MS)
  }

  async function renewRow(name: string, job: Job, row: TrunkRow): Promise<void> {
    const before = { ...job }
    job.row = row
    job.expires = row.register?.expires ?? EXPIRES
    job.failures = 0
    job.target = 0
    if (job.timer) clearTimeout(job.timer)
    const isOther = accountOf(before.row) !== accountOf(row)
    if (isOther && before.bound) await exchange(before, 0, () => mine(name)?.token === job.token)
    job.seq = before.seq
    void attempt(name, job)
  }

  async function attempt(name: string, job: Job): Promise<void> {
    if (job.running || jobs.get(name) !== job || isClosed) return
    job.running = true
    let response: FinalResponse | null
    try {
      response = await exchange(job, job.expires, () => mine(name)?.token === job.token)
    } finally {
      job.running = false
    }
    if (jobs.get(name) !== job || isClosed) return
    // The lease was about to be over: the next look decides.
    if (response === null) return later(name, job, RENEW_MS)
    const { status, headers } = response
    if (status >= 200 && status <= 299) {
      job.failures = 0
      job.bound = true
      tell(name, { state: 'registered', why: '' })
      return later(name, job, Math.max(1, grantedIn(headers, job.expires)) * 1_000 * AGAIN)
    }
    if (status === 423) {
      const least = Number(headers.get('min-expires'))
      // Who answers 423 to what he asked for would be asked for ever.
      if (least > job.expires && least <= EXPIRES_MAX) {
        job.expires = least
        return void attempt(name, job)
      }
    }
    job.failures++
    job.target = (job.target + 1) % job.row.targets.length
    const why = status === 408 ? 'no answer' : `${status}`
    log.warn({ trunk: name, status, failures: job.failures }, 'the trunk could not be registered')
    tell(name, { state: 'refused', why })
    const told = Math.min(Number.parseInt(headers.get('retry-after') ?? '', 10) || 0, RETRY_AFTER_MAX) * 1_000
    later(name, job, Math.max(told, backOff(job.failures, chance())))
  }

  function later(name: string, job: Job, ms: number): void {
    if (job.timer) clearTimeout(job.timer)
    job.timer = setTimeout(() => void attempt(name, job), ms)
    job.timer.unref()
  }

  /** One REGISTER, and a second when it is challenged; each only while `may` says so. Null: it did not. */
  async function exchange(job: Job, expires: number, may: () => boolean): Promise<FinalResponse | null> {
    const { row } = job
    const { auth, register } = row
    const target = row.targets[job.target % row.targets.length]!
    const domain = row.domain ?? hostportOf(target)
    const uri = `sip:${domain}`
    const aor = sipUri(register?.user ?? auth?.user ?? row.name, domain)
    const send = (extra: Readonly<Record<string, string>>): Promise<FinalResponse> => {
      const late = Promise.withResolvers<FinalResponse>()
      const timer = setTimeout(() => late.resolve({ status: 408, headers: new Map() }), WITHIN_MS)
      const headers = {
        'Call-ID': job.callId,
        CSeq: `${++job.seq} REGISTER`,
        From: `<${aor}>`,
        To: `<${aor}>`,
        Contact: `<${sipUri(register?.user ?? auth?.user ?? row.name, sip.address)}>`,
        Expires: String(expires),
        ...extra,
      }
      const asked = sip.ask('REGISTER', uri, { nextHop: target, headers })
      return Promise.race([asked, late.promise]).finally(() => clearTimeout(timer))
    }
    if (!may()) return null
    let response = await send({})
    // Once more for a nonce that was stale.
    for (let i = 0; i < 2 && auth && (response.status === 401 || response.status === 407); i++) {
      const { status, headers } = response
      const challenge = strongestChallenge(
        headers.get(status === 401 ? 'www-authenticate' : 'proxy-authenticate') ?? '',
      )
      if (!challenge || (auth.realm !== undefined && auth.realm !== challenge.realm) || (i > 0 && !challenge.stale))
        break
      const proof = { method: 'REGISTER', uri, user: auth.user, password: needs.password(row), cnonce: needs.cnonce() }
      const answer = answerTo(status, headers, proof)
      if (answer === null) break
      if (!may()) return null
      response = await send(answer)
    }
    return response
  }

  function renew(): void {
    const leases = [...jobs].map(([name, { token }]) => ({ duty: registerDuty(name), token }))
    const isTime = leases.some(({ duty }) => {
      return (cluster.tables.leases.get(duty)?.until ?? 0) - cluster.now() < LEASE_MS - RENEW_MS
    })
    if (!isTime || renewing) return
    renewing = true
    void cluster.propose({ type: 'lease-renew', leases, ms: LEASE_MS }, PROPOSE_MS).finally(() => (renewing = false))
  }

  const timer = setInterval(tick, TICK_MS)
  timer.unref()
  const stop = cluster.watch((changes) => {
    if (changes.some(({ table }) => table === 'trunks' || table === 'members')) return tick()
    // One was given back, or its node is down.
    const isFree = changes.some((change) => change.table === 'leases' && change.row?.node === '')
    if (isFree) tick()
  })
  tick()

  return {
    async close() {
      isClosed = true
      clearInterval(timer)
      stop()
      await Promise.all([...jobs].map(([name, job]) => leave(name, job, true)))
    },
  }
}

/** What is another registration when it changes. */
function accountOf({ targets, domain, auth, register }: TrunkRow): string {
  return JSON.stringify([targets[0], domain, auth?.user, register?.user])
}

/** ms, of which half is drawn: many trunks of one carrier must not come back together. */
export function backOff(failures: number, drawn: number): number {
  const whole = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20))
  return whole / 2 + (whole / 2) * drawn
}

/** Seconds: the expires of our contact, or of the response. A registrar may list others. */
function grantedIn(headers: ReadonlyMap<string, string>, asked: number): number {
  const text = /;\s*expires\s*=\s*"?(\d{1,7})/i.exec(headers.get('contact') ?? '')?.[1] ?? headers.get('expires')
  const seconds = Number(text ?? Number.NaN)
  return Number.isInteger(seconds) && seconds > 0 ? Math.min(seconds, asked) : asked
}
