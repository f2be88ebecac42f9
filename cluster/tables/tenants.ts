/** Tenants: whose domains are which say the plan documents. */
import type { Command, Result } from './commands.ts'
import type { TenantRow } from './people-rows.ts'
import type { PlanRow } from './plan-rows.ts'
import { put, remove, type State } from './state.ts'

type TenantPut = Extract<Command, { type: 'tenant-put' }>

/** Each has a plan document, and there are as many of these at most. */
export const TENANTS_MAX = 1_000

export function putTenant(state: State, { tenant, replace }: TenantPut): Result {
  const { name, display, limits, currency, language, zone, disabled } = tenant
  const old = state.tenants.get(name)
  if (old && !replace) return { kind: 'exists already' }
  if (!old && replace) return { kind: 'not there' }
  if (!old && state.tenants.size >= TENANTS_MAX) return { kind: 'too many', max: TENANTS_MAX }
  put(state, 'tenants', name, {
    name,
    ...(display !== undefined && { display }),
    ...(limits !== undefined && { limits }),
    ...(currency !== undefined && { currency }),
    ...(language !== undefined && { language }),
    ...(zone !== undefined && { zone }),
    ...(disabled && { disabled }),
    createdAt: old?.createdAt ?? state.time,
  })
  return { kind: 'done' }
}

export function removeTenant(state: State, name: string): Result {
  if (!state.tenants.has(name)) return { kind: 'not there' }
  remove(state, 'tenants', name)
  return { kind: 'done' }
}

/** What can be said of tenants needs only these. */
export interface Domains {
  readonly plans: ReadonlyMap<string, PlanRow>
  readonly tenants: ReadonlyMap<string, TenantRow>
}

/** Whose domain it is; null: of no tenant, or no domain of ours. */
export function tenantOf({ plans }: Pick<Domains, 'plans'>, domain: string): string | null {
  for (const { plan } of plans.values()) if (plan.domains.includes(domain)) return plan.tenant ?? null
  return null
}

/** The domains of a tenant, as its plan documents name them. */
export function domainsOf({ plans }: Pick<Domains, 'plans'>, tenant: string): string[] {
  const own = [...plans.values()].filter(({ plan }) => plan.tenant === tenant)
  return own.flatMap(({ plan }) => plan.domains).sort()
}

/** Whether the users of a domain can do nothing for now, but call for help. */
export function isDisabled(tables: Domains, domain: string): boolean {
  let some = false
  for (const { disabled } of tables.tenants.values()) if (disabled) some = true
  if (!some) return false
  const tenant = tenantOf(tables, domain)
  return tenant !== null && tables.tenants.get(tenant)?.disabled === true
}
