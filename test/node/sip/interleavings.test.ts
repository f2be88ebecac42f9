/**
 * Phones that register at any node while everything that passes between the nodes takes its time: the real registrars and the real
 * tables, on a log in memory of which each node has applied a part. What comes next is drawn from a seed.
 */
import test, { type ExecutionContext } from 'ava'
import type { Agreed, Cluster, ReplicaStatus, RowChange } from '../../../cluster/cluster.ts'
import { apply } from '../../../cluster/tables/apply.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import type { UserRow } from '../../../cluster/tables/rows.ts'
import type { Proposer } from '../../../cluster/tables/sessions.ts'
import { newState, takeChanges } from '../../../cluster/tables/state.ts'
import type { Domains } from '../../../node/sip/domains.ts'
import type { Identity } from '../../../node/sip/identity.ts'
import { POLICY } from '../../../node/sip/policy.ts'
import type { ReplyOptions, SipRequest } from '../../../node/sip/port.ts'
import { type Registrar, startRegistrar } from '../../../node/sip/register.ts'
import { quiet } from './support.ts'

const NODES = ['n1', 'n2', 'n3']
const SEEDS = 60
const STEPS = 1_200
/** A lease of 100 s for phones that are granted 10 to 40 s: renewed at 50 s. */
const RULES = { ...POLICY, minExpires: 10, leaseSeconds: 100, jitterPercent: 20 }

interface Logged {
  readonly proposer: Proposer
  readonly command: Command
  readonly time: number
}

interface UnderWay {
  readonly proposer: Proposer
  readonly command: Command
}

function userOf(user: string): UserRow {
  return { aor: `${user}@pbx.test`, user, domain: 'pbx.test', credentials: '', createdAt: 0 }
}

class World {
  readonly log: Logged[] = []
  readonly truth = newState()
  /** Proposals that no leader has seen, and questions for its commit index. */
  readonly proposals: UnderWay[] = []
  readonly questions: ((index: number) => void)[] = []
  clock = 1_000_000
  readonly #seed: number
  #state: number

  constructor(seed: number) {
    this.#seed = seed
    this.#state = seed
  }

  /** Mulberry32. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!
  }

  take<T>(list: T[]): T | undefined {
    return list.splice(Math.floor(this.random() * list.length), 1)[0]
  }

  commit({ proposer, command }: UnderWay): void {
    this.log.push({ proposer, command, time: this.clock })
    apply(this.truth, proposer, command, this.clock)
  }

  says(what: string): string {
    return `seed ${this.#seed}: ${what}`
  }
}

class Node {
  readonly cluster: Cluster
  readonly registrar: Registrar
  readonly #world: World
  readonly #name: string
  readonly #state: ReturnType<typeof newState>
  readonly incarnation: string
  #applied: number
  readonly #waiting = new Map<number, (agreed: Agreed) => void>()
  #reads: { readonly index: number; readonly answer: (caught: 'caught up') => void }[] = []
  #seq = 0
  #watcher: (changes: readonly RowChange[]) => void = () => undefined

  /** `before` is the life of the node before this one: what it had applied is on its disk. */
  constructor(world: World, name: string, before: Node | null = null) {
    this.#world = world
    this.#name = name
    this.#state = before?.state ?? newState()
    this.#applied = before?.applied ?? 0
    this.incarnation = before ? before.incarnation + 'i' : 'i'
    const cluster: Partial<Cluster> = {
      node: name,
      incarnation: this.incarnation,
      tables: this.#state,
      propose: (command) => new Promise((answer) => this.#propose(command, answer)),
      catchUp: () => new Promise((answer) => world.questions.push((index) => this.#reads.push({ index, answer }))),
      status: () => ({ quorum: true }) as ReplicaStatus,
      // Behind, as an estimate may be.
      now: () => world.clock - 3_000,
      watch: (listener) => {
        this.#watcher = listener
        return () => undefined
      },
      onStatus: () => () => undefined,
    }
    this.cluster = cluster as Cluster
    this.registrar = startRegistrar({
      cluster: this.cluster,
      domains: { has: () => true, ours: () => true } as Partial<Domains> as Domains,
      identity: {
        registrar: (request: SipRequest) => ({ kind: 'known', user: userOf(request.to.user) }),
      } as Partial<Identity> as Identity,
      log: quiet,
      policy: RULES,
      chance: () => world.random(),
      now: () => world.clock,
    })
    this.#propose(
      {
        type: 'node-up',
        node: { id: name, incarnation: this.incarnation, sip: '', control: '', media: 'direct', startedAt: 0 },
      },
      () => undefined,
    )
  }

  get state() {
    return this.#state
  }

  get applied(): number {
    return this.#applied
  }

  #propose(command: Command, answer: (agreed: Agreed) => void): void {
    const seq = ++this.#seq
    this.#waiting.set(seq, answer)
    const [floor = seq] = this.#waiting.keys()
    this.#world.proposals.push({ proposer: { node: this.#name, incarnation: this.incarnation, seq, floor }, command })
  }

  /** One more entry, and what waited for it. */
  step(): void {
    const entry = this.#world.log[this.#applied]
    if (entry) {
      const result = apply(this.#state, entry.proposer, entry.command, entry.time)
      const index = ++this.#applied
      this.#watcher(takeChanges(this.#state))
      const { node, incarnation, seq } = entry.proposer
      if (node === this.#name && incarnation === this.incarnation) {
        this.#waiting.get(seq)?.(result ? { kind: 'agreed', index, result } : { kind: 'no quorum' })
        this.#waiting.delete(seq)
      }
    }
    this.#reads = this.#reads.filter(({ index, answer }) => {
      if (index > this.#applied) return true
      answer('caught up')
      return false
    })
  }
}

interface Words {
  readonly user: string
  readonly callId: string
  readonly cseq: number
  readonly expires: number
  readonly port: number
}

/** A REGISTER with one contact. */
function requestOf({ user, callId, cseq, expires, port }: Words, reply: SipRequest['reply']): SipRequest {
  const address = { display: '', uri: `sip:${user}@pbx.test`, user, host: 'pbx.test', tag: '' }
  const headers: Record<string, string> = { contact: `<sip:${user}@192.0.2.1>`, expires: String(expires) }
  return {
    ...{ method: 'REGISTER', uri: 'sip:pbx.test', callId, cseq, from: address, to: address },
    source: { transport: 'udp', address: '192.0.2.1', port },
    ...{ userAgent: 'phone', body: '', size: 400, answered: 0 },
    header: (name) => headers[name.toLowerCase()] ?? null,
    reply,
  }
}

/** One phone, one contact: it asks one thing at a time, at any node. */
class Phone {
  readonly user: string
  readonly #world: World
  #callId = 0
  #cseq = 0
  #port = 5060
  /** Until when it was told that it is bound; null: it took itself away; undefined: it was never told. */
  told: number | null | undefined
  asking: { readonly node: Node; readonly removes: boolean } | null = null
  answers = 0

  constructor(world: World, user: string) {
    this.#world = world
    this.user = user
  }

  ask(node: Node): void {
    const random = () => this.#world.random()
    const removes = random() < 0.15
    const asked = removes ? 0 : 10 + Math.floor(random() * 30)
    if (random() < 0.05) {
      this.#callId++
      this.#cseq = 0
    }
    if (random() < 0.05) this.#port = 5060 + Math.floor(random() * 3)
    const cseq = ++this.#cseq
    const asking = { node, removes }
    this.asking = asking
    const request = requestOf(
      { user: this.user, callId: `call-${this.#callId}`, cseq, expires: asked, port: this.#port },
      (status, options) => {
        if (this.asking === asking) this.#heard(status, options, removes)
      },
    )
    void node.registrar.handle(request)
  }

  /** It never hears whether that was done; what it was told while it was bound still counts. */
  abandon(): void {
    if (this.asking?.removes || this.told === null) this.told = undefined
    this.asking = null
  }

  #heard(status: number, options: ReplyOptions | undefined, removes: boolean): void {
    this.asking = null
    this.answers++
    if (status !== 200) throw new Error(this.#world.says(`${this.user} heard ${status} ${options?.reason}`))
    const left = /;expires=(\d+)/.exec(String(options?.headers?.Contact ?? ''))?.[1]
    if (removes !== (left === undefined)) throw new Error(this.#world.says(`${this.user} heard ${left}`))
    this.told = removes ? null : this.#world.clock + Number(left) * 1000
  }
}

async function run(t: ExecutionContext, seed: number): Promise<{ answers: number; binds: number; gone: number }> {
  const world = new World(seed)
  const phones = ['alice', 'bob'].map((user) => new Phone(world, user))
  const duty = { node: 'leader', incarnation: 'i', seq: 0, floor: 0 }
  for (const { user } of phones) {
    world.commit({
      proposer: duty,
      command: {
        type: 'user-put',
        user: { aor: `${user}@pbx.test`, user, domain: 'pbx.test', credentials: '' },
        replace: false,
      },
    })
  }
  const nodes = NODES.map((name) => new Node(world, name))
  const failed: unknown[] = []
  let gone = 0
  // Phones stay at a node for a while, or there would be nothing to keep.
  const homes = phones.map(() => world.pick([0, 1, 2]))
  for (let i = 0; i < STEPS && failed.length === 0; i++) {
    const dice = world.random()
    if (dice < 0.2) {
      const next = world.take(world.proposals)
      if (next) world.commit(next)
    } else if (dice < 0.3) world.take(world.questions)?.(world.log.length)
    else if (dice < 0.65) world.pick(nodes).step()
    else if (dice < 0.85) {
      const n = world.pick([0, 1])
      const phone = phones[n]!
      if (world.random() < 0.1) homes[n] = world.pick([0, 1, 2])
      try {
        if (!phone.asking) phone.ask(nodes[homes[n]!]!)
      } catch (error) {
        failed.push(error)
      }
    } else if (dice < 0.93) world.clock += Math.floor(world.random() ** 4 * 30_000)
    else if (dice < 0.97) void world.pick(nodes).registrar.lookForLapsed()
    else if (dice < 0.995) world.commit({ proposer: duty, command: { type: 'expire', upTo: world.clock, limit: 100 } })
    else {
      const n = world.pick([0, 1, 2])
      const before = nodes[n]!
      before.registrar.close()
      for (const phone of phones) if (phone.asking?.node === before) phone.abandon()
      // What nobody was answered for may be done or not; a removal that comes when its phone has moved on is the phone's affair.
      for (const one of world.proposals.filter(
        ({ proposer }) => proposer.node === NODES[n] && proposer.incarnation === before.incarnation,
      )) {
        if (one.command.type === 'bind') world.proposals.splice(world.proposals.indexOf(one), 1)
      }
      nodes[n] = new Node(world, NODES[n]!, before)
    }
    // Promises settle before the next thing happens.
    await new Promise((resolve) => setImmediate(resolve))
    for (const phone of phones) {
      const isBound = (world.truth.registrations.get(`${phone.user}@pbx.test`)?.bindings ?? []).length > 0
      if (phone.told === undefined || phone.asking?.removes) continue
      if (phone.told === null && !phone.asking && isBound)
        failed.push(world.says(`step ${i}: ${phone.user} took itself away and is bound`))
      if (phone.told !== null && phone.told > world.clock && !isBound) {
        failed.push(world.says(`step ${i}: ${phone.user} is gone ${phone.told - world.clock} ms early`))
      }
      if (phone.told !== null && phone.told <= world.clock && !isBound) gone++
    }
  }
  for (const node of nodes) node.registrar.close()
  t.deepEqual(failed, [])
  return {
    answers: phones.reduce((sum, { answers }) => sum + answers, 0),
    binds: world.log.filter(({ command }) => command.type === 'bind').length,
    gone,
  }
}

test('no phone is gone before its time, nor there when it took itself away, whatever overtakes what', async (t) => {
  let [answers, gone, binds] = [0, 0, 0]
  for (let seed = 1; seed <= SEEDS && t.passed; seed++) {
    const ran = await run(t, seed)
    answers += ran.answers
    gone += ran.gone
    binds += ran.binds
  }
  t.log({ answers, binds, gone })
  t.true(binds < answers, 'some refreshes were kept')
  t.true(gone > 0, 'some time ran out')
})

test('REGISTERs of one phone that wait for one another are agreed on together, and each is answered as if it came alone', async (t) => {
  const world = new World(1)
  const duty = { node: 'leader', incarnation: 'i', seq: 0, floor: 0 }
  world.commit({ proposer: duty, command: { type: 'user-put', user: userOf('alice'), replace: false } })
  const node = new Node(world, 'n1')
  const heard: string[] = []
  // Each from another port, so that none of them is a refresh of the one before.
  const ask = (cseq: number, expires: number): void => {
    const words = { user: 'alice', callId: 'c', cseq, expires, port: 5060 + cseq }
    void node.registrar.handle(requestOf(words, (status) => heard.push(`${cseq}: ${status}`)))
  }
  ask(1, 20)
  ask(2, 20)
  ask(4, 30)
  ask(3, 20)
  ask(5, 0)
  ask(6, 40)
  for (let i = 0; i < 40; i++) {
    for (const next of world.proposals.splice(0)) world.commit(next)
    for (const question of world.questions.splice(0)) question(world.log.length)
    node.step()
    await new Promise((resolve) => setImmediate(resolve))
  }
  node.registrar.close()
  t.deepEqual(heard, ['1: 200', '2: 200', '4: 200', '3: 500', '5: 200', '6: 200'])
  const binds = world.log.flatMap(({ command }) => (command.type === 'bind' ? [command.cseq] : []))
  t.deepEqual(binds, [1, 4, 5, 6])
  t.is(world.truth.registrations.get('alice@pbx.test')?.bindings[0]?.received, '192.0.2.1:5066')
})
