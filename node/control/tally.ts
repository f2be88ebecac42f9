/**
 * What happened, from what the cluster agreed on: counters for the overview, and one sentence per event worth telling.
 * It keeps no row: a change carries the one before.
 */
import type { ReplicaStatus, RowChange } from '../../cluster/cluster.ts'
import type { AlertRow, Grant } from '../../cluster/tables/admission-rows.ts'
import { MAIN } from '../../cluster/tables/plan-place.ts'
import { clean } from '../../proto/text.ts'

export interface Happening {
  readonly kind:
    | 'leader'
    | 'node'
    | 'plan'
    | 'call'
    | 'registration'
    | 'user'
    | 'media'
    | 'quorum'
    | 'ban'
    | 'cdr'
    | 'alert'
    | 'credit'
    | 'trunk'
    | 'operator'
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

/** Counts one change and says what it means; null when it is not worth a line (a refresh, a call that moved on). */
export function tell(change: RowChange, counters: Counters): Happening | null {
  switch (change.table) {
    case 'calls':
      return tellCall(change, counters)
    case 'registrations':
      return tellRegistration(change, counters)
    case 'nodes':
      return tellNode(change)
    case 'users': {
      const did = change.row === null ? 'removed' : change.before !== null ? 'got a new password' : 'added'
      return info('user', change.key, `user ${clean(change.key)} ${did}`)
    }
    case 'bans':
      return tellBan(change)
    case 'plans':
      return tellPlan(change)
    case 'commits':
    case 'texts':
    case 'audit':
      return null
    case 'profiles':
      return info('user', change.key, `user ${clean(change.key)} has other settings`)
    case 'tenants':
    case 'operators': {
      const did = change.row === null ? 'removed' : change.before === null ? 'added' : 'changed'
      return info('operator', change.key, `${change.table.slice(0, -1)} ${clean(change.key)} ${did}`)
    }
    case 'members': {
      const names = change.row?.all.map(({ name }) => name) ?? []
      return info('node', 'members', `the members are ${names.map((name) => clean(name)).join(', ')}`)
    }
    case 'cdrQueue': {
      const dropped = change.row?.dropped ?? 0
      if (dropped <= (change.before?.dropped ?? 0)) return null
      const text = `a call record was dropped that a sink never got, ${dropped} so far: raftel cdr sink ls`
      return { kind: 'cdr', severity: 'critical', subject: 'cdrs', text }
    }
    case 'sinks':
      return tellSink(change)
    case 'alerts':
      return change.row && tellAlert(change.row)
    case 'ledgers': {
      const grant = change.row?.grants.at(-1)
      return grant ? info('credit', change.key, sayGrant(change.key, grant)) : null
    }
    case 'trunks':
      return tellTrunk(change)
    case 'trunkStates':
      return tellTrunkState(change)
    default:
      return null
  }
}

function tellPlan({ key, row, before }: Extract<RowChange, { table: 'plans' }>): Happening {
  const whose = key === MAIN ? '' : ` of ${clean(key, 64)}`
  if (row === null)
    return info('plan', key, `the plan${whose || ` ${MAIN}`} is removed, which was version ${before?.version ?? 0}`)
  const { version, author, plan, reason } = row
  const by = author === '' ? '' : ` by ${clean(author, 64)}`
  const why = reason ? ` (${clean(reason, 128)})` : ''
  return info('plan', String(version), `plan ${version}${whose} in force${by}: ${plan.rules.length} rules${why}`)
}

function tellSink({ key, row, before }: ChangeOf<'sinks'>): Happening | null {
  if (row === null) return info('cdr', key, `the sink ${clean(key)} was removed`)
  if (before === null) return info('cdr', key, `call records go to ${clean(key)}: ${row.kind}, ${clean(row.target)}`)
  if (row.parked > before.parked) {
    const why = row.refused.at(-1)
    const text = `the sink ${clean(key)} refused a call record: ${clean(why?.why ?? '')}`
    return { kind: 'cdr', severity: 'warning', subject: key, text }
  }
  if (row.trouble && !before.trouble) {
    const text = `the sink ${clean(key)} takes nothing: ${clean(row.trouble.why)}`
    return { kind: 'cdr', severity: 'warning', subject: key, text }
  }
  if (!row.trouble && before.trouble && row.paused === before.paused) {
    return info('cdr', key, `the sink ${clean(key)} takes call records again`)
  }
  return row.paused === before.paused
    ? null
    : info('cdr', key, `the sink ${clean(key)} ${row.paused ? 'is paused' : 'goes on'}`)
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

type ChangeOf<Table extends RowChange['table']> = Extract<RowChange, { table: Table }>

function tellCall({ key: id, row, before }: ChangeOf<'calls'>, counters: Counters): Happening | null {
  if (row === null) {
    if (before === null) return null
    counters.callsEnded++
    const how = before.answeredAt === null ? 'ended unanswered' : 'ended'
    return info('call', id, `call ${clean(before.from)} → ${clean(before.to)} ${how}`)
  }
  if (before === null) counters.callsStarted++
  const answered = row.state === 'answered' && before?.state !== 'answered'
  if (answered) counters.callsAnswered++
  if (before !== null && !answered) return null
  return info(
    'call',
    id,
    `call ${clean(row.from)} → ${clean(row.to)} ${answered ? 'answered' : row.state} on ${row.node}`,
  )
}

function tellRegistration(change: ChangeOf<'registrations'>, counters: Counters): Happening | null {
  const { key: aor, row, before } = change
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

function tellNode({ key: id, row, before }: ChangeOf<'nodes'>): Happening | null {
  if (row === null) return { kind: 'node', severity: 'critical', subject: id, text: `node ${id} is down` }
  if (before?.incarnation === row.incarnation) {
    if (before.media === row.media) return null
    const severity = row.media === 'direct' ? 'warning' : 'info'
    return { kind: 'media', severity, subject: id, text: `node ${id}: media is ${row.media} now` }
  }
  return info('node', id, `node ${id} is up: SIP ${row.sip}, media ${row.media}`)
}

function tellBan({ key: source, row }: ChangeOf<'bans'>): Happening {
  if (row === null) return info('ban', source, `${source} is banned no more`)
  const { reason, by, bannedAt, expiresAt } = row
  const seconds = Math.round((expiresAt - bannedAt) / 1000)
  const text = `${source} is banned for ${seconds} s by ${by}: ${clean(reason)}`
  return { kind: 'ban', severity: 'warning', text, subject: source }
}

const FOUND: Readonly<Record<AlertRow['kind'], string>> = {
  country: 'calls a country for the first time',
  night: 'calls at night',
  spend: 'has spent what it may an hour',
}

function tellAlert({ key, kind, text, call, blocked }: AlertRow): Happening {
  const what = text === '' ? FOUND[kind] : `${FOUND[kind]}: ${clean(text)}`
  const said = `${clean(key)} ${what}${blocked ? '; the call is refused' : ''}`
  return { kind: 'alert', severity: 'warning', text: said, subject: clean(call) }
}

function sayGrant(account: string, { amount, reason, by }: Grant): string {
  return `${clean(account)} is granted ${amount / 1_000_000} by ${clean(by, 64)}: ${clean(reason)}`
}

function tellTrunk({ key: name, row, before }: ChangeOf<'trunks'>): Happening {
  if (row === null) return info('trunk', name, `trunk ${name} removed`)
  if (before === null) return info('trunk', name, `trunk ${name} added`)
  if (row.disabled === before.disabled) return info('trunk', name, `trunk ${name} changed`)
  return info('trunk', name, `trunk ${name} ${row.disabled ? 'disabled' : 'enabled'}`)
}

/** Only what changes for calls: a node that is gone takes its view along. */
function tellTrunkState({ row, before }: ChangeOf<'trunkStates'>): Happening | null {
  if (row === null) return null
  const { trunk, node, reach, why, registration, registrationWhy = '' } = row
  if (reach !== (before?.reach ?? 'up')) {
    if (reach === 'up') return info('trunk', trunk, `${node} reaches trunk ${trunk} again`)
    return {
      kind: 'trunk',
      severity: 'warning',
      subject: trunk,
      text: `${node} cannot reach trunk ${trunk}: ${clean(why)}`,
    }
  }
  if (registration === before?.registration) return null
  if (registration === 'registered') return info('trunk', trunk, `trunk ${trunk} is registered by ${node}`)
  if (registration !== 'refused') return null
  const text = `trunk ${trunk} cannot be registered by ${node}: ${clean(registrationWhy)}`
  return { kind: 'trunk', severity: 'warning', subject: trunk, text }
}

function info(kind: Happening['kind'], subject: string, text: string): Happening {
  return { kind, severity: 'info', text, subject: clean(subject) }
}
