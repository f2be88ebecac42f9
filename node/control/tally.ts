/**
 * What happened, from what the cluster agreed on: counters for the overview, and one sentence per event worth telling.
 * It sees rows change and remembers the row before, which a change does not carry.
 */
import type { ReplicaStatus, RowChange } from '../../cluster/cluster.ts'
import type { CallRow, NodeRow, RegistrationRow, UserRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'

export interface Happening {
  readonly kind: 'leader' | 'node' | 'plan' | 'call' | 'registration' | 'user' | 'media' | 'quorum'
  readonly severity: 'info' | 'warning' | 'critical'
  readonly text: string
  readonly subject: string
}

export interface Counters {
  callsStarted: number
  callsAnswered: number
  callsEnded: number
  binds: number
}

/** The rows as they were told last. Rows never change in place, so this holds references and copies nothing. */
export interface Seen {
  readonly calls: Map<string, CallRow>
  readonly registrations: Map<string, RegistrationRow>
  readonly nodes: Map<string, NodeRow>
  readonly users: Map<string, UserRow>
}

/** Counts one change and says what it means; null when it is not worth a line (a refresh, a call that moved on). */
export function tell(change: RowChange, seen: Seen, counters: Counters): Happening | null {
  switch (change.table) {
    case 'calls':
      return tellCall(change.key, change.row, seen, counters)
    case 'registrations':
      return tellRegistration(change.key, change.row, seen, counters)
    case 'nodes':
      return tellNode(change.key, change.row, seen)
    case 'users': {
      const known = replace(seen.users, change.key, change.row) !== undefined
      const did = change.row === null ? 'removed' : known ? 'got a new password' : 'added'
      return info('user', change.key, `user ${clean(change.key)} ${did}`)
    }
    case 'plan': {
      if (change.row === null) return null
      const { version, author, plan } = change.row
      const by = author === '' ? '' : ` by ${clean(author, 64)}`
      return info('plan', String(version), `plan ${version} in force${by}: ${plan.rules.length} rules`)
    }
    case 'cluster':
      return null
  }
}

/** What a new status of the replica means, compared with the one before. */
export function tellStatus(now: ReplicaStatus, before: ReplicaStatus | null): Happening[] {
  const told: Happening[] = []
  if (before === null || now.quorum !== before.quorum) {
    if (now.quorum) told.push(info('quorum', now.node, 'a majority of the nodes is reachable'))
    else if (before !== null) told.push({ kind: 'quorum', severity: 'critical', subject: now.node, text: NO_QUORUM })
  }
  if (now.leader !== null && now.leader !== before?.leader) {
    told.push(info('leader', now.leader, `${now.leader} leads in term ${now.term}`))
  }
  if (now.leader === null && before !== null && before.leader !== null) {
    told.push({
      kind: 'leader',
      severity: 'warning',
      subject: before.leader,
      text: `no leader known; it was ${before.leader}`,
    })
  }
  for (const peer of before?.connected ?? []) {
    if (now.connected.includes(peer)) continue
    told.push({ kind: 'node', severity: 'warning', subject: peer, text: `${now.node} lost its connection to ${peer}` })
  }
  return told
}

const NO_QUORUM = 'no quorum: calls go on from what is known, registrations and changes are refused'

function tellCall(id: string, row: CallRow | null, seen: Seen, counters: Counters): Happening | null {
  const before = replace(seen.calls, id, row)
  if (row === null) {
    if (before === undefined) return null
    counters.callsEnded++
    const how = before.answeredAt === null ? 'ended unanswered' : 'ended'
    return info('call', id, `call ${clean(before.from)} → ${clean(before.to)} ${how}`)
  }
  if (before === undefined) counters.callsStarted++
  const answered = row.state === 'answered' && before?.state !== 'answered'
  if (answered) counters.callsAnswered++
  if (before !== undefined && !answered) return null
  return info(
    'call',
    id,
    `call ${clean(row.from)} → ${clean(row.to)} ${answered ? 'answered' : row.state} on ${row.node}`,
  )
}

function tellRegistration(aor: string, row: RegistrationRow | null, seen: Seen, counters: Counters): Happening | null {
  const before = replace(seen.registrations, aor, row)
  const now = row?.bindings ?? []
  const then = before?.bindings ?? []
  if (row !== null && now.length >= then.length) counters.binds++
  const fresh = now.find((binding) => !then.some((old) => old.contact === binding.contact))
  if (fresh !== undefined) {
    return info('registration', aor, `${clean(aor)} registered at ${fresh.node} by ${fresh.transport}`)
  }
  const gone = then.find((old) => !now.some((binding) => binding.contact === old.contact))
  return gone === undefined ? null : info('registration', aor, `${clean(aor)} lost the contact ${clean(gone.contact)}`)
}

function tellNode(id: string, row: NodeRow | null, seen: Seen): Happening | null {
  const before = replace(seen.nodes, id, row)
  if (row === null) return { kind: 'node', severity: 'critical', subject: id, text: `node ${id} is down` }
  if (before?.incarnation === row.incarnation) {
    if (before.media === row.media) return null
    const severity = row.media === 'direct' ? 'warning' : 'info'
    return { kind: 'media', severity, subject: id, text: `node ${id}: media is ${row.media} now` }
  }
  return info('node', id, `node ${id} is up: SIP ${row.sip}, media ${row.media}`)
}

function info(kind: Happening['kind'], subject: string, text: string): Happening {
  return { kind, severity: 'info', text, subject: clean(subject) }
}

function replace<Row>(rows: Map<string, Row>, key: string, row: Row | null): Row | undefined {
  const before = rows.get(key)
  if (row === null) rows.delete(key)
  else rows.set(key, row)
  return before
}
