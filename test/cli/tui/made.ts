/** Answers of a cluster, put together for tests of what the screen makes of them. */
import { type Input, initial, type Model, type Reply } from '../../../cli/tui/model.ts'
import { update } from '../../../cli/tui/update.ts'
import type { Call__Output } from '../../../proto/types/raftel/v1/Call.ts'
import type { ClusterNode__Output } from '../../../proto/types/raftel/v1/ClusterNode.ts'
import type { Event__Output } from '../../../proto/types/raftel/v1/Event.ts'
import type { Overview__Output } from '../../../proto/types/raftel/v1/Overview.ts'
import type { Registration__Output } from '../../../proto/types/raftel/v1/Registration.ts'

export const NOON = Date.UTC(2026, 0, 5, 12, 0, 0)

export function call(id: string, more: Partial<Call__Output> = {}): Call__Output {
  return {
    id,
    state: 'answered',
    from: 'alice@pbx.test',
    to: 'bob@pbx.test',
    node: 'n1',
    startedAt: NOON - 60_000,
    answeredAt: NOON - 55_000,
    media: 'rtpengine',
    planVersion: 3,
    rule: 'users',
    target: 'bob@pbx.test',
    legs: [],
    streams: [],
    ...more,
  }
}

export function node(id: string, more: Partial<ClusterNode__Output> = {}): ClusterNode__Output {
  return {
    id,
    role: 'follower',
    reachable: true,
    commit: 100,
    applied: 100,
    sip: '127.0.0.1:5060',
    control: '127.0.0.1:7000',
    media: 'rtpengine',
    hash: 'abcdef0123456789',
    mediaDetail: '',
    lag: 0,
    lastContact: NOON,
    memberId: 1,
    member: 'voter',
    ...more,
  }
}

export function overview(more: Partial<Overview__Output> = {}): Overview__Output {
  return {
    node: 'n1',
    leader: 'n1',
    term: 7,
    quorum: true,
    nodes: 3,
    nodesUp: 3,
    commit: 100,
    applied: 100,
    planVersion: 3,
    calls: 2,
    callsAnswered: 1,
    users: 4,
    bindings: 2,
    aors: 2,
    callsStartedTotal: 10,
    callsAnsweredTotal: 8,
    callsEndedTotal: 6,
    bindsTotal: 20,
    media: 'rtpengine',
    now: NOON,
    startedAt: NOON - 3_600_000,
    refused: {},
    bans: 0,
    sip: {},
    ...more,
  }
}

export function registration(aor: string, more: Partial<Registration__Output> = {}): Registration__Output {
  const contact = `sip:${aor.split('@')[0]}@127.0.0.1:40000`
  const base = { transport: 'udp', node: 'n1', received: '127.0.0.1:40000', q: 1, userAgent: 'phone', state: 'kept' }
  return { aor, contact, expires: 600, ...base, instance: '', regId: 0, path: '', ...more }
}

export function event(text: string, more: Partial<Event__Output> = {}): Event__Output {
  return { at: NOON, kind: 'leader', severity: 'info', text, subject: 'n1', ...more }
}

export function started(columns = 80, rows = 24, readOnly = false): Model {
  return initial({ columns, rows }, NOON, readOnly)
}

export function after(model: Model, ...inputs: readonly Input[]): Model {
  return inputs.reduce((next, input) => update(next, input).model, model)
}

export function reply(what: Reply, at = NOON): Input {
  return { type: 'reply', at, ...what }
}

export function calls(...rows: Call__Output[]): Input {
  return reply({ what: 'calls', value: { rows, next: '', total: rows.length, applied: 100 } })
}

export function registrations(...rows: Registration__Output[]): Input {
  return reply({ what: 'regs', value: { rows, next: '', total: rows.length, applied: 100 } })
}

export function nodes(...rows: ClusterNode__Output[]): Input {
  const value = { leader: 'n1', term: 7, nodes: rows, quorum: true, answeredBy: 'n1', planVersion: 3 }
  return reply({ what: 'cluster', value })
}

/** One key a character; names of keys in brackets: 'jj[enter]'. */
export function keys(text: string): Input[] {
  return [...text.matchAll(/\[([a-z-]+)\]|[\s\S]/g)].map(([all, name]) => ({ type: 'key', key: name ?? all }))
}
