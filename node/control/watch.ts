/**
 * Watch: the rows of a table, then SYNCED, then changes. What is pending is a set of keys and never a queue of rows: a
 * slow reader gets the newest state of each row, and holds no more memory than there are keys.
 */
import type { ServerWritableStream } from '@grpc/grpc-js'
import { clean } from '../../proto/text.ts'
import type { Change } from '../../proto/types/raftel/v1/Change.ts'
import type { WatchRequest__Output } from '../../proto/types/raftel/v1/WatchRequest.ts'
import type { Nodes } from '../routing/reach.ts'
import { auditView, auditWords } from './audit.ts'
import { banView, banWords, liveBan } from './bans.ts'
import type { Needs } from './needs.ts'
import { filterOf } from './page.ts'
import { invalid, refusal } from './refusal.ts'
import { trunkView, trunkWords } from './trunks.ts'
import {
  bindingName,
  callView,
  callWords,
  nodeView,
  reachable,
  registrationView,
  registrationWords,
  userView,
} from './views.ts'

/** One table as it is watched: its keys, and the changes that show the row of a key as it is now. */
interface Watched {
  readonly keys: () => Iterable<string>
  readonly rows: (
    key: string,
  ) => readonly { readonly change: Change & { key: string }; readonly words: readonly string[] }[]
}

type Stream = ServerWritableStream<WatchRequest__Output, Change>

type Watching = Pick<Needs, 'cluster' | 'log' | 'secondsLeft' | 'writeTrunk'>

export function watch(needs: Watching): (call: Stream) => void {
  return (call) => {
    try {
      follow(needs, call)
    } catch (error) {
      call.emit('error', refusal(error, needs.log, call.getPath()))
    }
  }
}

function follow(needs: Watching, call: Stream): void {
  const { cluster } = needs
  const { table, filter } = call.request
  let seen = reachable(needs)
  const watched = watchedTable(needs, table, () => seen)
  const wanted = filterOf(filter)
  const pending = new Set<string>([...watched.keys()].sort(byKey))
  /** Table key → keys of the rows that the reader has: what must be taken back when it goes. */
  const told = new Map<string, ReadonlySet<string>>()
  let synced = false
  let draining = false

  const push = (): void => {
    if (draining) return
    for (const key of pending) {
      pending.delete(key)
      const rows = watched.rows(key).filter((row) => wanted === null || wanted(row.words))
      const now = new Set(rows.map((row) => row.change.key))
      let room = true
      for (const gone of told.get(key) ?? []) {
        if (!now.has(gone)) room = call.write({ kind: 'REMOVED', key: gone })
      }
      for (const row of rows) room = call.write(row.change)
      if (now.size > 0) told.set(key, now)
      else told.delete(key)
      if (!room) {
        pause()
        return
      }
    }
    if (synced) return
    synced = true
    if (!call.write({ kind: 'SYNCED', key: '' })) pause()
  }
  const pause = (): void => {
    draining = true
    call.once('drain', () => {
      draining = false
      push()
    })
  }

  const stops = [
    cluster.watch((changes) => {
      if (changes.some((change) => change.table === 'nodes')) seen = reachable(needs)
      for (const change of changes) {
        if (change.table === table) pending.add(change.key)
        // How a trunk is, is what nodes say of it, and which of them are up.
        else if (table === 'trunks' && change.table === 'trunkStates') pending.add((change.row ?? change.before)!.trunk)
        else if (table === 'trunks' && change.table === 'nodes') for (const key of watched.keys()) pending.add(key)
      }
      push()
    }),
    cluster.onStatus(() => {
      seen = reachable(needs)
      if (table !== 'nodes') return
      for (const key of watched.keys()) pending.add(key)
      push()
    }),
  ]
  // A ban ends by itself, and its row stays.
  const ending =
    table === 'bans' &&
    setInterval(() => {
      for (const key of told.keys()) if (!liveBan(cluster, key)) pending.add(key)
      push()
    }, 1_000)
  const leave = (): void => {
    for (const stop of stops) stop()
    if (ending) clearInterval(ending)
  }
  call.on('cancelled', leave).on('close', leave).on('error', leave)
  push()
}

/** `seen`: which nodes this one sees. */
function watchedTable(needs: Watching, name: string, seen: () => Nodes): Watched {
  const { cluster } = needs
  const { users, registrations, calls, nodes, bans, trunks, audit } = cluster.tables
  switch (name) {
    case 'registrations':
      return {
        keys: () => registrations.keys(),
        rows: (key) =>
          (registrations.get(key)?.bindings ?? []).map((binding) => {
            const registration = registrationView(needs, binding, seen())
            const at = clean(bindingName(binding), 2_048)
            return {
              change: { kind: 'PUT', key: at, registration },
              words: registrationWords(binding),
            }
          }),
      }
    case 'calls':
      return {
        keys: () => calls.keys(),
        rows: (key) =>
          one(calls.get(key), (row) => ({ change: { kind: 'PUT', key, call: callView(row) }, words: callWords(row) })),
      }
    case 'users':
      return {
        keys: () => users.keys(),
        rows: (key) =>
          one(users.get(key), (row) => ({
            change: { kind: 'PUT', key, user: userView(cluster, row.aor, row.createdAt) },
            words: [row.aor],
          })),
      }
    case 'nodes':
      return {
        keys: () => nodes.keys(),
        rows: (key) =>
          one(nodes.get(key), (row) => ({
            change: { kind: 'PUT', key, node: nodeView(cluster, row.id, row) },
            words: [row.id, row.sip, row.control, row.media],
          })),
      }
    case 'bans':
      return {
        keys: () => bans.keys(),
        rows: (key) =>
          one(liveBan(cluster, key), (row) => ({
            change: { kind: 'PUT', key, ban: banView(cluster, row) },
            words: banWords(row),
          })),
      }
    case 'trunks':
      return {
        keys: () => trunks.keys(),
        rows: (key) =>
          one(trunks.get(key), (row) => ({
            change: { kind: 'PUT', key, trunk: trunkView(needs, row) },
            words: trunkWords(row),
          })),
      }
    case 'audit':
      return {
        keys: () => audit.keys(),
        rows: (key) =>
          one(audit.get(key), (row) => ({
            change: { kind: 'PUT', key, audit: auditView(row) },
            words: auditWords(row),
          })),
      }
    default:
      throw invalid('no such table to watch; there are registrations, calls, users, nodes, bans, trunks and audit')
  }
}

function one<Row, Shown>(row: Row | undefined, show: (row: Row) => Shown): Shown[] {
  return row === undefined ? [] : [show(row)]
}

/** Numbers in their order. */
function byKey(a: string, b: string): number {
  return a.length === b.length || !/^\d+$/.test(a + b) ? (a < b ? -1 : 1) : a.length - b.length
}
