/**
 * `npm run mutants`: plants each bug of the catalogue in a copy of the sources and runs the one test that must see it. Ends
 * with `N passed, N failed`, where a killed bug has passed; one that survives, or fits no more, is a failure of the suite.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { digest, due, recordPassed } from './due.ts'
import { judge, stopAll, type Verdict } from './judge.ts'
import type { Killer, Mutant } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { list, markdown, type Tried } from './table.ts'
import { copyTree, type Tree } from './tree.ts'

const HELP = `npm run mutants -- [options]

Plants known bugs of consensus implementations, one by one, and requires that a named test fails.

  --only NAME     only these (repeat it, or separate names with commas)
  --list          say what there is, run nothing
  --jobs N        so many at a time (default: one per processor, at most 8)
  --markdown      print the table of docs/consensus.md at the end
  --swarm         also run each bug of the core through the simulator's storms, and say which seed saw it (some minutes)
  --if-changed    run unless all were seen in exactly these sources by these tests (test/mutants/passed.txt, which a run of all writes)
  --help          this text`

/** What the simulator runs: a bug elsewhere cannot show in it. */
const SIMULATED = ['cluster/raft/', 'cluster/log/writes.ts', 'cluster/rebuild.ts']
/** `RAFTEL_SEEDS=5000` makes it look for longer. */
const STORMS_MS = 20 * 60_000
const SWARM: Killer = {
  file: 'test/cluster/raft/swarm.test.ts',
  title: 'any storm: one leader a term, one history, no stale read; and calm brings progress',
}

const options = await tellingMistakes(async () => optionsOf(process.argv.slice(2)))
process.exitCode = await tellingMistakes(main)

function optionsOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      list: { type: 'boolean' },
      jobs: { type: 'string' },
      markdown: { type: 'boolean' },
      swarm: { type: 'boolean' },
      'if-changed': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }).values
}

/** What somebody typed wrong is one line, not a trace. */
async function tellingMistakes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    console.error(`mutants: ${(error as Error).message}`)
    process.exit(2)
  }
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(HELP)
    return 0
  }
  const mutants = chosen()
  if (options.list) {
    console.log(list(mutants))
    return 0
  }
  if (options['if-changed']) {
    const { due: isDue, why } = due()
    console.log(`mutants: ${isDue ? 'run' : 'not run'}, because ${why}`)
    if (!isDue) return 0
  }
  const jobs = Math.min(Number(options.jobs ?? Math.min(availableParallelism(), 8)), mutants.length)
  if (!(jobs >= 1)) throw new Error(`--jobs ${options.jobs} is no number from 1 on`)
  const tried = digest()
  const trees: Tree[] = []
  const cleanUp = async () => {
    stopAll()
    await Promise.all(trees.map((tree) => tree.remove()))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => cleanUp().then(() => process.exit(1)))
  try {
    for (let i = 0; i < jobs; i++) trees.push(await copyTree())
    const code = report(await tryAll(trees, mutants))
    if (code === 0 && mutants === MUTANTS) recordPassed(tried)
    return code
  } finally {
    await cleanUp()
  }
}

function chosen(): readonly Mutant[] {
  const names = options.only?.flatMap((names) => names.split(','))
  if (!names) return MUTANTS
  for (const name of names) {
    if (!MUTANTS.some((mutant) => mutant.name === name)) throw new Error(`there is no mutant ${name}: see --list`)
  }
  return MUTANTS.filter(({ name }) => names.includes(name))
}

async function tryAll(trees: readonly Tree[], mutants: readonly Mutant[]): Promise<Tried[]> {
  const sound = await judgeUnmodified(trees, mutants)
  return shared(trees, mutants, async (tree, mutant) => {
    const tried = await tryOne(tree, mutant, sound.get(keyOf(mutant.killer))!)
    console.log(lineOf(tried))
    return tried
  })
}

/** Every killer must pass where nothing is planted, or its failing would mean nothing. */
async function judgeUnmodified(trees: readonly Tree[], mutants: readonly Mutant[]): Promise<Map<string, Verdict>> {
  const titles = new Map<string, Set<string>>()
  for (const { killer } of mutants) titles.set(killer.file, (titles.get(killer.file) ?? new Set()).add(killer.title))
  const verdicts = new Map<string, Verdict>()
  await shared(trees, [...titles], async ({ root }, [file, wanted]) => {
    for (const [title, verdict] of await judge(root, file, [...wanted])) {
      verdicts.set(keyOf({ file, title }), verdict)
      if (verdict.kind !== 'passed') console.log(`UNSOUND  ${file}: ${title}`)
    }
  })
  console.log(`${verdicts.size} tests of ${titles.size} files must see ${mutants.length} planted bugs`)
  return verdicts
}

async function tryOne(tree: Tree, mutant: Mutant, unmodified: Verdict): Promise<Tried> {
  const { file, title } = mutant.killer
  if (unmodified.kind !== 'passed') {
    const said = unmodified.kind === 'failed' ? 'fails without the bug, too' : unmodified.said
    return { mutant, survived: `its test proves nothing: ${said}`, ms: 0 }
  }
  const at = performance.now()
  let remove: () => Promise<void>
  try {
    remove = await tree.plant(mutant)
  } catch (error) {
    return { mutant, survived: (error as Error).message, ms: 0 }
  }
  try {
    const verdict = (await judge(tree.root, file, [title])).get(title)!
    const ms = performance.now() - at
    const inStorm = options.swarm ? await stormed(tree, mutant) : {}
    if (verdict.kind === 'failed') return { mutant, said: verdict.said, ms, ...inStorm }
    return {
      mutant,
      survived: verdict.kind === 'passed' ? 'its test passes all the same' : verdict.said,
      ms,
      ...inStorm,
    }
  } finally {
    await remove()
  }
}

async function stormed(tree: Tree, { file }: Mutant): Promise<Pick<Tried, 'storm'>> {
  if (!SIMULATED.some((part) => file.startsWith(part))) return {}
  const verdict = (await judge(tree.root, SWARM.file, [SWARM.title], STORMS_MS)).get(SWARM.title)!
  if (verdict.kind === 'passed') return { storm: 'unseen' }
  return { storm: /^seed \d+/.exec(verdict.said)?.[0] ?? verdict.said }
}

/** Hands the items out to the trees, one at a time each; the results in the order of the items. */
async function shared<Item, Result>(
  trees: readonly Tree[],
  items: readonly Item[],
  work: (tree: Tree, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  await Promise.all(
    trees.map(async (tree) => {
      while (next < items.length) {
        const i = next++
        results[i] = await work(tree, items[i]!)
      }
    }),
  )
  return results
}

function keyOf({ file, title }: Killer): string {
  return `${file}\n${title}`
}

function lineOf({ mutant, survived, said, storm, ms }: Tried): string {
  const seen = storm === undefined ? '' : ` [swarm: ${storm}]`
  const seconds = `${(ms / 1000).toFixed(1)} s`
  if (survived !== undefined) return `SURVIVED ${mutant.name} (${seconds})${seen}: ${survived}`
  return `killed   ${mutant.name} (${seconds})${seen}: ${said}`
}

function report(tried: readonly Tried[]): number {
  if (options.markdown) console.log(`\n${markdown(tried)}\n`)
  const survivors = tried.filter(({ survived }) => survived !== undefined)
  for (const { mutant, survived } of survivors) {
    console.log(`\nSURVIVED ${mutant.name}: ${mutant.why}`)
    console.log(`  planted in ${mutant.file}; ${survived}`)
    console.log(`  ${mutant.killer.file}: ${mutant.killer.title}`)
  }
  console.log(`${tried.length - survivors.length} passed, ${survivors.length} failed`)
  return survivors.length === 0 && tried.length > 0 ? 0 : 1
}
