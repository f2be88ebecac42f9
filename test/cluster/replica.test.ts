import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import ava from 'ava'
import type { Cluster } from '../../cluster/cluster.ts'
import type { ClusterOptions } from '../../cluster/replica.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import { needing } from '../peers.ts'
import { agreed, applied, type Lab, leaderOf, newLab, register, until, user } from './nodes.ts'

// One cluster at a time: an election needs the processor too.
const test = ava.serial

const NAMES = ['n1', 'n2', 'n3']

/** A certificate for 127.0.0.1 that is its own authority. */
function certificate(): { ca: Buffer; cert: Buffer; key: Buffer } {
  const names = ['-subj', '/CN=pbx.test', '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-']
  const pem = execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...names], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { ca: pem, cert: pem, key: pem }
}

async function threeNodes(common: Partial<ClusterOptions> = {}): Promise<Lab> {
  const lab = await newLab(3, common)
  try {
    await Promise.all(NAMES.map((name) => lab.start(name)))
    return lab
  } catch (error) {
    await lab.end()
    throw error
  }
}

/** A command of some size: a table of LevelDB is full after a few. */
function big(i: number): Command {
  const plan = { domains: [], users: [], rules: [], emergency: null }
  return { type: 'plan-commit', expect: null, text: `${i}`.repeat(200_000), plan, author: 'alice', at: 1 }
}

async function followerOf(lab: Lab): Promise<Cluster> {
  const leader = await leaderOf(lab.nodes.values())
  return [...lab.nodes.values()].find((node) => node !== leader)!
}

test('what is proposed at a follower is on every node, with one hash', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const follower = await followerOf(lab)
  await agreed(follower, user('alice'))
  const { index, result } = await agreed(follower, register('alice', 1))
  t.is(result.kind, 'bound')
  t.is(follower.tables.registrations.get('alice@pbx.test')?.bindings.length, 1, 'it is applied here before the answer')
  const states = await applied(lab.nodes.values(), index)
  t.is(new Set(states.map((state) => state.hash)).size, 1)
  t.truthy(follower.tables.cluster?.nonceKey, 'the first leader made the key for nonces')
  t.true(follower.now() > 0)
})

test('the leader goes away and nothing that was answered is lost', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const leader = await leaderOf(lab.nodes.values())
  const other = await followerOf(lab)
  await agreed(other, user('alice'))
  const storm = Array.from({ length: 50 }, (_, i) => agreed(other, user(`u${i}`)))
  await lab.stop(leader.node)
  await Promise.all(storm)
  await agreed(other, register('alice', 1))
  t.is(other.tables.users.size, 51)

  const back = await lab.start(leader.node)
  const { index } = await agreed(back, register('alice', 2))
  t.is(back.tables.users.size, 51)
  const states = await applied(lab.nodes.values(), index)
  t.is(new Set(states.map((state) => state.hash)).size, 1)
})

test('a node that was away for long comes back through a snapshot, and its watchers see the rows that changed', async (t) => {
  const lab = await threeNodes({ snapshotEvery: 40, keepEntries: 5 })
  t.teardown(lab.end)
  const follower = await followerOf(lab)
  await agreed(follower, user('gone'))
  await lab.stop(follower.node)
  const [node] = lab.nodes.values()
  for (let i = 0; i < 6; i++) await Promise.all(Array.from({ length: 20 }, (_, k) => agreed(node!, user(`u${i}-${k}`))))
  const { index } = await agreed(node!, { type: 'user-remove', aor: 'gone@pbx.test' })

  const back = await lab.start(follower.node)
  const seen = new Set<string>()
  back.watch((changes) => {
    for (const change of changes) seen.add(`${change.table} ${change.key} ${change.row !== null}`)
  })
  await applied([back], index)
  t.is(back.tables.users.size, 120)
  t.true(seen.has('users gone@pbx.test false'))
  t.true(seen.has('users u5-19@pbx.test true'))
  // Entries go on: the members become founders when all are there.
  const [one, other] = await applied([back, node!], index)
  t.is(one!.hash, other!.hash)

  const again = await agreed(back, user('after'))
  await lab.stop(back.node)
  const third = await lab.start(back.node)
  await applied([third], again.index)
  t.is(third.tables.users.size, 121, 'and again from its own snapshot and log')
  const states = await applied(lab.nodes.values(), again.index)
  t.is(new Set(states.map((state) => state.hash)).size, 1)
})

test('a node whose log was moved away is rebuilt from its peers, and votes only when it has everything', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const leader = await leaderOf(lab.nodes.values())
  const [wiped, other] = [...lab.nodes.values()].filter((node) => node !== leader)
  await lab.stop(other!.node)
  // Agreed by the leader and the node that is about to forget.
  const { index } = await agreed(leader, user('alice'))
  await lab.stop(wiped!.node)
  await loseLog(lab, wiped!.node)
  await lab.stop(leader.node)

  const late = await lab.start(other!.node)
  const empty = await lab.start(wiped!.node)
  t.deepEqual(await late.propose(user('bob'), 1500), { kind: 'no quorum' }, 'these two alone know too little')
  t.is(empty.status().term, 0)

  const back = await lab.start(leader.node)
  const after = await agreed(empty, user('carol'))
  t.true(after.index > index)
  for (const node of [late, empty, back]) await applied([node], after.index)
  t.true(empty.tables.users.has('alice@pbx.test'))
  await lab.stop(late.node)
  await agreed(empty, user('dave'))
})

test('two of three begin a new cluster, and the one that comes late votes when it has what they agreed', async (t) => {
  const lab = await newLab(3)
  t.teardown(lab.end)
  const [first, second] = await Promise.all([lab.start('n1'), lab.start('n2')])
  const { index } = await agreed(first, user('alice'))
  const late = await lab.start('n3')
  await applied([late], index)
  await agreed(late, user('bob'))
  await lab.stop(second.node)
  await agreed(late, user('carol'))
  t.is(late.tables.users.size, 3)
})

test('a leader sends everything again to a node that lost its log under it', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const leader = await leaderOf(lab.nodes.values())
  const wiped = await followerOf(lab)
  await agreed(wiped, user('alice'))
  await lab.stop(wiped.node)
  await loseLog(lab, wiped.node)
  const empty = await lab.start(wiped.node)
  const { index } = await agreed(leader, user('bob'))
  await applied([empty], index)
  t.true(empty.tables.users.has('alice@pbx.test'))
  t.is(leader.status().role, 'leader')
})

test('without a majority a proposal ends with no quorum, a read too, and the node says so', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const leader = await leaderOf(lab.nodes.values())
  await agreed(leader, user('alice'))
  for (const name of NAMES) if (name !== leader.node) await lab.stop(name)
  t.deepEqual(await leader.propose(user('bob'), 300), { kind: 'no quorum' })
  t.is(await leader.catchUp(300), 'no quorum')
  await until(leader, 'it knows', () => !leader.status().quorum)
  t.true(leader.tables.users.has('alice@pbx.test'), 'what it knew it still knows')
})

test('a command that is sent again and again is applied once and answered with its first result', async (t) => {
  // Ticks so short that every proposal is sent again long before its answer.
  const lab = await threeNodes({ tickMs: 5 })
  t.teardown(lab.end)
  const follower = await followerOf(lab)
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => agreed(follower, user(`u${i}`))))
  t.true(
    answers.every(({ result }) => result.kind === 'done'),
    'nobody was told that the user exists already',
  )
})

test('after catching up a read sees what another node was answered', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const leader = await leaderOf(lab.nodes.values())
  const follower = await followerOf(lab)
  for (let i = 0; i < 20; i++) {
    await agreed(leader, user(`u${i}`))
    t.is(await follower.catchUp(), 'caught up')
    t.true(follower.tables.users.has(`u${i}@pbx.test`))
  }
})

test('bindings go when they expire, by the time that the leader stamps', async (t) => {
  const lab = await threeNodes()
  t.teardown(lab.end)
  const follower = await followerOf(lab)
  await agreed(follower, user('alice'))
  await agreed(follower, register('alice', 1, { changes: [{ contact: 'sip:alice@192.0.2.1', q: 1, expires: 1 }] }))
  await until(follower, 'the binding is gone', () => follower.tables.bindings === 0)
  t.false(follower.tables.registrations.has('alice@pbx.test'))
})

test('a node that is not heard for long is said to be down, and its calls end', async (t) => {
  const lab = await threeNodes({ nodeDownMs: 400 })
  t.teardown(lab.end)
  const lost = await followerOf(lab)
  const up: Command = {
    type: 'node-up',
    node: { id: lost.node, incarnation: lost.incarnation, sip: '', control: '', media: 'direct', startedAt: 1 },
  }
  await agreed(lost, up)
  const call = {
    id: 'c1',
    state: 'ringing',
    from: 'a',
    to: 'b',
    node: lost.node,
    incarnation: lost.incarnation,
  } as const
  const rest = {
    startedAt: 1,
    answeredAt: null,
    media: 'direct',
    planVersion: 1,
    rule: '',
    target: '',
    legs: [],
  } as const
  const [other] = [...lab.nodes.values()].filter((node) => node !== lost)
  // On a busy machine a node may be silent for that long while it lives: that the call was there is told by the change.
  let calls = 0
  other!.watch((changes) => {
    for (const change of changes) if (change.table === 'calls' && change.row) calls++
  })
  const { index } = await agreed(lost, { type: 'call-put', call: { ...call, ...rest } })
  await applied([other!], index)
  t.is(calls, 1)
  await lab.stop(lost.node)
  await until(other!, 'its calls are over', () => other!.tables.calls.size === 0 && other!.tables.nodes.size === 0)
  t.pass()
})

test('a node with another cluster key is refused, and the log says why', async (t) => {
  const said: string[] = []
  const hear = (_: object, message: string) => said.push(message)
  const lab = await threeNodes({ log: { debug() {}, info() {}, warn: hear, error() {} } })
  t.teardown(lab.end)
  await leaderOf(lab.nodes.values())
  await lab.stop('n3')
  const [n1] = lab.nodes.values()
  const heard = new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (!said.some((line) => line.includes('give all nodes the same key file'))) return
      clearInterval(look)
      resolve()
    }, 20)
  })
  await lab.start('n3', { key: Buffer.alloc(32, 1), dataDir: lab.dir('stranger') })
  await heard
  t.false(n1!.status().connected.includes('n3'))
})

test('a port that is taken is told, and nothing is left open', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const lab = await newLab(1)
  t.teardown(lab.end)
  const { port } = taken.address() as { port: number }
  await t.throwsAsync(lab.start('n1', { listen: `127.0.0.1:${port}` }), {
    message: /cannot listen on .* for the other nodes/,
  })
  await new Promise((resolve) => taken.close(resolve))
  await lab.start('n1')
})

needing(ava, 'openssl').serial(
  'with mutual TLS nodes agree, and one whose certificate another authority signed stays out',
  async (t) => {
    const tls = certificate()
    const lab = await threeNodes({ tls })
    t.teardown(lab.end)
    const follower = await followerOf(lab)
    await agreed(follower, user('alice'))
    await lab.stop('n3')
    const stranger = await lab.start('n3', { tls: certificate() })
    t.deepEqual(await stranger.propose(user('bob'), 500), { kind: 'no quorum' })
    t.deepEqual(stranger.status().connected, [])
  },
)

test('a node whose disk fails says so once, answers what waits, and can be closed', async (t) => {
  const failed: Error[] = []
  const lab = await newLab(1, { snapshotEvery: 20, onFatal: (error) => failed.push(error) })
  t.teardown(lab.end)
  const node = await lab.start('n1')
  await agreed(node, user('alice'))
  await rm(path.join(lab.dir('n1'), 'log'), { recursive: true })
  // LevelDB goes on with the files it has open, until it has to make a new one.
  let last = ''
  for (let i = 0; i < 64 && last !== 'no quorum'; i++) last = (await node.propose(big(i), 10_000)).kind
  t.is(last, 'no quorum')
  t.is(failed.length, 1)
  t.regex(failed[0]!.message, /cannot write to .* nothing acknowledged is lost/)
})

test('a cluster of one agrees with itself', async (t) => {
  const lab = await newLab(1)
  t.teardown(lab.end)
  const node = await lab.start('n1')
  await agreed(node, user('alice'))
  t.is(await node.catchUp(), 'caught up')
  await lab.stop('n1')
  const again = await lab.start('n1')
  await until(again, 'alice is back', () => again.tables.users.has('alice@pbx.test'))
  t.true(again.incarnation > node.incarnation)
})

test('a second process on the same directory is told so', async (t) => {
  const lab = await newLab(1)
  t.teardown(lab.end)
  await lab.start('n1')
  await t.throwsAsync(lab.start('n1'), { message: /in use by another process/ })
})

/** The file that says whose directory it is stays. */
async function loseLog(lab: Lab, name: string): Promise<void> {
  for (const part of ['log', 'frontier']) await rm(path.join(lab.dir(name), part), { recursive: true })
}
