import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { credentials, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import ava, { type ExecutionContext } from 'ava'
import { GROUP } from '../../cluster/group.ts'
import { hello, type Peer } from '../../cluster/hello.ts'
import { Peers, type PeersOptions } from '../../cluster/peers.ts'
import { message } from '../../cluster/raft/message.ts'
import { toWire } from '../../cluster/wire.ts'
import { loadProto } from '../../proto/load.ts'
import type { ProtoGrpcType } from '../../proto/types/cluster.ts'
import type { Frame, Frame__Output } from '../../proto/types/raftel/cluster/v1/Frame.ts'
import type { Hello__Output as Hello } from '../../proto/types/raftel/cluster/v1/Hello.ts'
import { freePort, QUIET } from './nodes.ts'

const test = ava.serial

const { Peers: Client } = (loadProto('cluster.proto') as unknown as ProtoGrpcType).raftel.cluster.v1

/** Says hello to node 1 as node 2 in one of its lives, and what it acknowledges then. */
async function life(address: string, key: Uint8Array, incarnation: string, more: Partial<Hello> = {}) {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  const stream = client.Append()
  const refused = new Promise<string>((resolve) => stream.on('error', (error) => resolve(error.message)))
  const answered = once(stream, 'data')
  const standing = { untouched: true, repairing: false, term: 0, acknowledged: 0 }
  stream.write({ hello: { ...hello({ id: 2, name: 'n2', incarnation, key }, 1, standing), ...more } })
  await answered.catch((error: Error) => {
    client.close()
    throw error
  })
  return {
    acknowledge: (index: number, { from = 2, to = 1, group = GROUP } = {}) =>
      stream.write({ group, messages: [toWire(message('app-resp', to, { from, term: 1, index }))], proposals: [] }),
    refused,
    close: () => client.close(),
  }
}

/** What a program of before says in its hello. */
const OLDER: Partial<Hello> = { newest: 0, address: '', directory: '', seal: '' }

/** Node 1, listening, and the indexes of what it heard; `hears` waits for the next. */
async function listening(
  t: ExecutionContext,
  more: Partial<PeersOptions> & { readonly key?: Buffer; readonly peer?: Peer } = {},
) {
  const { key = randomBytes(32), peer: _, ...rest } = more
  const address = `127.0.0.1:${await freePort()}`
  const absent: Peer = more.peer ?? { id: 2, name: 'n2', address: `127.0.0.1:${await freePort()}` }
  const founded = { is: false }
  const heard: number[] = []
  const waiting: (() => void)[] = []
  const peers = await Peers.start({
    self: { id: 1, name: 'n1', incarnation: 'a', key, isFounded: () => founded.is },
    peers: [absent],
    listen: address,
    tls: null,
    log: QUIET,
    random: () => 0.5,
    onMessages: (_, messages) => {
      for (const { index } of messages) heard.push(index)
      for (const resolve of waiting.splice(0)) resolve()
    },
    onProposals: () => {},
    onUnreachable: () => {},
    onSnapshotSent: () => {},
    untouched: () => true,
    standing: () => ({ repairing: false, term: 0, acknowledged: 0 }),
    onHello: () => {},
    onConnected: () => {},
    snapshot: () => null,
    receive: () => {
      throw new Error('no snapshot comes here')
    },
    ...rest,
  })
  t.teardown(() => peers.close())
  const hears = () => new Promise<void>((resolve) => waiting.push(resolve))
  const found = (): void => {
    founded.is = true
    peers.reach([absent])
  }
  return { key, address, heard, hears, peers, found }
}

/** Node 2, which runs an older program: what it was sent, and when it was hung up on. */
async function older(t: ExecutionContext) {
  const key = randomBytes(32)
  const said: Frame__Output[] = []
  const standing = { untouched: true, repairing: false, term: 0, acknowledged: 0 }
  const own = { ...hello({ id: 2, name: 'n2', incarnation: 'b', key }, 1, standing), ...OLDER }
  const events = new EventEmitter()
  const accept = (stream: ServerDuplexStream<Frame__Output, Frame>): void => {
    stream.on('error', () => {})
    stream.on('cancelled', () => events.emit('hung up'))
    stream.on('data', (frame: Frame__Output) => {
      if (frame.hello) stream.write({ hello: own })
      else said.push(frame)
      events.emit(frame.hello ? 'hello' : 'frame')
    })
  }
  const server = new Server()
  server.addService(Client.service, { Control: accept, Append: accept, Snapshot: () => {} })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )
  t.teardown(() => server.forceShutdown())
  return { key, said, events, peer: { id: 2, name: 'n2', address: `127.0.0.1:${port}` } }
}

test('a change of members is not sent to a node that runs an older program, all else is', async (t) => {
  const old = await older(t)
  const { peers } = await listening(t, old)
  while (!peers.connected.includes('n2')) await new Promise((resolve) => setImmediate(resolve))
  const append = (index: number, type: 'normal' | 'conf-change-v2') => {
    const entries = [{ index, term: 1, type, data: Buffer.from('x') }] as const
    peers.send(message('app', 2, { from: 1, term: 1, index: index - 1, entries: [...entries] }))
    peers.flush()
  }
  const frame = once(old.events, 'frame')
  append(1, 'conf-change-v2')
  append(2, 'normal')
  await frame
  t.deepEqual(
    old.said.flatMap(({ messages }) => messages.map(({ index }) => index)),
    [1],
  )
})

test('once there are founders, nodes that run an older program are hung up on, and hear why they are not let in', async (t) => {
  const old = await older(t)
  const { peers, found, heard, hears, address } = await listening(t, old)
  while (!peers.connected.includes('n2')) await new Promise((resolve) => setImmediate(resolve))
  const two = await life(address, old.key, 'b', OLDER)
  t.teardown(two.close)
  const early = hears()
  two.acknowledge(1)
  await early
  const hungUp = once(old.events, 'hung up', { signal: AbortSignal.timeout(10_000) })
  found()
  await hungUp
  t.deepEqual(peers.connected, [])
  const heardAfterAll = hears().then(() => 'it was heard')
  two.acknowledge(2)
  t.not(await Promise.race([two.refused, heardAfterAll]), 'it was heard')
  t.deepEqual(heard, [1])
  const again = await t.throwsAsync(life(address, old.key, 'c', OLDER))
  t.regex(again.message, /it speaks protocol 2, this node speaks 3: run the same version on all nodes/)
})

test('what an earlier life of a node said does not count after a later one said hello', async (t) => {
  const { key, address, heard, hears } = await listening(t)
  const first = await life(address, key, 'b')
  t.teardown(first.close)
  const early = hears()
  first.acknowledge(1)
  await early

  const second = await life(address, key, 'c')
  t.teardown(second.close)
  const heardAfterAll = hears().then(() => 'it was heard')
  first.acknowledge(2)
  t.regex(await Promise.race([first.refused, heardAfterAll]), /earlier life/)

  const late = hears()
  second.acknowledge(3)
  await late
  t.deepEqual(heard, [1, 3])
})

test('a peer speaks for itself, to us and in our group, or not at all', async (t) => {
  const { key, address, heard, hears } = await listening(t)
  const two = await life(address, key, 'b')
  t.teardown(two.close)
  const done = hears()
  two.acknowledge(1, { from: 3 })
  two.acknowledge(2, { to: 3 })
  two.acknowledge(2, { group: 2 })
  two.acknowledge(3)
  await done
  // One stream keeps its order: what was not heard by now is not heard.
  t.deepEqual(heard, [3])
})

test('who is no member any more is told so, though it says nothing that could be refused', async (t) => {
  let isMember = true
  const judge = () => (isMember ? null : 'node id 2 was removed')
  const { key, address, peers, heard, hears } = await listening(t, { judge })
  const two = await life(address, key, 'b')
  t.teardown(two.close)
  peers.reach([{ id: 2, name: 'n2', address: 'localhost:1' }])
  isMember = false
  peers.reach([])
  const heardAfterAll = hears().then(() => 'it was heard')
  // The refusal does not wait for that.
  two.acknowledge(1)
  t.regex(await Promise.race([two.refused, heardAfterAll]), /node id 2 was removed/)
  t.deepEqual(heard, [])
})

test('what a node thinks of a peer is not taken for what the peer thinks of it', async (t) => {
  const key = randomBytes(32)
  const [own, peer] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const refusals: string[] = []
  const told = Promise.withResolvers<string>()
  const thought = Promise.withResolvers<string>()
  await listening(t, {
    self: { id: 2, name: 'n2', incarnation: 'b', key },
    peers: [{ id: 1, name: 'n1', address: own }],
    listen: peer,
    onRefused: (_, why) => told.resolve(why),
  })
  await listening(t, {
    self: { id: 1, name: 'n1', incarnation: 'a', key },
    peers: [{ id: 2, name: 'n2', address: peer }],
    listen: own,
    judge: () => 'n2 is not what it was',
    log: { ...QUIET, warn: (_, said) => said.includes('cannot reach n2') && thought.resolve(said) },
    onRefused: (_, why) => refusals.push(why),
  })
  t.regex(await told.promise, /n2 is not what it was/)
  t.regex(await thought.promise, /n2 is not what it was/)
  t.deepEqual(refusals, [])
})
