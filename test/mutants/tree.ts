/** A private copy of what the tests of the cluster need, in which bugs can be planted. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Mutant, planted } from './mutant.ts'

export const ROOT = path.join(import.meta.dirname, '..', '..')
const SOURCES = ['cluster', 'node', 'proto', 'test', 'package.json', 'ava.config.js']

export interface Tree {
  readonly root: string
  /** Plants a bug and returns what takes it out again. */
  plant(mutant: Mutant): Promise<() => Promise<void>>
  remove(): Promise<void>
}

export async function copyTree(): Promise<Tree> {
  const root = await mkdtemp(path.join(tmpdir(), 'raftel-mutants-'))
  for (const name of SOURCES) await cp(path.join(ROOT, name), path.join(root, name), { recursive: true })
  // Packages by link, one by one: AVA keeps a cache in node_modules, and every tree must have its own.
  await mkdir(path.join(root, 'node_modules'))
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    if (name === '.cache') continue
    await symlink(path.join(ROOT, 'node_modules', name), path.join(root, 'node_modules', name))
  }
  return {
    root,
    async plant(mutant) {
      const file = path.join(root, mutant.file)
      const source = await readFile(file, 'utf8')
      await writeFile(file, planted(mutant, source))
      return () => writeFile(file, source)
    },
    // What was ended a moment ago may still be writing.
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 10 }),
  }
}
