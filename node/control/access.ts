/**
 * Who may ask what. Every RPC of the control service stands here, with what one must be allowed to do for it, and whose it is: an operator for some tenants
 * asks only what is theirs. What does not stand here is for admins of everything.
 */

import type { Role } from '../../cluster/tables/people-rows.ts'
import { domainsOf, tenantOf } from '../../cluster/tables/tenants.ts'
import type { Tables } from '../../cluster/tables/view.ts'
import { clean } from '../../proto/text.ts'
import { normalForm } from '../routing/number.ts'
import { hideCall, hideCalls, hideExplanation, hideTraced, knownCall, type Look, partiesOf } from './own-side.ts'

export type Need = 'read' | 'operate' | 'administer' | 'audit'

export interface Access {
  readonly need: Need
  /**
   * Whose it is. `anybody`: it tells nothing of a tenant. `cluster`: it is about everything. `list`: rows of one tenant can be asked for. Else the AoRs
   * that it is about, of which one must be theirs.
   */
  readonly of: 'anybody' | 'cluster' | 'list' | ((request: Fields, tables: Tables) => readonly string[])
  /** What it is about, where it changes no row: an entry of the audit is made of it. */
  readonly note?: (request: Fields) => string
  /** The field of the request that says who asks: it is believed only as long as nobody can prove who he is. */
  readonly by?: string
  /** What in it is beyond who is for some tenants only, as a sentence; null: nothing. */
  readonly beyond?: (request: Fields, tables: Tables) => string | null
  /** What is taken out of an answer, or of each item of a stream, for who is for some tenants only. */
  readonly hide?: (look: Look) => (reply: never) => unknown
}

type Fields = Readonly<Record<string, unknown>>

const GRANTS: Readonly<Record<Role, readonly Need[]>> = {
  viewer: ['read'],
  operator: ['read', 'operate'],
  admin: ['read', 'operate', 'administer', 'audit'],
  auditor: ['read', 'audit'],
}

export const ROLES = Object.keys(GRANTS) as readonly Role[]

export function grants(roles: readonly Role[], need: Need): boolean {
  return roles.some((role) => GRANTS[role]?.includes(need))
}

const text = (name: string) => (request: Fields) => String(request[name] ?? '')
const byAor = ({ aor }: Fields): readonly string[] => [String(aor)]
const byCall = ({ id }: Fields, tables: Tables): readonly string[] => {
  const call = knownCall(tables, String(id))
  return call ? partiesOf(call) : []
}

export const ACCESS: Readonly<Record<string, Access>> = {
  GetNode: { need: 'read', of: 'anybody' },
  GetCluster: { need: 'read', of: 'anybody' },
  GetOverview: { need: 'read', of: 'anybody' },
  GetHealth: { need: 'read', of: 'cluster' },
  GetHashes: { need: 'read', of: 'anybody' },
  VerifyCluster: { need: 'read', of: 'anybody' },
  TransferLeader: { need: 'administer', of: 'cluster', note: text('node') },
  AddMember: { need: 'administer', of: 'cluster', note: text('name') },
  PromoteMember: { need: 'administer', of: 'cluster', note: text('node') },
  RemoveMember: { need: 'administer', of: 'cluster', note: text('node') },
  // It has everything in it, sealed secrets too.
  SaveSnapshot: { need: 'administer', of: 'cluster' },

  AddUser: { need: 'operate', of: byAor },
  ListUsers: { need: 'read', of: 'list' },
  GetUser: { need: 'read', of: byAor },
  RemoveUser: { need: 'operate', of: byAor },
  SetProfile: { need: 'operate', of: byAor, beyond: (request, tables) => strangeCallerId([request], tables) },
  GetProfiles: { need: 'read', of: 'list' },
  ImportUsers: {
    need: 'operate',
    of: 'list',
    beyond: ({ users }, tables) => strangeCallerId(users as readonly Fields[] | undefined, tables),
  },

  ListTenants: { need: 'read', of: 'list' },
  PutTenant: { need: 'administer', of: 'cluster' },
  RemoveTenant: { need: 'administer', of: 'cluster' },
  ListOperators: { need: 'audit', of: 'cluster' },
  PutOperator: { need: 'administer', of: 'cluster' },
  RotateOperator: { need: 'administer', of: 'cluster' },
  RemoveOperator: { need: 'administer', of: 'cluster' },
  ListAudit: { need: 'audit', of: 'cluster' },

  AddBan: { need: 'operate', of: 'cluster' },
  RemoveBan: { need: 'operate', of: 'cluster' },
  ListBans: { need: 'read', of: 'cluster' },

  CommitPlan: { need: 'operate', of: 'cluster', by: 'author' },
  RollbackPlan: { need: 'operate', of: 'cluster', by: 'author' },
  RemovePlan: { need: 'operate', of: 'cluster', by: 'author' },
  ValidatePlan: { need: 'read', of: 'cluster' },
  TestPlan: { need: 'read', of: 'cluster' },
  ReplayPlan: { need: 'read', of: 'cluster' },
  ExplainRoute: { need: 'read', of: 'cluster' },
  GetPlan: { need: 'read', of: 'cluster' },
  ListPlans: { need: 'read', of: 'list' },
  ListCommits: { need: 'read', of: 'cluster' },

  ListRegistrations: { need: 'read', of: 'list' },
  ListCalls: { need: 'read', of: 'list', hide: hideCalls },
  GetCall: { need: 'read', of: byCall, hide: hideCall },
  ExplainCall: { need: 'read', of: byCall, hide: hideExplanation },
  HangUpCall: { need: 'operate', of: byCall, note: text('id') },

  ListTrunks: { need: 'read', of: 'cluster' },
  GetTrunk: { need: 'read', of: 'cluster' },
  PutTrunk: { need: 'operate', of: 'cluster' },
  RemoveTrunk: { need: 'operate', of: 'cluster' },

  SetLimit: { need: 'operate', of: 'cluster' },
  RemoveLimit: { need: 'operate', of: 'cluster' },
  GetLimit: { need: 'read', of: 'cluster' },
  ListLimits: { need: 'read', of: 'cluster' },
  AddCredit: { need: 'operate', of: 'cluster', by: 'by' },
  GetCredit: { need: 'read', of: 'cluster' },
  ListCredit: { need: 'read', of: 'cluster' },
  ImportRates: { need: 'operate', of: 'cluster' },
  RemoveDeck: { need: 'operate', of: 'cluster' },
  ListDecks: { need: 'read', of: 'cluster' },
  ListRates: { need: 'read', of: 'cluster' },
  GetPrice: { need: 'read', of: 'cluster' },

  ListCdrs: { need: 'read', of: 'cluster' },
  GetCdr: { need: 'read', of: 'cluster' },
  ListSinks: { need: 'read', of: 'cluster' },
  AddSink: { need: 'administer', of: 'cluster' },
  PauseSink: { need: 'administer', of: 'cluster' },
  RemoveSink: { need: 'administer', of: 'cluster' },
  RecentDecisions: { need: 'read', of: 'cluster' },
  // What was said in a call, message by message.
  TraceCall: { need: 'operate', of: byCall, hide: hideTraced },

  Watch: { need: 'read', of: 'cluster' },
  Events: { need: 'read', of: 'cluster' },
}

const UNKNOWN: Access = { need: 'administer', of: 'cluster' }

export function accessOf(method: string): Access {
  return (Object.hasOwn(ACCESS, method) && ACCESS[method]) || UNKNOWN
}

/** Rights of who asks. `tenants` empty: all of them. */
export interface Rights {
  readonly roles: readonly Role[]
  readonly tenants: readonly string[]
}

export type Verdict =
  /** `tenant`: what the request is to be narrowed to; absent: it stays as it is. */
  { readonly kind: 'may'; readonly tenant?: string } | { readonly kind: 'may not'; readonly why: string }

export function judge(method: string, request: Fields, { roles, tenants }: Rights, tables: Tables): Verdict {
  const { need, of, beyond } = accessOf(method)
  // What operators did has secrets of others in it, whichever way it is read.
  const isAudit = method === 'Watch' && request.table === 'audit'
  if (!grants(roles, isAudit ? 'audit' : need)) {
    const who = ROLES.filter((role) => grants([role], isAudit ? 'audit' : need)).join(' or ')
    return { kind: 'may not', why: `that needs the role ${who}; you have ${roles.join(', ') || 'none'}` }
  }
  if (tenants.length === 0 || of === 'anybody') return { kind: 'may' }
  const yours = tenants.join(', ')
  const why = beyond?.(request, tables) ?? null
  if (why !== null) return { kind: 'may not', why }
  if (of === 'cluster')
    return { kind: 'may not', why: `that is about the whole cluster, and you are for ${yours} alone` }
  if (of === 'list') {
    const asked = String(request.tenant ?? '')
    if (asked === '' && tenants.length === 1) return { kind: 'may', tenant: tenants[0]! }
    if (tenants.includes(asked)) return { kind: 'may' }
    return { kind: 'may not', why: `name one of your tenants (${yours}) with --tenant` }
  }
  const isTheirs = of(request, tables).some((aor) => {
    const tenant = tenantOf(tables, domainOf(aor))
    return tenant !== null && tenants.includes(tenant)
  })
  return isTheirs
    ? { kind: 'may' }
    : { kind: 'may not', why: `that is of no domain of ${yours}, and you are for these alone` }
}

/**
 * Other networks believe the number that a user shows. So the numbers of the plan of his tenant can be set, what that plan shows anyway, and what he has already: an operator for all
 * tenants gave him that.
 */
function strangeCallerId(users: readonly Fields[] = [], tables: Tables): string | null {
  const known = new Map<string | null, ReadonlySet<string>>()
  for (const { aor, set, profile } of users) {
    const { callerId = '' } = (set ?? profile ?? {}) as { readonly callerId?: string }
    if (callerId === '' || tables.profiles.get(String(aor))?.callerId === callerId) continue
    const tenant = tenantOf(tables, domainOf(String(aor)))
    let own = known.get(tenant)
    if (own === undefined) known.set(tenant, (own = tenant === null ? new Set() : numbersOf(tables, tenant)))
    if (own.has(callerId)) continue
    return `caller_id: ${clean(callerId, 40)} is no number of the plan of ${clean(tenant ?? 'this domain', 64)}; an operator for all tenants can set it`
  }
  return null
}

/** What the plan of a tenant has and shows, in normal form. */
function numbersOf({ plans }: Pick<Tables, 'plans'>, tenant: string): ReadonlySet<string> {
  const own = [...plans.values()].filter(({ plan }) => plan.tenant === tenant)
  return new Set(
    own.flatMap(({ plan: { numbers = [], users, rules, trunkGroups = [], country } }) => {
      const all = [
        ...numbers.map(({ number }) => number),
        ...users.flatMap((user) => [...user.numbers, user.callerId]),
        ...[...rules, ...trunkGroups].map(({ callerId }) => callerId),
      ]
      return all.flatMap((one) => (one === undefined ? [] : [normalForm(one, country) ?? one]))
    }),
  )
}

function domainOf(aor: string): string {
  // A number, or a name without a domain, is of none.
  return aor.includes('@') ? aor.slice(aor.lastIndexOf('@') + 1).toLowerCase() : ''
}

/** Whether something of a domain is in a list that was asked for; of every domain, when no tenant is named. */
export function inTenant(tables: Tables, tenant: string): (...aors: readonly string[]) => boolean {
  if (tenant === '') return () => true
  const domains = new Set(domainsOf(tables, tenant))
  return (...aors) => aors.some((aor) => domains.has(domainOf(aor)))
}
