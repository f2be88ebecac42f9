/** Registrations: which contacts an AoR has, and until when (RFC 3261 §10.3). */
import type { Bind, BindChange, Lapse, Lapsed, Result } from './commands.ts'
import { bindingKey, contactKey } from './contact-key.ts'
import type { Aor, BindingRow, RegistrationRow } from './rows.ts'
import { put, putLoaded, remove, type State } from './state.ts'

/** One REGISTER. All of its contacts land or none (RFC 3261 §10.3 step 7). */
export function bind(state: State, command: Bind): Result {
  if (!state.users.has(command.aor)) return { kind: 'no such user', aor: command.aor }

  const old = state.registrations.get(command.aor) ?? null
  const live = liveBindings(old, state.time)
  const late = outOfOrder(live, command)
  if (late !== null) return { kind: 'out of order', cseq: late }

  const bindings = command.changes === 'all' ? [] : merge(live, command, command.changes, state.time)
  const max = command.contactsMax
  if (bindings.length > max && bindings.length > live.length) return { kind: 'too many contacts', max }

  write(state, command.aor, old, bindings)
  return { kind: 'bound', registration: { aor: command.aor, bindings }, at: state.time }
}

/** Removes what expired at or before `upTo`, oldest first, until about `limit` bindings are gone. */
export function expire(state: State, upTo: number, limit: number): Result {
  const until = Math.min(upTo, state.time)
  for (let gone = 0; gone < limit; ) {
    const aor = state.expiries.take(until)
    if (aor === null) break
    const row = state.registrations.get(aor)
    if (!row) continue
    const live = row.bindings.filter((binding) => binding.expiresAt > until)
    gone += row.bindings.length - live.length
    if (live.length < row.bindings.length) write(state, aor, row, live)
    else schedule(state, row)
  }
  return { kind: 'done' }
}

/** Removes the bindings that are still as their node saw them; one that was taken over, or refreshed, stays. */
export function lapse(state: State, { node, bindings }: Lapse): Result {
  for (const seen of bindings) {
    const row = state.registrations.get(seen.aor)
    const rest = row?.bindings.filter((binding) => !isAsSeen(binding, node, seen))
    if (row && rest && rest.length < row.bindings.length) write(state, seen.aor, row, rest)
  }
  return { kind: 'done' }
}

function isAsSeen(binding: BindingRow, node: string, seen: Lapsed): boolean {
  if (binding.node !== node || binding.contact !== seen.contact) return false
  return binding.callId === seen.callId && binding.cseq === seen.cseq && binding.expiresAt === seen.expiresAt
}

/** Forgets every contact of an AoR, as when its user is removed. */
export function unbind(state: State, aor: Aor): void {
  write(state, aor, state.registrations.get(aor) ?? null, [])
}

/** Puts a row back as a snapshot has it. */
export function loadRegistration(state: State, row: RegistrationRow, digest: string): void {
  state.bindings += row.bindings.length
  putLoaded(state, 'registrations', row.aor, row, digest)
  schedule(state, row)
}

/** Expired bindings that no `expire` has reached yet count no more: a phone must not be refused because of a ghost. */
function liveBindings(row: RegistrationRow | null, time: number): readonly BindingRow[] {
  const bindings = row?.bindings ?? []
  return bindings.every((binding) => binding.expiresAt > time)
    ? bindings
    : bindings.filter((binding) => binding.expiresAt > time)
}

/**
 * The CSeq of a binding that the same Call-ID made with a CSeq not lower than this request's, if the request touches
 * one (RFC 3261 §10.3 steps 6 and 7); null when the request is in order.
 */
function outOfOrder(live: readonly BindingRow[], command: Bind): number | null {
  const suspects = live.filter((binding) => binding.callId === command.callId && binding.cseq >= command.cseq)
  if (suspects.length === 0 || command.changes === 'all') return suspects[0]?.cseq ?? null
  const keys = new Set(command.changes.map(bindingKey))
  const late = suspects.find((binding) => keys.has(bindingKey(binding)))
  return late ? late.cseq : null
}

function merge(
  live: readonly BindingRow[],
  command: Bind,
  changes: readonly BindChange[],
  time: number,
): readonly BindingRow[] {
  if (changes.length === 0) return live
  const byKey = new Map(live.map((binding) => [bindingKey(binding), binding]))
  for (const change of changes) {
    const key = bindingKey(change)
    // A phone that has begun to name its flows is not bound a second time.
    if (change.regId !== undefined) byKey.delete(contactKey(change.contact))
    if (change.expires <= 0) byKey.delete(key)
    else byKey.set(key, binding(command, change, byKey.get(key), time))
  }
  return [...byKey.values()].sort(bestFirst)
}

function binding(command: Bind, change: BindChange, old: BindingRow | undefined, time: number): BindingRow {
  const { path } = command
  const { instance, regId } = change
  // An instance that comes under another Call-ID has begun anew (RFC 5627 §5.2: its temporary GRUUs end).
  const isContinued = instance === undefined || old?.callId === command.callId
  return {
    aor: command.aor,
    contact: change.contact,
    transport: command.transport,
    node: command.node,
    received: command.received,
    q: change.q,
    expiresAt: time + change.expires * 1000,
    registeredAt: (isContinued ? old?.registeredAt : undefined) ?? time,
    callId: command.callId,
    cseq: command.cseq,
    userAgent: command.userAgent,
    ...(path && { path }),
    ...(instance !== undefined && { instance }),
    ...(regId !== undefined && { regId, usedAt: time }),
  }
}

/** By preference (RFC 3261 §20.10), then newest (a flow: used last), then by contact, so that no two nodes can differ. */
function bestFirst(a: BindingRow, b: BindingRow): number {
  return b.q - a.q || newest(b) - newest(a) || (a.contact < b.contact ? -1 : a.contact > b.contact ? 1 : 0)
}

function newest({ usedAt, registeredAt }: BindingRow): number {
  return usedAt ?? registeredAt
}

/** `old` is the row that is there. */
function write(state: State, aor: Aor, old: RegistrationRow | null, bindings: readonly BindingRow[]): void {
  if (bindings === old?.bindings) return
  state.bindings += bindings.length - (old?.bindings.length ?? 0)
  if (bindings.length === 0) {
    state.expiries.forget(aor)
    remove(state, 'registrations', aor)
    return
  }
  const row = { aor, bindings }
  put(state, 'registrations', aor, row, old)
  schedule(state, row)
}

function schedule(state: State, row: RegistrationRow): void {
  let first = Number.POSITIVE_INFINITY
  for (const { expiresAt } of row.bindings) if (expiresAt < first) first = expiresAt
  state.expiries.schedule(row.aor, first)
}
