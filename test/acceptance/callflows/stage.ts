/** Plays a call flow with SIPp on one lab that all flows share, and judges what every side sent and heard. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { freePorts } from '../../ports.ts'
import { type Lab, until, withLab } from '../lab.ts'
import { addUsers, registrationsAt } from '../users.ts'
import { faultsOf } from './rules.ts'
import { CUE, hears, rung, type Step, scenarioOf, sends } from './script.ts'
import { type Message, readTrace, rungOf } from './trace.ts'

export interface Flow {
  /** As the RFC counts: `3665 §3.9`. */
  readonly section: string
  readonly title: string
  readonly sides: Readonly<Record<string, Side>>
  /** What happens to the cluster before. */
  readonly before?: (lab: Lab) => Promise<void>
  /** What is particular about this flow, beside the order of its messages and what holds for all of them. */
  readonly judge?: (t: ExecutionContext, heard: Readonly<Record<string, readonly Message[]>>) => void
}

export interface Side {
  /** One of PHONES. */
  readonly phone: string
  /** Whom it calls; nobody: itself. */
  readonly to?: string
  readonly steps: readonly Step[]
  readonly password?: string
}

interface Phone {
  readonly user: string
  readonly node: number
  /** Registered before the flows begin, with this in its Contact; `address` is what it says of itself behind a NAT. */
  readonly contact?: { readonly params: string; readonly address?: string }
}

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const BOUND_MS = 15_000

const PHONES: Readonly<Record<string, Phone>> = {
  alice: { user: 'alice', node: 0 },
  'alice, second try': { user: 'alice', node: 1 },
  bob: { user: 'bob', node: 0, contact: { params: '' } },
  'bob, another line': { user: 'bob', node: 0 },
  carol: { user: 'carol', node: 0, contact: { params: '' } },
  dora: { user: 'dora', node: 0 },
  // One user with two phones that ring together.
  'erin here': { user: 'erin', node: 0, contact: { params: '' } },
  'erin there': { user: 'erin', node: 0, contact: { params: '' } },
  // One user whose phones ring one after the other.
  'fred first': { user: 'fred', node: 0, contact: { params: ';q=1.0' } },
  'fred second': { user: 'fred', node: 0, contact: { params: ';q=0.5' } },
  'fred third': { user: 'fred', node: 0, contact: { params: ';q=0.2' } },
  // Never answers, and is told of it for half a minute: its port is nobody else's.
  silent: { user: 'silent', node: 0, contact: { params: '' } },
  // Only the node where it registered gets through to it.
  gina: { user: 'gina', node: 1, contact: { params: '', address: '192.0.2.4:5060' } },
}

const PLAN = `
domains: [${DOMAIN}]
users:
  alice@${DOMAIN}: {}
  nobody@${DOMAIN}: {}
rules:
  - {name: one second, match: silent-briefly, user: silent@${DOMAIN}, seconds: 1}
  - {name: forward always, match: bob-away, user: carol@${DOMAIN}}
  - {name: forward when busy, match: bob-or-carol, hunt: {order: serial, users: [bob, carol], seconds: 20}}
  - {name: forward without an answer, match: bob-then-carol, hunt: {order: serial, users: [bob, carol], seconds: 1}}
  - {name: find me, match: find-me, hunt: {order: serial, users: [fred, carol], seconds: 1}}
  - {name: screened on the way in, match: bob-screened, from: [alice@${DOMAIN}], reject: {status: 403, reason: Screening Failure (Terminating)}}
  - {name: screened on the way out, match: "00!", reject: {status: 403, reason: Screening Failure (Originating)}}
`

interface Stage {
  readonly lab: Lab
  readonly ports: ReadonlyMap<string, number>
}

let stage: Promise<Stage> | null = null
let left: Promise<void> = Promise.resolve()
const leaving = Promise.withResolvers<void>()

/** Brings the lab up for the first flow that wants it. */
function enter(t: ExecutionContext): Promise<Stage> {
  if (stage !== null) return stage
  const { promise, resolve, reject } = Promise.withResolvers<Stage>()
  stage = promise
  left = withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    const users = [...new Set(Object.values(PHONES).map(({ user }) => user)), 'nobody']
    await lab.commitPlan(PLAN)
    await addUsers(
      lab.client(),
      users.map((user) => `${user}@${DOMAIN}`),
      PASSWORD,
    )
    const names = Object.keys(PHONES)
    const free = await freePorts(names.length)
    const ports = new Map(names.map((name, i) => [name, free[i]!]))
    const ready = { lab, ports }
    for (const name of names) await register(ready, name)
    const registered = Object.values(PHONES).filter(({ contact }) => contact !== undefined).length
    for (const node of lab.nodes) {
      const rows = (): Promise<unknown[]> => registrationsAt(lab.client(node.id))
      await until('all phones at every node', rows, ({ length }) => length === registered)
    }
    resolve(ready)
    await leaving.promise
  })
  left.catch(reject)
  return stage
}

/** To be called when the last flow is over. */
export async function leave(): Promise<void> {
  leaving.resolve()
  // What went wrong is told by the flow that waited for the lab.
  await left.catch(() => undefined)
}

async function register(ready: Stage, phone: string): Promise<void> {
  const { user, contact } = PHONES[phone]!
  if (contact === undefined) return
  const where = contact.address ?? `127.0.0.1:${ready.ports.get(phone)}`
  const headers = [`Contact: <sip:${user}@${where}>${contact.params}`, 'Expires: 600']
  const steps = [
    sends('REGISTER', { headers }),
    hears(401, 'REGISTER'),
    sends('REGISTER', { headers }),
    hears(200, 'REGISTER'),
  ]
  const player = start(ready, `registers ${phone}`, { phone, steps })
  await player.reaches(steps.length)
  await player.dismiss()
}

export async function play(t: ExecutionContext, flow: Flow): Promise<void> {
  t.timeout(180_000)
  const ready = await enter(t)
  await flow.before?.(ready.lab)
  const players = new Map<string, Player>()
  const later = new Set(
    Object.values(flow.sides).flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'meanwhile' ? step.sides : [])),
    ),
  )
  t.teardown(() => Promise.all([...players.values()].map((player) => player.kill())))

  const act = async (names: readonly string[]): Promise<void> => {
    const chosen = names.map((name) => [name, flow.sides[name]!] as const)
    // Who is called first, so that nobody calls him before he is there.
    chosen.sort(([, a], [, b]) => Number(a.steps[0]?.kind === 'sends') - Number(b.steps[0]?.kind === 'sends'))
    for (const [name, side] of chosen) {
      const player = start(ready, `${flow.section.replace(/\W+/g, '-')} ${name}`, side)
      players.set(name, player)
      await player.listens()
    }
    await Promise.all(
      chosen.map(async ([name, { steps }]) => {
        const player = players.get(name)!
        let done = 0
        for (const step of steps) {
          if (step.kind === 'meanwhile') {
            await player.reaches(done)
            await act(step.sides)
            player.cue()
          } else if (step.kind === 'awaits') {
            await player.reaches(done)
            const other = players.get(step.side)!
            await until(
              `${step.side}: ${step.rung}`,
              async () => other.trace().map(rungOf),
              (rungs) => rungs.includes(step.rung),
              BOUND_MS,
            )
            player.cue()
          } else done++
        }
        await player.reaches(done)
      }),
    )
  }
  const failure = await act(Object.keys(flow.sides).filter((name) => !later.has(name))).then(
    () => null,
    (error: Error) => error,
  )
  if (failure === null) {
    await until(
      'no call is left',
      () => callsAt(ready.lab),
      (rows) => rows === 0,
      BOUND_MS,
    )
    for (const player of players.values()) await player.dismiss()
  }

  const heard: Record<string, readonly Message[]> = {}
  for (const [name, side] of Object.entries(flow.sides)) {
    const player = players.get(name)
    heard[name] = player?.trace() ?? []
    const ladder = side.steps.flatMap((step) => rung(step) ?? [])
    t.deepEqual(heard[name].map(rungOf), ladder, `${name}: ${player?.said()}`)
    t.deepEqual(faultsOf(heard[name]), [], name)
  }
  if (failure !== null) throw failure
  flow.judge?.(t, heard)
}

function callsAt(lab: Lab): Promise<number> {
  return new Promise((resolve, reject) => {
    // Not the first: a flow may kill that.
    lab
      .client(lab.nodes[2]!.id)
      .listCalls({ limit: 10 }, (error, page) => (error ? reject(error) : resolve(page?.rows?.length ?? 0)))
  })
}

/** One SIPp that plays one side. */
interface Player {
  trace(): readonly Message[]
  /** When so many messages were sent and heard; throws when it ended before. */
  reaches(count: number): Promise<void>
  /** When its port is open. */
  listens(): Promise<void>
  /** Tells it to go on. */
  cue(): void
  /** Tells it that it was the last message, and waits for its end; throws when something else had come. */
  dismiss(): Promise<void>
  kill(): Promise<void>
  said(): string
}

let played = 0

function start(ready: Stage, name: string, { phone, to, steps, password = PASSWORD }: Side): Player {
  const { user, node } = PHONES[phone]!
  const port = ready.ports.get(phone)!
  const folder = path.join(ready.lab.dir, 'callflows', `${++played} ${name}`)
  mkdirSync(folder, { recursive: true })
  const media = `192.0.2.${10 + Object.keys(PHONES).indexOf(phone)}:4000`
  const who = { user, password, to: to ?? user, domain: DOMAIN, media }
  writeFileSync(path.join(folder, 'scenario.xml'), scenarioOf(steps, who))
  const calls = steps[0]?.kind === 'sends'
  const args = [ready.lab.nodes[node]!.sip, '-sf', 'scenario.xml', '-i', '127.0.0.1', '-p', String(port), '-m', '1']
  args.push('-nostdin', '-default_behaviors', 'abortunexp', '-trace_msg', '-message_file', 'messages')
  args.push('-trace_err', '-error_file', 'errors', '-recv_timeout', String(BOUND_MS), '-timeout', '30s')
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore', env: { ...process.env, TERM: 'xterm' } })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const trace = (): readonly Message[] => readTrace(path.join(folder, 'messages'))

  function cue(): void {
    const callId = trace()[0]?.header('call-id')
    const socket = createSocket('udp4')
    const lines = [
      `${CUE} sip:${user}@127.0.0.1:${port} SIP/2.0`,
      'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-cue' + played++,
      'From: <sip:the.test@test.invalid>;tag=test',
      `To: <sip:${user}@${DOMAIN}>`,
      `Call-ID: ${callId}`,
      `CSeq: 1 ${CUE}`,
      'Content-Length: 0',
    ]
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1', () => socket.close())
  }

  return {
    trace,
    async reaches(count) {
      await until(
        `${name}: ${count} messages`,
        async () => ({ messages: trace().map(rungOf), over: isOver(child) }),
        ({ messages, over }) => messages.length >= count || over,
        BOUND_MS,
      )
      if (isOver(child)) throw new Error(`${name} ended early`)
    },
    async listens() {
      if (!calls) await until(`${name} listens`, async () => isBound(port), Boolean, BOUND_MS)
    },
    cue,
    async dismiss() {
      cue()
      await until(`${name} ends`, async () => isOver(child), Boolean, BOUND_MS)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    said() {
      try {
        return readFileSync(path.join(folder, 'errors'), 'utf8').slice(-2_000)
      } catch {
        return ''
      }
    },
  }
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function isBound(port: number): boolean {
  const local = ` 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `
  return readFileSync('/proc/net/udp', 'latin1').includes(local)
}
