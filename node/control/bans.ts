/** AddBan, RemoveBan, ListBans: sources that no node hears. */
import type { Cluster } from '../../cluster/cluster.ts'
import { isOver, OPERATOR } from '../../cluster/tables/bans.ts'
import type { BanRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { AddBanRequest__Output } from '../../proto/types/raftel/v1/AddBanRequest.ts'
import type { Ban__Output } from '../../proto/types/raftel/v1/Ban.ts'
import type { BanPage } from '../../proto/types/raftel/v1/BanPage.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, invalid, mustKnow, notFound } from './refusal.ts'

const SECONDS_MAX = 31_536_000
const REASON_MAX = 128

type BanNeeds = Pick<Needs, 'cluster' | 'readSource' | 'isTrusted'>

/** `within`: milliseconds that agreeing may take. */
export async function addBan(needs: BanNeeds, request: AddBanRequest__Output, within: number): Promise<Ban__Output> {
  const { cluster } = needs
  const source = sourceIn(needs, request.source)
  if (needs.isTrusted(request.source)) {
    throw cannot(
      `${source} is a node, or in sip.abuse.trusted of ${cluster.node}, and is heard all the same; take it out there first`,
    )
  }
  const { seconds } = request
  const reason = clean(request.reason, REASON_MAX)
  if (seconds < 1 || seconds > SECONDS_MAX) throw invalid(`a ban lasts from 1 to ${SECONDS_MAX} seconds`)
  mustKnow(cluster, 'bans')
  const command = { type: 'ban', source, reason, by: OPERATOR, seconds } as const
  const result = agreed(await cluster.propose(command, within))
  if (result.kind === 'too many bans') throw cannot(`there are ${result.max} bans already; remove some`)
  const row = cluster.tables.bans.get(source)
  return row ? banView(cluster, row) : { source, reason, by: OPERATOR, expires: seconds }
}

/** What was banned is told once more. */
export async function removeBan(needs: BanNeeds, given: string, within: number): Promise<Ban__Output> {
  const { cluster } = needs
  const source = sourceIn(needs, given)
  mustKnow(cluster, 'bans')
  const row = cluster.tables.bans.get(source)
  const result = agreed(await cluster.propose({ type: 'unban', source }, within))
  if (result.kind === 'no such ban') throw notFound(`${source} is not banned; raftel ban ls shows who is`)
  return row ? banView(cluster, row) : { source, reason: '', by: '', expires: 0 }
}

export function listBans({ cluster }: Pick<Needs, 'cluster'>, request: ListRequest__Output): BanPage {
  const { rows, next, total } = page<BanRow>(
    liveBans(cluster),
    request,
    (row) => row.source,
    {
      source: (row) => row.source,
      reason: (row) => row.reason,
      by: (row) => row.by,
      expires: (row) => row.expiresAt,
    },
    banWords,
  )
  return { rows: rows.map((row) => banView(cluster, row)), next, total, applied: cluster.status().applied }
}

/** Those that are not over. */
export function liveBans(cluster: Pick<Cluster, 'now' | 'tables'>): readonly BanRow[] {
  const now = cluster.now()
  return [...cluster.tables.bans.values()].filter((row) => !isOver(row, now))
}

/** That of a source, unless it is over. */
export function liveBan(cluster: Pick<Cluster, 'now' | 'tables'>, source: string): BanRow | undefined {
  const row = cluster.tables.bans.get(source)
  return row && !isOver(row, cluster.now()) ? row : undefined
}

export function banView(cluster: Pick<Cluster, 'now'>, row: BanRow): Ban__Output {
  const expires = Math.max(0, Math.ceil((row.expiresAt - cluster.now()) / 1000))
  return { source: clean(row.source), reason: clean(row.reason), by: clean(row.by), expires }
}

export function banWords({ source, reason, by }: BanRow): readonly string[] {
  return [source, reason, by]
}

function sourceIn({ readSource }: BanNeeds, text: string): string {
  const source = readSource(text)
  if (source === null)
    throw invalid('that is no IP address, like 192.0.2.1 or 2001:db8::1; a network belongs in sip.acl of every node')
  return source
}
