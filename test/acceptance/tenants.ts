/** Two tenants with three carriers, groups and forwards, and what is checked of each of their calls: it goes where `route explain` said before. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import type { Told } from '../../proto/cdr.ts'
import type { RouteExplanation__Output } from '../../proto/types/raftel/v1/RouteExplanation.ts'
import type { Lab } from './lab.ts'
import { addUsers } from './users.ts'

export const PASSWORD = 'correct-horse'

const ACME = `
tenant: acme
domains: [acme.test]
country: DE
users:
  alice@acme.test: { numbers: ["1001"], caller_id: "+4930123401" }
  bob@acme.test: { numbers: ["1002"] }
  carol@acme.test: { numbers: ["1003"] }
groups:
  sales: { ring: serial, users: [bob, carol], seconds: 5 }
  office: { ring: parallel, users: [bob, carol], seconds: 20 }
trunk_groups:
  outside: { order: listed, trunks: [full, silent, good], on: [408, 503], seconds: 3 }
classes:
  national: { allow: ["+49"] }
class: national
services:
  "*72.": forward_always
  "*73": forward_off
rules:
  - { name: sales, match: "2000", group: sales }
  - { name: office, match: "2001", group: office }
  - { name: out, prefix: "+", trunk: outside }
`
const GLOBEX = `
tenant: globex
domains: [globex.test]
users:
  dave@globex.test: { numbers: ["1001"] }
  erin@globex.test: { numbers: ["1002"] }
trunk_groups:
  outside: { order: listed, trunks: [silent, full], on: [408, 503], seconds: 2 }
rules:
  - { name: out, prefix: "+", trunk: outside }
emergency: { numbers: ["112"], user: dave }
`
const USERS = ['alice@acme.test', 'bob@acme.test', 'carol@acme.test', 'dave@globex.test', 'erin@globex.test']

/** How the calls of acme for elsewhere find their way to `good`. */
export const FULL_THEN_SILENT = [
  '+4930998877 by full: failed (503 Service Unavailable)',
  '+4930998877 by silent: failed (its time is over)',
]

/** `good` and `full` are the ports of carriers that the test runs; nobody answers on the third, `silent`, until the test ends. */
export async function twoTenants(t: ExecutionContext, lab: Lab, carriers: { good: number; full: number }) {
  const silent = createSocket('udp4')
  t.teardown(() => silent.close())
  await once(silent.bind(0, '127.0.0.1'), 'listening')
  await lab.founded()
  for (const [name, port] of Object.entries({ ...carriers, silent: silent.address().port })) {
    await lab.json(['trunk', 'add', name, '--target', `sip:127.0.0.1:${port}`, 'probe=0'])
  }
  await lab.json(['plan', 'commit', '-', '--document', 'acme', '--reason', 'the first'], ACME)
  await lab.json(['plan', 'commit', '-', '--document', 'globex', '--reason', 'the first'], GLOBEX)
  await addUsers(lab.client(), USERS, PASSWORD)
}

export interface Explained {
  readonly kind: string
  readonly outcome: string
  readonly rule: string
  readonly planVersion: number
  readonly steps: readonly { readonly text: string; readonly considered: readonly string[] }[]
  readonly trace: readonly string[]
  readonly decision: object
}

export interface Checked {
  readonly said: Explained
  readonly record: Told
  /** What was tried in vain, a sentence each. */
  readonly failed: readonly string[]
}

export interface Calls {
  /** What an operator is told at that node of a call; all others must say the same. */
  said(from: string, to: string, at: number): Promise<Explained>
  /** Waits until every node says that the call goes to this one first. */
  untilSaid(from: string, to: string, first: string): Promise<void>
  /** Places a call at a node after it was explained there: what is recorded of it is what was said before. */
  check(from: string, to: string, at: number, place: () => Promise<unknown>): Promise<Checked>
  /** Of all calls so far, the last one first. */
  records(): Promise<Told[]>
}

export function callsIn(lab: Lab): Calls {
  const records = () => recordsOf(lab)
  const all = (from: string, to: string) => Promise.all(lab.nodes.map(({ id }) => decisionOf(lab, id, from, to)))
  const said = async (from: string, to: string, at: number) => {
    const node = lab.nodes[at]!
    const told = await lab.json<Explained>(['route', 'explain', from, to, '--endpoints', node.control])
    const here = JSON.stringify({ ...told.decision, id: '' })
    const others = await all(from, to)
    if (others.some((other) => other !== here)) throw new Error(`not the same at all nodes: ${here}, ${others}`)
    return told
  }
  const untilSaid = async (from: string, to: string, first: string) => {
    const steps = () => Promise.all(lab.nodes.map(({ id }) => explain(lab, id, from, to)))
    const isThere = (told: readonly RouteExplanation__Output[]) =>
      told.every((one) => one.steps[0]?.text.includes(first))
    await lab.until(`every node sends ${to} to ${first}`, steps, isThere)
  }
  const check: Calls['check'] = async (from, to, at, place) => {
    const before = await said(from, to, at)
    const seen = new Set((await records()).map(({ id }) => id))
    await place()
    const isNew = ({ id }: Told): boolean => !seen.has(id)
    const rows = await lab.until(`the record of ${from} to ${to}`, records, (rows) => rows.some(isNew))
    const record = rows.find(isNew)!
    const wrong = (what: string) =>
      new Error(`${what}: said ${JSON.stringify(before)}, but it was ${JSON.stringify(record)}`)
    const { rule, planVersion, trace, steps } = before
    if (record.rule !== rule || record.planVersion !== planVersion) throw wrong('another rule or plan')
    if (trace.some((line, i) => record.decision[i] !== line)) throw wrong('another reason')
    // The record goes on where the decision ended: each step that failed, in its order.
    const failed = record.decision.slice(trace.length)
    const went = record.trunk || record.target
    const isAsSaid = record.disposition !== 'answered' || steps[failed.length]?.text.split(/[ ,]+/).includes(went)
    if (!isAsSaid) throw wrong(`${went} was not next after ${failed.length} that failed`)
    return { said: before, record, failed }
  }
  return { said, untilSaid, check, records }
}

function explain(lab: Lab, node: string, from: string, to: string): Promise<RouteExplanation__Output> {
  return new Promise((resolve, reject) => {
    lab.client(node).explainRoute({ from, to }, (error, told) => (told ? resolve(told) : reject(error)))
  })
}

async function decisionOf(lab: Lab, node: string, from: string, to: string): Promise<string> {
  const { decision } = await explain(lab, node, from, to)
  return JSON.stringify({ ...JSON.parse(decision?.json ?? '{}'), id: '' })
}

function recordsOf(lab: Lab): Promise<Told[]> {
  return new Promise((resolve, reject) => {
    lab.client().listCdrs({}, (error, page) => {
      if (error) reject(error)
      else resolve((page?.rows ?? []).map(({ told }) => JSON.parse(told) as Told))
    })
  })
}
