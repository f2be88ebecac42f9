/** Who may ask the control service. Once there is anybody, somebody must always be left who may do everything. */
import type { Command, Result } from './commands.ts'
import type { OperatorRow } from './people-rows.ts'
import { put, remove, type State } from './state.ts'

type OperatorPut = Extract<Command, { type: 'operator-put' }>

export const OPERATORS_MAX = 1_000

export function putOperator(state: State, { operator, replace }: OperatorPut): Result {
  const { name, roles, tenants, token, certificate, disabled, expiresAt } = operator
  const old = state.operators.get(name)
  if (old && !replace) return { kind: 'exists already' }
  if (!old && replace) return { kind: 'not there' }
  if (!old && state.operators.size >= OPERATORS_MAX) return { kind: 'too many', max: OPERATORS_MAX }
  const row: OperatorRow = {
    name,
    roles,
    tenants,
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && { certificate }),
    ...(disabled && { disabled }),
    ...(expiresAt !== undefined && { expiresAt }),
    createdAt: old?.createdAt ?? state.time,
  }
  if (!rulesAll(row) && !isSomebodyLeft(state, name)) return { kind: 'last admin' }
  put(state, 'operators', name, row)
  return { kind: 'done' }
}

export function removeOperator(state: State, name: string): Result {
  if (!state.operators.has(name)) return { kind: 'not there' }
  if (state.operators.size > 1 && !isSomebodyLeft(state, name)) return { kind: 'last admin' }
  remove(state, 'operators', name)
  return { kind: 'done' }
}

function isSomebodyLeft(state: State, without: string): boolean {
  for (const row of state.operators.values()) if (row.name !== without && rulesAll(row)) return true
  return false
}

/** May do everything, and for good. */
function rulesAll({ roles, tenants, disabled, expiresAt }: OperatorRow): boolean {
  return roles.includes('admin') && tenants.length === 0 && !disabled && expiresAt === undefined
}
