/** A registrar on a real engine and a real cluster of one node, with users alice and bob of pbx.test. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import { startCluster } from '../../../cluster/replica.ts'
import { open, seal } from '../../../cluster/seal.ts'
import { type Credentials, credentialsOf } from '../../../node/sip/digest.ts'
import { watchDomains } from '../../../node/sip/domains.ts'
import { createIdentity, type Identity } from '../../../node/sip/identity.ts'
import { answerOptions } from '../../../node/sip/options.ts'
import type { SipPort } from '../../../node/sip/port.ts'
import { registerHandler } from '../../../node/sip/register.ts'
import { freePort, until } from '../../cluster/nodes.ts'
import { port, quiet } from './support.ts'

export interface Registrar {
  readonly sip: SipPort
  readonly cluster: Cluster
  readonly identity: Identity
}

export async function registrar(t: ExecutionContext, names: readonly string[] = ['alice', 'bob']): Promise<Registrar> {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-sip-'))
  const key = randomBytes(32)
  const listen = `127.0.0.1:${await freePort()}`
  const cluster = await startCluster({
    node: 'n1',
    id: 1,
    nodes: [{ name: 'n1', id: 1, address: listen }],
    listen,
    dataDir: dir,
    key,
    tickMs: 20,
    log: quiet,
    onFatal: (error) => t.fail(error.message),
  })
  t.teardown(async () => {
    await cluster.close()
    await rm(dir, { recursive: true, force: true })
  })
  await until(cluster, 'the cluster has begun', () => cluster.tables.cluster !== null)
  for (const user of names) {
    const credentials = seal(key, 'credentials', JSON.stringify(credentialsOf(user, 'pbx.test', `${user}-secret`)))
    const row = { aor: `${user}@pbx.test`, user, domain: 'pbx.test', credentials }
    await cluster.propose({ type: 'user-put', user: row, replace: false })
  }
  const sip = await port(t)
  const domains = watchDomains(cluster, sip)
  t.teardown(domains.close)
  const identity = createIdentity({
    cluster,
    domains,
    credentials: (user) => JSON.parse(open(key, 'credentials', user.credentials)) as Credentials,
    nonceKey: (row) => Buffer.from(open(key, 'nonce key', row.nonceKey), 'base64'),
  })
  sip.on('register', registerHandler({ cluster, domains, identity, chance: () => 0.5 }))
  sip.on('options', answerOptions)
  return { sip, cluster, identity }
}
