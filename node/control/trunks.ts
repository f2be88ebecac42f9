/** PutTrunk, RemoveTrunk, GetTrunk, ListTrunks. A password is sealed here, for its trunk alone, and is in no answer. */
import { seal } from '../../cluster/seal.ts'
import type { PlanRow } from '../../cluster/tables/plan-rows.ts'
import { tenantOf } from '../../cluster/tables/tenants.ts'
import type { TrunkAuth, TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { registerDuty, trunkPurpose, trunkState, trunkStateKey } from '../../cluster/tables/trunks.ts'
import { clean } from '../../proto/text.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { PutTrunkRequest__Output } from '../../proto/types/raftel/v1/PutTrunkRequest.ts'
import type { Trunk } from '../../proto/types/raftel/v1/Trunk.ts'
import type { TrunkPage } from '../../proto/types/raftel/v1/TrunkPage.ts'
import { checkTogether } from '../routing/together.ts'
import { named, ownersOf } from './judge.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, conflict, exists, invalid, notFound } from './refusal.ts'

type TrunkNeeds = Pick<Needs, 'cluster' | 'key' | 'readTrunk' | 'writeTrunk'>
type Viewing = Pick<Needs, 'cluster' | 'writeTrunk'>

const PASSWORD_MAX = 256

/** `within`: milliseconds that agreeing may take. */
export async function putTrunk(needs: TrunkNeeds, request: PutTrunkRequest__Output, within: number): Promise<Trunk> {
  const { cluster } = needs
  const { name, expect } = request
  const read = needs.readTrunk(name, request.text)
  if (read.kind === 'faults') throw invalid(read.text)
  const { auth, ...rest } = read.trunk
  const old = cluster.tables.trunks.get(name)
  const password = request.password || read.password
  if (password !== null && !auth) throw invalid('there is a password and no auth.user to whom it belongs')
  if (password !== null && password.length > PASSWORD_MAX)
    throw invalid(`the password is longer than ${PASSWORD_MAX} characters`)
  // It was given for who asks there, and goes nowhere else unless whoever changes that knows it.
  const kept = old?.auth && isSameDoor(old, { ...rest, auth }) ? old.auth.password : undefined
  const sealed = password !== null ? seal(needs.key, trunkPurpose(name), password) : kept
  if (auth && sealed === undefined)
    throw invalid(`${auth.user} needs a password there; give it on stdin with --password-stdin`)
  unshared(needs, name, rest.inbound?.from ?? [])
  ownOnly(needs, name, rest)
  const trunk = { ...rest, ...(auth && { auth: { ...auth, password: sealed! } }) }
  if (request.dryRun) return trunkView(needs, { ...trunk, version: old?.version ?? 0 })
  mustKnow(needs)
  const result = agreed(await cluster.propose({ type: 'trunk-put', trunk, expect: expect ?? null }, within))
  if (result.kind === 'too many trunks') throw cannot(`there are ${result.max} trunks already; remove some`)
  if (result.kind === 'trunk conflict') {
    if (expect === 0) throw exists(`trunk ${name} is there already; change it with raftel trunk set ${name}`)
    if (result.version === 0) throw missing(name)
    throw conflict(
      `version ${result.version} of trunk ${name} is in force, not ${expect}; look at it (raftel trunk show ${name}) and try again`,
    )
  }
  return getTrunk(needs, name)
}

/** Whether a password is asked for by the same as before, and for the same. */
function isSameDoor(a: Door, b: Door): boolean {
  const door = ({ targets, domain, auth }: Door) => JSON.stringify([targets, domain, auth?.user, auth?.realm])
  return door(a) === door(b)
}

interface Door extends Pick<TrunkRow, 'targets' | 'domain'> {
  readonly auth?: Pick<TrunkAuth, 'user' | 'realm'> | undefined
}

export async function removeTrunk(needs: Viewing, name: string, within: number): Promise<Trunk> {
  mustKnow(needs)
  const row = needs.cluster.tables.trunks.get(name)
  const result = agreed(await needs.cluster.propose({ type: 'trunk-remove', name }, within))
  if (result.kind === 'no such trunk' || !row) throw missing(name)
  return { ...trunkView(needs, row), state: 'removed', views: [] }
}

export function getTrunk(needs: Viewing, name: string): Trunk {
  const row = needs.cluster.tables.trunks.get(name)
  if (!row) throw missing(name)
  return trunkView(needs, row)
}

export function listTrunks(needs: Viewing, request: ListRequest__Output): TrunkPage {
  const { cluster } = needs
  const { rows, next, total } = page<TrunkRow>(
    cluster.tables.trunks.values(),
    request,
    (row) => row.name,
    {
      name: (row) => row.name,
      tenant: (row) => row.tenant ?? '',
      state: (row) => standingOf(needs, row).state,
      maxCalls: (row) => row.maxCalls ?? 0,
    },
    trunkWords,
  )
  return { rows: rows.map((row) => trunkView(needs, row)), next, total, applied: cluster.status().applied }
}

export function trunkWords({ name, tenant = '', targets }: TrunkRow): readonly string[] {
  return [name, tenant, ...targets]
}

export function trunkView(needs: Viewing, row: TrunkRow): Trunk {
  const { cluster, writeTrunk } = needs
  const { name, version, tenant = '', targets, register, maxCalls, disabled = false, auth } = row
  const { state, unreachableFrom } = standingOf(needs, row)
  // What a dead node said of its registration stays until it is agreed that it is down; another may have the lease before that.
  const holder = cluster.tables.leases.get(registerDuty(name))?.incarnation
  const views = [...cluster.tables.nodes.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, incarnation }) => {
      const known = cluster.tables.trunkStates.get(trunkStateKey(name, id))
      if (known?.incarnation !== incarnation)
        return { node: id, reach: 'unknown', since: 0, why: '', registration: '', registrationWhy: '' }
      return {
        node: id,
        reach: known.reach,
        since: Math.max(0, Math.round(cluster.now() - known.since)),
        why: clean(known.why, 256),
        registration: incarnation === holder ? (known.registration ?? '') : '',
        registrationWhy: incarnation === holder ? clean(known.registrationWhy ?? '', 128) : '',
      }
    })
  return {
    name,
    version,
    tenant: clean(tenant, 64),
    state,
    unreachableFrom: [...unreachableFrom],
    targets: targets.map((target) => clean(target)),
    registers: register !== undefined && !disabled,
    registeredBy: views.find(({ registration }) => registration === 'registered')?.node ?? '',
    ...(maxCalls !== undefined && { maxCalls }),
    disabled,
    text: writeTrunk(row),
    hasPassword: auth !== undefined,
    views,
  }
}

function standingOf({ cluster }: Viewing, row: TrunkRow) {
  return trunkState(row, cluster.tables.trunkStates, cluster.tables.nodes.values())
}

/** A network of two trunks would be one's calls at one time and the other's at another. */
function unshared({ cluster }: TrunkNeeds, name: string, networks: readonly string[]): void {
  for (const other of cluster.tables.trunks.values()) {
    const shared = other.name === name ? undefined : other.inbound?.from?.find((one) => networks.includes(one))
    if (shared !== undefined)
      throw invalid(`inbound.from: ${shared} is a source of trunk ${other.name} already; take it out there first`)
  }
}

/** What is a tenant's is neither a way out of the plans of others, nor one into their domains. */
function ownOnly(
  { cluster }: TrunkNeeds,
  name: string,
  { tenant, inbound }: Pick<TrunkRow, 'tenant' | 'inbound'>,
): void {
  if (tenant === undefined) return
  const { plans, trunks } = cluster.tables
  const said = (owners: ReadonlyMap<string, string>): string[] =>
    checkTogether(named(plans), { owners }).faults.map(({ document, path, message }) => {
      return `${document}: ${path}: ${message}`
    })
  const before = ownersOf(trunks)
  const [led] = said(new Map([...before, [name, tenant]])).filter((line) => !said(before).includes(line))
  if (led !== undefined)
    throw cannot(`tenant: calls of others leave by this trunk; take it out there first (raftel plan commit): ${led}`)
  const domain = inbound?.domain
  const isTheirs = domain === undefined || !isDomain(plans, domain) || tenantOf({ plans }, domain) === tenant
  if (!isTheirs)
    throw invalid(`inbound.domain: ${clean(domain)} is no domain of ${clean(tenant, 64)}, whose trunk it is`)
}

function isDomain(plans: ReadonlyMap<string, PlanRow>, domain: string): boolean {
  return [...plans.values()].some(({ plan }) => plan.domains.includes(domain))
}

function missing(name: string) {
  return notFound(`there is no trunk ${clean(name, 64)}; raftel trunk ls shows which there are`)
}

function mustKnow({ cluster }: Viewing): void {
  if (cluster.tables.members !== null) return
  throw cannot('not all nodes are known to run a program that knows trunks yet: upgrade all nodes, or wait a moment')
}
