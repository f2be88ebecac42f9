/** What a phone hears of its bindings in a 200 (RFC 3261 §10.3 step 8). */
import type { Bind } from '../../cluster/tables/commands.ts'
import type { BindingRow } from '../../cluster/tables/rows.ts'
import { type Extensions, FLOW_TIMER } from './extensions.ts'

export interface Bound {
  readonly bindings: readonly BindingRow[]
  /** Seconds. */
  left(binding: BindingRow): number
  readonly extensions: Extensions
  /** What was asked for, unless it was a query. */
  readonly wish: Bind | null
  readonly date: string
  /** More of a phone that has an instance: its GRUUs, when they were asked for. */
  gruus(binding: BindingRow): string
}

export function boundHeaders({ bindings, left, extensions, wish, date, gruus }: Bound): Record<string, string> {
  const contacts = bindings.map((binding) => {
    return `<${binding.contact}>;expires=${left(binding)};q=${binding.q}${phoneOf(binding)}${gruus(binding)}`
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
