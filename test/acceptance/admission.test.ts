/**
 * Limits and credit while leaders are killed, by what the phones saw: the called phone keeps a log of when it answered which call of which node
 * and when it heard BYE. RAFTEL_ATTEMPTS and RAFTEL_KILLS make it longer.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type SippRun, sipp } from '../../bench/sipp.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Lab, type LabNode, ROOT, withLab } from './lab.ts'
import { addUsers, registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const TENANT = `tenant:${DOMAIN}`
const PASSWORD = 'correct-horse'
const ATTEMPTS = Number(process.env.RAFTEL_ATTEMPTS ?? 2_001)
const KILLS = Number(process.env.RAFTEL_KILLS ?? 2)
const LIMIT = 50
/** Micro-units of a call: a minute is charged whole, and none here is longer. */
const PRICE = 600_000
/** Calls between two kills, by the log of the called phone. */
const CALLS_A_KILL = 90
const scenario = (name: string): string => path.join(import.meta.dirname, 'admission', name)

interface Kill {
  readonly node: LabNode
  /** Unix ms. */
  readonly at: number
  back: number
}

interface Line {
  readonly what: 'answered' | 'over' | 'aborted'
  readonly call: string
  /** `host:port` of the node that sent it. */
  readonly node: string
  readonly at: number
}

interface Credit {
  readonly granted: string
  readonly spent: string
  readonly reserved: string
  readonly balance: string
}

needing(test, 'sipp')(
  'while leaders are killed no more calls are in progress than a limit allows, none is charged that was not answered, and in the end nothing is reserved',
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-admission-'))
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      t.timeout(600_000)
      // More than are answered while nothing is killed, so that it is used up when it is over.
      const granted = Math.floor(ATTEMPTS / 5)
      await setUp(lab, granted)
      const ports = await freePorts(8)
      await register(t, lab, folder, ports[0] ?? 0)
      const answering = sipp({
        scenario: scenario('answer.xml'),
        target: lab.nodes[0]?.sip ?? '',
        folder,
        name: 'answer',
        calls: 0,
        atOnce: 5_000,
        port: ports[0] ?? 0,
        mediaPort: ports[1] ?? 0,
        log: true,
      })
      const read = (): readonly Line[] => linesOf(path.join(folder, 'answer.log'))
      const calling = lab.nodes.map((node, i) => callFrom(node, folder, i, [ports[2 + i] ?? 0, ports[5 + i] ?? 0]))
      // Nothing of SIPp outlives a test that failed.
      t.teardown(() => {
        for (const run of [answering, ...calling]) run.end()
      })
      const kills = await killLeaders(lab, read)
      const called = await Promise.all(calling.map(({ result }) => result))
      const isOver = async (): Promise<boolean> => {
        const { used } = await lab.json<{ used: number }>(['limit', 'show', TENANT])
        const { reserved } = await lab.json<Credit>(['credit', 'show', TENANT])
        return used === 0 && reserved === '0.00'
      }
      await lab.until('nothing is reserved', isOver, Boolean, 60_000)
      answering.end()
      await answering.result

      const lines = read()
      const most = mostAtOnce(lines, kills)
      const refusals = called.flatMap(({ log }) => [...log.matchAll(/refused (\d+)/g)].map(([, status]) => status))
      const counts = Object.groupBy(refusals, (status) => status ?? '')
      const answered = lines.filter(({ what }) => what === 'answered').length
      t.log(
        `${called.reduce((sum, { done, failed }) => sum + done + failed, 0)} attempts, ${answered} answered, at most ${most} at once, refused ${Object.entries(
          counts,
        )
          .map(([status, all]) => `${status}: ${all?.length}`)
          .join(', ')}, killed ${kills.map(({ node }) => node.id).join(', ')}`,
      )
      t.is(
        called.reduce((sum, { done, failed }) => sum + done + failed, 0),
        3 * Math.ceil(ATTEMPTS / 3),
      )
      t.is(kills.length, KILLS)
      t.true(most <= LIMIT, `${most} calls at once, ${LIMIT} may be`)
      t.true(most > LIMIT - 10, `the limit was hardly tried: ${most} at once`)
      t.true((counts['480']?.length ?? 0) > 0, 'nobody was refused for the limit')

      for (const { id } of lab.nodes) await sameMoney(t, lab, id)
      const { spent } = await lab.json<Credit>(['credit', 'show', TENANT])
      const paid = (Number(spent) * 1_000_000) / PRICE
      const sure = surelyPaid(lines, kills)
      t.log(`${paid} calls are paid for, ${sure} at least, ${answered} at most, ${granted} were granted`)
      t.true(Number.isInteger(paid) && paid <= Math.min(answered, granted))
      t.true(paid >= Math.min(sure, granted))
      t.is((await lab.raftel(['cluster', 'verify'])).code, 0)
    })
    if (t.passed) rmSync(folder, { recursive: true, force: true })
    else t.log(`what the phones saw is kept in ${folder}`)
  },
)

async function setUp(lab: Lab, granted: number): Promise<void> {
  await lab.founded()
  await lab.commitPlan(`domains: [${DOMAIN}]\n`)
  const callers = lab.nodes.flatMap((_, i) => callersAt(i))
  const names = [...callers, ...lab.nodes.map(({ id }) => `called-${id}`)]
  await addUsers(
    lab.client(),
    names.map((name) => `${name}@${DOMAIN}`),
    PASSWORD,
  )
  await lab.json(['limit', 'set', TENANT, '--calls', String(LIMIT)])
  await lab.json(['rate', 'import', 'test', '-', '--for', TENANT], 'prefix,price,first,increment\ninternal,0.6,60,60\n')
  const amount = String((granted * PRICE) / 1_000_000)
  await lab.json(['credit', 'add', TENANT, amount, '--reason', 'test', '--id', 'once'])
  await lab.json(['credit', 'add', TENANT, amount, '--reason', 'test', '--id', 'once'])
}

function callersAt(i: number): readonly string[] {
  return Array.from({ length: 40 }, (_, k) => `caller-${i}-${k}`)
}

/** One phone for all, registered once at every node: whoever calls at a node calls the one that is registered there. */
async function register(t: ExecutionContext, lab: Lab, folder: string, port: number): Promise<void> {
  for (const node of lab.nodes) {
    const { failed, errors } = await sipp({
      scenario: path.join(ROOT, 'bench', 'scenarios', 'register.xml'),
      target: node.sip,
      folder,
      name: `register-${node.id}`,
      users: [line(`called-${node.id}`, '3600')],
      calls: 1,
      port,
    }).result
    t.is(failed, 0, errors)
  }
  for (const node of lab.nodes) {
    const all = async () => registrationsAt(lab.client(node.id))
    await lab.until('all are registered', all, (rows) => rows.length === lab.nodes.length)
  }
}

function callFrom(node: LabNode, folder: string, i: number, [port, mediaPort]: readonly [number, number]): SippRun {
  return sipp({
    scenario: scenario('call.xml'),
    target: node.sip,
    folder,
    name: `call-${node.id}`,
    users: callersAt(i).map((name) => line(name, `called-${node.id}`)),
    calls: Math.ceil(ATTEMPTS / 3),
    rate: 25,
    atOnce: 60,
    pause: 1_500,
    answerWithin: 6_000,
    port,
    mediaPort,
    log: true,
  })
}

/** kill -9 of whoever leads, each time that enough calls were answered; it is back a moment later. */
async function killLeaders(lab: Lab, read: () => readonly Line[]): Promise<readonly Kill[]> {
  const kills: Kill[] = []
  const pids = new Map(lab.nodes.map(({ id, pid }) => [id, pid]))
  while (kills.length < KILLS) {
    const wanted = CALLS_A_KILL * (kills.length + 1)
    const count = async () => read().filter(({ what }) => what === 'answered').length
    await lab.until(`${wanted} calls are answered`, count, (answered) => answered >= wanted, 120_000)
    const { leader } = await lab.until(
      'somebody leads',
      () => lab.status(),
      (status) => status.leader !== null,
    )
    const node = lab.nodes.find(({ id }) => id === leader)
    const pid = pids.get(leader ?? '')
    if (node === undefined || pid === undefined) throw new Error(`no process of ${leader}`)
    process.kill(pid, 'SIGKILL')
    const kill: Kill = { node, at: Date.now(), back: Number.POSITIVE_INFINITY }
    kills.push(kill)
    await lab.until(
      'another leads',
      () => lab.status(),
      (status) => status.leader !== null && status.leader !== leader,
    )
    kill.back = Date.now()
    await lab.start(node.id)
    const nodes = JSON.parse((await lab.raftel(['lab', 'status', '-o', 'json'])).stdout) as LabNode[]
    for (const one of nodes) pids.set(one.id, one.pid)
  }
  return kills
}

/** What the called phone says, in order. It gives up a call that goes otherwise than its scenario, as when a loaded node repeats an INVITE. */
function linesOf(file: string): readonly Line[] {
  const of = (name: string): string => (existsSync(name) ? readFileSync(name, 'utf8') : '')
  const said = of(file).matchAll(/^(answered|over) (\S+) (\S+) .*?(\d{10}\.\d+)/gm)
  const given = of(file.replace(/log$/, 'errors')).matchAll(/(\d{10}\.\d+): Aborting call.*?Call-Id '([^']+)'/g)
  const lines: Line[] = [...said].map(([, what, call = '', node = '', at]) => {
    return { what: what === 'over' ? 'over' : 'answered', call, node, at: Number(at) * 1000 }
  })
  for (const [, at, call = ''] of given) lines.push({ what: 'aborted', call, node: '', at: Number(at) * 1000 })
  return lines.sort((a, b) => a.at - b.at)
}

/** The most calls that were in progress at one moment. Those of a process that is killed are over then, and those that it sent just before never were. */
function mostAtOnce(lines: readonly Line[], kills: readonly Kill[]): number {
  const now = new Map<string, Line>()
  let most = 0
  let next = 0
  for (const line of lines) {
    for (let kill = kills[next]; kill !== undefined && kill.at <= line.at; kill = kills[++next]) {
      for (const [call, { node }] of now) if (node === kill.node.sip) now.delete(call)
    }
    const isOfTheDead = kills.some(({ node, at, back }) => node.sip === line.node && line.at >= at && line.at < back)
    if (line.what !== 'answered') now.delete(line.call)
    else if (!isOfTheDead) now.set(line.call, line)
    most = Math.max(most, now.size)
  }
  return most
}

/** Calls that were over, whose node lived for long enough after that to say so. */
function surelyPaid(lines: readonly Line[], kills: readonly Kill[]): number {
  const SAID_MS = 3_000
  return lines.filter(({ what, node, at }) => {
    return what === 'over' && !kills.some((kill) => kill.node.sip === node && kill.at >= at && kill.at < at + SAID_MS)
  }).length
}

async function sameMoney(t: ExecutionContext, lab: Lab, node: string): Promise<void> {
  const endpoints = lab.nodes.find(({ id }) => id === node)?.control ?? ''
  const { granted, spent, balance, reserved } = await lab.json<Credit>([
    'credit',
    'show',
    TENANT,
    '--endpoints',
    endpoints,
  ])
  const cents = (text: string): number => Math.round(Number(text) * 100)
  t.is(cents(spent) + cents(balance), cents(granted), `at ${node}`)
  t.is(reserved, '0.00')
}

function line(name: string, extra: string): string {
  return `${name};${DOMAIN};[authentication username=${name} password=${PASSWORD}];${extra};`
}
