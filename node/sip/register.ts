/** REGISTER (RFC 3261 §10.3): whose domain, who is it, what do they want, let the cluster agree, say what is bound. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { BindingRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { aorOf, parseUri } from './address.ts'
import { CONTACT_LIMITS, type ContactLimits, readContacts } from './contacts.ts'
import type { Domains } from './domains.ts'
import type { Identity } from './identity.ts'
import type { ReplyOptions, SipRequest } from './port.ts'

export interface RegisterNeeds {
  readonly cluster: Cluster
  readonly domains: Domains
  readonly identity: Identity
  readonly limits?: ContactLimits
  /** Between 0 and 1: spreads those who were sent away. */
  readonly chance: () => number
  /** Monotonic, ms; by default the process's. */
  readonly now?: () => number
}

/** A phone sends its REGISTER again after 0.5, 1.5 and 3.5 s (timer E); by then it should know that it asks in vain. */
const AGREE_WITHIN = 2_000
/** A new leader is found sooner than this, unless there is no majority for one. */
const ELECTION_MS = 2_000
/** Longer ones are refused: they are replicated with every binding. */
const CALL_ID_MAX = 256

export function registerHandler(needs: RegisterNeeds): (request: SipRequest) => Promise<void> {
  const { cluster, domains, identity, chance, limits = CONTACT_LIMITS, now = () => performance.now() } = needs
  let leaderless = cluster.status().quorum ? null : now()
  cluster.onStatus(({ quorum }) => {
    leaderless = quorum ? null : (leaderless ?? now())
  })

  return async (request) => {
    const realm = request.to.host
    if (!domains.has(realm)) return request.reply(404, { reason: 'No such domain' })
    const target = parseUri(request.uri)
    if (!target || !domains.ours(target.host)) return request.reply(404, { reason: 'Not a registrar for this' })

    const who = identity.registrar(request, realm)
    if (who.kind === 'challenge') return request.reply(who.status, { headers: who.headers })
    if (who.kind === 'refused') return request.reply(who.status, { reason: who.reason, ...later(who.status, chance) })
    if (aorOf(request.to.uri) !== who.user.aor) return request.reply(403, { reason: 'To is another user' })
    const { callId, cseq } = request
    if (callId === '' || callId.length > CALL_ID_MAX) return request.reply(400, { reason: 'Call-ID is too long' })

    const wish = readContacts(request.header('contact'), request.header('expires'), limits)
    if (wish.kind === 'refused') {
      const min = wish.minExpires
      return request.reply(wish.status, {
        reason: wish.reason,
        ...(min === undefined ? {} : { headers: { 'Min-Expires': String(min) } }),
      })
    }
    if (wish.kind === 'query') {
      const row = cluster.tables.registrations.get(who.user.aor)
      return request.reply(200, bound(row?.bindings ?? [], cluster.now()))
    }

    // Without a leader for longer than an election takes there is no majority: nobody is kept waiting for it.
    if (leaderless !== null && now() - leaderless > ELECTION_MS) {
      return request.reply(503, { reason: 'No Quorum', ...later(503, chance) })
    }
    const { transport, address, port } = request.source
    const agreed = await cluster.propose(
      {
        type: 'bind',
        aor: who.user.aor,
        callId,
        cseq,
        changes: wish.changes,
        node: cluster.node,
        transport,
        received: `${address.includes(':') ? `[${address}]` : address}:${port}`,
        userAgent: clean(request.userAgent, 128),
        contactsMax: limits.contactsMax,
      },
      AGREE_WITHIN,
    )
    if (agreed.kind === 'no quorum') return request.reply(503, { reason: 'No Quorum', ...later(503, chance) })
    if (agreed.kind === 'overloaded') return request.reply(503, { reason: 'Overloaded', ...later(503, chance) })

    const { result } = agreed
    switch (result.kind) {
      case 'bound':
        return request.reply(200, bound(result.registration.bindings, result.at))
      case 'out of order':
        // The same CSeq under another request is the phone's mistake; an older one only came late (§10.3 step 7).
        return result.cseq === cseq ? request.reply(400, { reason: 'CSeq was used' }) : request.reply(500, LATE)
      case 'too many contacts':
        return request.reply(403, { reason: `More than ${result.max} contacts` })
      case 'no such user':
        return request.reply(403, { reason: 'The user was removed' })
      default:
        throw new Error(`a bind came to ${result.kind}`)
    }
  }
}

const LATE: ReplyOptions = { reason: 'Out of order' }

/** Every binding with the seconds it has left; `at` in cluster time, ms. */
function bound(bindings: readonly BindingRow[], at: number): ReplyOptions {
  const live = bindings.filter((binding) => binding.expiresAt > at)
  const date = new Date().toUTCString()
  if (live.length === 0) return { headers: { Date: date } }
  return { headers: { Contact: live.map((binding) => contactOf(binding, at)).join(','), Date: date } }
}

function contactOf({ contact, expiresAt, q }: BindingRow, at: number): string {
  return `<${contact}>;expires=${Math.ceil((expiresAt - at) / 1000)};q=${q}`
}

/** Some seconds, not the same for all: those who were sent away together shall not come back together. */
function later(status: number, chance: () => number): ReplyOptions {
  return status === 503 ? { headers: { 'Retry-After': String(2 + Math.floor(chance() * 9)) } } : {}
}
