/** A registrar on a real engine and a real cluster of one node, with users alice and bob of pbx.test. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import { type ClusterOptions, startCluster } from '../../../cluster/replica.ts'
import { open, seal } from '../../../cluster/seal.ts'
import { type Credentials, credentialsOf } from '../../../node/sip/digest.ts'
import { watchDomains } from '../../../node/sip/domains.ts'
import { createIdentity, type Identity } from '../../../node/sip/identity.ts'
import { answerOptions } from '../../../node/sip/options.ts'
import { POLICY, type RegistrationPolicy, type Room } from '../../../node/sip/policy.ts'
import type { SipPort } from '../../../node/sip/port.ts'
import { type Registrar as RunningRegistrar, startRegistrar } from '../../../node/sip/register.ts'
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
  readonly registrar: RunningRegistrar
}

interface More {
  /** How many nodes the cluster has; the registrar is at the first. */
  readonly nodes?: number
  /** The clock of the registrar, ms. */
  readonly now?: () => number
  readonly policy?: Partial<RegistrationPolicy>
  readonly room?: Room
  /** What its nodes are started with besides. */
  readonly options?: Partial<ClusterOptions>
}

export async function registrar(
  t: ExecutionContext,
  names: readonly string[] = ['alice', 'bob'],
  { nodes: count = 1, now, policy: changed, room, options }: More = {},
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
  for (const user of names) {
    const credentials = seal(key, 'credentials', JSON.stringify(credentialsOf(user, 'pbx.test', `${user}-secret`)))
    const row = { aor: `${user}@pbx.test`, user, domain: 'pbx.test', credentials }
    await cluster.propose({ type: 'user-put', user: row, replace: false })
  }
  const { node: id, incarnation } = cluster
  const row = { id, incarnation, sip: '', control: '', media: 'direct', startedAt: 0 } as const
  await cluster.propose({ type: 'node-up', node: row })
  const sip = await port(t)
  const domains = watchDomains(cluster, sip)
  t.teardown(domains.close)
  const identity = createIdentity({
    cluster,
    domains,
    credentials: (user) => JSON.parse(open(key, 'credentials', user.credentials)) as Credentials,
    nonceKey: (row) => Buffer.from(open(key, 'nonce key', row.nonceKey), 'base64'),
  })
  const policy = { ...POLICY, jitterPercent: 0, ...changed }
  const parts = { cluster, domains, identity, policy, log: quiet, chance: () => 0.5 }
  const all = startRegistrar({ ...parts, ...(now ? { now } : {}), ...(room ? { room } : {}) })
  t.teardown(all.close)
  sip.on('register', all.handle)
  sip.on('options', answerOptions)
  const again = (node: number) => start(nodes[node - 1]!)
  return { sip, cluster, others, again, identity, registrar: all }
}
