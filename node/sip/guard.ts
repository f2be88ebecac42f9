/**
 * Abuse: who is heard, who is slowed, who is banned. What a source did is counted here, on this node; a ban is agreed on by all
 * (docs/abuse.md). An address on a datagram proves nothing, so only who answered a challenge that was sent to him, or holds a
 * connection, can be banned; others are shunned for a minute by the node they trouble. Nobody is banned while a phone is registered from his address.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { Seldom } from '../../cluster/seldom.ts'
import { isOver } from '../../cluster/tables/bans.ts'
import type { Transport } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Gate, ListenPoint } from '../engine/engine.ts'
import type { Failed } from './identify.ts'
import { Judgement } from './judgement.ts'
import { type AbusePolicy, Offences, type Way } from './offences.ts'
import { isAllowed } from './origin.ts'
import type { SipRequest, Source } from './port.ts'
import { type Acl, type AclRule, aclOf, hostOf, Networks, plainHost, sourceOf } from './source.ts'

export interface GuardNeeds {
  readonly cluster: Pick<Cluster, 'node' | 'tables' | 'propose' | 'watch' | 'now'>
  readonly policy: AbusePolicy
  readonly acl?: readonly AclRule[]
  /** Networks of proxies whose Path is taken. */
  readonly pathFrom?: readonly string[]
  /** Origins of web pages that may connect; null: any. */
  readonly origins?: readonly string[] | null
  /** Whether it is a source of a trunk: one of whose calls are taken for his address alone, which nobody else is held to write. */
  readonly isTrunk?: (host: string) => boolean
  readonly log: Logger
  /** Monotonic, ms; by default the process's. */
  readonly now?: () => number
}

/** What a browser says is written by any page that its user looks at: it is never held against the address, which others have too. */
const isWeb = (transport: Transport): boolean => transport === 'ws' || transport === 'wss'

const wayOf = (transport: Transport): Way =>
  transport === 'udp' ? 'datagrams' : isWeb(transport) ? 'web' : 'connections'

/** Why somebody was not heard, or not served: each has a counter. */
export type Refused =
  | 'acl'
  | 'banned'
  | 'shunned'
  | 'too fast'
  | 'scanner'
  | 'malformed'
  | 'password'
  | 'account'
  | 'guessed'
  | 'path'
  | 'origin'

const SAYS: Readonly<Record<Refused, string>> = {
  acl: 'the access list of the listener does not have it',
  banned: 'it is banned',
  shunned: 'this node shuns it for a while',
  'too fast': 'it sends more than it may',
  scanner: 'its User-Agent is that of a scanner',
  malformed: 'it sends what is no SIP',
  password: 'wrong password',
  account: 'its account asks for more than it may',
  guessed: 'too many wrong passwords came for its account, and it is not where that is registered',
  origin: 'it opens a WebSocket for a web page that is not in sip.origins',
  path: 'its REGISTER has a Path; list the proxy in sip.path_from if it is one of yours',
}

export interface Guard extends Gate {
  /** Whether a request is to be refused (403) before anybody looks at what it wants, unless that is help. */
  refuses(request: Pick<SipRequest, 'source' | 'userAgent'>, isForHelp?: () => boolean): boolean
  /** Whether a source is trusted, or a node: nobody else is held to write its address on datagrams. */
  isTrusted(host: string): boolean
  /** Credentials were wrong. */
  failed(source: Source, what: Failed): void
  /** Credentials were right; false: this account asks for more than it may (503). */
  proved(source: Source, aor: string): boolean
  /** So many wrong passwords came for an account that it is let in only from where it is registered. */
  isGuessed(source: Source, aor: string): boolean
  /** Whether a REGISTER from there may say by which way its phone is called (RFC 3327). */
  takesPath(source: Source): boolean
  /** How often somebody was refused, and how many sources were banned by this node or spared. */
  counters(): Readonly<Record<string, number>>
  /** Who did too much and is slowed, but not banned because a phone is registered from his address. */
  spared(): readonly { readonly source: string; readonly reason: string }[]
  close(): void
}

export function startGuard(needs: GuardNeeds): Guard {
  const { cluster, policy, acl = [], pathFrom = [], origins = null, log, now: clock = () => performance.now() } = needs
  const { isTrunk = () => false } = needs
  const { tables } = cluster
  const offences = new Offences(policy)
  const trusted = new Networks(policy.trusted)
  const pages = origins && new Set(origins)
  const proxies = new Networks(pathFrom)
  const exactly = new Set(policy.trusted.map(plainHost))
  const count: Record<Refused, number> = {
    ...{
      acl: 0,
      banned: 0,
      shunned: 0,
      'too fast': 0,
      scanner: 0,
      malformed: 0,
      password: 0,
      account: 0,
      guessed: 0,
      path: 0,
      origin: 0,
    },
  }
  // Of each reason its own: what anybody can cause with addresses of others hides nothing else.
  const says = new Map(Object.keys(count).map((why) => [why, new Seldom(log, clock)]))
  const judgement = new Judgement({ cluster, offences, policy, log, now: clock })
  const acls = new WeakMap<ListenPoint, { readonly acl: Acl | null }>()
  let nodes: ReadonlySet<string> | null = null
  const stop = cluster.watch((changes) => {
    for (const { table, key, row } of changes) {
      if (table === 'nodes') nodes = null
      if (table !== 'bans') continue
      judgement.forget(key)
      if (row === null) offences.forgive(key)
    }
  })

  function refuse(why: Refused, host: string, more: object = {}): void {
    count[why]++
    says.get(why)!.warn({ source: clean(host), ...more }, `refused ${clean(host)}: ${SAYS[why]}`)
  }

  /** Nodes call each other on behalf of many phones. */
  function isTrusted(given: string): boolean {
    nodes ??= new Set([...tables.nodes.values()].map(({ sip }) => plainHost(hostOf(sip))))
    const host = plainHost(given)
    return exactly.has(host) || nodes.has(host) || trusted.has(host) || isTrunk(host)
  }

  function isBanned(source: string): boolean {
    if (tables.bans.size === 0) return false
    const row = tables.bans.get(source)
    return row !== undefined && !isOver(row, cluster.now())
  }

  function aclAt(point: ListenPoint): Acl | null {
    let known = acls.get(point)
    if (!known) {
      const host = point.host.includes(':') ? `[${point.host}]` : point.host
      acls.set(point, (known = { acl: aclOf(acl, `${point.transport}:${host}:${point.port}`) }))
    }
    return known.acl
  }

  const isDenied = (host: string, point: ListenPoint): boolean => acl.length > 0 && aclAt(point)?.(host) === false

  function admit(host: string, point: ListenPoint): 'yes' | 'later' | 'no' {
    if (isDenied(host, point)) {
      refuse('acl', host, { listener: point })
      return 'no'
    }
    if (exactly.has(host)) return 'yes'
    const source = sourceOf(host)
    const why = isBanned(source) ? 'banned' : offences.message(source, clock(), wayOf(point.transport))
    if (why === 'yes' || isTrusted(host)) return 'yes'
    refuse(why, host)
    return why === 'too fast' ? 'later' : 'no'
  }

  /** What is done about it when it is not spared: see judgement.ts. */
  const remedyFor = (transport: Transport, isThere = false) => (isThere || transport !== 'udp' ? 'ban' : 'shun')

  return {
    admit,
    malformed({ host, port }, transport) {
      if (isWeb(transport)) {
        refuse('malformed', host)
        return offences.bad(`${host} ${port}`, clock(), 'web')
      }
      if (isTrusted(host)) return false
      refuse('malformed', host)
      const source = sourceOf(host)
      if (offences.bad(source, clock(), wayOf(transport)))
        judgement.accuse(source, remedyFor(transport), 'malformed messages')
      return false
    },
    origin(host, origin) {
      if (pages === null || isAllowed(origin, pages)) return true
      refuse('origin', host, { origin: clean(origin ?? '', 128) })
      return false
    },
    looks(host, point, what) {
      return !isDenied(host, point) && offences.looks(sourceOf(host), what, clock(), wayOf(point.transport))
    },
    refuses({ source: { address, transport }, userAgent }, isForHelp = () => false) {
      const source = sourceOf(address)
      // A drachtio-server hands on what it hears, whoever sent it.
      const isScanner = offences.isScanner(userAgent)
      if ((!isScanner && !isBanned(source)) || isTrusted(address) || isForHelp()) return false
      if (!isScanner) refuse('banned', address)
      else {
        const name = clean(userAgent, 40)
        refuse('scanner', address, { userAgent: name })
        if (!isWeb(transport)) judgement.accuse(source, remedyFor(transport), `scanner ${name}`)
      }
      return true
    },
    isTrusted,
    failed({ address, transport }, { aor, isThere }) {
      const remedy = remedyFor(transport, isThere)
      const isKnown = remedy === 'ban' && !isTrusted(address)
      const source = sourceOf(address)
      refuse('password', address, { aor: clean(aor, 64) })
      // Who writes addresses of others hears no answer and so guesses nothing; to count him would lock accounts for others.
      if (remedy !== 'ban' && !isTrusted(address)) return
      if (offences.failed(isKnown ? source : null, aor, clock())) {
        judgement.accuse(source, 'ban', `wrong passwords, at last for ${clean(aor, 64)}`)
      }
    },
    proved({ address }, aor) {
      if (exactly.has(address)) return true
      offences.proved(sourceOf(address), aor)
      if (offences.request(aor, clock()) || isTrusted(address)) return true
      refuse('account', address, { aor: clean(aor, 64) })
      return false
    },
    isGuessed({ address }, aor) {
      if (!offences.isGuessed(aor, clock()) || isTrusted(address)) return false
      const bindings = tables.registrations.get(aor)?.bindings ?? []
      const source = sourceOf(address)
      if (bindings.some(({ received }) => sourceOf(hostOf(received)) === source)) return false
      refuse('guessed', address, { aor: clean(aor, 64) })
      return true
    },
    takesPath({ address }) {
      if (proxies.has(address)) return true
      refuse('path', address)
      return false
    },
    spared: () => judgement.spared(),
    counters: () => ({ ...count, ...judgement.counters() }),
    close() {
      stop()
      judgement.close()
    },
  }
}
