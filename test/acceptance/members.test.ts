/** A cluster that begins with one node and changes: nodes come, go, are replaced and move, while it works. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { type MemberFile, parseChecked } from '../../cluster/log/member.ts'
import type { Joining } from '../../node/enrolment.ts'
import { type GrownNode, votersOf, withGrown } from './grown.ts'
import { RAFTEL, type Ran, raftel, until, withLab } from './lab.ts'

test.serial('one node becomes three under load, loses its first, and lets its leader go', async (t) => {
  await withGrown(t, async (cluster) => {
    const join = async (node: GrownNode, to: readonly GrownNode[], ...more: string[]): Promise<Ran> =>
      await cluster.cluster(['join', '--config', node.config, '--endpoints', endpointsOf(to), ...more])
    const n1 = await cluster.node('n1')
    n1.start()
    t.is(await n1.ended(), 1)
    t.regex(n1.log(), /of no cluster yet: raftel cluster init .*, or raftel cluster join --endpoints HOST:PORT/)
    t.false(existsSync(n1.data), 'nothing was made')
    const made = await cluster.cluster(['init', '--config', n1.config])
    t.is(made.code, 0, made.stderr)
    const again = await cluster.cluster(['init', '--config', n1.config])
    t.is(again.code, 0, again.stderr)
    t.is(again.stdout, made.stdout)
    t.regex(again.stderr, /this was done before/)
    n1.start()
    await cluster.until(n1, 'it leads', ({ leader, nodes }) => leader === 'n1' && nodes[0]?.member === 'voter')
    const late = await cluster.cluster(['init', '--config', n1.config])
    t.is(late.code, 5, late.stderr)

    const load = proposals([n1])
    const [n2, n3] = [await cluster.node('n2'), await cluster.node('n3')]
    for (const node of [n2, n3]) {
      const joined = await join(node, [n1])
      t.is(joined.code, 0, joined.stderr)
      t.regex(joined.stderr, /is a member now; start it/)
      node.start()
      await cluster.until(n1, `${node.name} votes`, (status) => votersOf(status).includes(node.name))
    }
    // What the leader knows n3 hears a moment later.
    const all = await cluster.until(
      n3,
      'all are there, and vote',
      (status) => status.nodes.every(({ reachable }) => reachable) && votersOf(status).length === 3,
    )
    t.like(all, {
      nodes: [
        { id: 'n1', memberId: 1 },
        { id: 'n2', memberId: 2 },
        { id: 'n3', memberId: 3 },
      ],
    })
    const first = await load.end()
    t.true(first.done.length > 10, `only ${first.done.length} were agreed on`)
    t.deepEqual(first.errors, [])

    await n1.kill()
    await cluster.until(n2, 'another leads', ({ leader, quorum }) => quorum && ['n2', 'n3'].includes(leader))
    const second = proposals([n2, n3])
    n1.start()
    await cluster.until(n2, 'n1 is back', ({ nodes }) => nodes.every(({ reachable, lag }) => reachable && lag === 0))

    // The one that leads goes, asked of another: it hands over first, and ends by itself.
    const { leader } = await cluster.status(n2)
    const going = [n1, n2, n3].find(({ name }) => name === leader)!
    const rest = [n1, n2, n3].filter((node) => node !== going)
    const removed = await cluster.cluster(['remove', going.name, '--endpoints', endpointsOf(rest), '-o', 'json'])
    t.is(removed.code, 0, removed.stderr)
    t.regex(removed.stderr, new RegExp(`${going.name} leads: another node is asked to lead first`))
    t.deepEqual(
      (JSON.parse(removed.stdout) as { name: string }[]).map(({ name }) => name),
      rest.map(({ name }) => name),
    )
    t.is(await going.ended(), 1)
    t.regex(going.log(), /raftel: .*this node was removed from the cluster/)
    const unknown = await cluster.cluster(['remove', going.name, '--endpoints', endpointsOf(rest)])
    t.is(unknown.code, 3, unknown.stderr)
    const last = await second.end()
    t.true(last.done.length > 0)

    const [a] = rest
    await cluster.until(a!, 'the two are alone', ({ nodes }) => nodes.length === 2 && nodes.every((n) => n.reachable))
    const users = await raftel(['user', 'ls', '-o', 'json', '--linearizable', '--endpoints', endpointsOf(rest)])
    const there = new Set((JSON.parse(users.stdout) as { aor: string }[]).map(({ aor }) => aor))
    t.deepEqual(
      [...first.done, ...last.done].filter((aor) => !there.has(aor)),
      [],
    )
    const equal = await cluster.cluster(['verify', '--endpoints', endpointsOf(rest)])
    t.is(equal.code, 0, equal.stdout + equal.stderr)
  })
})

test.serial(
  'a join that is killed at any step is said again and is one member; a learner waits to be promoted',
  async (t) => {
    await withGrown(t, async (cluster) => {
      const n1 = await cluster.node('n1')
      t.is((await cluster.cluster(['init', '--config', n1.config])).code, 0)
      n1.start()
      await cluster.until(n1, 'it leads', ({ leader }) => leader === 'n1')
      const n2 = await cluster.node('n2')
      const args = ['cluster', 'join', '--config', n2.config, '--learner', '--endpoints', n1.control]
      t.is((await raftel(args.slice(0, -2))).code, 2, 'which cluster must be said')

      // The node hangs, so the join stands between its steps until it is killed.
      n1.process.kill('SIGSTOP')
      const killed = spawn(RAFTEL, [...args, '--timeout', '60'], { stdio: 'ignore' })
      const file = path.join(n2.data, 'joining')
      await until('the join has begun', async () => existsSync(file), Boolean)
      killed.kill('SIGKILL')
      n1.process.kill('SIGCONT')
      const joining = readFileSync(file, 'utf8')
      const asked = parseChecked<Joining>(joining)
      t.like(asked, { node: 'n2' })

      const said = await raftel(args)
      t.is(said.code, 0, said.stderr)
      const member = path.join(n2.data, 'member')
      const own = parseChecked<MemberFile>(readFileSync(member, 'utf8'))
      t.like(own, { id: 2, node: 'n2', founders: [1], directory: asked?.directory })
      t.false(existsSync(file))
      // The answer did not arrive: the cluster knows it already.
      rmSync(member)
      writeFileSync(file, joining)
      t.is((await raftel(args)).code, 0)
      t.deepEqual(parseChecked<MemberFile>(readFileSync(member, 'utf8')), own)
      // Only `joining` was not removed yet.
      writeFileSync(file, joining)
      const again = await raftel(args)
      t.is(again.code, 0, again.stderr)
      t.regex(again.stderr, /that of a member already/)
      t.false(existsSync(file))
      const status = await cluster.status(n1)
      t.deepEqual(
        status.nodes.map(({ id, memberId, member }) => [id, memberId, member]),
        [
          ['n1', 1, 'voter'],
          ['n2', 2, 'learner'],
        ],
      )
      const table = await cluster.cluster(['status', '--endpoints', n1.control])
      t.regex(table.stdout, /NODE +ID +MEMBER +ROLE/)
      t.regex(table.stdout, /n2 +2 +learner +unknown +NO/)

      const promote = ['promote', 'n2', '--endpoints', n1.control]
      const early = await cluster.cluster([...promote, '--timeout', '2'])
      t.is(early.code, 7, early.stderr)
      t.regex(early.stderr, /n2 cannot be reached: start it/)
      n2.start()
      const promoted = await cluster.cluster([...promote, '-o', 'json', '--timeout', '30'])
      t.is(promoted.code, 0, promoted.stderr)
      t.like((JSON.parse(promoted.stdout) as object[])[1], { id: 2, name: 'n2', standing: 'voter' })

      // A member may listen elsewhere, and the others follow.
      const rest = await cluster.node('n3')
      const joined = ['join', '--config', rest.config, '--endpoints', `${n2.control},${n1.control}`]
      t.is((await cluster.cluster(joined)).code, 0)
      rest.start()
      await cluster.until(n1, 'three vote', (now) => votersOf(now).length === 3)
      await n2.kill()
      const address = await n2.move()
      n2.start()
      await cluster.until(n2, 'it is back', ({ nodes }) => nodes.every(({ reachable, lag }) => reachable && lag === 0))
      await until(
        'it stands where it is asked for',
        async () => {
          const { stdout } = await cluster.cluster(['promote', 'n2', '--endpoints', n1.control, '-o', 'json'])
          return (JSON.parse(stdout) as { name: string; address: string }[]).some((one) => one.address === address)
        },
        Boolean,
      )
      await n1.kill()
      await cluster.until(rest, 'n2 is dialled where it is now', ({ quorum, leader }) => quorum && leader !== 'n1')
    })
  },
)

test.serial(
  'a wiped directory does not come back under its old identity, but is replaced by a new member',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      await lab.addUser('alice@pbx.test', 'secret')
      const config = path.join(lab.dir, 'nodes', 'n3.yaml')
      const data = path.join(lab.dir, 'data', 'n3')
      await lab.founded()
      await lab.kill('n3')
      rmSync(data, { recursive: true })
      const refused = await lab.raftel(['lab', 'start', 'n3'])
      t.is(refused.code, 1, refused.stderr)
      t.regex(refused.stderr, /raftel cluster join --replace/)
      rmSync(data, { recursive: true, force: true })
      const taken = await lab.raftel(['cluster', 'join', '--config', config])
      t.is(taken.code, 5, taken.stderr)
      t.regex(taken.stderr, /n3 is a member already, with another data directory: .*--replace/)
      const joined = await lab.raftel(['cluster', 'join', '--config', config, '--replace', '-o', 'json'])
      t.is(joined.code, 0, joined.stderr)
      t.like(JSON.parse(joined.stdout), { node: 'n3', id: 4, members: 'n1,n2,n3' })
      await lab.start('n3')
      const status = await lab.until('n3 votes again', lab.status, ({ nodes }) =>
        nodes.every(({ member }) => member === 'voter'),
      )
      t.deepEqual(
        status.nodes.map(({ id }) => id),
        ['n1', 'n2', 'n3'],
      )
      const equal = await lab.until(
        'all are equal',
        () => lab.raftel(['cluster', 'verify']),
        ({ code }) => code === 0,
      )
      t.regex(equal.stdout, /n3 +equal/)
      const foreign = await lab.raftel(['cluster', 'init', '--config', config])
      t.is(foreign.code, 2, foreign.stderr)

      // Its configuration has the id of a founder still: without its file it is who its log says it is.
      await lab.kill('n3')
      truncateSync(path.join(data, 'member'), 10)
      const saved = path.join(lab.dir, 'recovered')
      const recovered = await lab.raftel(['cluster', 'recover', saved, '--config', config, '--i-understand'])
      t.is(recovered.code, 0, recovered.stderr)
      await lab.start('n3')
      const again = await lab.until('n3 votes once more', lab.status, ({ nodes }) =>
        nodes.every(({ member, reachable }) => member === 'voter' && reachable),
      )
      t.is(again.nodes.find(({ id }) => id === 'n3')?.memberId, 4)
      await lab.addUser('bob@pbx.test', 'secret')
      const whole = await lab.until(
        'all are equal again',
        () => lab.raftel(['cluster', 'verify']),
        ({ code }) => code === 0,
      )
      t.regex(whole.stdout, /n3 +equal/)
    })
  },
)

function endpointsOf(nodes: readonly GrownNode[]): string {
  return nodes.map(({ control }) => control).join(',')
}

/** Users are added one after another until it is ended; those that were agreed on, and what went wrong. */
function proposals(at: readonly GrownNode[]): { end(): Promise<{ done: string[]; errors: string[] }> } {
  const done: string[] = []
  const errors: string[] = []
  let isOver = false
  const work = async (node: GrownNode, worker: number): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const aor = `u${node.name}-${worker}-${i}-${Date.now()}@pbx.test`
      // A test that has failed closes the client, which throws from then on.
      await new Promise<void>((resolve) => {
        node.client.addUser({ aor, password: 'x' }, { deadline: Date.now() + 10_000 }, (error) => {
          if (error) errors.push(error.message)
          else done.push(aor)
          resolve()
        })
      }).catch((error: Error) => {
        errors.push(error.message)
        isOver = true
      })
    }
  }
  const all = at.flatMap((node) => [0, 1, 2].map((worker) => work(node, worker)))
  return {
    async end() {
      isOver = true
      await Promise.all(all)
      return { done, errors }
    },
  }
}
