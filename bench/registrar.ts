/**
 * One node of the bench of registrations, in a process of its own: the real cluster part with its log on the disk, and the real
 * registrar on it. Its phones are functions that hand REGISTERs to the registrar, already parsed and authenticated: what is measured is
 * what the cluster has to agree on.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { startCluster } from '../cluster/replica.ts'
import type { NodeRow } from '../cluster/tables/rows.ts'
import type { Domains } from '../node/sip/domains.ts'
import type { Identity } from '../node/sip/identity.ts'
import { POLICY, type RegistrationPolicy } from '../node/sip/policy.ts'
import type { SipRequest } from '../node/sip/port.ts'
import { type Registrar, startRegistrar } from '../node/sip/register.ts'
import type { ReplicaSpec } from './replica.ts'

export type RegistrarOrder =
  | { readonly do: 'start'; readonly spec: ReplicaSpec; readonly phones: readonly number[]; readonly expires: number }
  | { readonly do: 'users'; readonly count: number }
  /** Each phone of this node once, as fast as it goes; their leases are as far along as those of phones that came long ago. */
  | { readonly do: 'register'; readonly leaseSeconds: number }
  /** Each phone every `everyMs`, evenly, for `forMs`. */
  | { readonly do: 'refresh'; readonly everyMs: number; readonly forMs: number }
  | { readonly do: 'look'; readonly node: string }

export type RegistrarAnswer =
  | { readonly kind: 'done' }
  /** What phones asked and heard. */
  | { readonly kind: 'asked'; readonly answered: number; readonly refused: number; readonly cpuSeconds: number }
  | {
      readonly kind: 'seen'
      readonly commit: number
      readonly bindings: number
      /** Of the node that was asked about, and whether it is up in the table. */
      readonly of: number
      readonly up: boolean
    }
  | { readonly kind: 'failed'; readonly why: string }

const DOMAIN = 'bench.test'
const AT_ONCE = 60
const AGAIN_MS = 2_000
const PACE_MS = 20
const TRIES = 10

let cluster: Cluster
let registrar: Registrar
let phones: readonly number[] = []
let expires = 0
let cseq = 0
let chance: () => number = Math.random
const policy = { ...POLICY, minExpires: 1 } as { -readonly [Key in keyof RegistrationPolicy]: RegistrationPolicy[Key] }

async function obey(order: RegistrarOrder): Promise<RegistrarAnswer> {
  switch (order.do) {
    case 'start':
      phones = order.phones
      expires = order.expires
      await start(order.spec)
      return { kind: 'done' }
    case 'users':
      await each(order.count, async (i) => {
        const user = { aor: `u${i}@${DOMAIN}`, user: `u${i}`, domain: DOMAIN, credentials: 'sealed' }
        const agreed = await cluster.propose({ type: 'user-put', user, replace: true }, 30_000)
        if (agreed.kind !== 'agreed') throw new Error(`a user could not be added: ${agreed.kind}`)
      })
      return { kind: 'done' }
    case 'register':
      return await register(order.leaseSeconds)
    case 'refresh':
      return await refresh(order)
    case 'look': {
      let of = 0
      for (const { bindings } of cluster.tables.registrations.values()) {
        for (const { node } of bindings) if (node === order.node) of++
      }
      const up = cluster.tables.nodes.has(order.node)
      return { kind: 'seen', commit: cluster.status().commit, bindings: cluster.tables.bindings, of, up }
    }
  }
}

async function start({ key, ...spec }: ReplicaSpec): Promise<void> {
  const listen = spec.nodes.find(({ id }) => id === spec.id)!.address
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const onFatal = (error: Error) => {
    console.error(error.message)
    process.exit(1)
  }
  cluster = await startCluster({ ...spec, listen, key: Buffer.from(key, 'base64'), log, onFatal })
  const node: NodeRow = {
    id: cluster.node,
    incarnation: cluster.incarnation,
    sip: '',
    control: '',
    media: 'direct',
    startedAt: Date.now(),
  }
  await cluster.propose({ type: 'node-up', node }, 30_000)
  registrar = startRegistrar({
    cluster,
    domains: { has: () => true, ours: () => true } as Partial<Domains> as Domains,
    identity: { registrar: ({ to }: SipRequest) => known(to.user) } as Partial<Identity> as Identity,
    log,
    policy,
    chance: () => chance(),
  })
}

function known(user: string): ReturnType<Identity['registrar']> {
  return { kind: 'known', user: { aor: `${user}@${DOMAIN}`, user, domain: DOMAIN, credentials: '', createdAt: 0 } }
}

/** The status that a phone hears. */
function ask(phone: number, number: number): Promise<number> {
  const user = `u${phone}`
  const address = `10.${phone >> 16}.${(phone >> 8) & 255}.${phone & 255}`
  const aor = { display: '', uri: `sip:${user}@${DOMAIN}`, user, host: DOMAIN, tag: '' }
  const headers: Record<string, string> = { contact: `<sip:${user}@${address}:5060>`, expires: String(expires) }
  return new Promise((heard) => {
    const request: SipRequest = {
      ...{
        method: 'REGISTER',
        uri: `sip:${DOMAIN}`,
        answered: 0,
        callId: `call-of-${user}@${address}`,
        cseq: number,
        from: aor,
        to: aor,
      },
      source: { transport: 'udp', address, port: 5060 },
      ...{ userAgent: 'bench', body: '', size: 400 },
      header: (name) => headers[name.toLowerCase()] ?? null,
      reply: heard,
    }
    registrar.handle(request).catch(() => heard(500))
  })
}

/**
 * A lease is renewed when half of it is gone, and drawn up to a quarter longer: a phone that came long ago is somewhere in between.
 */
async function register(leaseSeconds: number): Promise<RegistrarAnswer> {
  const before = process.cpuUsage()
  cseq++
  chance = () => 0
  let refused = 0
  await each(phones.length, async (i) => {
    policy.leaseSeconds = Math.floor(leaseSeconds / 2 + Math.random() * leaseSeconds * (1 / 2 + Math.random() / 4))
    // On a busy machine it is told to come back, as a phone would be; a CSeq is used once.
    for (let tries = 0, status = 0; status !== 200; tries++) {
      status = await ask(phones[i]!, cseq + tries)
      if (status === 200) break
      refused++
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * Math.random()))
      if (tries === TRIES) throw new Error(`a phone could not register: ${status}`)
    }
  })
  cseq += TRIES
  chance = Math.random
  policy.leaseSeconds = leaseSeconds
  return { kind: 'asked', answered: phones.length, refused, cpuSeconds: cpuSince(before) }
}

/** Each phone's place in a round is its own, as phones that came one after the other have it. */
async function refresh({ everyMs, forMs }: RegistrarOrder & { do: 'refresh' }): Promise<RegistrarAnswer> {
  const before = process.cpuUsage()
  const began = performance.now()
  const under: Promise<void>[] = []
  let [begun, answered, refused] = [0, 0, 0]
  /** As a phone that was told to come back. */
  const keepAsking = async (phone: number, number: number): Promise<void> => {
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await ask(phone, number + tries)) === 200) return void answered++
      refused++
      await new Promise((resolve) => setTimeout(resolve, (everyMs / TRIES) * Math.random()))
    }
  }
  for (let passed = 0; passed < forMs; passed = performance.now() - began) {
    const due = Math.floor((passed / everyMs) * phones.length)
    for (; begun < due; begun++) {
      const round = Math.floor(begun / phones.length)
      under.push(keepAsking(phones[begun % phones.length]!, cseq + 1 + round * TRIES))
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS))
    if (under.length > 100_000) await Promise.all(under.splice(0))
  }
  await Promise.all(under)
  cseq += (1 + Math.ceil(begun / phones.length)) * TRIES
  return { kind: 'asked', answered, refused, cpuSeconds: cpuSince(before) }
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

async function each(count: number, act: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const one = async (): Promise<void> => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

if (process.send !== undefined) {
  process.on('message', (order: RegistrarOrder) => {
    obey(order).then(
      (answer) => process.send?.(answer),
      (error: Error) => process.send?.({ kind: 'failed', why: error.message } satisfies RegistrarAnswer),
    )
  })
  process.on('disconnect', () => process.exit(0))
}
