/** One step of bench/memory.ts in a process of its own: `memory-step.ts STEP REGISTRATIONS USERS DIRECTORY`. */
import { hash, randomBytes } from 'node:crypto'
import type { Cluster } from '../cluster/cluster.ts'
import { encodeProposal, stamp } from '../cluster/codec.ts'
import { Fed } from '../cluster/feeds.ts'
import { Loads } from '../cluster/loads.ts'
import type { DurableLog } from '../cluster/log/log.ts'
import { openLog } from '../cluster/log/open.ts'
import { inPieces, linesOfPieces } from '../cluster/log/pieces.ts'
import { Machine } from '../cluster/machine.ts'
import { message } from '../cluster/raft/message.ts'
import { LOCAL_APPEND } from '../cluster/raft/types.ts'
import { startCluster } from '../cluster/replica.ts'
import { keyId, seal } from '../cluster/seal.ts'
import type { Bind, Command } from '../cluster/tables/commands.ts'
import { digestsOf } from '../cluster/tables/snapshot.ts'
import { freePorts } from '../test/ports.ts'
import { join } from './memory-join.ts'
import { memoryOf, runNode } from './memory-node.ts'
import { cpuMs, longestStall, type Stall, turn } from './stall.ts'

export type Step = 'fill' | 'load' | 'recover' | 'join' | 'node'
/** Figures by name; the name has the unit. */
export type StepResult = Record<string, number>

const [step, count, ofUsers, dir] = process.argv.slice(2)
const users = Number(ofUsers)

const KEY = Buffer.alloc(32, 'raftel')
const MIB = 1024 * 1024
const DOMAIN = 'pbx.test'
const START = 1_800_000_000_000
const AGENTS = [
  'Yealink SIP-T46U 108.86.0.20',
  'Grandstream GXP2170 1.0.11.64',
  'PolyVVX-VVX_450-UA/6.4.3.5814',
  'baresip v3.10.1',
]

async function fill(count: number, dir: string): Promise<StepResult> {
  const result: StepResult = {}
  const machine = new Machine()
  collect()
  const before = process.memoryUsage()
  const began = performance.now()
  for (let i = 0; i < count; i++) {
    if (i < users) apply(machine, user(i))
    apply(machine, bind(i, 1))
    if (i % 10_000 === 0) await turn()
  }
  result['filling, µs each (user and registration)'] = ((performance.now() - began) * 1000) / count
  collect()
  stalled(
    result,
    'longest stall, garbage collected, ms',
    await longestStall(async () => {
      await turn()
      collect()
    }),
  )
  const after = process.memoryUsage()
  result['RSS, MB'] = after.rss / MIB
  result['of it V8 heap in use, MB'] = after.heapUsed / MIB
  result['bytes a registration with its user'] =
    (after.heapUsed + after.external - before.heapUsed - before.external) / count

  const ruler = micros(200_000, (i) => hash('sha256', `${'x'.repeat(250)}${i}`, 'binary'))
  const get = micros(500_000, (i) => machine.tables.registrations.get(aor(Math.imul(i, 7919) % users)))
  const refresh = micros(200_000, (i) => apply(machine, bind(i % count, 2 + Math.floor(i / count))))
  result['SHA-256 of 250 bytes, µs (the ruler)'] = ruler
  result['looking up an AoR, µs'] = get
  result['looking up an AoR, in rulers'] = get / ruler
  result['applying a refresh, µs'] = refresh
  result['applying a refresh, in rulers'] = refresh / ruler

  const log = await open(dir)
  const entry = { index: 1, term: 1, type: 'normal', data: new Uint8Array() } as const
  const fields = { from: 1, term: 1, vote: 1, commit: 1, entries: [entry] }
  await new Promise<void>((done) => log.append(message('storage-append', LOCAL_APPEND, fields), done))
  await new Promise<void>((done) => log.join(done))
  const took = performance.now()
  stalled(
    result,
    'longest stall, snapshot taken, ms',
    await longestStall(async () => {
      await log.saveSnapshot({ index: 1, term: 1, conf: conf() }, inPieces(machine.lines()))
    }),
  )
  result['snapshot taken, s'] = (performance.now() - took) / 1000
  result['snapshot, MB'] = log.snapshot!.bytes / MIB
  result['RSS after the snapshot, MB'] = process.memoryUsage().rss / MIB

  const over = performance.now()
  const pieces = log.snapshotPieces(log.snapshot!)
  stalled(result, 'longest stall, loaded over full tables, ms', await longestStall(() => load(machine, pieces, true)))
  result['loaded over full tables, s'] = (performance.now() - over) / 1000
  await log.close()
  return result
}

async function loadFresh(count: number, dir: string): Promise<StepResult> {
  const log = await open(dir)
  const { pieces } = log.takeToLoad()!
  const machine = new Machine()
  const ruler = micros(500_000, (i) => hash('sha256', `${'x'.repeat(250)}${i}`, 'binary'))
  const [before, began] = [cpuMs(), performance.now()]
  const stall = await longestStall(() => load(machine, pieces, false))
  const took = performance.now() - began
  const cpu = cpuMs() - before
  await log.close()
  collect()
  const rss = process.memoryUsage().rss / MIB
  const result: StepResult = {
    'loaded, s': took / 1000,
    'CPU of it, s': cpu / 1000,
    'a registration with its user, in rulers': (cpu * 1000) / count / ruler,
    'RSS after it, MB': rss,
  }
  return stalled(result, 'longest stall, loaded, ms', stall)
}

async function recover(dir: string): Promise<StepResult> {
  const [port] = await freePorts(1)
  const address = `127.0.0.1:${port}`
  const nodes = [{ name: 'n1', id: 1, address }]
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const onFatal = (error: Error) => {
    throw error
  }
  const [before, began] = [cpuMs(), performance.now()]
  let cluster: Cluster | null = null
  const options = { node: 'n1', id: 1, nodes, listen: address, dataDir: dir, key: KEY, log, onFatal }
  const stall = await longestStall(async () => {
    cluster = await startCluster(options)
  })
  const started = cluster as unknown as Cluster
  const back = performance.now() - began
  const cpu = cpuMs() - before
  if (started.tables.registrations.size !== users) throw new Error(`${started.tables.registrations.size} came back`)
  while ((await started.catchUp()) !== 'caught up') await turn()
  const leads = performance.now() - began
  const peak = process.resourceUsage().maxRSS / 1024
  collect()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  collect()
  const rss = process.memoryUsage().rss / MIB
  const files = memoryOf('self').RssFile
  await started.close()
  const result: StepResult = {
    'tables are back, s': back / 1000,
    'CPU of the main thread by then, s': cpu / 1000,
    'and it leads and has caught up, s': leads / 1000,
    'highest RSS of the process, MB': peak,
    'RSS once it is quiet, MB': rss,
    'of it pages of files, MB': files,
  }
  return stalled(result, 'longest stall of the main thread, ms', stall)
}

function stalled(result: StepResult, name: string, { wall, cpu }: Stall): StepResult {
  result[name] = wall
  result[`${name}, of CPU`] = cpu
  return result
}

/** As a node does it: a piece at a time. Whoever starts has no watchers yet. */
async function load(machine: Machine, from: AsyncGenerator<Uint8Array>, watched: boolean): Promise<void> {
  await turn()
  const loads = new Loads({ later: (act) => void setImmediate(act), moved: () => void machine.takeChanges() })
  const ask = (): void =>
    void from.next().then(({ done, value }) => {
      const digests = done ? new Uint8Array() : digestsOf(linesOfPieces([value]))
      fed.put({ bytes: done ? null : new Uint8Array(value), digests })
      loads.fed()
    })
  const fed = new Fed(ask)
  loads.add(() => machine.loading(1, 1, fed.lines(), () => watched))
  await loads.settled()
}

function open(dir: string): Promise<DurableLog> {
  const identity = { version: 1, cluster: keyId(KEY), id: 1, node: 'n1', members: [1] } as const
  const onFatal = (error: Error) => {
    throw error
  }
  return openLog({ dir, identity, keep: 10_000, onFatal })
}

function conf() {
  return { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false }
}

function apply(machine: Machine, command: Command): void {
  const index = machine.applied + 1
  // An earlier life than any that this bench starts.
  const proposer = { node: 'n1', incarnation: '0', seq: index, floor: index }
  const data = stamp(encodeProposal(proposer, command), START + Math.floor(index / 10))!
  machine.apply({ index, term: 1, type: 'normal', data })
  machine.takeChanges()
}

function aor(i: number): string {
  return `subscriber${String(i).padStart(7, '0')}@${DOMAIN}`
}

const draw = (bytes: number) => randomBytes(bytes)
const CREDENTIALS = JSON.stringify({ md5: '0123456789abcdef'.repeat(2), sha256: '0123456789abcdef'.repeat(4) })

function user(i: number): Command {
  const credentials = seal(KEY, `credentials of ${aor(i)}`, CREDENTIALS, draw)
  return {
    type: 'user-put',
    user: { aor: aor(i), user: aor(i).split('@')[0]!, domain: DOMAIN, credentials },
    replace: false,
  }
}

function bind(i: number, cseq: number): Bind {
  const owner = aor(i % users)
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:${5060 + (i % 1000)}`
  const callId = hash('sha256', String(i), 'base64url').slice(0, 20)
  return {
    type: 'bind',
    aor: owner,
    callId,
    cseq,
    changes: [{ contact: `sip:${owner.split('@')[0]}@${address};transport=udp`, q: 1, expires: 3600 }],
    node: `n${(i % 3) + 1}`,
    transport: 'udp',
    received: address,
    userAgent: AGENTS[i % AGENTS.length]!,
    contactsMax: 10,
  }
}

/** CPU of this thread for one, µs. */
function micros(times: number, act: (i: number) => void): number {
  for (let i = 0; i < times / 10; i++) act(i)
  const began = cpuMs()
  for (let i = 0; i < times; i++) act(i)
  return ((cpuMs() - began) * 1000) / times
}

function collect(): void {
  globalThis.gc?.()
}

const steps = {
  fill,
  load: loadFresh,
  recover: (_: number, dir: string) => recover(dir),
  join: async (_: number, from: string) => join(await open(from), `${from}-joins`, KEY),
  node: (_: number, dataDir: string) => runNode({ dataDir, node: 'n1', key: KEY, domain: DOMAIN, users, aor }),
}
if (process.send && step && step in steps) {
  const result = await steps[step as Step](Number(count), dir!)
  process.send(result, () => process.exit(0))
}
