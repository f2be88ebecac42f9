/** The program is upgraded node by node while clients work; and what becomes of the older program afterwards. */
import type { NodeProcess } from '../node.ts'
import { shuffled } from '../random.ts'
import { until } from '../until.ts'
import type { Fault, Running, Scene } from './fault.ts'

const END_MS = 30_000
const START_MS = 90_000
const FOUND_MS = 120_000

/** What a node says when it takes part, and what one with the older program hears of the others. */
const STARTED = /this node has started/
const NOT_SPOKEN = /speaks protocol \d+, this node speaks \d+/
const CONNECTED = /connected to n\d/

/**
 * First time: all that still run the older program are upgraded, one after another, and one goes back and forth meanwhile. Later: one that
 * is started with the older program once more must be refused, and say why.
 */
export const versions: Fault = {
  kind: 'versions',
  sort: 'operator',
  absent: ({ old }) => (old.kind === 'built' ? null : `the older program cannot be had: ${old.why}`),
  async begin(scene) {
    const { cluster, random } = scene
    const older = cluster.nodes.filter(({ program }) => program !== cluster.program)
    return older.length > 0 ? await upgrade(scene, shuffled(random, older)) : await refused(scene)
  },
}

async function upgrade(scene: Scene, older: readonly NodeProcess[]): Promise<Running> {
  const { cluster, found } = scene
  const last = older.at(-1)!
  for (const node of older.slice(0, -1)) await run(scene, node, cluster.program)
  const back = scene.random.pick(cluster.nodes.filter((node) => node !== last))
  await run(scene, back, mainOf(scene))
  await run(scene, back, cluster.program)
  const names = older.map(({ name }) => name).join(', ')
  return {
    said: `upgraded: ${names}, of which ${last.name} is yet to come; ${back.name} went back, and forth again`,
    async end() {
      const what = 'a cluster whose nodes all run the newer program is founded'
      await run(scene, last, cluster.program)
      await until(what, () => cluster.isFounded(), FOUND_MS).then(
        () => found({ what, good: true, said: `the last was ${last.name}` }),
        (error: Error) => found({ what, good: false, said: error.message }),
      )
    },
  }
}

async function refused(scene: Scene): Promise<Running> {
  const { cluster, random, found } = scene
  const node = random.pick(cluster.nodes)
  await cluster.hold(node)
  await node.end()
  node.program = mainOf(scene)
  const from = node.logEnd()
  await node.start()
  node.expect('older program')
  return {
    said: `${node.name} is started with the older program`,
    async end() {
      // Its sentence is the judge's to read. A directory that has not heard of the founding yet opens, and then nobody lets it in.
      const ended = await node.gone(END_MS)
      const lines = node.saidSince(from)
      const good = ended || (NOT_SPOKEN.test(lines) && !CONNECTED.test(lines))
      const said = `${node.name} ${ended ? 'ended' : good ? 'was let in by nobody' : 'takes part'}`
      found({ what: 'the older program takes no part once the cluster is founded', good, said })
      await node.end()
      await startAs(node, cluster.program)
      node.busy = false
    },
  }
}

/** Stops it, as an operator does or as the power does, and starts it with that program. */
async function run({ cluster, random, found }: Scene, node: NodeProcess, program: string): Promise<void> {
  await cluster.hold(node)
  try {
    if (random.chance(0.5)) {
      node.expect('asked to end')
      node.signal('SIGTERM')
      const good = await node.gone(END_MS)
      if (!good) found({ what: 'a node that is asked to end ends', good, said: node.name })
    }
    await node.end()
    await startAs(node, program)
  } finally {
    node.busy = false
  }
}

async function startAs(node: NodeProcess, program: string): Promise<void> {
  node.program = program
  const from = node.logEnd()
  await node.start()
  await until(`${node.name} has started`, () => STARTED.test(node.saidSince(from)), START_MS)
}

function mainOf({ means }: Scene): string {
  if (means.old.kind === 'absent') throw new Error(means.old.why)
  return means.old.main
}
