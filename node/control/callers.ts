/**
 * Who asks, and whether he may: before every handler of the control service. What handlers then propose says on whose behalf, by one wrapper around the
 * cluster, so that no handler can forget it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { hash, randomUUID, timingSafeEqual } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { type Metadata, type ServerUnaryCall, type ServiceError, status } from '@grpc/grpc-js'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { Cause, Command } from '../../cluster/tables/commands.ts'
import type { OperatorRow } from '../../cluster/tables/people-rows.ts'
import { BEHALF, REASON, USER } from '../../proto/asked.ts'
import { clean } from '../../proto/text.ts'
import { accessOf, judge, type Rights } from './access.ts'
import { behalf, readBehalves } from './behalf.ts'
import { Refusal, refusal } from './refusal.ts'

/** What callers are who show neither a token nor a certificate of an operator: the role they have, or none at all. */
export type Anonymous = 'admin' | 'viewer' | 'none'

export interface CallerNeeds {
  readonly cluster: Cluster
  readonly key: Uint8Array
  readonly log: Logger
  /** Whether the listener shows certificates, and asks for them. */
  readonly tls: boolean
  /** Null: admins, as long as there is no operator; then on loopback without TLS alone. Without operators who comes over loopback is an admin whatever it says. */
  readonly anonymous: Anonymous | null
}

interface Asker extends Rights {
  readonly cause: Cause
  /** Another node asks, for somebody whom it has judged. */
  readonly isNode: boolean
}

const ANYTHING: Rights = { roles: ['admin'], tenants: [] }
/** As seldom as that a wrong token is tried by mistake. */
const FAILURES_MAX = 10
const FAILURES_MS = 60_000
const FAILED_MAX = 1_000
const WHY_MAX = 200
const NOTE_MS = 2_000

type AnyCall = Pick<
  ServerUnaryCall<unknown, unknown>,
  'metadata' | 'getPeer' | 'getAuthContext' | 'getPath' | 'request'
>

export interface Callers {
  /** The same handlers, for those who may ask them. */
  guarded<Handlers extends object>(handlers: Handlers, streams: Streams): Handlers
  /** What is proposed through it says who caused it, if somebody did. */
  readonly cluster: Cluster
  /** What shows to another node that this one asks it for a method (as gRPC has it), and for whom. */
  introduce(metadata: Metadata, node: string, method: string): void
}

/** How each method is called. */
export type Streams = Readonly<Record<string, { readonly requestStream: boolean; readonly responseStream: boolean }>>

export function watchCallers(needs: CallerNeeds): Callers {
  const { cluster, key, log } = needs
  const asking = new AsyncLocalStorage<Asker>()
  const failures = new Map<string, { count: number; since: number }>()
  const shown = readBehalves(key)

  const caused = (command: Command): Command => {
    const cause = asking.getStore()?.cause
    // Older programs would make no entry of it.
    return cause === undefined || cluster.tables.members === null ? command : { ...command, cause }
  }

  function identify(call: AnyCall): Asker {
    const { metadata } = call
    const address = addressOf(call.getPeer())
    const said = {
      from: clean(call.getPeer(), 64),
      why: clean(textIn(metadata, REASON), WHY_MAX),
    }
    const [value] = metadata.get(BEHALF)
    const question = { node: cluster.node, method: call.getPath(), now: Date.now() }
    const node = typeof value === 'string' ? shown(value, question) : null
    if (node !== null) {
      return { ...ANYTHING, isNode: true, cause: node.cause ?? { ...said, who: `node ${node.name}` } }
    }

    const { operators } = cluster.tables
    const [authorization] = metadata.get('authorization')
    if (typeof authorization === 'string') {
      const row = byToken(authorization, address)
      return { roles: row.roles, tenants: row.tenants, isNode: false, cause: { ...said, who: row.name } }
    }
    const row = operators.size === 0 ? null : byCertificate(call)
    if (row !== null) {
      return { roles: row.roles, tenants: row.tenants, isNode: false, cause: { ...said, who: row.name } }
    }

    const role = anonymousRole(address)
    if (role === 'none') {
      throw new Refusal(
        status.UNAUTHENTICATED,
        'this node wants to know who asks: give --token-file (or RAFTEL_TOKEN_FILE), or a client certificate of an operator',
      )
    }
    const name = clean(textIn(metadata, USER), 32)
    const who = name === '' ? 'anonymous' : `anonymous (${name})`
    return { roles: [role], tenants: [], isNode: false, cause: { ...said, who } }
  }

  function anonymousRole(address: string): Anonymous {
    // On the machine of the node somebody must be able to make the first operator.
    if (cluster.tables.operators.size === 0) return isLoopback(address) ? 'admin' : (needs.anonymous ?? 'admin')
    return needs.anonymous ?? (isLoopback(address) && !needs.tls ? 'admin' : 'none')
  }

  function byToken(authorization: string, address: string): OperatorRow {
    if (!needs.tls && !isLoopback(address)) {
      throw new Refusal(
        status.PERMISSION_DENIED,
        'a token is taken only over TLS, or from the machine of the node: anybody on the way could read it; give the node control.tls',
      )
    }
    if (isTooOften(address)) {
      throw new Refusal(status.PERMISSION_DENIED, `too many wrong tokens from ${address}; wait a minute`)
    }
    const [, token = ''] = /^Bearer +(\S{1,256})$/i.exec(authorization) ?? []
    const [, name = ''] = /^raftel\.([a-z0-9._-]{1,64})\.[A-Za-z0-9_-]{43}$/.exec(token) ?? []
    const row = cluster.tables.operators.get(name)
    // As much work for a name that is none.
    const known = Buffer.from(row?.token ?? NOBODY, 'hex')
    const same = timingSafeEqual(Buffer.from(hash('sha256', token), 'hex'), known)
    if (!row?.token || !same) {
      failed(address)
      throw new Refusal(
        status.UNAUTHENTICATED,
        'this token is of no operator; ask an admin for another (raftel operator rotate)',
      )
    }
    return valid(row)
  }

  function byCertificate(call: AnyCall): OperatorRow | null {
    const { sslPeerCertificate: shown } = call.getAuthContext()
    if (!shown) return null
    const fingerprint = shown.fingerprint256.replaceAll(':', '').toLowerCase()
    const { CN: name = '' } = shown.subject as { CN?: string }
    for (const row of cluster.tables.operators.values()) {
      if (row.certificate === fingerprint || (name !== '' && row.certificate === `CN=${name}`)) return valid(row)
    }
    return null
  }

  function valid(row: OperatorRow): OperatorRow {
    const isOver = row.expiresAt !== undefined && row.expiresAt <= cluster.now()
    if (!row.disabled && !isOver) return row
    throw new Refusal(
      status.PERMISSION_DENIED,
      `${row.name} is ${isOver ? 'an operator no more: the time is over' : 'disabled'}; ask an admin (raftel operator set)`,
    )
  }

  function isTooOften(address: string): boolean {
    const seen = failures.get(address)
    return seen !== undefined && Date.now() - seen.since < FAILURES_MS && seen.count >= FAILURES_MAX
  }

  function failed(address: string): void {
    const now = Date.now()
    const seen = failures.get(address)
    if (seen && now - seen.since < FAILURES_MS) seen.count++
    else failures.set(address, { count: 1, since: now })
    if (failures.size > FAILED_MAX) failures.delete(failures.keys().next().value!)
    log.warn({ address }, `${address} showed a token that is of no operator`)
  }

  /** Who asks, if he may; what is asked for is narrowed to what is his. */
  function admit(method: string, call: AnyCall): Asker {
    const asker = identify(call)
    const request = (call.request ?? {}) as Record<string, unknown>
    const verdict = judge(method, request, asker, cluster.tables)
    if (verdict.kind === 'may not') {
      throw new Refusal(status.PERMISSION_DENIED, `${asker.cause.who} may not do that: ${verdict.why}`)
    }
    if (verdict.tenant !== undefined) request.tenant = verdict.tenant
    const { by } = accessOf(method)
    // Once somebody can prove who he is, a name that is only said would be taken for his.
    if (by !== undefined && cluster.tables.operators.size > 0) request[by] = asker.cause.who
    return asker
  }

  /** What changed no row is in the audit all the same. */
  async function note(method: string, request: unknown): Promise<void> {
    const { note: about } = accessOf(method)
    if (!about || cluster.tables.members === null) return
    const key = clean(about(request as Record<string, unknown>), 128)
    const agreed = await guardedCluster.propose({ type: 'note', what: method, key }, NOTE_MS)
    if (agreed.kind !== 'agreed')
      log.warn({ method, key }, `${method} ${key} was done, but is not in the audit: ${agreed.kind}`)
  }

  /** What is not his is taken out at the last moment: what handlers and other nodes say among themselves is whole. */
  function hiderFor(method: string, { tenants }: Asker, { request }: AnyCall): Hide | null {
    const { hide } = accessOf(method)
    if (tenants.length === 0 || hide === undefined) return null
    const { id } = (request ?? {}) as { id?: unknown }
    return hide({ tables: cluster.tables, tenants, id: String(id ?? '') }) as Hide
  }

  const guardedCluster: Cluster = {
    ...delegate(cluster),
    propose: (command, timeoutMs) => cluster.propose(caused(command), timeoutMs),
  }

  type Done = (error: Partial<ServiceError> | null, reply?: unknown) => void
  type Handler = (call: AnyCall & { emit(name: 'error', error: Partial<ServiceError>): void }, done: Done) => unknown

  return {
    cluster: guardedCluster,
    guarded(handlers, streams) {
      const wrapped = Object.entries(handlers as Record<string, Handler>).map(([method, handler]) => {
        const { requestStream, responseStream } = streams[method] ?? { requestStream: false, responseStream: false }
        const guard: Handler = (call, done) => {
          let asker: Asker
          try {
            asker = admit(method, call)
          } catch (error) {
            const refused = refusal(error, log, call.getPath())
            if (responseStream) call.emit('error', refused)
            else done(refused)
            return
          }
          const hide = hiderFor(method, asker, call)
          const told: Done = hide && !responseStream ? (error, reply) => done(error, reply && hide(reply)) : done
          const noted: Done = (error, reply) => {
            if (error || asker.isNode) return told(error, reply)
            note(method, call.request).then(
              () => told(null, reply),
              (trouble) => told(refusal(trouble, log, call.getPath())),
            )
          }
          if (hide && responseStream) hideIn(call as unknown as Stream, hide)
          const isNoted = accessOf(method).note !== undefined && !requestStream && !responseStream
          return asking.run(asker, () => handler(call, isNoted ? noted : told))
        }
        return [method, guard] as const
      })
      return Object.fromEntries(wrapped) as typeof handlers
    },
    introduce(metadata, node, method) {
      const cause = asking.getStore()?.cause ?? null
      const question = { node, method, now: Date.now() }
      metadata.set(BEHALF, behalf(key, { name: cluster.node, cause }, question, randomUUID()))
    },
  }
}

type Hide = (reply: unknown) => unknown
type Stream = { write(item: unknown): boolean }

function hideIn(call: Stream, hide: Hide): void {
  const write = call.write.bind(call)
  call.write = (item) => write(hide(item))
}

/** No token has it: what a name that is none is compared with. */
const NOBODY = '00'.repeat(32)

function textIn(metadata: Metadata, name: string): string {
  const [value] = metadata.get(name)
  return value === undefined ? '' : value.toString()
}

/** Without its port. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^::ffff:(?=[\d.]+$)/, '')
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

/** The same cluster: it is of a class, so its methods are told whose they are. */
function delegate(cluster: Cluster): Cluster {
  return {
    node: cluster.node,
    incarnation: cluster.incarnation,
    tables: cluster.tables,
    propose: (...given) => cluster.propose(...given),
    catchUp: (...given) => cluster.catchUp(...given),
    status: () => cluster.status(),
    transferLeader: (...given) => cluster.transferLeader(...given),
    changeMembers: (...given) => cluster.changeMembers(...given),
    members: () => cluster.members(),
    hashes: () => cluster.hashes(),
    save: (...given) => cluster.save(...given),
    now: () => cluster.now(),
    watch: (...given) => cluster.watch(...given),
    onStatus: (...given) => cluster.onStatus(...given),
    close: () => cluster.close(),
  }
}
