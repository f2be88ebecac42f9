/** Members come and go while clients work, by the commands of an operator; and some process dies in the middle. */
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../node.ts'
import { between } from '../random.ts'
import { until } from '../until.ts'
import { always, type Fault, type Scene } from './fault.ts'

const FOUND_MS = 120_000
const CHANGE_MS = 120_000
const VOTE_MS = 120_000
const GONE_MS = 60_000
/** An operator's patience with one command, in seconds; then it is said again. */
const PATIENCE_S = '10'

/** One that was no member joins and gets its vote, and then another is removed, the leader half of the time. */
export const members: Fault = {
  kind: 'members',
  sort: 'operator',
  harmsDisks: true,
  absent: always,
  async begin(scene) {
    const { cluster, random } = scene
    await until('there are founders', () => cluster.isFounded(), FOUND_MS)
    const joiner = random.pick(cluster.all.filter((node) => !cluster.nodes.includes(node)))
    const said = await join(scene, joiner, false)
    return { said, end: () => remove(scene, joiner) }
  },
}

/** `raftel cluster join` and a start, until it votes; `replace`: in the place of the member of its name, whose disk is lost. */
export async function join(scene: Scene, node: NodeProcess, replace: boolean): Promise<string> {
  const { cluster, random, say } = scene
  node.busy = true
  rmSync(node.files.data, { recursive: true, force: true })
  const trouble = random.pick(['none', 'the leader', 'the joining node', 'the command'] as const)
  const dies = trouble === 'the leader' ? killed(scene, await cluster.leader()) : Promise.resolve(false)
  const args = ['join', '--config', node.files.config, ...(replace ? ['--replace'] : []), '--timeout', PATIENCE_S]
  if (trouble === 'the command') await cluster.raftel(args, Math.round(between(random, 100, 800)))
  await command(scene, `${node.name} joins`, args)
  await dies
  say(`${node.name} is a member, and starts`)
  if (!cluster.nodes.includes(node)) cluster.nodes.push(node)
  node.program = cluster.program
  await node.start()
  if (trouble === 'the joining node') {
    await pause(between(random, 100, 1500))
    await node.end()
    await node.start()
  }
  await until(
    `${node.name} votes`,
    async () => {
      if (!node.runs) throw new Error(`it ended: ${node.lastWords()}`)
      const all = await cluster.members()
      if (all.includes(`${node.name} voter`)) return true
      throw new Error(all.join(', '))
    },
    VOTE_MS,
  )
  node.busy = false
  return `${node.name} joined${replace ? ' in the place of what it was' : ''}${died(trouble)}`
}

/** `raftel cluster remove`; whoever is removed hears of it, also when it was dead at that time. */
async function remove(scene: Scene, joiner: NodeProcess): Promise<void> {
  const { cluster, random, found, say } = scene
  const leader = random.chance(0.5) ? await cluster.leader() : null
  const gone = leader ?? random.pick(cluster.nodes.filter((node) => node !== joiner))
  await cluster.hold(gone)
  const trouble = random.pick(['none', 'the leader', 'the removed node', 'the removed node before'] as const)
  if (trouble === 'the removed node before') await gone.end()
  gone.expect('removed')
  const first = await cluster.leader()
  const dies =
    trouble === 'the leader'
      ? killed(scene, first)
      : trouble === 'the removed node'
        ? again(scene, gone).then(() => gone.expect('removed'))
        : null
  await command(scene, `${gone.name} is removed`, ['remove', gone.name, '--timeout', PATIENCE_S], async () => {
    // The one that did it may have died before it said so.
    return !(await cluster.members()).some((one) => one.startsWith(`${gone.name} `))
  })
  await dies
  cluster.nodes.splice(cluster.nodes.indexOf(gone), 1)
  if (trouble === 'the removed node before') {
    await gone.start()
    gone.expect('removed')
  }
  const good = await gone.gone(GONE_MS)
  const said = `${gone.name}${first === gone ? ', which led' : ''}${died(trouble)}`
  found({ what: 'a node that was removed hears of it and ends', good, said })
  say(`${said} is no member any more`)
  await gone.end()
  rmSync(gone.files.data, { recursive: true, force: true })
  gone.busy = false
}

/** Says a command again and again until it is done. */
async function command(
  { cluster }: Scene,
  what: string,
  args: readonly string[],
  isDone: () => Promise<boolean> = async () => false,
): Promise<void> {
  await until(
    what,
    async () => {
      const { code, said } = await cluster.raftel(args)
      if (code === 0 || (await isDone())) return true
      throw new Error(said)
    },
    CHANGE_MS,
  )
}

/** kill -9 of that node in a moment, if nobody else has it, and a start. */
async function killed(scene: Scene, node: NodeProcess | null): Promise<void> {
  if (node === null || node.busy) return
  node.busy = true
  await again(scene, node)
  node.busy = false
}

async function again({ random }: Scene, node: NodeProcess): Promise<void> {
  await pause(between(random, 50, 900))
  await node.end()
  await pause(between(random, 100, 1500))
  await node.start()
}

function died(whom: string): string {
  return whom === 'none' ? '' : `; kill -9 of ${whom} ${whom.endsWith('before') ? '' : 'in the middle'}`.trimEnd()
}
