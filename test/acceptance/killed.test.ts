/**
 * kill -9 of whoever takes part in a change of the members, or of the leader, at each of its steps, while phones register. A step is what
 * can be seen of it: a request that passes, an entry in a log, a line that a node says. Afterwards the change is there once it is asked
 * for again, all nodes say the same, and no registration that got its 200 is missing.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { ClusterVerdict__Output } from '../../proto/types/raftel/v1/ClusterVerdict.ts'
import { needing, which } from '../peers.ts'
import { type Grown, type GrownNode, withGrown } from './grown.ts'
import { RAFTEL, type Ran, ROOT, raftel, until } from './lab.ts'
import { rawPhone, registerOnce } from './sip.ts'
import { addUsers, registrationsAt } from './users.ts'
import { type Door, newDoor, type Watched, watched } from './watching.ts'

type Change = 'promote' | 'transfer-leader' | 'move'
type Victim = 'the leader' | 'the subject' | 'the command'

/** What can be seen of a change, in the order in which it goes. */
const STEPS = {
  asked: ({ door }) => door.asked(),
  heard: ({ leader, address }) => leader.said(`at ${address}"`),
  'written by the leader': ({ leader, entry }) => leader.wrote(entry) || leader.said(CHANGED),
  'written by the subject': ({ subject, entry }) => subject.wrote(entry) || subject.said(CHANGED),
  'applied by the leader': ({ leader }) => leader.said(CHANGED),
  'the subject stands': ({ subject }) => subject.said('"candidate in term'),
  'the subject leads': ({ subject }) => subject.said('"leader in term'),
  answered: ({ door }) => door.answered(),
} satisfies Record<string, (scene: Scene) => boolean>

type Step = keyof typeof STEPS

const CHANGED = 'the members are others now'

const TABLE: readonly (readonly [Change, Victim, ...Step[]])[] = [
  ['move', 'the leader', 'heard', 'written by the leader', 'applied by the leader'],
  ['move', 'the subject', 'heard', 'written by the subject', 'applied by the leader'],
  ['transfer-leader', 'the leader', 'asked', 'the subject stands', 'the subject leads'],
  ['transfer-leader', 'the subject', 'asked', 'the subject stands', 'the subject leads'],
  ['transfer-leader', 'the command', 'asked', 'answered'],
  ['promote', 'the leader', 'asked', 'written by the leader', 'applied by the leader'],
  ['promote', 'the subject', 'asked', 'written by the subject', 'applied by the leader'],
  ['promote', 'the command', 'asked', 'answered'],
]

/** What the commands end with that were not killed themselves. */
const ENDS: Record<Exclude<Change, 'move'>, { readonly codes: readonly number[]; readonly again: RegExp }> = {
  // It waits for whoever leads next, and for the learner to be back.
  promote: { codes: [0], again: /has its vote (now|already; nothing was changed)/ },
  'transfer-leader': { codes: [0, 1, 6], again: /^$|leads already; nothing was changed/ },
}

const DOMAIN = 'pbx.test'
const PASSWORD = 'secret'
const BOUND_MS = 60_000
const LINE_MS = 5_000

for (const about of ['move', 'transfer-leader', 'promote'] as const)
  test.serial(`kill -9 at each step of ${about}`, async (t) => {
    await withGrown(t, async (cluster) => {
      t.timeout(600_000)
      const nodes = await three(cluster)
      const load = await phones(nodes)
      try {
        for (const [change, victim, ...steps] of TABLE.filter(([one]) => one === about)) {
          for (const step of steps) {
            const title = `${change}, kill -9 of ${victim}, ${step}`
            const began = Date.now()
            await strike(t, cluster, nodes, change, victim, step, title)
            await agreed(t, nodes, title)
            t.log(`${title}: ${Date.now() - began} ms, ${load.done.size} registered`)
          }
          await complete(nodes, load, `${change}, kill -9 of ${victim}`)
        }
      } finally {
        await load.end()
      }
      await complete(nodes, load, 'the end')
      const equal = await cluster.cluster(['verify', '--endpoints', endpointsOf(nodes)])
      t.is(equal.code, 0, equal.stdout + equal.stderr)
    })
  })

needing(test, 'strace').serial('kill -9 at each step of an init, and of the founding that follows', async (t) => {
  await withGrown(t, async (cluster) => {
    const node = await cluster.node('north')
    const init = ['cluster', 'init', '--config', node.config]
    // What it does to the directory, call by call; then it is killed at each of these calls.
    const calls = await traced(node, init)
    t.true(calls.length >= 6, `only ${calls.join()} was seen`)
    for (const [i, call] of calls.entries()) {
      rmSync(node.data, { recursive: true })
      const nth = calls.slice(0, i + 1).filter((other) => other === call).length
      await traced(node, init, `inject=${call}:signal=KILL:when=${nth}`)
      const isMade = existsSync(path.join(node.data, 'member'))
      t.is(isMade, i > calls.indexOf('rename'), `${call} ${nth}`)
      const again = await raftel(init)
      t.is(again.code, 0, `${call} ${nth}: ${again.stderr}`)
      t.is(/this was done before, and is as it was/.test(again.stderr), isMade, `${call} ${nth}: ${again.stderr}`)
    }

    for (const line of ['"leader in term 1"', CHANGED, 'this node is up']) {
      const from = node.log().length
      node.start()
      await seen(line, () => node.log().includes(line, from) || node.log().includes(CHANGED))
      await node.kill()
    }
    const late = await raftel(init)
    t.is(late.code, 5, late.stderr)
    t.regex(late.stderr, /belongs to north, a founder of a cluster .*: start its node/)
    node.start()
    const status = await cluster.until(node, 'it leads', ({ leader, quorum }) => quorum && leader === 'north')
    t.deepEqual(
      status.nodes.map(({ id, memberId, member }) => [id, memberId, member]),
      [['north', 1, 'voter']],
    )
  })
})

/** Runs a command and says which calls it made on the data directory of a node; `inject`: what happens at one of them. */
async function traced(node: GrownNode, args: readonly string[], inject?: string): Promise<string[]> {
  const said = path.join(path.dirname(node.config), 'calls')
  const there = [path.dirname(node.data), ...['', 'member', 'member.new'].map((name) => path.join(node.data, name))]
  const more = ['-e', 'trace=mkdir,openat,write,fsync,rename', ...(inject ? ['-e', inject] : [])]
  const strace = ['-f', '-qq', '-o', said, ...there.flatMap((file) => ['-P', file.replace(/\/$/, '')]), ...more]
  // One thread does them all, so that they are counted together.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  const child = spawn(which('strace')!, [...strace, RAFTEL, ...args], { cwd: ROOT, env, stdio: 'ignore' })
  await once(child, 'exit')
  return [...readFileSync(said, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, call]) => call!)
}

interface Scene {
  readonly leader: Watched
  readonly subject: Watched
  readonly door: Door
  /** What the entry has in it. */
  readonly entry: string
  /** Where the subject listens. */
  readonly address: string
}

/** Makes one change, and kills one who takes part in it. */
async function strike(
  t: ExecutionContext,
  cluster: Grown,
  nodes: readonly GrownNode[],
  change: Change,
  victim: Victim,
  step: Step,
  title: string,
): Promise<void> {
  const { leader, subject, other } = await roles(cluster, nodes)
  const id = change === 'promote' ? await rejoin(t, cluster, leader, subject) : 0
  if (change === 'move') await subject.kill()
  const address = change === 'move' ? await subject.move() : ''
  const entry = change === 'promote' ? `{"kind":"promote","id":${id}}` : `"address":"${address}"}`
  const door = await newDoor(other.control, subject.name, step === 'answered')
  const scene = { leader: watched(leader), subject: watched(subject), door, entry, address }
  const args = ['cluster', change, subject.name, '--timeout', '60', '--endpoints']
  let command: Command | null = null
  try {
    if (change === 'move') subject.start()
    else command = said([...args, door.endpoint])
    await seen(title, () => STEPS[step](scene), command)
    if (victim === 'the command') command!.child.kill('SIGKILL')
    else {
      const node = victim === 'the leader' ? leader : subject
      await node.kill()
      node.start()
    }
    if (change === 'move') {
      const has = (node: GrownNode): boolean =>
        readFileSync(path.join(node.data, 'member'), 'utf8').includes(`"${address}"`)
      for (const node of nodes)
        await until(`${title}: ${node.name} knows where it is`, async () => has(node), Boolean, BOUND_MS)
      return
    }
    const first = await command!.ran
    const { codes, again } = ENDS[change]
    if (victim !== 'the command') t.true(codes.includes(first.code), `${title}: ${first.code} ${first.stderr}`)
    // Whoever was killed is there again: then what is asked for is done, or was.
    await cluster.until(
      other,
      'all are there',
      ({ quorum, leader: now, nodes: all }) => quorum && now !== '' && all.every(({ reachable }) => reachable),
    )
    const repeated = await raftel([...args, endpointsOf(nodes)])
    t.is(repeated.code, 0, `${title}: ${repeated.stderr}`)
    t.regex(repeated.stderr, again, title)
    const isKept = change === 'promote' || victim !== 'the subject'
    if (first.code === 0 && isKept) t.regex(repeated.stderr, /already; nothing was changed/, title)
  } finally {
    command?.child.kill('SIGKILL')
    door.close()
  }
}

/** All nodes say the same of the members, and each of these has its vote. */
async function agreed(t: ExecutionContext, nodes: readonly GrownNode[], title: string): Promise<void> {
  const [view] = await until(
    `${title}: one membership everywhere`,
    () => Promise.all(nodes.map(statusOf)),
    (all) =>
      new Set(all.map((one) => JSON.stringify(one))).size === 1 &&
      all[0]!.leader !== '' &&
      all[0]!.nodes.every(({ member, reachable }) => member === 'voter' && reachable),
    BOUND_MS,
  )
  t.deepEqual(
    view!.nodes.map(({ id }) => id),
    nodes.map(({ name }) => name),
    title,
  )
}

/** Every registration that got its 200 is everywhere, and the tables are equal. */
async function complete(nodes: readonly GrownNode[], load: Phones, title: string): Promise<void> {
  const acknowledged = [...load.done]
  for (const { name, client } of nodes) {
    await until(
      `${title}: every acknowledged registration at ${name}`,
      async () => {
        const there = new Set((await registrationsAt(client)).map(({ aor }) => aor))
        return acknowledged.filter((aor) => !there.has(aor))
      },
      (missing) => missing.length === 0,
    )
  }
  await until(
    `${title}: all are equal`,
    () => verdictOf(nodes[0]!),
    (answer) => answer.nodes.length === nodes.length && answer.nodes.every(({ verdict }) => verdict === 'equal'),
  )
}

type Seen = Pick<ClusterNode__Output, 'id' | 'memberId' | 'member' | 'role' | 'reachable'>

function statusOf({ client }: GrownNode) {
  return new Promise<Pick<ClusterStatus__Output, 'leader' | 'term'> & { nodes: Seen[] }>((resolve, reject) => {
    client.getCluster({}, { deadline: Date.now() + 5000 }, (error, reply) => {
      if (error || !reply) return reject(error ?? new Error('an empty answer'))
      const { leader, term, nodes } = reply
      const seen = nodes.map(({ id, memberId, member, role, reachable }) => ({ id, memberId, member, role, reachable }))
      resolve({ leader, term, nodes: seen })
    })
  })
}

function verdictOf({ client }: GrownNode): Promise<ClusterVerdict__Output> {
  return new Promise((resolve, reject) => {
    client.verifyCluster({}, { deadline: Date.now() + 10_000 }, (error, reply) =>
      error || !reply ? reject(error ?? new Error('an empty answer')) : resolve(reply),
    )
  })
}

/** One that leads, one that is to be promoted, to lead or to move, and one that is only asked. */
async function roles(cluster: Grown, nodes: readonly GrownNode[]) {
  const status = await cluster.until(nodes[0]!, 'somebody leads', ({ leader, quorum }) => quorum && leader !== '')
  const leader = nodes.find(({ name }) => name === status.leader)!
  const [subject, other] = nodes.filter((node) => node !== leader)
  return { leader, subject: subject!, other: other! }
}

/** Makes a voter a learner: it comes anew, with another directory. */
async function rejoin(t: ExecutionContext, cluster: Grown, leader: GrownNode, subject: GrownNode): Promise<number> {
  await subject.kill()
  rmSync(subject.data, { recursive: true })
  const args = ['join', '--replace', '--learner', '--config', subject.config, '--endpoints', leader.control]
  const joined = await cluster.cluster([...args, '-o', 'json'])
  t.is(joined.code, 0, joined.stderr)
  subject.start()
  await cluster.until(leader, 'the learner is there', ({ nodes }) =>
    nodes.some(({ id, lag, role }) => id === subject.name && lag === 0 && role === 'follower'),
  )
  return (JSON.parse(joined.stdout) as { id: number }).id
}

async function three(cluster: Grown): Promise<GrownNode[]> {
  const [north, east, west] = [
    await cluster.node('north'),
    await cluster.node('east'),
    await cluster.node('west'),
  ] as const
  await cluster.cluster(['init', '--config', north.config])
  north.start()
  await cluster.until(north, 'it leads', ({ leader }) => leader === 'north')
  for (const node of [east, west]) {
    await cluster.cluster(['join', '--config', node.config, '--endpoints', north.control])
    node.start()
  }
  const nodes = [east, north, west]
  await cluster.until(
    north,
    'three vote',
    (status) => status.nodes.length === 3 && status.nodes.every(({ member }) => member === 'voter'),
  )
  return nodes
}

interface Phones {
  /** AoRs whose REGISTER got its 200. */
  readonly done: ReadonlySet<string>
  end(): Promise<void>
}

/** Phones register at every node, one after another at each, until it is ended. */
async function phones(nodes: readonly GrownNode[]): Promise<Phones> {
  const planned = await raftel(['plan', 'commit', '-', '--endpoints', endpointsOf(nodes)], `domains: [${DOMAIN}]\n`)
  if (planned.code !== 0) throw new Error(planned.stderr)
  const aors = Array.from({ length: 600 }, (_, i) => `u${i}@${DOMAIN}`)
  await addUsers(nodes[0]!.client, aors, PASSWORD)
  const done = new Set<string>()
  let next = 0
  let isOver = false
  const work = async (node: GrownNode): Promise<void> => {
    const phone = await rawPhone(node.sip)
    while (!isOver) {
      const aor = aors[next++ % aors.length]!
      if ((await registerOnce(phone, aor, PASSWORD))?.status === 200) done.add(aor)
      // So many that there are always some, and not so many that the nodes do nothing else.
      await pause(100)
    }
    phone.close()
  }
  const all = nodes.map(work)
  return {
    done,
    async end() {
      isOver = true
      await Promise.all(all)
    },
  }
}

/** Resolves as soon as it is so: what is waited for may be over in a millisecond. A command that ends before has failed. */
async function seen(what: string, look: () => boolean, command?: Command | null): Promise<void> {
  let over: Ran | null = null
  let overAt = 0
  void command?.ran.then((ran) => {
    over = ran
    overAt = Date.now()
  })
  for (const end = Date.now() + BOUND_MS; ; await pause(1)) {
    const said = over as Ran | null
    if (look()) return
    // What a node says of itself may come to its log after what it answers.
    if (said && Date.now() > overAt + LINE_MS)
      throw new Error(`${what}: not seen, the command ended with ${said.code}: ${said.stderr}`)
    if (Date.now() > end) throw new Error(`${what}: not seen within ${BOUND_MS} ms`)
  }
}

interface Command {
  readonly child: ChildProcess
  readonly ran: Promise<Ran>
}

function said(args: readonly string[]): Command {
  const child = spawn(RAFTEL, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  const ran = once(child, 'close').then(([code]) => ({ code: (code as number | null) ?? -1, stdout, stderr }))
  return { child, ran }
}

function endpointsOf(nodes: readonly GrownNode[]): string {
  return nodes.map(({ control }) => control).join(',')
}
