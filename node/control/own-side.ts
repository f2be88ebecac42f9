/**
 * What an operator of some tenants sees of a call: the side that is theirs. Of the other side he sees that it is there, who it is by name, and what kind of
 * messages passed; no address, contact, SDP, or reason in the plan of others.
 */
import { hash, randomBytes } from 'node:crypto'
import type { CallRow } from '../../cluster/tables/rows.ts'
import { tenantOf } from '../../cluster/tables/tenants.ts'
import type { Tables } from '../../cluster/tables/view.ts'
import type { Call } from '../../proto/types/raftel/v1/Call.ts'
import type { CallPage } from '../../proto/types/raftel/v1/CallPage.ts'
import type { Explanation } from '../../proto/types/raftel/v1/Explanation.ts'
import type { Traced } from '../../proto/types/raftel/v1/Traced.ts'
import { domainOf } from '../profile/aor.ts'

/** Who looks, and at what. */
export interface Look {
  readonly tables: Pick<Tables, 'calls' | 'cdrs' | 'plans' | 'trunks'>
  /** His; never empty. */
  readonly tenants: readonly string[]
  /** Of the call that was asked for. */
  readonly id: string
}

/** A live call, or the record of one. */
interface Known extends Pick<CallRow, 'from' | 'to' | 'target'> {
  readonly tenant: string
  readonly trunk: string
  readonly legs: readonly { readonly role: 'caller' | 'called'; readonly callId: string }[]
}

interface Own {
  readonly caller: boolean
  readonly called: boolean
  /** Whether their plan decided. */
  readonly plan: boolean
}

const HIDDEN = 'hidden'
const NOT_YOURS = 'hidden: it is about others'

/** Which of the parts are theirs: one of whom it is not known is not. */
function ownOf({ tables, tenants }: Look, { from, to, target, tenant, trunk }: Known): Own {
  const names = target === '' ? [to] : target.split(', ')
  const isTheirTrunk = (name: string): boolean => tenants.includes(tables.trunks.get(name)?.tenant ?? '')
  return {
    caller: from.includes('@') ? isTheirs(tables, tenants, from) : trunk !== '' && isTheirTrunk(trunk),
    called: names.every((name) => {
      const by = trunkOf(name)
      return by === null ? isTheirs(tables, tenants, name) : isTheirTrunk(by)
    }),
    plan: tenants.includes(tenant),
  }
}

export function knownCall({ calls, cdrs }: Pick<Tables, 'calls' | 'cdrs'>, id: string): Known | null {
  const row = calls.get(id)
  if (row === undefined) return cdrs.get(id) ?? null
  const { about } = row
  return { ...row, tenant: about?.tenant ?? '', trunk: about?.trunk ?? '' }
}

/** The users that a call is about, of which one must be theirs who ask after it: who called, and who is rung. */
export function partiesOf({ from, to, target }: Pick<CallRow, 'from' | 'to' | 'target'>): readonly string[] {
  return [from, to, ...target.split(', ')]
}

/** `0301 by carrier`, as targets are told. */
function trunkOf(name: string): string | null {
  return / by (\S+)$/.exec(name)?.[1] ?? null
}

function isTheirs(tables: Pick<Tables, 'plans'>, tenants: readonly string[], aor: string): boolean {
  if (!aor.includes('@')) return false
  const tenant = tenantOf(tables, domainOf(aor))
  return tenant !== null && tenants.includes(tenant)
}

function targetFor({ tables, tenants }: Look, target: string): string {
  const shown = (name: string): string =>
    !name.includes('@') || trunkOf(name) !== null || isTheirs(tables, tenants, name) ? name : HIDDEN
  return [...new Set(target.split(', ').map(shown))].join(', ')
}

export function hideCall(look: Look): (call: Call) => Call {
  return (call) => {
    const known = knownCall(look.tables, call.id ?? '')
    const own = known ? ownOf(look, known) : NOTHING
    const isSeen = (side: string | undefined): boolean =>
      side === 'caller' ? own.caller : side === 'called' ? own.called : own.caller && own.called
    return {
      ...call,
      rule: own.plan ? (call.rule ?? '') : '',
      target: targetFor(look, call.target ?? ''),
      legs: (call.legs ?? []).map((leg) =>
        isSeen(leg.role) ? leg : { role: leg.role ?? '', callId: '', contact: '' },
      ),
      ...(call.streams && {
        streams: call.streams.map((stream) => (isSeen(stream.side) ? stream : { ...stream, endpoint: '' })),
      }),
    }
  }
}
const NOTHING: Own = { caller: false, called: false, plan: false }

export function hideCalls(look: Look): (page: CallPage) => CallPage {
  const hide = hideCall(look)
  return (page) => ({ ...page, rows: (page.rows ?? []).map(hide) })
}

export function hideExplanation(look: Look): (told: Explanation) => Explanation {
  const before = knownCall(look.tables, look.id)
  return ({ asked, ...told }) => {
    const known = knownCall(look.tables, told.id ?? '') ?? before
    const own = known ? ownOf(look, known) : NOTHING
    return {
      ...told,
      ...(own.caller && asked && { asked }),
      rule: own.plan ? (told.rule ?? '') : '',
      target: targetFor(look, told.target ?? ''),
      why: own.plan ? withoutOthers(look, told.why ?? []) : [NOT_YOURS],
      attempts: (told.attempts ?? []).map((one) => (own.called ? one : { ...one, uri: HIDDEN, hop: HIDDEN })),
    }
  }
}

/** Sentences that name users of others say what these have set. */
function withoutOthers({ tables, tenants }: Look, why: readonly string[]): string[] {
  return why.map((line) => {
    const named = line.match(/[^\s,:;()]+@[^\s,:;()]+/g) ?? []
    return named.every((aor) => isTheirs(tables, tenants, aor)) ? line : NOT_YOURS
  })
}

export function hideTraced(look: Look): (item: Traced) => Traced {
  const salt = randomBytes(16).toString('hex')
  let known = knownCall(look.tables, look.id)
  return (item) => {
    const { message } = item
    if (!message) return item
    known = knownCall(look.tables, look.id) ?? known
    if (known && isOwn(ownOf(look, known), known, message.callId ?? '')) return item
    const text = outlineOf(message.text ?? '', salt)
    return { ...item, message: { ...message, remote: HIDDEN, callId: HIDDEN, text } }
  }
}

/** What is not the caller's leg is of those who were rung. */
function isOwn({ caller, called }: Own, { legs }: Known, callId: string): boolean {
  if (caller && called) return true
  const first = legs.find(({ role }) => role === 'caller')
  if (first === undefined) return false
  return first.callId === callId ? caller : called
}

/** What kind of message it is; the branch tells it from others, so that two sights of one message are still seen to be one. */
function outlineOf(text: string, salt: string): string {
  const [, status = ''] = /^SIP\/2\.0 (\d{3})/.exec(text) ?? []
  const [, method = ''] = /^([A-Z]{1,32}) /.exec(text) ?? []
  const [, cseq = ''] = /^cseq\s*:\s*(\d{1,10} [A-Z]{1,32})/im.exec(text) ?? []
  const first = status === '' ? `${method} sip:${HIDDEN} SIP/2.0` : `SIP/2.0 ${status} `
  const branch = hash('sha256', salt + text).slice(0, 16)
  return `${first}\r\nVia: SIP/2.0/UDP ${HIDDEN};branch=z9hG4bK${branch}\r\nCSeq: ${cseq}\r\nCall-ID: ${HIDDEN}\r\n\r\n`
}
