import { existsSync, readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'ava'
import { digest, due, PASSED, PATHS, recordPassed } from './due.ts'
import { judge } from './judge.ts'
import { planted } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { copyTree, ROOT } from './tree.ts'

const read = (file: string) => readFile(path.join(ROOT, file), 'utf8')

test('every planted bug still fits the sources, and has a name of its own', async (t) => {
  for (const mutant of MUTANTS) t.not(planted(mutant, await read(mutant.file)), await read(mutant.file), mutant.name)
  t.is(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length)
  t.true(MUTANTS.length >= 30)
})

test('a text that stands in the sources more than once, or no more, is told with the name of its bug', (t) => {
  const mutant = {
    name: 'toy',
    why: '',
    file: 'cluster/toy.ts',
    edits: [['a', 'b']],
    killer: { file: '', title: '' },
  } as const
  t.is(planted(mutant, 'cat'), 'cbt')
  t.throws(() => planted(mutant, 'data'), {
    message: /mutant toy does not apply: .* stands 2 times in cluster\/toy.ts/,
  })
  t.throws(() => planted(mutant, 'dot'), { message: /stands 0 times/ })
})

test('whatever a planted bug or its judge depends on decides whether it is due, to the last byte', async (t) => {
  const { root, remove } = await copyTree()
  t.teardown(remove)
  await writeFile(path.join(root, 'package-lock.json'), await read('package-lock.json'))
  await rm(path.join(root, PASSED), { force: true })
  t.true(due(root).due)
  recordPassed(digest(root), root)
  t.false(due(root).due)
  for (const file of ['cluster/raft/step.ts', 'test/peers.ts', 'package-lock.json']) {
    const at = path.join(root, file)
    const before = await readFile(at)
    await writeFile(at, `${before}\n`)
    t.true(due(root).due, file)
    await writeFile(at, before)
    t.false(due(root).due, file)
  }
  await writeFile(path.join(root, 'cluster', 'raft', 'more.ts'), '')
  t.true(due(root).due)

  const needed = new Set<string>()
  for (const { file, killer } of MUTANTS) for (const one of [file, killer.file]) withImports(one, needed)
  t.deepEqual(
    [...needed].filter((file) => !PATHS.some((at) => file === at || file.startsWith(`${at}/`))),
    [],
  )
  t.true(needed.has('test/peers.ts') && needed.has('proto/load.ts'))
})

/** A file, and what it imports of ours. */
function withImports(file: string, all: Set<string>): void {
  if (all.has(file) || !existsSync(path.join(ROOT, file))) return
  all.add(file)
  const source = readFileSync(path.join(ROOT, file), 'utf8')
  for (const [, name = ''] of source.matchAll(/\b(?:from|import)\s*\(?'(\.[^']+)'/g))
    withImports(path.join(path.dirname(file), name), all)
}

const TOY = `import test from 'ava'
test('passes: * and # and !', (t) => t.pass())
test('fails', (t) => t.is(1, 2, 'one is not two'))
test('throws', () => { throw new Error('what the product said') })
test('says much', (t) => t.fail('seed 7 is the first of many words: ' + 'word '.repeat(40)))
test('is nonsense', () => { nobodyKnowsThis() })
test.skip('is skipped', (t) => t.pass())
`
const EXITS = `import test from 'ava'
test('ends the process', async () => { process.exit(1) })
`

test('only a named test that ran and failed kills: not a file that does not load, not an exit, not nonsense', async (t) => {
  const tree = await copyTree()
  t.teardown(tree.remove)
  const say = async (source: string, ...titles: string[]) => {
    await writeFile(path.join(tree.root, 'test', 'toy.test.ts'), source)
    const verdicts = await judge(tree.root, 'test/toy.test.ts', titles)
    return titles.map((title) => {
      const verdict = verdicts.get(title)!
      return verdict.kind === 'passed' ? 'passed' : `${verdict.kind}: ${verdict.said}`
    })
  }
  const titles = ['passes: * and # and !', 'fails', 'throws', 'is nonsense', 'is skipped', 'is absent']
  t.deepEqual(await say(TOY, ...titles), [
    'passed',
    'failed: one is not two',
    'failed: what the product said',
    'no verdict: ReferenceError: nobodyKnowsThis is not defined',
    'no verdict: it is skipped here: a program that it needs is missing',
    'no verdict: no test of that title ran',
  ])
  t.regex((await say(TOY, 'says much'))[0]!, /^failed: seed 7 is the first/)
  t.deepEqual(await say(EXITS, 'ends the process'), ['no verdict: no test of that title ran'])
  const [broken] = await say('import test from "ava"\nthis is no program\n', 'passes')
  t.regex(broken!, /^no verdict: file:.*toy\.test\.ts:2$/)
})
