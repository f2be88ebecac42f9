/** Clients: phones that register, look up and de-register, and operators that commit plans. Each asks one thing at a time. */
import { type ServiceError, status } from '@grpc/grpc-js'
import { broken } from '../../cli/client.ts'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import type { PlanChanged__Output } from '../../proto/types/raftel/v1/PlanChanged.ts'
import type { RegistrationPage__Output } from '../../proto/types/raftel/v1/RegistrationPage.ts'
import type { RegistrarInput } from '../cluster/linearizability/models.ts'
import { ask, by, type ClusterUnderTest, DOMAIN } from './cluster.ts'
import type { NodeProcess } from './node.ts'
import { Phone, type Wish } from './phone.ts'
import type { PlanState } from './plan-model.ts'
import { between, type Random, randomOf } from './random.ts'
import type { Record } from './record.ts'
import { sleep } from './until.ts'

/** Several phones share an address of record for so long; then they take the next, so that no history grows too long to be judged. */
const GENERATION_S = 15
const GROUPS = 3
const PER_GROUP = 3
const OPERATORS = 2
/** Few, so that phones get into each other's way. */
const CONTACTS = 4
/** A node takes 5 s to say that it has no quorum; a little longer than that. */
const CONTROL_MS = 6000
/** A client that was refused does not come back at once. */
const BACK_OFF_MS = 250

export const planText = (n: number): string => `domains: [${DOMAIN}]\n# ${n}\n`
const user = (group: number, generation: number): string => `g${group}x${generation}`

/** Everybody who will ever register in a run of so many seconds. */
export function usersFor(seconds: number): string[] {
  const generations = Math.ceil(seconds / GENERATION_S) + 1
  return Array.from({ length: GROUPS * generations }, (_, i) => user(i % GROUPS, Math.floor(i / GROUPS)))
}

export interface WorkloadNeeds {
  readonly cluster: ClusterUnderTest
  readonly record: Record
  readonly seed: number
  /** Where phones are. */
  readonly host: string
  /** The last generation there are users for. */
  readonly generations: number
  /** Ends the clients: each finishes what it began. */
  readonly over: AbortSignal
}

/** Resolves when every client has finished. */
export async function workload(needs: WorkloadNeeds): Promise<void> {
  const { seed, over, cluster } = needs
  const begun = performance.now()
  const clients = Array.from({ length: GROUPS * PER_GROUP }, async (_, i) => {
    const phone = await Phone.open(needs.host)
    const client = new Client(needs, `phone-${i}`, randomOf(seed * 1009 + i), phone)
    while (!over.aborted) {
      const age = Math.floor((performance.now() - begun) / 1000 / GENERATION_S)
      await client.once(user(i % GROUPS, Math.min(age, needs.generations - 1)))
    }
    phone.close()
  })
  const operators = Array.from({ length: OPERATORS }, async (_, i) => {
    const random = randomOf(seed * 2003 + i)
    let at = random.pick(cluster.nodes)
    for (let n = 0; !over.aborted; n++) {
      if (!(await operate(needs, `operator-${i}`, at, 1_000_000 * (i + 1) + n))) at = random.pick(cluster.nodes)
      await sleep(between(random, 100, 500), over)
    }
  })
  await Promise.all([...clients, ...operators])
}

class Client {
  readonly #needs: WorkloadNeeds
  readonly #name: string
  readonly #random: Random
  readonly #phone: Phone
  #at: NodeProcess

  constructor(needs: WorkloadNeeds, name: string, random: Random, phone: Phone) {
    this.#needs = needs
    this.#name = name
    this.#random = random
    this.#phone = phone
    this.#at = random.pick(needs.cluster.nodes)
  }

  async once(user: string): Promise<void> {
    const { cluster, over } = this.#needs
    const drawn = this.#random.next()
    const contact = `sip:${user}-${this.#random.below(CONTACTS)}@192.0.2.1`
    const good =
      drawn < 0.3
        ? await lookUp(this.#needs, this.#name, this.#at, user)
        : await this.#change(
            user,
            drawn < 0.7 ? { kind: 'bind', contact } : drawn < 0.96 ? { kind: 'unbind', contact } : { kind: 'clear' },
          )
    // Who has a node that serves it stays there, mostly; also at one that is no member any more, until it does not answer.
    if (!good || this.#random.chance(0.05)) this.#at = this.#random.pick(cluster.nodes)
    await sleep(good ? between(this.#random, 10, 90) : BACK_OFF_MS, over)
  }

  async #change(user: string, wish: Wish): Promise<boolean> {
    const { record } = this.#needs
    const input = inputOf(wish)
    let called = performance.now()
    const { sip } = this.#at.address
    const said = await this.#phone.register(sip, user, wish, () => (called = performance.now()))
    const at = performance.now()
    record.count(input.kind, said.kind)
    if (said.kind === 'refused') return false
    const outcome = said.kind === 'ok' ? { at, output: said.contacts } : ('unknown' as const)
    record.registrations.push({ process: `${this.#name} at ${this.#at.name}`, key: user, input, called, outcome })
    if (said.kind === 'ok') record.acknowledged.push(at)
    return said.kind === 'ok'
  }
}

function inputOf(wish: Wish): RegistrarInput {
  if (wish.kind === 'clear') return { kind: 'de-register-all' }
  return { kind: wish.kind === 'bind' ? 'register' : 'de-register', contact: wish.contact }
}

/** What one node says is bound, as of now. A look-up that was not answered promises nothing. */
export async function lookUp(
  needs: Pick<WorkloadNeeds, 'cluster' | 'record'>,
  name: string,
  at: NodeProcess,
  user: string,
) {
  const { cluster, record } = needs
  const called = performance.now()
  const filter = `${user}@${DOMAIN}`
  try {
    const page = await ask<RegistrationPage__Output>((done) =>
      cluster.clientOf(at).listRegistrations({ filter, linearizable: true }, by(CONTROL_MS), done),
    )
    const output = page.rows.filter(({ aor }) => aor === filter).map(({ contact }) => contact)
    const outcome = { at: performance.now(), output }
    record.registrations.push({
      process: `${name} at ${at.name}`,
      key: user,
      input: { kind: 'look-up' },
      called,
      outcome,
    })
    record.count('look-up', 'ok')
    return true
  } catch (error) {
    surprise(record, `look-up at ${at.name}`, error)
    record.count('look-up', 'refused')
    return false
  }
}

/** Looks at the plan, and commits another in its place. */
async function operate({ cluster, record }: WorkloadNeeds, name: string, at: NodeProcess, n: number): Promise<boolean> {
  const client = cluster.clientOf(at)
  const own = { process: `${name} at ${at.name}`, key: 'plan' }
  const seen = await show({ cluster, record }, name, at)
  if (seen === null) return false
  const input = { kind: 'commit', expect: seen.version, text: planText(n) } as const
  const called = performance.now()
  try {
    const request = { text: input.text, author: name, expect: input.expect }
    const { version } = await ask<PlanChanged__Output>((done) => client.commitPlan(request, by(CONTROL_MS), done))
    record.plans.push({ ...own, input, called, outcome: { at: performance.now(), output: version } })
    record.count('commit', 'ok')
    return true
  } catch (error) {
    surprise(record, `commit at ${at.name}`, error)
    const conflict = (error as ServiceError).code === status.ABORTED
    const outcome = conflict ? ({ at: performance.now(), output: 'conflict' } as const) : ('unknown' as const)
    record.plans.push({ ...own, input, called, outcome })
    record.count('commit', conflict ? 'refused' : 'unknown')
    return conflict
  }
}

export async function show(
  { cluster, record }: Pick<WorkloadNeeds, 'cluster' | 'record'>,
  name: string,
  at: NodeProcess,
): Promise<PlanState | null> {
  const called = performance.now()
  try {
    const { version, text } = await ask<Plan__Output>((done) =>
      cluster.clientOf(at).getPlan({ linearizable: true }, by(CONTROL_MS), done),
    )
    const outcome = { at: performance.now(), output: { version, text } }
    record.plans.push({ process: `${name} at ${at.name}`, key: 'plan', input: { kind: 'show' }, called, outcome })
    record.count('show', 'ok')
    return { version, text }
  } catch (error) {
    surprise(record, `show at ${at.name}`, error)
    record.count('show', 'refused')
    return null
  }
}

/** What a node under faults may answer with, as opposed to what only a bug explains. */
const EXPECTED: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.CANCELLED,
])

function surprise(record: Record, what: string, error: unknown): void {
  const { code, details } = error as ServiceError
  // A handler that throws has no other code.
  const isBroken = code !== status.UNKNOWN && broken(error as ServiceError)
  if (!EXPECTED.has(code) && !isBroken) record.surprises.push(`${what}: ${code} ${details ?? (error as Error).message}`)
}
