/** What a phone hears of its bindings in a 200 (RFC 3261 §10.3 step 8). */
import type { Bind } from '../../cluster/tables/commands.ts'
import type { BindingRow } from '../../cluster/tables/rows.ts'
import { type Extensions, FLOW_TIMER } from './extensions.ts'
import { type GruuKey, publicGruu, temporaryGruu } from './gruu.ts'

export interface Bound {
  readonly bindings: readonly BindingRow[]
  /** Seconds. */
  left(binding: BindingRow): number
  readonly extensions: Extensions
  /** What was asked for, unless it was a query. */
  readonly wish: Bind | null
  readonly date: string
  /** Cluster time, ms. */
  readonly at: number
  /** Null: no GRUUs are given. */
  readonly gruuKey: GruuKey | null
  /** GRUU_RANDOM bytes from a good source. */
  random(): Uint8Array
}

export function boundHeaders(bound: Bound): Record<string, string> {
  const { bindings, left, extensions, wish, date } = bound
  const contacts = bindings.map((binding) => {
    return `<${binding.contact}>;expires=${left(binding)};q=${binding.q}${phoneOf(binding)}${gruusOf(binding, bound)}`
  })
  const { path } = extensions
  const isFlow = wish !== null && wish.changes !== 'all' && wish.changes.some(({ regId }) => regId !== undefined)
  return {
    ...(contacts.length > 0 && { Contact: contacts.join(',') }),
    ...(path.length > 0 && { Path: path.join(', ') }),
    // RFC 5626 §6. Over UDP the time of a NAT counts, which is for the phone to know.
    ...(isFlow && { Require: 'outbound' }),
    ...(isFlow && wish.transport !== 'udp' && { 'Flow-Timer': String(FLOW_TIMER) }),
    Date: date,
  }
}

function phoneOf({ instance, regId }: BindingRow): string {
  if (instance === undefined) return ''
  return `;+sip.instance="${instance}"${regId === undefined ? '' : `;reg-id=${regId}`}`
}

/** RFC 5627 §5.3: a new temporary one each time, which says no more to who sees both. */
function gruusOf(binding: BindingRow, { extensions, at, gruuKey, random }: Bound): string {
  if (!extensions.gruu || gruuKey === null || binding.instance === undefined) return ''
  // An estimate of cluster time may be behind the stamp of the row.
  const temporary = temporaryGruu(binding, Math.max(at, binding.registeredAt), gruuKey, random())
  return `;pub-gruu="${publicGruu(binding)}"${temporary === null ? '' : `;temp-gruu="${temporary}"`}`
}
