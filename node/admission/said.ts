/** What a call was held against, in words: for who asks why it went where it went. Pure. */
import type { Cluster } from '../../cluster/cluster.ts'
import { callsMax } from '../../cluster/tables/trunks.ts'
import { clean } from '../../proto/text.ts'
import type { Wanted } from './concerns.ts'

/** After it was let in; `seconds`: of conversation that it has, null: as many as it likes. */
export function sayChecked(tables: Cluster['tables'], wanted: Wanted, seconds: number | null): string[] {
  return [...wanted.keys.flatMap((key) => sayLimit(tables, key)), ...sayTime(wanted, seconds)]
}

/** With the call itself, as the tables have it now. */
function sayLimit({ limits, trunks, held, usages }: Cluster['tables'], key: string): string[] {
  const { calls, perSecond, minutes } = limits.get(key) ?? {}
  const max = Math.min(calls ?? Number.POSITIVE_INFINITY, callsMax(trunks, key))
  const used = Math.ceil(((usages.get(key)?.period?.seconds ?? 0) + held.seconds(key)) / 60)
  const said = [
    ...(Number.isFinite(max) ? [`${held.calls(key)} of ${max} calls`] : []),
    ...(perSecond === undefined ? [] : [`${perSecond} calls a second`]),
    ...(minutes === undefined ? [] : [`${used} of ${minutes} minutes used`]),
  ]
  return said.length === 0 ? [] : [`${clean(key, 128)}: ${said.join(', ')}`]
}

function sayTime({ pay }: Wanted, seconds: number | null): string[] {
  return pay === undefined || seconds === null ? [] : [`${clean(pay.account, 128)} pays ${seconds} s ahead`]
}
