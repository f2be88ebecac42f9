/** One run: a cluster comes up, clients work, faults strike, everything is healed, and the judge has its say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RegistrationPage__Output } from '../../proto/types/raftel/v1/RegistrationPage.ts'
import { ask, by, ClusterUnderTest, DOMAIN } from './cluster.ts'
import type { Fault, Finding, Means } from './faults/fault.ts'
import { heal } from './faults/network.ts'
import { versions } from './faults/versions.ts'
import { loopback, namespaces } from './hosts.ts'
import { judge } from './judge.ts'
import type { NodeProcess } from './node.ts'
import { Phone } from './phone.ts'
import type { PlanState } from './plan-model.ts'
import { randomOf, shuffled } from './random.ts'
import { Record } from './record.ts'
import { inWords, type Kinds, schedule } from './schedule.ts'
import { storm } from './storm.ts'
import { until } from './until.ts'
import { planText, show, usersFor, workload } from './workload.ts'

export interface Campaign {
  readonly nodes: number
  readonly seed: number
  readonly seconds: number
  readonly faults: readonly Fault[]
  readonly means: Means
  readonly program: string
  readonly faketime: string | null
  readonly over: AbortSignal
  say(line: string): void
}

const HEAL_MS = 90_000
/** An election, and more. */
const GO_ON_MS = 30_000
/** What did not come in all that time will not come now either. */
const HOPELESS_MS = 5_000
/** Clients that wait longer than this for any change notice. */
const SILENCE_MS = 1000
/** It registers at every node when all is healed. */
const LAST = 'last'

/** Null: it was interrupted. */
export async function campaign(run: Campaign): Promise<readonly Finding[] | null> {
  const { nodes, seed, seconds, faults, means, say, over } = run
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-nemesis-'))
  const hosts = await (means.links ? namespaces : loopback)(nodes + SPARE)
  const begins = firstPrograms(run)
  const cluster = new ClusterUnderTest({
    dir,
    hosts,
    founders: nodes,
    program: run.program,
    begins,
    faketime: run.faketime,
  })
  const record = new Record()
  const findings: Finding[] = []
  const found = (finding: Finding): void => void findings.push(finding)
  const done = new AbortController()
  let working: Promise<void> = Promise.resolve()
  let failed: unknown = null
  try {
    const lanes = schedule({ seed, seconds, nodes, lanes: lanesOf(faults, nodes) })
    say(
      `${nodes} nodes ${means.links ? 'in network namespaces' : 'on loopback'}, seed ${seed}, ${seconds} s of faults:`,
    )
    for (const line of inWords(lanes)) say(line)
    const older = cluster.nodes.filter(({ program }) => program !== cluster.program)
    if (older.length > 0) say(`${older.map(({ name }) => name).join(', ')} begin with the older program`)
    const users = usersFor(seconds)
    const text = planText(0)
    await cluster.bringUp(
      text,
      [...users, LAST].map((name) => `${name}@${DOMAIN}`),
    )
    const firstPlan = await ask<PlanState>((ready) =>
      cluster.clientOf(cluster.nodes[0]!).getPlan({}, by(5000), ready),
    ).then(({ version, text }) => ({ version, text }))
    say('all nodes are up and agree; the storm begins')

    const begun = performance.now()
    const host = cluster.nodes[0]!.machine.link ? '10.77.0.1' : '127.0.0.1'
    const signal = AbortSignal.any([over, done.signal])
    working = workload({ cluster, record, seed, host, generations: Math.ceil(seconds / 15) + 1, over: signal })
    working.catch((error) => found({ what: 'clients go on', good: false, said: (error as Error).message }))
    const kinds = new Map(faults.map((fault) => [fault.kind, fault]))
    const struck = await storm({ lanes, faults: kinds, scene: { cluster, means, dir, found }, over, say })
    if (over.aborted) return null

    const stormed = performance.now()
    const well = await healed(cluster, record, host)
    found(well)
    if (over.aborted) return null
    done.abort()
    await working
    const settled = await cluster.settle(well.good ? HEAL_MS : HOPELESS_MS).catch((error: Error) => {
      say(error.message)
      return null
    })
    const { bound, lastPlans } = await lastReads(cluster, record, [...users, LAST])
    const { registrations, plans, counts, surprises } = record
    const { exits } = cluster
    const verified = await verdict(cluster)
    found({ what: 'cluster verify finds all nodes equal', good: verified === '', said: verified || 'all equal' })
    found(await rightMembers(cluster))
    found({
      what: 'every node can be read at the end',
      good: bound.size === cluster.nodes.length,
      said: [...bound.keys()].join(', ') || 'none could',
    })
    found(
      everyKind(
        lanes.flat().map(({ kind }) => kind),
        struck,
      ),
    )
    findings.push(...judge({ registrations, plans, firstPlan, counts, surprises, exits, bound, lastPlans, settled }))
    found(await majorityGoesOn(cluster, host))
    summary(run, record, struck, begun, stormed)
  } catch (error) {
    failed = error
    found({ what: 'the run came to its end', good: false, said: (error as Error).message })
  } finally {
    done.abort()
    await working.catch(() => {})
    await cluster.close()
    await hosts.close()
    if (over.aborted || findings.every(({ good }) => good)) rmSync(dir, { recursive: true, force: true })
    else {
      const { registrations, plans, acknowledged } = record
      const evidence = { findings, exits: cluster.exits, registrations, plans, acknowledged }
      writeFileSync(path.join(dir, 'history.json'), JSON.stringify(evidence, null, 1))
      say(`the logs, the data and the history (history.json) are kept in ${dir}`)
      if (failed instanceof Error) say(failed.stack ?? failed.message)
    }
  }
  return over.aborted ? null : findings
}

/** Machines for nodes that join: as many as are ever one more than there were. */
const SPARE = 2

/** Before an upgrade one or more of the founders, and maybe all, run the older program. */
function firstPrograms({ faults, means, nodes, seed, program }: Campaign): (founder: number) => string {
  const { old } = means
  if (old.kind === 'absent' || !faults.includes(versions)) return () => program
  const random = randomOf(seed * 4001)
  const order = shuffled(random, [...Array(nodes).keys()])
  const older = new Set(order.slice(0, 1 + random.below(nodes)))
  return (founder) => (older.has(founder) ? old.main : program)
}

/**
 * Faults of processes and of the network and what an operator does overlap; with five nodes a second lane of processes does too,
 * but no second disk is harmed.
 */
function lanesOf(faults: readonly Fault[], nodes: number): Kinds[] {
  const kinds = (sort: Fault['sort'], harmless = false): Kinds => ({
    kinds: faults.filter((fault) => fault.sort === sort && !(harmless && fault.harmsDisks)).map(({ kind }) => kind),
    inOrder: sort === 'operator',
  })
  return [kinds('process'), kinds('network'), ...(nodes > 3 ? [kinds('process', true)] : []), kinds('operator')]
}

/** Empty: all nodes are equal. Who cannot be asked in one moment can in the next; what differs does so for good. */
async function verdict(cluster: ClusterUnderTest): Promise<string> {
  let verified = ''
  const isSettled = async (): Promise<boolean> => {
    verified = await cluster.verify()
    if (verified === '' || verified.includes('differs')) return true
    throw new Error(verified)
  }
  return await until('cluster verify asks everybody', isSettled, GO_ON_MS).then(
    () => verified,
    (error: Error) => error.message,
  )
}

async function rightMembers(cluster: ClusterUnderTest): Promise<Finding> {
  const what = 'the members are exactly those that should be there, and all vote'
  const right = cluster.nodes.map(({ name }) => `${name} voter`).sort()
  let said = ''
  const good = await until(
    what,
    async () => (said = (await cluster.members()).join(', ')) === right.join(', '),
    30_000,
  ).then(
    () => true,
    () => false,
  )
  return { what, good, said: good ? said : `${said || 'nobody said'}; should be ${right.join(', ')}` }
}

/** Everything is put right, and every node acknowledges a registration within the bound. */
async function healed(cluster: ClusterUnderTest, record: Record, host: string): Promise<Finding> {
  const what = 'once all is healed, every node acknowledges a registration'
  heal(cluster.all)
  const begun = performance.now()
  const phone = await Phone.open(host)
  try {
    await Promise.all(cluster.nodes.map((node) => node.start()))
    for (const node of cluster.nodes) {
      await until(
        `${node.name} acknowledges a registration`,
        async () => {
          const wish = { kind: 'bind', contact: `sip:${LAST}-${node.name}@192.0.2.1` } as const
          let called = 0
          const said = await phone.register(node.address.sip, LAST, wish, () => (called = performance.now()))
          if (said.kind === 'refused') return false
          const outcome = said.kind === 'ok' ? { at: performance.now(), output: said.contacts } : ('unknown' as const)
          const input = { kind: 'register', contact: wish.contact } as const
          record.registrations.push({ process: `last at ${node.name}`, key: LAST, input, called, outcome })
          return said.kind === 'ok'
        },
        HEAL_MS,
      )
    }
    return { what, good: true, said: `after ${((performance.now() - begun) / 1000).toFixed(1)} s` }
  } catch (error) {
    return { what, good: false, said: (error as Error).message }
  } finally {
    phone.close()
  }
}

/** As many as may die, do: nobody else is needed, and whoever was removed least of all. The last that is asked of the cluster. */
async function majorityGoesOn(cluster: ClusterUnderTest, host: string): Promise<Finding> {
  const what = 'a bare majority of the members goes on without the rest'
  const dying = cluster.nodes.slice(0, Math.floor((cluster.nodes.length - 1) / 2))
  const left = cluster.nodes.slice(dying.length)
  const said = `${left.map(({ name }) => name).join(', ')} without ${dying.map(({ name }) => name).join(', ')}`
  await Promise.all(dying.map((node) => node.end()))
  const phone = await Phone.open(host)
  const wish = { kind: 'bind', contact: `sip:${LAST}@192.0.2.1` } as const
  const acknowledged = async (): Promise<boolean> => {
    const said = await phone.register(left[0]!.address.sip, LAST, wish, () => {})
    return said.kind === 'ok'
  }
  return await until(what, acknowledged, GO_ON_MS)
    .then(
      () => ({ what, good: true, said }),
      (error: Error) => ({ what, good: false, said: `${said}: ${error.message}` }),
    )
    .finally(() => phone.close())
}

/** What every node has at the end. It is part of the history: the checker judges it with the rest. */
async function lastReads(cluster: ClusterUnderTest, record: Record, users: readonly string[]) {
  const bound = new Map<string, ReadonlyMap<string, readonly string[]>>()
  const lastPlans = new Map<string, PlanState>()
  for (const node of cluster.nodes) {
    const read = await lastRead(cluster, record, node)
    if (read === null) continue
    const { called, page, plan } = read
    const at = performance.now()
    const rows = Map.groupBy(page.rows, ({ aor }) => aor.slice(0, aor.indexOf('@')))
    const contacts = new Map(users.map((user) => [user, (rows.get(user) ?? []).map(({ contact }) => contact)]))
    for (const [key, output] of contacts) {
      const input = { kind: 'look-up' } as const
      record.registrations.push({ process: `judge at ${node.name}`, key, input, called, outcome: { at, output } })
    }
    bound.set(node.name, contacts)
    lastPlans.set(node.name, plan)
  }
  return { bound, lastPlans }
}

interface LastRead {
  readonly called: number
  readonly page: RegistrationPage__Output
  readonly plan: PlanState
}

/** Null: it cannot be read. An election is over by the next time that it is asked. */
async function lastRead(cluster: ClusterUnderTest, record: Record, node: NodeProcess): Promise<LastRead | null> {
  let read: LastRead | null = null
  const isRead = async (): Promise<boolean> => {
    const called = performance.now()
    const page = await ask<RegistrationPage__Output>((done) =>
      cluster.clientOf(node).listRegistrations({ limit: 10_000, linearizable: true }, by(6000), done),
    )
    const plan = await show({ cluster, record }, 'judge', node)
    read = plan && { called, page, plan }
    return read !== null
  }
  return await until(`${node.name} can be read`, isRead, GO_ON_MS).then(
    () => read,
    () => null,
  )
}

function everyKind(planned: readonly string[], struck: ReadonlyMap<string, number>): Finding {
  const never = [...new Set(planned)].filter((kind) => !struck.has(kind))
  return {
    what: 'every kind of fault that was planned struck',
    good: never.length === 0,
    said:
      never.length === 0
        ? [...struck].map(([kind, count]) => `${kind} ${count}`).join(', ')
        : `not: ${never.join(', ')}`,
  }
}

function summary(
  { say }: Campaign,
  record: Record,
  struck: ReadonlyMap<string, number>,
  begun: number,
  stormed: number,
): void {
  say('')
  say('operation          ok  refused  unknown')
  for (const [kind, { ok, refused, unknown }] of record.counts) {
    say(`${kind.padEnd(16)}${[ok, refused, unknown].map((n, i) => String(n).padStart(i === 0 ? 5 : 9)).join('')}`)
  }
  say(`faults: ${[...struck].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`)
  const silences = record.silences(begun, stormed, SILENCE_MS)
  const total = silences.reduce((sum, [from, to]) => sum + to - from, 0)
  const longest = Math.max(0, ...silences.map(([from, to]) => to - from))
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  say(
    `no change acknowledged for more than ${SILENCE_MS / 1000} s: ${silences.length} times, ${seconds(total)} s of ` +
      `${seconds(stormed - begun)} s, the longest ${seconds(longest)} s`,
  )
  for (const [from, to] of silences) say(`  from ${seconds(from - begun)} s to ${seconds(to - begun)} s`)
  say('')
}
