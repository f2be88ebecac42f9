/**
 * Trunks of this node: where a call to one goes, who a call from one is, which targets answer, and who registers. What a node sees of a trunk it
 * writes to a table when it changes, so that every node knows the same of all of them.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import type { TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { type TrunkStanding, trunkState, trunkStateKey } from '../../cluster/tables/trunks.ts'
import { clean } from '../../proto/text.ts'
import { parseAddress, parseUri, unescaped } from '../sip/address.ts'
import { answerTo, strongestChallenge } from '../sip/authorize.ts'
import type { DialRequest, Heard, SipPort } from '../sip/port.ts'
import { badFor } from './health.ts'
import { inviteTo, type Look } from './invite.ts'
import { inNumber } from './numbers.ts'
import { type Probing, startProbing } from './probe.ts'
import { type Registering, startRegistering } from './register.ts'
import type { TrunkSources } from './sources.ts'

export type { Look } from './invite.ts'

export interface TrunksNeeds {
  readonly cluster: Cluster
  readonly sip: SipPort
  readonly sources: TrunkSources
  /** Opens the password of a trunk. */
  password(trunk: TrunkRow): string
  /** The order by which another node sends a call to a trunk for us; see node/calls/relay.ts. */
  order?(node: string, sip: string, trunk: string, number: string, look: Look): DialRequest
  readonly log: Logger
  /** How long a target has to answer an OPTIONS, ms. */
  readonly answerMs?: number
  /** Unguessable, 16 hexadecimal digits. */
  cnonce(): string
  /** From 0 up to 1: spreads what many nodes or trunks do. */
  chance(): number
}

export type Out =
  | {
      readonly kind: 'request'
      readonly request: DialRequest
      /** To the trunk's other targets, one after the other when the one before is not there. */
      readonly others: readonly DialRequest[]
      /** The other node that sends it; null: this one. */
      readonly via: string | null
    }
  | { readonly kind: 'unreachable'; readonly why: string }

/** A call that came in by a trunk, as the plan reads it. */
export interface Arrival {
  readonly trunk: string
  /** After the trunk's number policy. */
  readonly dialled: string
  readonly domain: string
  /** The caller's number or name, after the policy; empty: he shows none. */
  readonly number: string
  readonly display: string
  readonly private: boolean
}

export interface Trunks {
  /** An INVITE to a trunk, by this node or one that reaches it. Digest is answered by the request itself. */
  out(trunk: string, number: string, look: Look): Out
  /** The same by this node alone, for one that another node asks for. */
  outHere(trunk: string, number: string, look: Look): Out
  /** How an INVITE that was sent from here ended: its final status, 200 also for one that rang and was given up. Null counts for nothing. */
  outcome(trunk: string, status: number | null): void
  /**
   * The trunk that a request comes from: by its address, or by the user of ours that it proved to be, where the trunk has one. With both both are
   * needed; then without `caller` it is none yet, and is challenged like everybody.
   */
  cameIn(heard: Pick<Heard, 'source'>, caller?: Aor | null): string | null
  /** What a call from a trunk asks for; null: its Request-URI does not read. */
  arrived(trunk: string, heard: Heard): Arrival | null
  /** What routing reads. Null: there is no such trunk. */
  standing(trunk: string): TrunkStanding | null
  close(): Promise<void>
}

export function startTrunks(needs: TrunksNeeds): Trunks {
  const { cluster, sip, sources, password, order, cnonce } = needs
  const { tables } = cluster
  const probing: Probing = startProbing(needs)
  const registering: Registering = startRegistering({ ...needs, tell: probing.registered })
  const host = sip.address

  function answersOf(trunk: TrunkRow): Pick<DialRequest, 'answers'> {
    const { auth } = trunk
    if (!auth) return {}
    return {
      answers(request) {
        let answered = false
        return ({ status, headers }) => {
          const challenge = strongestChallenge(
            headers.get(status === 401 ? 'www-authenticate' : 'proxy-authenticate') ?? '',
          )
          if (!challenge || (auth.realm !== undefined && challenge.realm !== auth.realm)) return null
          // It did not like what it heard.
          if (answered && !challenge.stale) return null
          answered = true
          return answerTo(status, headers, { ...request, user: auth.user, password: password(trunk), cnonce: cnonce() })
        }
      },
    }
  }

  /** To the targets that answer, in their order; where none does to all of them, if it must be. */
  function here(trunk: TrunkRow, number: string, look: Look, isForced: boolean): Out | null {
    const up = probing.up(trunk)
    const targets = up.length === 0 && isForced ? trunk.targets : up
    const [request, ...others] = targets.map((target) => {
      const invite = inviteTo(trunk, target, number, look, host)
      return { ...invite, ...answersOf(trunk) }
    })
    return request === undefined ? null : { kind: 'request', request, others, via: null }
  }

  /** Nodes that this one sees and that reach the trunk, in order. */
  function elsewhere({ name }: TrunkRow) {
    const { connected } = cluster.status()
    return [...tables.nodes.values()]
      .filter(({ id, incarnation }) => {
        const row = tables.trunkStates.get(trunkStateKey(name, id))
        return connected.includes(id) && !(row?.reach === 'down' && row.incarnation === incarnation)
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  function rowOf(name: string): TrunkRow | { readonly why: string } {
    const row = tables.trunks.get(name)
    if (!row) return { why: `there is no trunk ${clean(name, 64)}` }
    return row.disabled ? { why: `trunk ${name} is disabled` } : row
  }

  const unreachable = (why: string): Out => ({ kind: 'unreachable', why })

  return {
    out(name, number, look) {
      const row = rowOf(name)
      if ('why' in row) return unreachable(row.why)
      const own = here(row, number, look, false)
      if (own) return own
      const [other] = elsewhere(row)
      if (other && order) {
        const request = order(other.id, other.sip, name, number, look)
        return { kind: 'request', request, others: [], via: other.id }
      }
      const last = look.emergency ? here(row, number, look, true) : null
      return last ?? unreachable(`no node reaches trunk ${name}: ${probing.why(row)}`)
    },
    outHere(name, number, look) {
      const row = rowOf(name)
      if ('why' in row) return unreachable(row.why)
      return here(row, number, look, true) ?? unreachable(`trunk ${name} has no target`)
    },
    outcome(name, status) {
      const row = tables.trunks.get(name)
      if (row && status !== null) probing.heard(row, badFor(status))
    },
    cameIn({ source }, caller = null) {
      const byAddress = sources.of(source.address)
      const row = byAddress === null ? undefined : tables.trunks.get(byAddress)
      if (row) return row.inbound?.user === undefined || row.inbound.user === caller ? row.name : null
      if (caller === null) return null
      const names = [...tables.trunks.values()]
        .filter(({ disabled, inbound }) => !disabled && inbound?.user === caller && (inbound.from ?? []).length === 0)
        .map(({ name }) => name)
      return names.sort()[0] ?? null
    },
    arrived(name, heard) {
      const row = tables.trunks.get(name)
      const asked = parseUri(heard.uri)
      const user = asked && unescaped(asked.user)
      if (!row || !asked || user === null) return null
      const policy = row.in ?? {}
      const isTrusted = row.identity?.trusted === true
      const asserted = isTrusted ? assertedIn(heard) : null
      const { user: from, display, host: fromHost } = asserted ?? heard.from
      const isAnonymous = from === '' || from.toLowerCase() === 'anonymous' || fromHost === 'anonymous.invalid'
      return {
        trunk: name,
        dialled: inNumber(policy, user),
        domain: row.inbound?.domain ?? asked.host,
        number: isAnonymous ? '' : clean(inNumber({ ...policy, strip: 0, prefix: '' }, from), 64),
        display: clean(display, 64),
        private: /\b(?:id|user|header)\b/i.test(heard.header('privacy') ?? '') || isAnonymous,
      }
    },
    standing(name) {
      const row = tables.trunks.get(name)
      return row ? trunkState(row, tables.trunkStates, tables.nodes.values()) : null
    },
    async close() {
      await registering.close()
      probing.close()
    },
  }
}

/** The first identity that is a SIP address or a number (RFC 3325 §9.1). */
function assertedIn(heard: Heard): { readonly user: string; readonly display: string; readonly host: string } | null {
  const address = parseAddress(heard.header('p-asserted-identity') ?? '')
  if (!address) return null
  const { display, uri } = address
  const tel = /^tel:(\+?[\d.()-]{1,40})/i.exec(uri)?.[1]
  if (tel !== undefined) return { user: tel.replace(/[.()-]/g, ''), display, host: '' }
  const sip = parseUri(uri)
  return sip && sip.user !== '' ? { user: unescaped(sip.user) ?? sip.user, display, host: sip.host } : null
}
