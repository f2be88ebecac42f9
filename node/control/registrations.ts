/** ListRegistrations: one row a contact. */
import type { BindingRow, RegistrationRow } from '../../cluster/tables/rows.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { RegistrationPage } from '../../proto/types/raftel/v1/RegistrationPage.ts'
import { inTenant } from './access.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { bindingName, reachable, registrationView, registrationWords } from './views.ts'

export function listRegistrations(needs: Needs, request: ListRequest__Output): RegistrationPage {
  const { cluster } = needs
  const now = cluster.now()
  const nodes = reachable(needs)
  const { rows, next, total } = page<BindingRow>(
    bindings(cluster.tables.registrations, inTenant(cluster.tables, request.tenant)),
    request,
    bindingName,
    {
      aor: (row) => row.aor,
      contact: (row) => row.contact,
      transport: (row) => row.transport,
      node: (row) => row.node,
      expires: (row) => needs.secondsLeft(row) ?? Math.ceil((row.expiresAt - now) / 1000),
      state: (row) => registrationView(needs, row, nodes).state,
      received: (row) => row.received,
      q: (row) => row.q,
      userAgent: (row) => row.userAgent,
    },
    registrationWords,
  )
  return {
    rows: rows.map((row) => registrationView(needs, row, nodes)),
    next,
    total,
    applied: cluster.status().applied,
  }
}

function* bindings(
  registrations: ReadonlyMap<string, RegistrationRow>,
  isTheirs: (aor: string) => boolean,
): Generator<BindingRow> {
  for (const { aor, bindings } of registrations.values()) if (isTheirs(aor)) yield* bindings
}
