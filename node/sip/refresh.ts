/**
 * Must the cluster agree on a REGISTER, or does it change nothing but the phone's own time, which its node keeps? Pure.
 *
 * Only the node in the row may keep it. The caller decides on tables that hold all that was agreed before the request came
 * (`catchUp`), so a bind or a removal through another node is either seen here or came later than this refresh.
 */
import type { Bind, BindChange } from '../../cluster/tables/commands.ts'
import { bindingKey } from '../../cluster/tables/contact-key.ts'
import type { BindingRow, RegistrationRow } from '../../cluster/tables/rows.ts'
import { SLACK_SECONDS } from './policy.ts'

/** A contact as its node keeps it beside the row. */
export interface KeptContact {
  /** See bindingKey. */
  readonly key: string
  /** When the phone's time is over, monotonic ms of this process. */
  readonly until: number
  /** The last one that was accepted for it; the row's may be lower. */
  readonly cseq: number
}

export interface Seen {
  readonly row: RegistrationRow | null
  readonly kept: readonly KeptContact[]
  /** Cluster time, ms, an estimate. */
  readonly time: number
  /** Monotonic ms of this process. */
  readonly now: number
  readonly leaseSeconds: number
  /** Whether the tables say that this process is the node: what an earlier life of it proposed changes nothing any more. */
  readonly isUp: boolean
}

export type Verdict =
  | { readonly kind: 'keep' }
  /** `canWait`: the lease covers this refresh as well, it is only time to renew it. */
  | { readonly kind: 'agree'; readonly why: Why; readonly canWait: boolean }
  /** RFC 3261 §10.3 steps 6 and 7. */
  | { readonly kind: 'out of order'; readonly cseq: number }

export type Why = 'removed' | 'new' | 'moved' | 'changed' | 'lapsed' | 'lease'

/** What `wish` asks for; the `expires` of its changes is what the phone is granted, in seconds. `wish.node` is this node. */
export function decide(wish: Bind, seen: Seen): Verdict {
  const live = (seen.row?.bindings ?? []).filter((binding) => binding.expiresAt > seen.time)
  const late = outOfOrder(wish, live, seen.kept)
  if (late !== null) return { kind: 'out of order', cseq: late }
  if (wish.changes === 'all') return agree('removed')
  let verdict: Verdict = { kind: 'keep' }
  for (const change of wish.changes) {
    const one = decideOne(wish, change, live, seen)
    if (one.kind === 'agree' && !one.canWait) return one
    if (one.kind === 'agree') verdict = one
  }
  return verdict
}

function decideOne(wish: Bind, change: BindChange, live: readonly BindingRow[], seen: Seen): Verdict {
  if (change.expires === 0) return agree('removed')
  const key = bindingKey(change)
  const binding = live.find((one) => bindingKey(one) === key)
  if (!binding) return agree('new')
  if (binding.node !== wish.node || !seen.isUp) return agree('moved')
  if (!isSame(binding, wish, change)) return agree('changed')
  const kept = seen.kept.find((one) => one.key === key)
  // That it ran out may be under way to the log already.
  if (kept && kept.until <= seen.now) return agree('lapsed')
  const left = binding.expiresAt - seen.time
  if (left < (change.expires + SLACK_SECONDS) * 1000) return agree('lease')
  if (left <= seen.leaseSeconds * 500) return { kind: 'agree', why: 'lease', canWait: true }
  return { kind: 'keep' }
}

/** Whether a bind would write what is there, but for its time and its CSeq. */
function isSame(binding: BindingRow, wish: Bind, change: BindChange): boolean {
  return (
    binding.contact === change.contact &&
    binding.q === change.q &&
    binding.transport === wish.transport &&
    binding.received === wish.received &&
    binding.callId === wish.callId &&
    binding.userAgent === wish.userAgent &&
    binding.instance === change.instance &&
    binding.regId === change.regId &&
    isSamePath(binding.path, wish.path)
  )
}

function isSamePath(a: BindingRow['path'], b: Bind['path']): boolean {
  return a?.length === b?.length && (a === undefined || a.every((value, i) => value === b![i]))
}

/** As the table has it, with the CSeq that this node alone knows. */
function outOfOrder(wish: Bind, live: readonly BindingRow[], kept: readonly KeptContact[]): number | null {
  const touched = wish.changes === 'all' ? null : new Set(wish.changes.map(bindingKey))
  for (const binding of live) {
    const { callId, cseq, node } = binding
    const key = bindingKey(binding)
    if (callId !== wish.callId || touched?.has(key) === false) continue
    const known = node === wish.node ? kept.find((one) => one.key === key) : undefined
    const last = Math.max(cseq, known?.cseq ?? 0)
    if (last >= wish.cseq) return last
  }
  return null
}

function agree(why: Why): Verdict {
  return { kind: 'agree', why, canWait: false }
}

/**
 * Whether two REGISTERs of one AoR that wait one behind the other come to the same as the second alone: the same phone said the same
 * contacts again, and takes none away (RFC 3261 §10.3 step 7: the later CSeq counts).
 */
export function supersedes(later: Bind, earlier: Bind): boolean {
  if (later.changes === 'all' || earlier.changes === 'all') return false
  if (later.callId !== earlier.callId || later.cseq <= earlier.cseq) return false
  if (later.changes.length !== earlier.changes.length) return false
  const keys = new Set(later.changes.map(bindingKey))
  return (
    keys.size === later.changes.length &&
    [...later.changes, ...earlier.changes].every((change) => change.expires > 0 && keys.has(bindingKey(change)))
  )
}
