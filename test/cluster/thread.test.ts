/**
 * The thread of the consensus half. What a stuck main thread costs a node: not the leadership, until it is stuck for as long as a
 * silent node may be.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { ELECTION_TICKS } from '../../cluster/options.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import type { Order, Seen, Start } from './node-process.ts'
import { agreed, freePort, newLab, user } from './nodes.ts'

const TICK_MS = 50
/** An election begins after up to this, ms, without a leader. */
const ELECTION_MS = 2 * ELECTION_TICKS * TICK_MS

interface NodeProcess {
  readonly name: string
  look(): Promise<Seen>
  propose(command: Command): Promise<Seen>
  /** Its main thread stands still from now on, until what this resolves to is called. */
  block(): Promise<() => void>
}

/** Three replicas, each a process. */
async function threeProcesses(t: ExecutionContext, common: Partial<Start> = {}): Promise<NodeProcess[]> {
  t.timeout(100_000)
  const root = await mkdtemp(path.join(tmpdir(), 'raftel-stuck-'))
  const key = randomBytes(32).toString('hex')
  const nodes: { name: string; id: number; address: string }[] = []
  for (const id of [1, 2, 3]) nodes.push({ name: `n${id}`, id, address: `127.0.0.1:${await freePort()}` })
  return Promise.all(
    nodes.map(({ name, id, address }) => {
      const own = { node: name, id, nodes, listen: address, dataDir: path.join(root, name) }
      return startProcess(t, root, { ...own, key, tickMs: TICK_MS, threads: 2, ...common })
    }),
  )
}

async function startProcess(t: ExecutionContext, root: string, start: Start): Promise<NodeProcess> {
  const file = path.join(import.meta.dirname, 'node-process.ts')
  const child = fork(file, [JSON.stringify(start)], { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.stdin!.end()
    if (child.connected) child.send({ kind: 'end' } satisfies Order)
    const [code] = await exited
    await rm(path.join(root, start.node), { recursive: true, force: true })
    if (code !== 0) throw new Error(`${start.node} ended with ${code}`)
  })
  const answer = async (): Promise<Seen> => {
    const ended = exited.then(([code]) => Promise.reject(new Error(`${start.node} ended with ${code}`)))
    const [seen] = await Promise.race([once(child, 'message'), ended])
    return seen as Seen
  }
  const ask = (order: Order): Promise<Seen> => {
    const answered = answer()
    child.send(order)
    return answered
  }
  await answer()
  return {
    name: start.node,
    look: () => ask({ kind: 'look' }),
    propose: (command) => ask({ kind: 'propose', command }),
    async block() {
      await ask({ kind: 'block' })
      return () => void child.stdin!.write('.')
    },
  }
}

/** Asks until it is so; the test's own timeout is the bound. */
async function until(node: NodeProcess, holds: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const seen = await node.look()
    if (holds(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
}

/** The one that all of them follow, and one of the others. */
async function leaderAndOther(nodes: readonly NodeProcess[]): Promise<[NodeProcess, NodeProcess]> {
  const { status } = await until(nodes[0]!, (seen) => seen.status.leader !== null)
  const leader = nodes.find(({ name }) => name === status.leader)!
  await until(leader, (seen) => seen.status.role === 'leader')
  return [leader, nodes.find((node) => node !== leader)!]
}

/** Blocks the leader while the other nodes agree on users, for two of the longest election timeouts by the leader's stamps. */
async function stuckForTwoElections(t: ExecutionContext, common: Partial<Start>) {
  const nodes = await threeProcesses(t, common)
  const [leader, other] = await leaderAndOther(nodes)
  const before = await other.propose(user('before'))
  const release = await leader.block()
  let now = before
  for (let i = 0; now.time - before.time <= 2 * ELECTION_MS; i++) now = await other.propose(user(`u${i}`))
  t.true(now.users > before.users)
  return { leader, other, before, now, release }
}

test.serial('a leader whose main thread is stuck for two election timeouts leads on, and catches up', async (t) => {
  const { leader, other, before, now, release } = await stuckForTwoElections(t, {})
  t.is(now.status.leader, leader.name)
  t.is(now.status.term, before.status.term, 'nobody stood for election')

  release()
  const after = await until(leader, (seen) => seen.status.applied >= now.status.applied)
  t.is(after.status.role, 'leader')
  t.is(after.status.term, before.status.term)
  t.is(after.users, now.users)
  const same = await until(other, (seen) => seen.status.applied >= after.status.applied)
  t.is(same.status.hash, after.status.hash)
})

test.serial('the same with both halves in one thread costs it the leadership', async (t) => {
  const { before, now } = await stuckForTwoElections(t, { threads: 1 })
  t.true(now.status.term > before.status.term)
})

test.serial(
  'a node that is stuck for as long as a silent one may be hands over, is said to be down, and comes back',
  async (t) => {
    const nodes = await threeProcesses(t, { nodeDownMs: 1500 })
    const [leader, other] = await leaderAndOther(nodes)
    const { incarnation, status } = await leader.look()
    const row = { id: leader.name, incarnation, sip: '', control: '', media: 'direct', startedAt: 1 } as const
    await leader.propose({ type: 'node-up', node: row })
    await until(other, ({ up }) => up.includes(leader.name))

    const release = await leader.block()
    const handed = await until(other, (seen) => seen.status.leader !== null && seen.status.leader !== leader.name)
    t.is(handed.status.term, status.term + 1, 'it was handed over: one term on')
    await until(other, ({ up }) => !up.includes(leader.name))

    release()
    const back = await leader.propose({ type: 'node-up', node: row })
    t.deepEqual(back.up, [leader.name])
    await leader.propose(user('alice'))
  },
)

test.serial('a thread that ends by itself is the end of the node, which says so once and can be closed', async (t) => {
  const failed: Error[] = []
  const lab = await newLab(1, { onFatal: (error) => failed.push(error) })
  t.teardown(lab.end)
  const [[thread], node] = await Promise.all([once(process, 'worker') as Promise<[Worker]>, lab.start('n1')])
  await agreed(node, user('alice'))
  const waiting = node.propose(user('bob'))
  await thread.terminate()
  t.deepEqual(await waiting, { kind: 'no quorum' })
  t.deepEqual(await node.propose(user('carol')), { kind: 'no quorum' })
  t.is(failed.length, 1)
  t.regex(failed[0]!.message, /consensus thread of this node ended by itself .*: start the node again/)
  t.true(node.tables.users.has('alice@pbx.test'))
})
