/** Who is not let in at a node's listener: refused and told why, logged once, and nothing else happens. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { ChannelCredentials, Server } from '@grpc/grpc-js'
import ava, { type ExecutionContext } from 'ava'
import { certOf, give, initCa, keyOf } from '../../cli/certs/authority.ts'
import { openDoor, readTls, type Tls } from '../../cluster/door.ts'
import { hello, PROTOCOL, type Standing } from '../../cluster/hello.ts'
import { Seldom } from '../../cluster/seldom.ts'
import { loadProto } from '../../proto/load.ts'
import type { ProtoGrpcType } from '../../proto/types/cluster.ts'
import type { Frame } from '../../proto/types/raftel/cluster/v1/Frame.ts'
import { agreed, type Lab, leaderOf, newLab, QUIET, until, user } from './nodes.ts'

const test = ava.serial

const { Peers: Client } = (loadProto('cluster.proto') as unknown as ProtoGrpcType).raftel.cluster.v1

const DAY_MS = 86_400_000
const KEY = randomBytes(32)
/** What a node with a new directory says of itself. */
const NEW: Standing = { untouched: true, repairing: false, term: 0, acknowledged: 0 }
/** More often than the log has lines for. */
const TRIES = 30

test('a node of another cluster is refused by its key, though its certificate is good', async (t) => {
  const cluster = await three(t, 'tls')
  const foreign = { id: 3, name: 'n3', incarnation: 'x', key: randomBytes(32) }
  await refused(t, cluster, /of another cluster .*give all nodes the same key file/, () =>
    says(cluster, cluster.own, { hello: hello(foreign, 1, NEW) }),
  )
})

test('who does not know the key is refused, whatever cluster it claims to be of', async (t) => {
  const cluster = await three(t, 'tls')
  const said = { ...hello({ id: 3, name: 'n3', incarnation: 'x', key: KEY }, 1, NEW), incarnation: 'y' }
  await refused(t, cluster, /does not know the cluster key/, () => says(cluster, cluster.own, { hello: said }))
})

test('another protocol version is refused with the remedy', async (t) => {
  const cluster = await three(t, 'tls')
  const said = { ...hello({ id: 3, name: 'n3', incarnation: 'x', key: KEY }, 1, NEW), protocol: PROTOCOL + 1 }
  await refused(
    t,
    cluster,
    new RegExp(`speaks protocol ${PROTOCOL + 1}, this node speaks ${PROTOCOL}: run the same version on all nodes`),
    () => says(cluster, cluster.own, { hello: said }),
  )
})

test('who does not begin with a hello is refused', async (t) => {
  const cluster = await three(t, 'tls')
  await refused(t, cluster, /does not begin with a hello/, () =>
    says(cluster, cluster.own, { proposals: [randomBytes(9)] }),
  )
})

test('names of a stranger come cleaned and cut into the log', async (t) => {
  const cluster = await three(t, 'plain')
  const said = {
    ...hello({ id: 3, name: 'n3', incarnation: 'x', key: KEY }, 1, NEW),
    cluster: '\u001b[2J'.repeat(9999),
  }
  await refused(t, cluster, /of another cluster \(key \\x1b\[2J.{0,40}…/, () => says(cluster, null, { hello: said }))
})

test('an expired certificate is refused', async (t) => {
  const cluster = await three(t, 'tls')
  const expired = cluster.node('late', Date.now() - 400 * DAY_MS)
  await refused(t, cluster, /certificate has expired: issue it again/, () => says(cluster, expired, ours()))
})

test('a certificate that is not valid yet is refused', async (t) => {
  const cluster = await three(t, 'tls')
  const early = cluster.node('early', Date.now() + 10 * DAY_MS)
  await refused(t, cluster, /not valid yet: compare the clocks/, () => says(cluster, early, ours()))
})

test('a certificate of an authority that is not known is refused', async (t) => {
  const cluster = await three(t, 'tls')
  const foreign = { ...authority(t).node('n3'), ca: cluster.own.ca }
  await refused(t, cluster, /authority that is not known here/, () => says(cluster, foreign, ours()))
})

test('an operator cannot speak as a node, not even with the cluster key', async (t) => {
  const cluster = await three(t, 'tls')
  const operator = cluster.operator('alice')
  await refused(t, cluster, /not for this use: nodes need one for server and client/, () =>
    says(cluster, operator, ours()),
  )
})

test('who shows no certificate is refused', async (t) => {
  const cluster = await three(t, 'tls')
  await refused(t, cluster, /shows no certificate/, () => says(cluster, { ca: cluster.own.ca }, ours()))
})

test('who does not speak TLS is refused where TLS is spoken', async (t) => {
  const cluster = await three(t, 'tls')
  await refused(t, cluster, /does not speak TLS/, () => says(cluster, null, ours()))
})

test('who speaks TLS is refused where it is not spoken', async (t) => {
  const cluster = await three(t, 'plain')
  await refused(t, cluster, /speaks TLS, and this listener does not/, () => says(cluster, cluster.own, ours()))
})

test('bytes without sense are refused, with TLS and without', async (t) => {
  const noises = [Buffer.concat([Buffer.from([0xff]), randomBytes(100_000)]), Buffer.from('GET / HTTP/1.1\r\n\r\n')]
  for (const [kind, why] of [
    ['tls', /does not speak TLS/],
    ['plain', /does not speak gRPC/],
  ] as const) {
    const cluster = await three(t, kind)
    let i = 0
    await refused(t, cluster, why, () => throws(cluster, noises[i++ % 2]!))
  }
})

test('bytes without sense after a good beginning end that connection alone', async (t) => {
  const cluster = await three(t, 'plain')
  const noise = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(100_000, 0xff)])
  for (let i = 0; i < TRIES; i++) await throws(cluster, noise)
  await goesOn(t, cluster)
})

test('a node with a good certificate that speaks no HTTP/2 is refused', async (t) => {
  const cluster = await three(t, 'tls')
  const { host, port } = cluster.at
  await refused(t, cluster, /does not speak gRPC/, async () => {
    const socket = connectTls({ ...cluster.own, host, port } as ConnectionOptions)
    return closing(socket)
  })
})

test('who connects and says nothing is sent away in time', async (t) => {
  const { own } = authority(t)
  for (const tls of [null, own]) {
    const lines: string[] = []
    const log = { ...QUIET, warn: (_: object, line: string) => lines.push(line) }
    const server = new Server()
    const listen = { host: '127.0.0.1', port: 0 }
    const door = await openDoor({ server, listen, tls, who: 'nodes', log, handshakeMs: 50 })
    await closing(connect(door.port, '127.0.0.1'))
    t.regex(lines.join('\n'), /did not say who it is in time/)
    door.close()
    server.forceShutdown()
  }
})

test('beyond the limit of connections nobody is let in, and the log says so once', async (t) => {
  const lines: string[] = []
  const log = { ...QUIET, warn: (_: object, line: string) => lines.push(line) }
  const server = new Server()
  const listen = { host: '127.0.0.1', port: 0 }
  const door = await openDoor({ server, listen, tls: null, who: 'nodes', log, connectionsMax: 2 })
  const held = [1, 2].map(() => connect(door.port, '127.0.0.1'))
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
  for (let i = 0; i < TRIES; i++) await closing(connect(door.port, '127.0.0.1'))
  t.deepEqual(lines, ['the listener for nodes has 2 connections; further ones are refused'])
  const ended = held.map(closing)
  door.close()
  await Promise.all(ended)
  server.forceShutdown()
})

test('what a stranger repeats is logged once a window, and how much was left out', (t) => {
  const lines: [object, string][] = []
  let now = 0
  const seldom = new Seldom({ ...QUIET, warn: (...line: [object, string]) => lines.push(line) }, () => now)
  for (let i = 0; i < 5; i++) seldom.warn({}, 'refused')
  t.deepEqual(lines, [[{}, 'refused']])
  now = 600_000
  seldom.warn({}, 'refused')
  t.deepEqual(lines[1], [{ unsaid: 4 }, 'refused'])
  for (let i = 0; i < 1000; i++) seldom.warn({}, `refused ${i}`)
  t.is(lines.length, 21)
})

interface Three {
  readonly lab: Lab
  readonly lines: string[]
  readonly at: { host: string; port: number }
  readonly own: Tls
  readonly node: (name: string, now?: number) => Tls
  readonly operator: (name: string) => Tls
}

/** Three nodes that lead and follow; strangers come to n1. */
async function three(t: ExecutionContext, kind: 'tls' | 'plain'): Promise<Three> {
  const made = authority(t)
  const lines: string[] = []
  const log = { ...QUIET, warn: (_: object, line: string) => lines.push(line) }
  // Long ticks: on a busy machine, too, the only reason for an election would be the stranger.
  const lab = await newLab(3, { key: KEY, tls: kind === 'tls' ? made.own : null, log, tickMs: 100 })
  t.teardown(lab.end)
  await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  await leaderOf(lab.nodes.values())
  const n1 = lab.nodes.get('n1')!
  await until(n1, 'all are connected', () => n1.status().connected.length === 2)
  const [host = '', port = ''] = lab.address('n1').split(':')
  return { lab, lines, at: { host, port: Number(port) }, ...made }
}

function authority(t: ExecutionContext): Pick<Three, 'own' | 'node' | 'operator'> {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-door-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  initCa(dir, 'pbx', 3650, false, Date.now() - 500 * DAY_MS)
  const files = (name: string): Tls =>
    readTls({ ca: certOf(dir, 'ca'), cert: certOf(dir, name), key: keyOf(dir, name) })
  const made = (role: 'node' | 'operator', name: string, now: number): Tls => {
    const hosts = role === 'node' ? ['127.0.0.1'] : []
    give(dir, { name, role, hosts, days: 365, force: false }, now)
    return files(name)
  }
  const node = (name: string, now = Date.now()) => made('node', name, now)
  return { own: node('n0'), node, operator: (name) => made('operator', name, Date.now()) }
}

/** What n3 itself would say. */
const ours = (): Frame => ({ hello: hello({ id: 3, name: 'n3', incarnation: 'x', key: KEY }, 1, NEW) })

/** Many times over: the stranger is turned away each time, the log has one line, and the cluster is as it was. */
async function refused(t: ExecutionContext, cluster: Three, why: RegExp, knock: () => Promise<string>): Promise<void> {
  const before = cluster.lab.nodes.get('n1')!.status()
  const said = cluster.lines.length
  for (let i = 0; i < TRIES; i++) t.not(await knock(), 'let in')
  const lines = cluster.lines.slice(said).filter((line) => line.startsWith('refused'))
  t.is(lines.filter((line) => why.test(line)).length, 1, lines.join('\n'))
  t.is(lines.length, 1, lines.join('\n'))
  await goesOn(t, cluster, before)
}

let users = 0

async function goesOn(t: ExecutionContext, { lab }: Three, before = lab.nodes.get('n1')!.status()): Promise<void> {
  const n1 = lab.nodes.get('n1')!
  await agreed(n1, user(`user${users++}`))
  const { term, leader, connected } = n1.status()
  t.deepEqual({ term, leader, connected }, { term: before.term, leader: before.leader, connected: before.connected })
}

/** Opens a stream to n1 and says one frame on it. */
async function says({ at }: Three, tls: Tls | { ca: Buffer } | null, frame: Frame): Promise<string> {
  const credentials = tls
    ? ChannelCredentials.createSsl(tls.ca, 'key' in tls ? tls.key : null, 'cert' in tls ? tls.cert : null)
    : ChannelCredentials.createInsecure()
  const client = new Client(`${at.host}:${at.port}`, credentials, { 'grpc.use_local_subchannel_pool': 1 })
  const stream = client.Append()
  const outcome = new Promise<string>((resolve) => {
    stream.on('error', (error) => resolve(error.message))
    stream.on('data', () => resolve('let in'))
  })
  stream.write(frame)
  const heard = await outcome
  client.close()
  return heard
}

/** Connects to n1 without any protocol and waits until it is thrown out. */
async function throws({ at }: Three, bytes: Buffer): Promise<string> {
  const socket = connect(at.port, at.host)
  const closed = closing(socket)
  socket.write(bytes)
  return closed
}

/** What the other side sends until then is of no interest, nor how it ends. */
function closing(socket: Socket): Promise<string> {
  socket.on('error', () => {}).resume()
  return new Promise((resolve) => socket.once('close', () => resolve('closed')))
}
