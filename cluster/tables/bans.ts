/** Bans: sources that no node hears for a while. Agreed on by nodes that were attacked, or said by an operator. */
import type { Ban, Result } from './commands.ts'
import type { BanRow } from './rows.ts'
import { put, remove, type State } from './state.ts'

/** More are refused: whoever has so many addresses has more, and the table is in every snapshot. */
export const BANS_MAX = 10_000
/** So many of them nodes ask for by themselves; the others are kept for operators. It is who asks that heeds it, so programs of before need not know. */
export const OWN_BANS_MAX = 9_000
/** Who asked, of a ban that a person asked for. */
export const OPERATOR = 'operator'

/** Bans a source from now on; one that is banned for longer already stays so. Bans that are over make room. */
export function ban(state: State, { source, reason, by, seconds }: Ban): Result {
  for (const row of [...state.bans.values()]) if (isOver(row, state.time)) remove(state, 'bans', row.source)
  const old = state.bans.get(source)
  if (!old && state.bans.size >= BANS_MAX) return { kind: 'too many bans', max: BANS_MAX }
  const expiresAt = Math.max(old?.expiresAt ?? 0, state.time + seconds * 1000)
  put(state, 'bans', source, { source, reason, by, bannedAt: state.time, expiresAt })
  return { kind: 'done' }
}

export function unban(state: State, source: string): Result {
  if (!state.bans.has(source)) return { kind: 'no such ban', source }
  remove(state, 'bans', source)
  return { kind: 'done' }
}

/** Whether a node may ask for one more. `now` in cluster time. */
export function hasRoom(bans: Iterable<BanRow>, now: number): boolean {
  let own = 0
  for (const row of bans) if (row.by !== OPERATOR && !isOver(row, now)) own++
  return own < OWN_BANS_MAX
}

/** Rows stay until the next ban; they count no more. `now` in cluster time. */
export function isOver({ expiresAt }: BanRow, now: number): boolean {
  return expiresAt <= now
}
