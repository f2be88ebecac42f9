/** A registrar on a real engine and a real cluster of one node, with users alice and bob of pbx.test. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Logger } from '../../../cluster/logger.ts'
import { type ClusterOptions, startCluster } from '../../../cluster/replica.ts'
import { open, seal } from '../../../cluster/seal.ts'
import type { SipTimes } from '../../../node/engine/limits.ts'
import { type Credentials, credentialsOf } from '../../../node/sip/digest.ts'
import { watchDomains } from '../../../node/sip/domains.ts'
import type { GruuKey } from '../../../node/sip/gruu.ts'
import { type Guard, startGuard } from '../../../node/sip/guard.ts'
import { createIdentity, type Identity } from '../../../node/sip/identity.ts'
import { ABUSE, type AbusePolicy } from '../../../node/sip/offences.ts'
import { answerOptions } from '../../../node/sip/options.ts'
import { POLICY, type RegistrationPolicy, type Room } from '../../../node/sip/policy.ts'
import type { SipPort } from '../../../node/sip/port.ts'
import { type Registrar as RunningRegistrar, startRegistrar } from '../../../node/sip/register.ts'
import type { AclRule } from '../../../node/sip/source.ts'
import { freePort, until } from '../../cluster/nodes.ts'
import { port, quiet } from './support.ts'

export interface Registrar {
  readonly sip: SipPort
  readonly cluster: Cluster
  /** The other nodes of the cluster. */
  readonly others: readonly Cluster[]
  /** Starts the node of that number, from 1, again in its directory. */
  readonly again: (node: number) => Promise<Cluster>
  readonly identity: Identity
  /** The same at another node of the cluster. */
  readonly identityOf: (cluster: Cluster) => Identity
  readonly guard: Guard
  /** That of another node. */
  readonly guardOf: (cluster: Cluster) => Guard
  /** A user as a program wrote it that knew of two algorithms. */
  readonly addOlder: (name: string) => Promise<void>
  readonly registrar: RunningRegistrar
}

interface More {
  /** How many nodes the cluster has; the registrar is at the first. */
  readonly nodes?: number
  /** The clock of the registrar, ms. */
  readonly now?: () => number
  readonly policy?: Partial<RegistrationPolicy>
  readonly room?: Room
  /** Other SIP timers. */
  readonly times?: Partial<SipTimes>
  /** Who is heard, and what is held against them. */
  readonly abuse?: Partial<AbusePolicy>
  readonly acl?: readonly AclRule[]
  /** Whose Path is taken; all of loopback when left out. */
  readonly pathFrom?: readonly string[]
  readonly log?: Logger
  readonly allKnow?: () => boolean
  readonly gruuKey?: GruuKey
  /** What its nodes are started with besides. */
  readonly options?: Partial<ClusterOptions>
}

export async function registrar(
  t: ExecutionContext,
  names: readonly string[] = ['alice', 'bob'],
  {
    nodes: count = 1,
    now,
    policy: changed,
    room,
    allKnow,
    gruuKey,
    options,
    times,
    abuse,
    acl = [],
    pathFrom = ['127.0.0.0/8'],
    log = quiet,
  }: More = {},
): Promise<Registrar> {
  const key = randomBytes(32)
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      name: `n${i + 1}`,
      id: i + 1,
      address: `127.0.0.1:${await freePort()}`,
      dir: await mkdtemp(path.join(tmpdir(), 'raftel-sip-')),
    })),
  )
  const [cluster, ...others] = await Promise.all(nodes.map(start))
  if (cluster === undefined) throw new RangeError('a cluster has a node')

  async function start({ name, address, dir }: (typeof nodes)[number]): Promise<Cluster> {
    const one = await startCluster({
      node: name,
      nodes,
      listen: address,
      dataDir: dir,
      key,
      tickMs: 20,
      log: quiet,
      onFatal: (error) => t.fail(error.message),
      ...options,
    })
    t.teardown(async () => {
      await one.close()
      await rm(dir, { recursive: true, force: true })
    })
    return one
  }
  await until(cluster, 'the cluster has begun', () => cluster.tables.cluster !== null)
  const add = async (user: string, known: Credentials): Promise<void> => {
    const row = { aor: `${user}@pbx.test`, user, domain: 'pbx.test' }
    const credentials = seal(key, 'credentials', JSON.stringify(known))
    await cluster.propose({ type: 'user-put', user: { ...row, credentials }, replace: false })
  }
  for (const user of names) await add(user, credentialsOf(user, 'pbx.test', `${user}-secret`))
  const addOlder = (user: string): Promise<void> => {
    const { md5, sha256 } = credentialsOf(user, 'pbx.test', `${user}-secret`)
    return add(user, { md5, sha256 })
  }
  const { node: id, incarnation } = cluster
  const row = { id, incarnation, sip: '', control: '', media: 'direct', startedAt: 0 } as const
  await cluster.propose({ type: 'node-up', node: row })
  const guardOf = (one: Cluster): Guard => {
    const made = startGuard({
      cluster: one,
      policy: { ...ABUSE, ...abuse },
      acl,
      pathFrom,
      log,
      ...(now ? { now } : {}),
    })
    t.teardown(made.close)
    return made
  }
  const guard = guardOf(cluster)
  const sip = await port(t, quiet, times, guard)
  const domains = watchDomains(cluster, sip)
  t.teardown(domains.close)
  const identityOf = (one: Cluster) => {
    const made = createIdentity({
      cluster: one,
      domains,
      credentials: (user) =>
        user ? (JSON.parse(open(key, 'credentials', user.credentials)) as Credentials) : credentialsOf('', '', ''),
      nonceKey: (row) => Buffer.from(open(key, 'nonce key', row.nonceKey), 'base64'),
      ...(one === cluster ? { guard } : {}),
    })
    t.teardown(made.close)
    return made
  }
  const identity = identityOf(cluster)
  const policy = { ...POLICY, jitterPercent: 0, ...changed }
  const parts = { cluster, domains, identity, policy, log: quiet, chance: () => 0.5 }
  const all = startRegistrar({
    ...parts,
    ...(now ? { now } : {}),
    ...(room ? { room } : {}),
    ...(allKnow ? { allKnow } : {}),
    ...(gruuKey ? { gruuKey } : {}),
    takesPath: guard.takesPath,
  })
  t.teardown(all.close)
  sip.on('register', all.handle)
  sip.on('options', answerOptions)
  await sip.settled()
  const again = (node: number) => start(nodes[node - 1]!)
  return { sip, cluster, others, again, identity, identityOf, addOlder, guard, guardOf, registrar: all }
}
