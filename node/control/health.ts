/** GetHealth: what doctor asks. Each check says what it found and, when that is not good, what to do about it. */
import { statfs } from 'node:fs/promises'
import type { MemberView } from '../../cluster/cluster.ts'
import { CDRS_MAX, queueOf } from '../../cluster/tables/cdrs.ts'
import type { PlanRow } from '../../cluster/tables/plan-rows.ts'
import { clean } from '../../proto/text.ts'
import type { Check__Output } from '../../proto/types/raftel/v1/Check.ts'
import type { Health } from '../../proto/types/raftel/v1/Health.ts'
import { liveBans } from './bans.ts'
import type { Needs, OwnCertificate } from './needs.ts'
import { sinkView } from './sinks.ts'

const LAG_ENTRIES = 1000
const CLOCK_OFF_MS = 30_000
const CERTIFICATE_WARNING_MS = 30 * 86_400_000
const DISK_WARNING = 1024 ** 3
const DISK_CRITICAL = 100 * 1024 ** 2

const RELAY_REMEDY = 'apt-get install rtpengine-daemon and restart the node, or configure media.mode: direct'

const ORIGINS_REMEDY = 'list where your web phones are served from in sip.origins: docs/abuse.md'

const REPAIR_REMEDY = 'wait: it is given everything by its peers while a majority is up; if it stays see docs/damage.md'

export async function health(needs: Needs): Promise<Health> {
  const { cluster, sip, media } = needs
  const status = cluster.status()
  const { plans, planVersion, users } = cluster.tables
  const members = cluster.members()
  const isUp = ({ name }: { readonly name: string }): boolean =>
    name === cluster.node || status.connected.includes(name)
  const voters = members.filter(({ standing }) => standing === 'voter')
  const absent = voters.filter((one) => !isUp(one)).map(({ name }) => name)
  const lag = status.commit - status.applied
  const off = cluster.now() - Date.now()
  const relay = media.status()
  return {
    node: cluster.node,
    checks: [
      status.quorum
        ? ok('quorum', `${voters.length - absent.length} of ${voters.length} nodes with a vote reachable`)
        : bad('quorum', 'a majority of the nodes is not reachable', `start the others: ${absent.join(', ')}`),
      status.leader === null
        ? bad('leader', 'no leader is known', 'wait a few seconds; if it stays, check the network between the nodes')
        : ok('leader', `${status.leader}, term ${status.term}`),
      nodes(members, isUp, waitsForVote(needs)),
      lag <= LAG_ENTRIES
        ? ok('lag', `${lag} entries behind`)
        : warn('lag', `${lag} entries behind the commit index`, 'this node is too slow: look at its CPU and disk'),
      relay.kind === 'rtpengine' || !needs.relayWanted
        ? ok('media', relay.detail)
        : bad('media', relay.detail, RELAY_REMEDY),
      sip.connected
        ? ok('engine', `SIP at ${sip.address}`)
        : bad('engine', 'the link to the SIP engine is down', 'start drachtio-server, or check sip.engine in the file'),
      status.repair === null
        ? ok('data', `sound in ${needs.dataDir}`)
        : warn('data', `under repair, this node does not vote: ${status.repair}`, REPAIR_REMEDY),
      await disk(needs.dataDir),
      certificates(needs.certificates(), Date.now()),
      clock(off),
      abuse(needs),
      sinks(needs),
      needs.anyOrigin
        ? warn('origins', 'any web page that somebody looks at may connect over ws or wss', ORIGINS_REMEDY)
        : ok('origins', 'no web page connects that is not in sip.origins'),
      plans.size === 0
        ? warn('plan', 'no routing plan: only user names are reachable', 'raftel plan commit FILE')
        : ok(
            'plan',
            `version ${planVersion}, ${plans.size === 1 ? '' : `${plans.size} documents, `}${rulesIn(plans)} rules`,
          ),
      users.size === 0
        ? warn('users', 'there are no users: no phone can register', 'raftel user add NAME@DOMAIN --password-stdin')
        : ok('users', `${users.size}`),
    ],
  }
}

function rulesIn(plans: ReadonlyMap<string, PlanRow>): number {
  return [...plans.values()].reduce((sum, { plan }) => sum + plan.rules.length, 0)
}

/** Members that are to vote as soon as they have caught up, and have not: a cluster is counted on to survive more than it does. */
function waitsForVote({ cluster }: Needs): string[] {
  const { members } = cluster.tables
  return (members?.all ?? [])
    .filter(({ id, vote }) => vote && !members?.conf.voters.includes(id))
    .map(({ name }) => name)
}

/** `behind`: names of those that have no vote yet, but are to have one. */
export function nodes(
  members: readonly MemberView[],
  isUp: (member: MemberView) => boolean,
  behind: readonly string[],
): Check__Output {
  const absent = members.filter((one) => !isUp(one)).map(({ name }) => name)
  if (absent.length > 0) {
    const remedy = 'start them, or check the network to them; one that is lost for good: docs/membership.md'
    return warn('nodes', `not connected: ${absent.join(', ')}`, remedy)
  }
  if (behind.length > 0) {
    const detail = `without a vote until it has caught up: ${behind.join(', ')}`
    return warn('nodes', detail, 'wait; if it stays, look at LAG in raftel cluster status and at the log of that node')
  }
  const learners = members.filter(({ standing }) => standing === 'learner').map(({ name }) => name)
  const more = learners.length > 0 ? `; without a vote by choice: ${learners.join(', ')}` : ''
  return ok('nodes', `every member is connected${more}`)
}

/**
 * `off`: cluster time less this node's clock, ms. Behind is what it is for good after an outage, because the time without a
 * leader does not count (docs/decisions/time-and-expiry.md); ahead, a clock is wrong.
 */
export function clock(off: number): Check__Output {
  if (Math.abs(off) <= CLOCK_OFF_MS) return ok('clock', `${Math.round(off)} ms from cluster time`)
  const seconds = Math.round(Math.abs(off) / 1000)
  if (off < 0) return ok('clock', `${seconds} s ahead of cluster time, which stands still without a leader`)
  return warn('clock', `${seconds} s behind cluster time`, 'set the clock of this node by NTP')
}

async function disk(dir: string): Promise<Check__Output> {
  const { bavail, bsize } = await statfs(dir)
  const free = bavail * bsize
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${dir}`
  const remedy = `free space on the file system of ${dir}: a node whose disk is full stops`
  if (free < DISK_CRITICAL) return bad('disk', detail, remedy)
  return free < DISK_WARNING ? warn('disk', detail, remedy) : ok('disk', detail)
}

function abuse({ cluster, spared }: Needs): Check__Output {
  const [first, ...more] = spared()
  if (first === undefined) return ok('abuse', `${liveBans(cluster).length} sources are banned`)
  const others = more.length > 0 ? `, and ${more.length} more` : ''
  const detail = `${first.source} did too much (${first.reason}) and has phones that are registered${others}: slowed, not banned`
  return warn('abuse', detail, `raftel ban add ${first.source} bans it with its phones; see docs/abuse.md`)
}

/** Records are kept for one that takes none, as many as there is room for. */
export function sinks({ cluster }: Pick<Needs, 'cluster'>): Check__Output {
  const all = [...cluster.tables.sinks.values()].map((row) => sinkView(cluster, row))
  const { dropped } = queueOf(cluster.tables)
  const lost = all.filter((one) => Number(one.lost) > 0)
  if (lost.length > 0) {
    const detail = `${lost.map(({ name }) => name).join(', ')} never got some call records: ${dropped} were dropped, there was no more room`
    return bad(
      'cdr',
      detail,
      'raftel cdr sink rm NAME what is gone for good, add it again when it is back: docs/cdr.md',
    )
  }
  const down = all.filter(({ state }) => state === 'down' || state === 'behind')
  const [first] = down
  if (first) {
    const why = first.trouble === '' ? '' : `: ${first.trouble}`
    const detail = `${first.name} has ${first.lag} call records to come${why}${down.length > 1 ? `, and ${down.length - 1} more` : ''}`
    const remedy = `they are kept, up to ${CDRS_MAX}; see raftel cdr sink ls, and what ${clean(first.target ?? '')} says`
    return first.lag > CDRS_MAX / 2 ? bad('cdr', detail, remedy) : warn('cdr', detail, remedy)
  }
  const paused = all.filter(({ state, lag }) => state === 'paused' && lag > CDRS_MAX / 2)
  if (paused[0])
    return warn(
      'cdr',
      `${paused[0].name} is paused, and half of the room is full`,
      `raftel cdr sink resume ${paused[0].name}`,
    )
  return ok(
    'cdr',
    all.length === 0 ? 'call records are kept here alone: no sink' : `${all.length} sinks have what there is`,
  )
}

/** The one that ends first. A node takes a new one at its next start, but for SIP at once. */
export function certificates(own: readonly OwnCertificate[], now: number): Check__Output {
  const [first] = [...own].sort((a, b) => a.expires - b.expires)
  if (first === undefined) return ok('certificates', 'no TLS is configured')
  const on = new Date(first.expires).toISOString().slice(0, 10)
  const remedy =
    'issue it again (raftel certs node … --force, or your own authority) and restart this node, unless it is of sip.tls'
  if (first.expires <= now) return bad('certificates', `${first.file} has expired on ${on}`, remedy)
  if (first.expires - now < CERTIFICATE_WARNING_MS)
    return warn('certificates', `${first.file} expires on ${on}`, remedy)
  return ok('certificates', `${first.file} is good until ${on}`)
}

function ok(name: string, detail: string): Check__Output {
  return { name, verdict: 'ok', detail, remedy: '' }
}

function warn(name: string, detail: string, remedy: string): Check__Output {
  return { name, verdict: 'warning', detail, remedy }
}

function bad(name: string, detail: string, remedy: string): Check__Output {
  return { name, verdict: 'critical', detail, remedy }
}
