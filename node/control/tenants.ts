/** ListTenants, PutTenant, RemoveTenant. Which domains a tenant has say the plan documents. */
import type { TenantRow } from '../../cluster/tables/people-rows.ts'
import { domainsOf, tenantOf } from '../../cluster/tables/tenants.ts'
import { clean } from '../../proto/text.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { PutTenantRequest__Output } from '../../proto/types/raftel/v1/PutTenantRequest.ts'
import type { Tenant } from '../../proto/types/raftel/v1/Tenant.ts'
import type { TenantPage } from '../../proto/types/raftel/v1/TenantPage.ts'
import { isZone } from '../profile/profile.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, exists, invalid, mustKnow, notFound } from './refusal.ts'

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const TEXT_MAX = 64

export async function putTenant(
  { cluster }: Needs,
  { tenant, replace }: PutTenantRequest__Output,
  within: number,
): Promise<Tenant> {
  const name = tenant?.name ?? ''
  if (!NAME.test(name)) throw invalid('the name of a tenant is 1 to 64 of a-z, 0-9, ., _ and -, like acme')
  mustKnow(cluster, 'tenants')
  const old = cluster.tables.tenants.get(name)
  const text = (field: 'display' | 'limits' | 'currency' | 'language' | 'zone'): string | undefined => {
    const given = tenant?.[field]
    if (given === undefined) return old?.[field]
    return given === '' ? undefined : clean(given, TEXT_MAX)
  }
  const row = {
    name,
    display: text('display'),
    limits: text('limits'),
    currency: text('currency'),
    language: text('language'),
    zone: text('zone'),
    disabled: (tenant?.disabled ?? old?.disabled ?? false) || undefined,
  }
  if (row.currency !== undefined && !/^[A-Z]{3}$/.test(row.currency)) throw invalid('currency: three letters, like EUR')
  if (row.zone !== undefined && !isZone(row.zone)) throw invalid('zone: a name like Europe/Berlin')
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
  const result = agreed(
    await cluster.propose({ type: 'tenant-put', tenant: given as unknown as TenantRow, replace }, within),
  )
  if (result.kind === 'exists already')
    throw exists(`tenant ${name} is there already; change it with raftel tenant set`)
  if (result.kind === 'not there') throw notFound(`there is no tenant ${name}; raftel tenant ls shows those there are`)
  if (result.kind === 'too many') throw cannot(`there are ${result.max} tenants already; remove some`)
  return view(cluster, cluster.tables.tenants.get(name) ?? { ...(given as unknown as TenantRow), createdAt: 0 })
}

/** One that has a plan document still would leave domains that nobody answers for. */
export async function removeTenant({ cluster }: Needs, name: string, within: number): Promise<Tenant> {
  const row = cluster.tables.tenants.get(name)
  const documents = [...cluster.tables.plans]
    .filter(([, { plan }]) => plan.tenant === name)
    .map(([document]) => document)
  if (documents.length > 0) {
    throw cannot(`${clean(name, 64)} has the plan ${documents.join(', ')}; remove that first (raftel plan remove)`)
  }
  mustKnow(cluster, 'tenants')
  const result = agreed(await cluster.propose({ type: 'tenant-remove', name }, within))
  if (result.kind === 'not there' || !row) {
    throw notFound(`there is no tenant ${clean(name, 64)}; raftel tenant ls shows those there are`)
  }
  return view(cluster, row)
}

export function listTenants({ cluster }: Needs, request: ListRequest__Output): TenantPage {
  const { tenant } = request
  const users = new Map<string, number>()
  const whose = new Map<string, string | null>()
  for (const { domain } of cluster.tables.users.values()) {
    if (!whose.has(domain)) whose.set(domain, tenantOf(cluster.tables, domain))
    const name = whose.get(domain) ?? ''
    users.set(name, (users.get(name) ?? 0) + 1)
  }
  const { rows, next, total } = page<TenantRow>(
    [...cluster.tables.tenants.values()].filter(({ name }) => tenant === '' || name === tenant),
    request,
    (row) => row.name,
    { name: (row) => row.name, createdAt: (row) => row.createdAt, users: (row) => users.get(row.name) ?? 0 },
    (row) => [row.name, row.display ?? ''],
  )
  const views = rows.map((row) => ({ ...view(cluster, row), users: users.get(row.name) ?? 0 }))
  return { rows: views, next, total, applied: cluster.status().applied }
}

function view({ tables }: Needs['cluster'], { disabled, display, ...row }: TenantRow): Tenant {
  const domains = domainsOf(tables, row.name).map((domain) => clean(domain))
  return { ...row, ...(display !== undefined && { display: clean(display, 64) }), disabled: disabled ?? false, domains }
}
