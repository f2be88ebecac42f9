/** One node: builds everything, joins it, and stops it in reverse order. Only this file knows all parts. */
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readTls } from '../cluster/door.ts'
import type { Logger } from '../cluster/logger.ts'
import { startCluster } from '../cluster/replica.ts'
import { loadClusterKey, open, seal } from '../cluster/seal.ts'
import type { NodeRow, UserRow } from '../cluster/tables/rows.ts'
import type { TrunkRow } from '../cluster/tables/trunk-rows.ts'
import { trunkPurpose } from '../cluster/tables/trunks.ts'
import { certificatesIn } from '../proto/tls.ts'
import { startAdmission } from './admission/admission.ts'
import { startCalls } from './calls/calls.ts'
import { factsOf } from './calls/facts.ts'
import { relayKeyOf } from './calls/relay.ts'
import { starCodes } from './calls/services.ts'
import { trunkOrders } from './calls/trunk-order.ts'
import { startSinks } from './cdr/sinks.ts'
import type { NodeConfig } from './config.ts'
import { startControl } from './control/control.ts'
import type { OwnCertificate, PlanRead } from './control/needs.ts'
import { credentialsPurpose, credentialsText } from './control/users.ts'
import { lookAt } from './enrolment.ts'
import { openLogger } from './log.ts'
import { startMedia } from './media/start.ts'
import { keepPresent } from './presence.ts'
import { keepRecent } from './replay/recent.ts'
import { readPlan } from './routing/plan.ts'
import type { Credentials } from './sip/digest.ts'
import { watchDomains } from './sip/domains.ts'
import { openSip } from './sip/drachtio.ts'
import { gruuKeyOf } from './sip/gruu.ts'
import { startGuard } from './sip/guard.ts'
import { createIdentity } from './sip/identity.ts'
import { answerOptions } from './sip/options.ts'
import { POLICY } from './sip/policy.ts'
import { startRegistrar } from './sip/register.ts'
import { readHost, readSource } from './sip/source.ts'
import { wallClock } from './trace/clock.ts'
import { startTrace } from './trace/trace.ts'
import { watchSources } from './trunks/sources.ts'
import { readTrunk, writeTrunk } from './trunks/spec.ts'
import { startTrunks } from './trunks/trunks.ts'
import { sayFaults, totalOf } from './yaml.ts'

export interface RunningNode {
  /** `host:port`. */
  readonly sip: string
  readonly control: string
  /** Ends live calls, then everything else, last opened first closed. */
  stop(): Promise<void>
}

/** A start that cannot be, in one sentence with its remedy; anything else that is thrown is a bug. */
export class Fatal extends Error {}

/** `onFatal` hears the one sentence after which this process must not go on: the disk failed. */
export async function startNode(config: NodeConfig, onFatal: (sentence: string) => void): Promise<RunningNode> {
  const opened: { readonly what: string; close(): Promise<void> | void }[] = []
  const log = openLogger(config.node, config.log.level, config.log.file)
  const stop = async (): Promise<void> => {
    for (let last = opened.pop(); last !== undefined; last = opened.pop()) {
      try {
        await last.close()
      } catch (error) {
        log.error({ err: error }, `${last.what} did not close cleanly`)
      }
    }
    log.info({}, 'this node has stopped')
  }
  try {
    const parts = await build(config, log, onFatal, (what, close) => opened.push({ what, close }))
    return { ...parts, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A phone that dials a star code hears an answer before it asks again for long. */
const SERVICE_MS = 2_000

/** How long SIP waits at a start for the tables of the others. */
const CATCH_UP_MS = 5_000

const NO_CLUSTER =
  'this node is of no cluster yet: raftel cluster init (a new cluster), or raftel cluster join --endpoints HOST:PORT (a running one)'

type Opened = (what: string, close: () => Promise<void> | void) => void

async function build(config: NodeConfig, log: Logger, onFatal: (sentence: string) => void, opened: Opened) {
  const startedAt = Date.now()
  const version = versionOfPackage()
  const key = await trouble('cluster.key_file', () => loadClusterKey(config.cluster.keyFile))

  if (config.cluster.nodes.length === 0 && (await lookAt(config.dataDir)).kind === 'nothing')
    throw new Fatal(NO_CLUSTER)

  const cluster = await trouble('cluster', () =>
    startCluster({
      node: config.node,
      nodes: config.cluster.nodes,
      listen: text(config.cluster.listen),
      address: config.cluster.address,
      dataDir: config.dataDir,
      key,
      tls: tlsOf(config),
      log,
      onFatal: (error) => {
        log.error({ err: error }, 'this node cannot go on')
        onFatal(error.message)
      },
    }),
  )
  opened('cluster', () => cluster.close())

  const { whenDown, ...mode } = config.media
  const media = await startMedia({
    mode: mode.kind === 'spawn' ? { ...mode, binary: mode.binary ?? 'rtpengine', dataDir: config.dataDir } : mode,
    whenDown,
    log,
  })
  opened('media', () => media.close())

  // From tables that are still behind, a phone would hear that its domain or its password is wrong. Without a quorum what
  // is known has to do.
  await cluster.catchUp(CATCH_UP_MS)

  const { listen, advertise, tls, engine, acl, abuse, pathFrom, origins } = config.sip
  const sources = watchSources(cluster)
  opened('trunk sources', () => sources.close())
  const isTrunk = (host: string) => sources.of(host) !== null
  const guard = startGuard({ cluster, policy: abuse, acl, pathFrom, origins, isTrunk, log })
  opened('guard', () => guard.close())
  const own = { ...(advertise !== null && { advertise }), ...(tls !== null && { tls }) }
  const choice = engine.kind === 'external' ? engine : { kind: engine.kind, listen, ...own }
  const trace = startTrace({ ...config.trace, now: wallClock() })
  const sip = await trouble(engine.kind === 'external' ? 'sip.engine' : 'sip.listen', () =>
    openSip({ engine: choice, log, guard, ...(trace.tap && { tap: trace.tap }) }),
  )
  opened('sip', () => sip.close())

  const domains = watchDomains(cluster, sip)
  opened('domains', () => domains.close())
  const password = randomBytes(16).toString('hex')
  const nobody = { aor: '', credentials: seal(key, credentialsPurpose(''), credentialsText('', '', password)) }
  const identity = createIdentity({
    cluster,
    domains,
    credentials: ({ aor, credentials }: Pick<UserRow, 'aor' | 'credentials'> = nobody) =>
      JSON.parse(open(key, credentialsPurpose(aor), credentials)) as Credentials,
    nonceKey: (row) => Buffer.from(open(key, 'nonce key', row.nonceKey), 'base64'),
    digest: config.sip.digest,
    guard,
  })
  opened('identity', () => identity.close())
  const gruuKey = gruuKeyOf(key)
  const registrar = startRegistrar({
    cluster,
    domains,
    identity,
    log,
    policy: { ...POLICY, ...config.sip.registration },
    gruuKey,
    chance: Math.random,
    // Once there are founders no older program is among the nodes.
    allKnow: () => cluster.tables.members !== null,
    takesPath: guard.takesPath,
  })
  opened('registrar', () => registrar.close())
  sip.on('register', registrar.handle)
  sip.early('register', registrar.early)
  sip.on('options', answerOptions)
  const recent = keepRecent()
  const here = (host: string) => domains.ours(host) && !domains.has(host)
  const admission = startAdmission({
    cluster,
    log,
    now: Date.now,
    groupsOf: (aor) => cluster.tables.profiles.get(aor)?.groups ?? [],
  })
  opened('admission', () => admission.close())
  const relayKey = relayKeyOf(key)
  const trunks = startTrunks({
    cluster,
    sip,
    sources,
    password: ({ name, auth }: TrunkRow) => (auth ? open(key, trunkPurpose(name), auth.password) : ''),
    order: trunkOrders({ cluster, address: sip.address, relayKey, newId: randomUUID }),
    log,
    cnonce: () => randomBytes(8).toString('hex'),
    chance: Math.random,
  })
  opened('trunks', () => trunks.close())
  const price = (trunk: string, number: string) => admission.decks.price(trunk, number, Date.now())?.price ?? null
  const calls = startCalls({
    cluster,
    admission,
    sip,
    media,
    trunks,
    identify: identity.caller,
    here,
    decided: recent.keep,
    price,
    services: starCodes(async (aor, set) => {
      const said = await cluster.propose({ type: 'profile-put', aor, set }, SERVICE_MS)
      if (said.kind !== 'agreed') return 'no majority of the nodes agrees'
      return said.result.kind === 'done' ? null : said.result.kind
    }),
    flowLost: registrar.flowLost,
    relayKey,
    gruuKey,
    log,
    isLeg: trace.isLeg,
    now: Date.now,
    newId: randomUUID,
    max: config.calls.max,
    maxSeconds: config.calls.maxSeconds,
    checkSeconds: config.calls.checkSeconds,
  })
  opened('calls', () => calls.close())
  const sinks = startSinks({
    cluster,
    log,
    unseal: (purpose, sealed) => open(key, purpose, sealed),
    chance: Math.random,
  })
  opened('sinks', () => sinks.close())
  await sip.settled()

  // Whose turn it is in a group is nobody's who only asks.
  const certificates = certificatesOf(config)
  const control = await trouble(`control.listen ${text(config.control.listen)}`, () =>
    startControl({
      cluster,
      key,
      dataDir: config.dataDir,
      certificates: () => [...certificates, ...sipCertificatesOf(config)],
      version,
      startedAt,
      sip,
      media,
      relayWanted: config.media.kind !== 'direct',
      calls,
      trace: { ...trace, kept: engine.kind === 'embedded' && config.trace.bytes > 0 },
      decks: admission.decks,
      secondsLeft: registrar.secondsLeft,
      readPlan: planRead,
      facts: factsOf({ cluster, here, trunks, price }),
      recent,
      readTrunk,
      writeTrunk,
      readSource,
      isTrusted: (text) => guard.isTrusted(readHost(text)),
      refused: guard.counters,
      spared: guard.spared,
      anyOrigin:
        engine.kind === 'embedded' && origins === null && listen.some(({ transport }) => /^wss?$/.test(transport)),
      log,
      listen: config.control.listen,
      tls: config.control.tls,
      anonymous: config.control.anonymous,
    }),
  )
  opened('control', () => control.close())

  const row = (): NodeRow => ({
    id: cluster.node,
    incarnation: cluster.incarnation,
    sip: sip.address,
    control: control.address,
    media: media.status().kind,
    startedAt,
  })
  const presence = keepPresent(cluster, row, log)
  opened('presence', presence.stop)
  opened('media status', media.onStatus(presence.check))
  log.info({ sip: sip.address, control: control.address, version }, 'this node has started')
  return { sip: sip.address, control: control.address }
}

/** Runs one step of the start; its failure becomes a sentence that says which part of the configuration it was. */
async function trouble<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const { message } = error as Error
    // The SIP engine names the remedy itself.
    if (/EADDRINUSE/.test(message) && !message.includes('choose another port')) {
      throw new Fatal(
        `${what}: the port is in use (${message}); stop the program that holds it, or configure another port`,
      )
    }
    throw new Fatal(`${what}: ${message}`)
  }
}

function planRead(source: string): PlanRead {
  const read = readPlan(source)
  if (read.kind === 'faults')
    return { kind: 'faults', text: sayFaults('plan', read.faults), total: totalOf(read.faults) }
  return { ...read, warnings: read.warnings.map((one) => sayFaults('plan', [one])) }
}

function tlsOf(config: NodeConfig) {
  const { tls } = config.cluster
  return tls === null ? null : readTls(tls)
}

/** Those that this node read at its start. */
function certificatesOf({ cluster, control }: NodeConfig): OwnCertificate[] {
  const files = new Set([cluster.tls?.cert, control.tls?.cert].filter((file) => file !== undefined))
  return [...files].flatMap(expiries)
}

/** Those of SIP as they are now: they are read again when they change. */
function sipCertificatesOf({ sip: { tls } }: NodeConfig): OwnCertificate[] {
  if (tls === null) return []
  return [tls, ...(tls.names ?? [])].flatMap(({ cert }) => {
    try {
      return expiries(cert)
    } catch {
      // The engine has said what is wrong with it, and shows the one before.
      return []
    }
  })
}

/** With its intermediates: a chain is good until the first of them ends. */
function expiries(file: string): OwnCertificate[] {
  return certificatesIn(readFileSync(file)).map((one) => ({ file, expires: one.validToDate.getTime() }))
}

function text({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function versionOfPackage(): string {
  for (const up of ['..', '../..']) {
    try {
      const file = path.join(import.meta.dirname, up, 'package.json')
      return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    } catch {
      // Compiled code is a folder deeper than the sources.
    }
  }
  return 'unknown'
}
