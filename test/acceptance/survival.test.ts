import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { type SippOptions, type SippResult, sipp } from '../../bench/sipp.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Lab, type LabNode, ROOT, withLab } from './lab.ts'
import { addUsers, registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const PER_NODE = 300

needing(
  test,
  'sipp',
  'rtpengine',
)('kill -9 of the leader during registrations and calls loses no registration that got its 200', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-kill-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
    await lab.commitPlan(`domains: [${DOMAIN}]\n`)
    const names = Array.from({ length: PER_NODE * 3 }, (_, i) => `u${i}`)
    const people = ['caller', 'callee']
    await addUsers(
      lab.client(),
      [...names, ...people].map((name) => `${name}@${DOMAIN}`),
      PASSWORD,
    )
    const leader = lab.nodes.find((node) => node.id === lab.leader)
    const survivors = lab.nodes.filter((node) => node.id !== lab.leader)
    const [first, second] = survivors
    if (leader === undefined || first === undefined || second === undefined)
      throw new Error('a lab of three has two survivors')

    // A phone at one survivor answers calls that begin at the other, before, during and after.
    const ports = await freePorts(9)
    const load = loader(folder)
    const registered = await load.run('callee', first, 'register.xml', {
      users: [line('callee', '3600')],
      calls: 1,
      port: ports[0] ?? 0,
    })
    t.is(registered.done, 1, registered.errors)
    const answering = load.start('answer', first, 'answer.xml', {
      calls: 0,
      atOnce: 1000,
      port: ports[0] ?? 0,
      mediaPort: ports[1],
    })
    const calling = load.start('calls', second, 'call.xml', {
      users: [line('caller', 'callee')],
      calls: 60,
      rate: 10,
      atOnce: 20,
      pause: 500,
      port: ports[2] ?? 0,
      mediaPort: ports[3],
    })

    const registering = lab.nodes.map((node, i) =>
      load.start(`register-${node.id}`, node, 'register.xml', {
        users: names.slice(i * PER_NODE, (i + 1) * PER_NODE).map((name) => line(name, '3600')),
        calls: PER_NODE,
        rate: 60,
        atOnce: 20,
        answerWithin: 8000,
        log: true,
        port: ports[4 + i] ?? 0,
      }),
    )
    await lab.until(
      'a third of the phones registered',
      () => registrationsAt(lab.client(first.id)),
      (rows) => rows.length >= PER_NODE,
    )
    process.kill(leader.pid, 'SIGKILL')

    // A new call through a survivor, challenge to BYE, begun in the moment of the death: how long it takes is bench:failover's to measure.
    const fresh = await load.run('fresh', second, 'call.xml', {
      users: [line('caller', 'callee')],
      calls: 1,
      timeoutSeconds: 60,
      port: ports[7] ?? 0,
      mediaPort: ports[8],
    })
    t.is(fresh.done, 1, fresh.errors)
    const calls = await calling.result
    t.is(calls.failed, 0, calls.errors)

    const acknowledged = (await Promise.all(registering.map((run) => run.result))).flatMap((result) =>
      [...result.log.matchAll(/acknowledged (\S+)/g)].map((match) => match[1] ?? ''),
    )
    t.true(acknowledged.length >= PER_NODE * 2, `only ${acknowledged.length} were acknowledged`)
    await lab.start(leader.id)
    for (const node of lab.nodes) {
      const missing = await lab.until(
        `every acknowledged registration at ${node.id}`,
        async () => absent(acknowledged, await registrationsAt(lab.client(node.id))),
        (names) => names.length === 0,
      )
      t.deepEqual(missing, [])
    }
    await sameHash(t, lab)
    answering.end()
    await answering.result
  })
})

/** The state hashes of all three at one applied index. */
async function sameHash(t: { is(a: unknown, b: unknown): void }, lab: Lab): Promise<void> {
  const status = await lab.until(
    'three nodes at one index',
    () => lab.status(),
    (now) =>
      now.nodes.length === 3 && new Set(now.nodes.map((node) => (node.reachable ? node.applied : -1))).size === 1,
    30_000,
  )
  t.is(new Set(status.nodes.map((node) => node.hash)).size, 1)
}

function absent(names: readonly string[], rows: readonly { aor: string }[]): string[] {
  const there = new Set(rows.map((row) => row.aor))
  return names.filter((name) => !there.has(`${name}@${DOMAIN}`))
}

function loader(folder: string) {
  type Options = Omit<SippOptions, 'scenario' | 'target' | 'folder' | 'name'>
  const start = (name: string, node: LabNode, scenario: string, options: Options) =>
    sipp({ scenario: path.join(ROOT, 'bench', 'scenarios', scenario), target: node.sip, folder, name, ...options })
  return {
    start,
    run: (name: string, node: LabNode, scenario: string, options: Options): Promise<SippResult> =>
      start(name, node, scenario, options).result,
  }
}

function line(name: string, extra: string): string {
  return `${name};${DOMAIN};[authentication username=${name} password=${PASSWORD}];${extra};`
}
