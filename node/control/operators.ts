/** ListOperators, PutOperator, RotateOperator, RemoveOperator. A token is told once, and only its hash is kept. */
import { hash, randomBytes } from 'node:crypto'
import type { OperatorRow, Role } from '../../cluster/tables/people-rows.ts'
import { clean } from '../../proto/text.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { Operator } from '../../proto/types/raftel/v1/Operator.ts'
import type { OperatorPage } from '../../proto/types/raftel/v1/OperatorPage.ts'
import type { OperatorToken } from '../../proto/types/raftel/v1/OperatorToken.ts'
import type { PutOperatorRequest__Output } from '../../proto/types/raftel/v1/PutOperatorRequest.ts'
import { ROLES } from './access.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, exists, invalid, mustKnow, notFound, type Refusal } from './refusal.ts'

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const TENANTS_MAX = 100
const FINGERPRINT = /^[0-9a-f]{64}$/
const SUBJECT = /^CN=[^\p{C}]{1,64}$/u
const LAST =
  'nobody would be left who may do everything: there must always be an admin for all tenants, without an end (raftel operator add NAME --role admin)'

export async function putOperator(
  { cluster }: Needs,
  request: PutOperatorRequest__Output,
  within: number,
): Promise<OperatorToken> {
  const { name, replace, expires, disabled } = request
  if (!NAME.test(name)) throw invalid('the name of an operator is 1 to 64 of a-z, 0-9, ., _ and -, like alice')
  mustKnow(cluster, 'operators')
  const roles = ROLES.filter((role) => request.roles.includes(role))
  if (roles.length === 0 || request.roles.some((role) => !ROLES.includes(role as Role)))
    throw invalid(`an operator has one or more of the roles ${ROLES.join(', ')}`)
  const tenants = [...new Set(request.tenants)].sort()
  if (tenants.length > TENANTS_MAX) throw invalid(`an operator is for at most ${TENANTS_MAX} tenants, or for all`)
  const unknown = tenants.find((tenant) => !cluster.tables.tenants.has(tenant))
  if (unknown !== undefined)
    throw notFound(`there is no tenant ${clean(unknown, 64)}; raftel tenant ls shows those there are`)
  const certificate = certificateIn(request.certificate)
  const old = cluster.tables.operators.get(name)
  const fresh = replace || request.noToken ? '' : newToken(name)
  if (fresh === '' && !replace && certificate === undefined)
    throw invalid('an operator without a token needs --certificate')
  const token = fresh === '' ? (request.noToken ? undefined : old?.token) : hash('sha256', fresh)
  const operator = {
    name,
    roles,
    tenants,
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && { certificate }),
    ...(disabled && { disabled: true as const }),
    ...ending(expires, replace ? old?.expiresAt : undefined, cluster.now()),
  }
  return put(cluster, operator, replace, fresh, within)
}

/** What is not said stays, over or not: a change of roles revives nobody. */
function ending(expires: number | undefined, before: number | undefined, now: number): { readonly expiresAt?: number } {
  if (expires === undefined) return before === undefined ? {} : { expiresAt: before }
  return expires > 0 ? { expiresAt: now + expires * 1000 } : {}
}

/** The old token is none from then on. */
export async function rotateOperator({ cluster }: Needs, name: string, within: number): Promise<OperatorToken> {
  const old = cluster.tables.operators.get(name)
  if (!old) throw unknownOperator(name)
  const fresh = newToken(name)
  return put(cluster, { ...old, token: hash('sha256', fresh) }, true, fresh, within)
}

async function put(
  cluster: Needs['cluster'],
  operator: Omit<OperatorRow, 'createdAt'>,
  replace: boolean,
  token: string,
  within: number,
): Promise<OperatorToken> {
  const { name } = operator
  const result = agreed(await cluster.propose({ type: 'operator-put', operator, replace }, within))
  if (result.kind === 'exists already')
    throw exists(`operator ${name} is there already; change it with raftel operator set`)
  if (result.kind === 'not there') throw unknownOperator(name)
  if (result.kind === 'last admin') throw cannot(LAST)
  if (result.kind === 'too many') throw cannot(`there are ${result.max} operators already; remove some`)
  return { operator: view(cluster, cluster.tables.operators.get(name) ?? { ...operator, createdAt: 0 }), token }
}

export async function removeOperator({ cluster }: Needs, name: string, within: number): Promise<Operator> {
  const row = cluster.tables.operators.get(name)
  mustKnow(cluster, 'operators')
  const result = agreed(await cluster.propose({ type: 'operator-remove', name }, within))
  if (result.kind === 'not there' || !row) throw unknownOperator(name)
  if (result.kind === 'last admin') throw cannot(LAST)
  return view(cluster, row)
}

export function listOperators({ cluster }: Needs, request: ListRequest__Output): OperatorPage {
  const { rows, next, total } = page<OperatorRow>(
    cluster.tables.operators.values(),
    request,
    (row) => row.name,
    { name: (row) => row.name, createdAt: (row) => row.createdAt },
    (row) => [row.name, ...row.roles, ...row.tenants],
  )
  return { rows: rows.map((row) => view(cluster, row)), next, total, applied: cluster.status().applied }
}

function view(cluster: Needs['cluster'], row: OperatorRow): Operator {
  const { name, roles, tenants, token, certificate = '', disabled = false, expiresAt, createdAt } = row
  const left = expiresAt === undefined ? 0 : Math.ceil((expiresAt - cluster.now()) / 1000)
  const expires = expiresAt === undefined ? 0 : left || -1
  const lists = { roles: [...roles], tenants: [...tenants] }
  return {
    name,
    ...lists,
    hasToken: token !== undefined,
    certificate: clean(certificate, 80),
    disabled,
    expires,
    createdAt,
  }
}

/** It names its operator, so that it can be looked up; the rest is 256 bits that nobody guesses. */
function newToken(name: string): string {
  return `raftel.${name}.${randomBytes(32).toString('base64url')}`
}

function certificateIn(text: string): string | undefined {
  if (text === '') return undefined
  const fingerprint = text.replaceAll(':', '').toLowerCase()
  if (FINGERPRINT.test(fingerprint)) return fingerprint
  if (SUBJECT.test(text)) return text
  throw invalid(
    'a certificate is named by its SHA-256 (64 hexadecimal digits, as raftel certs show tells it) or by CN=NAME',
  )
}

function unknownOperator(name: string): Refusal {
  return notFound(`there is no operator ${clean(name, 64)}; raftel operator ls shows those there are`)
}
