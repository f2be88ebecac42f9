/**
 * Nodes whose SIP engine is another process: our own engine always, and a drachtio-server where there is one
 * (RAFTEL_DRACHTIO names its binary, or it is on the PATH; Debian has no package of it).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import anyTest, { type ExecutionContext } from 'ava'
import { sipp } from '../../bench/sipp.ts'
import { connectRelay } from '../../node/media/rtpengine.ts'
import { startPhone } from '../../node/phone/phone.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { drachtioServer, type EngineBeside, type EngineKind, engineBeside } from './engines.ts'
import { type Lab, type LabNode, ROOT, raftel, withLab } from './lab.ts'
import { rawPhone, registerOnce } from './sip.ts'
import { addUsers, registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const test = needing(anyTest, 'sipp', 'rtpengine').serial
const KINDS: readonly EngineKind[] = ['our engine', 'drachtio-server']

for (const kind of KINDS) {
  const titles = {
    calls: `phones register and call through nodes that have ${kind} beside them`,
    death: `a node outlives ${kind} beside it: it says so, ends its calls, and goes on with the next one`,
    secret: `a node with a wrong secret for ${kind} says which setting to correct`,
  }
  if (kind === 'drachtio-server' && drachtioServer() === null) {
    console.error('SKIPPED for want of a drachtio-server (name its binary in RAFTEL_DRACHTIO):')
    for (const title of Object.values(titles)) {
      console.error(`  - ${title}`)
      anyTest.skip(title, (t) => t.pass())
    }
    continue
  }
  test(titles.calls, (t) => withEngines(t, kind, ({ lab }) => callsOfAllKinds(t, lab)))
  test(titles.death, (t) => withEngines(t, kind, (site) => deathAndReturn(t, site)))
  test(titles.secret, (t) => wrongSecret(t, kind))
}

interface Site {
  readonly lab: Lab
  /** Of the first and the second node; the third has its engine inside. */
  readonly engines: readonly [EngineBeside, EngineBeside]
}

async function withEngines(t: ExecutionContext, kind: EngineKind, body: (site: Site) => Promise<void>): Promise<void> {
  await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
    await lab.commitPlan(`domains: [${DOMAIN}]\n`)
    const names = ['alice', 'bob', 'carol', 'dave', ...Array.from({ length: 60 }, (_, i) => `u${i}`)]
    await addUsers(
      lab.client(),
      names.map((name) => `${name}@${DOMAIN}`),
      PASSWORD,
    )
    const [first, second] = lab.nodes as [LabNode, LabNode, LabNode]
    const [one, two] = (await freePorts(2)) as [number, number]
    const engines = [
      engineBeside(kind, lab.dir, portOf(first), one),
      engineBeside(kind, lab.dir, portOf(second), two),
    ] as const
    try {
      await moveOut(lab, first, engines[0])
      await moveOut(lab, second, engines[1])
      await body({ lab, engines })
    } finally {
      for (const engine of engines) await engine.kill()
    }
  })
}

/** The same node on the same port, with its engine in another process. */
async function moveOut(lab: Lab, node: LabNode, engine: EngineBeside): Promise<void> {
  await lab.kill(node.id)
  await engine.start()
  configure(lab, node, engine.port, engine.secret)
  await lab.start(node.id)
}

/** Writes `sip.engine` into the node's file, which is returned. */
function configure(lab: Lab, node: LabNode, port: number, secret: string): string {
  const file = path.join(lab.dir, 'nodes', `${node.id}.yaml`)
  const lines = `sip:\n  engine: {host: 127.0.0.1, port: ${port}, secret: ${secret}}\n`
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^sip:\n/m, lines))
  return file
}

async function callsOfAllKinds(t: ExecutionContext, lab: Lab): Promise<void> {
  const [first, second, third] = lab.nodes as [LabNode, LabNode, LabNode]
  t.deepEqual(
    (await lab.status()).nodes.map((node) => node.sip),
    lab.nodes.map((node) => node.sip),
    'a node is reached where its engine listens',
  )

  const stranger = await rawPhone(first.sip)
  t.teardown(() => stranger.close())
  const refused = await registerOnce(stranger, `alice@${DOMAIN}`, 'guessed')
  t.true(refused !== null && [401, 403].includes(refused.status), 'a wrong password')
  const sha = await registerOnce(stranger, `u59@${DOMAIN}`, PASSWORD, { algorithm: 'SHA-256' })
  t.is(sha?.status, 200, 'SHA-256')

  const alice = await phone(t, 'alice', `${first.sip};transport=tcp`)
  const bob = await phone(t, 'bob', second.sip)
  const dave = await phone(t, 'dave', third.sip)
  const silent = await phone(t, 'carol', `${second.sip};transport=tcp`, 'no')

  // From either end hung up; to a TCP phone of another node, which only that node's engine can reach.
  for (const [from, to] of [
    [alice, bob],
    [bob, alice],
    [dave, alice],
    [alice, dave],
  ] as const) {
    const report = await from.call(to.aor, { seconds: 2 })
    t.like(report, { answered: true, heard: true }, `${from.aor} to ${to.aor}: ${JSON.stringify(report)}`)
  }
  const ended = alice.call(bob.aor, { seconds: 60 })
  const talking = await lab.until('bob talks', async () => bob.calls(), answered)
  // He who is called answers first: alice hears of it when the cluster knows.
  await lab.until('so does alice', async () => alice.calls(), answered)
  talking[0]?.hangUp()
  t.true((await ended).answered, 'hung up by the called side')

  const cancelled = await alice.call(silent.aor, { seconds: 1, ringSeconds: 1 })
  t.is(cancelled.status, 487, 'given up by the caller')
  await lab.until(
    'the silent phone rings no more',
    async () => silent.calls().length,
    (n) => n === 0,
  )

  await loads(t, lab, first, second)
  await noCallLeft(lab)
}

/** SIPp: 50 phones over UDP and TCP at the first node, and 30 calls to one of the second. */
async function loads(t: ExecutionContext, lab: Lab, first: LabNode, second: LabNode): Promise<void> {
  const ports = (await freePorts(6)) as [number, number, number, number, number, number]
  const run = (name: string, scenario: string, node: LabNode, more: object, port: number) =>
    sipp({
      scenario: path.join(ROOT, 'bench', 'scenarios', scenario),
      target: node.sip,
      folder: lab.dir,
      name,
      calls: 1,
      port,
      ...more,
    })
  const line = (name: string, extra: string): string =>
    `${name};${DOMAIN};[authentication username=${name} password=${PASSWORD}];${extra};`
  const users = Array.from({ length: 50 }, (_, i) => line(`u${i + 1}`, '3600'))
  const registered = await Promise.all([
    run('udp', 'register.xml', first, { users: users.slice(0, 25), calls: 25, rate: 50 }, ports[0]).result,
    run('tcp', 'register.xml', first, { users: users.slice(25), calls: 25, rate: 50, transport: 't1' }, ports[1])
      .result,
    run('callee', 'register.xml', second, { users: [line('u0', '3600')] }, ports[2]).result,
  ])
  for (const result of registered) t.is(result.failed, 0, result.errors)
  const rows = await lab.until(
    'the third node has them all',
    () => registrationsAt(lab.client(lab.nodes[2]?.id)),
    (all) => all.filter(({ aor }) => /^u\d/.test(aor)).length === 52,
  )
  t.is(rows.filter(({ node, transport }) => node === first.id && transport === 'udp').length, 26)
  t.is(rows.filter(({ node, transport, aor }) => node === first.id && transport === 'tcp' && aor[0] === 'u').length, 25)

  const answering = run('answer', 'answer.xml', second, { calls: 0, atOnce: 100, mediaPort: ports[4] }, ports[2])
  try {
    const calling = { users: [line('u1', 'u0'), line('u2', 'u0')], calls: 30, rate: 15, atOnce: 10, pause: 300 }
    const result = await run('call', 'call.xml', first, { ...calling, mediaPort: ports[5] }, ports[3]).result
    t.is(result.failed, 0, result.errors)
    t.is(result.done, 30)
  } finally {
    answering.end()
    await answering.result
  }
}

async function deathAndReturn(t: ExecutionContext, { lab, engines }: Site): Promise<void> {
  const [first, , third] = lab.nodes as [LabNode, LabNode, LabNode]
  const alice = await phone(t, 'alice', first.sip)
  const dave = await phone(t, 'dave', third.sip)
  const cut = alice.call(dave.aor, { seconds: 60 })
  await lab.until('dave talks', async () => dave.calls(), answered)
  await lab.until(
    'the call is in the table',
    () => lab.json<unknown[]>(['call', 'ls']),
    (rows) => rows.length === 1,
  )

  await engines[0].kill()
  await lab.until(
    'doctor says it',
    () => engineCheck(first),
    (check) => check?.verdict === 'critical',
  )
  await noCallLeft(lab)
  await lab.until(
    'rtpengine holds no call',
    () => relayedCalls(lab, first),
    (calls) => calls === 0,
  )
  // With the engine its dialogs died, so nobody tells the phones: whoever hears nothing any more hangs up.
  for (const call of [...alice.calls(), ...dave.calls()]) call.hangUp()
  await cut

  await engines[0].start()
  await lab.until(
    'doctor sees it',
    () => engineCheck(first),
    (check) => check?.verdict === 'ok',
  )
  t.is((await alice.register()).kind, 'registered')
  t.like(await alice.call(dave.aor, { seconds: 2 }), { answered: true, heard: true })
  t.like(await dave.call(alice.aor, { seconds: 2 }), { answered: true, heard: true })
  await noCallLeft(lab)
}

async function wrongSecret(t: ExecutionContext, kind: EngineKind): Promise<void> {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const [node] = lab.nodes as [LabNode]
    const [port] = (await freePorts(1)) as [number]
    const engine = engineBeside(kind, lab.dir, portOf(node), port)
    await lab.kill(node.id)
    try {
      await engine.start()
      const { code, stderr } = await raftel(['node', 'start', '--config', configure(lab, node, port, 'guessed')])
      t.is(code, 1)
      t.regex(stderr, /refuses the secret: correct sip\.engine\.secret/)
    } finally {
      await engine.kill()
    }
  })
}

async function phone(t: ExecutionContext, name: string, registrar: string, answer: 'auto' | 'no' = 'auto') {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const made = await startPhone({ aor: `${name}@${DOMAIN}`, password: PASSWORD, registrar, answer, log })
  t.teardown(() => made.close())
  t.is((await made.register()).kind, 'registered', name)
  return made
}

function answered(calls: readonly { readonly state: string }[]): boolean {
  return calls.some((call) => call.state === 'answered')
}

async function noCallLeft(lab: Lab): Promise<void> {
  const calls = () => lab.json<unknown[]>(['call', 'ls'])
  await lab.until('no call is left in the table', calls, (rows) => rows.length === 0)
}

interface Check {
  readonly name: string
  readonly verdict: string
}

async function engineCheck(node: LabNode): Promise<Check | undefined> {
  const { code, stdout, stderr } = await raftel(['doctor', '--endpoints', node.control, '-o', 'json'])
  if (stdout === '') throw new Error(`doctor: exit ${code}: ${stderr}`)
  return (JSON.parse(stdout) as { checks: Check[] }).checks.find((check) => check.name === 'engine')
}

/** Calls that the node's rtpengine holds, as it says itself. */
async function relayedCalls(lab: Lab, { id }: LabNode): Promise<number> {
  const pid = readFileSync(path.join(lab.dir, 'data', id, 'rtpengine.pid'), 'utf8').trim()
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  const ng = words.find((word) => word.startsWith('--listen-ng='))?.split(':')[1]
  const relay = connectRelay('127.0.0.1', Number(ng), 2000)
  try {
    const reply = await relay.command('list')
    if (reply.kind !== 'ok') throw new Error(`rtpengine of ${id}: ${reply.kind}`)
    return (reply.fields.calls as string[]).length
  } finally {
    relay.close()
  }
}

function portOf(node: LabNode): number {
  return Number(node.sip.split(':')[1])
}
