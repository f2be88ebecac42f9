import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'

const root = path.join(import.meta.dirname, '../../..')
/** A project of somebody else: an empty folder into which the tarball is installed. */
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'raftel-package-')))
const installed = path.join(folder, 'node_modules/raft-ts-lite')

test.before(() => {
  const tarball = run(root, process.execPath, ['scripts/pack-raft.ts', folder]).trim()
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "somebody-else", "private": true, "type": "module" }')
  run(folder, 'npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', tarball])
})

test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('the packed core, installed elsewhere, elects a leader of three and agrees on a proposal', (t) => {
  copyFileSync(path.join(import.meta.dirname, 'package/three.mjs'), path.join(folder, 'three.mjs'))
  t.deepEqual(JSON.parse(run(folder, process.execPath, ['three.mjs'])), {
    leader: 2,
    follows: [2, 2, 2],
    proposed: 'ok',
    applied: { 1: ['hello'], 2: ['hello'], 3: ['hello'] },
    from: pathToFileURL(path.join(installed, 'dist/index.js')).href,
  })
})

test('the packed core has types that a strict consumer compiles against, and that catch a mistake', (t) => {
  const lines = [
    "import { confOf, MemoryStorage, RawNode, type Config, type Ready } from 'raft-ts-lite'",
    'export const begin = (config: Config): Ready => new RawNode(config).ready()',
    'export const conf = new MemoryStorage().initialState().conf ?? confOf([1, 2, 3])',
  ]
  t.deepEqual(compile(lines), [])
  t.deepEqual(compile([...lines, "export const wrong = (raw: RawNode) => raw.propose('text')"]), [
    "consumer.ts(4,52): error TS2345: Argument of type 'string' is not assignable to parameter of type 'Uint8Array<ArrayBufferLike>'.",
  ])
})

test('the packed core has code, types, README and licence, and nothing else', (t) => {
  const sources = readdirSync(path.join(root, 'cluster/raft'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.basename(name, '.ts'))
  const compiled = sources.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`])
  const files = readdirSync(installed, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(installed, path.join(entry.parentPath, entry.name)))
  t.deepEqual(files.sort(), ['LICENSE', 'README.md', 'package.json', ...compiled].sort())
  const { dependencies, license } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8'))
  t.deepEqual({ dependencies, license }, { dependencies: undefined, license: 'MIT' })
})

/** What the compiler says about a file beside the installed package, without the types of Node or of a browser. */
function compile(lines: readonly string[]): string[] {
  const at = path.join(folder, 'typed')
  mkdirSync(at, { recursive: true })
  writeFileSync(path.join(at, 'consumer.ts'), lines.join('\n'))
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024']
  const tsc = path.join(root, 'node_modules/.bin/tsc')
  const done = spawnSync(tsc, [...options, '--types', '', '--pretty', 'false', 'consumer.ts'], {
    cwd: at,
    encoding: 'utf8',
  })
  if (done.error !== undefined) throw done.error
  return done.stdout.split('\n').filter((line) => line !== '')
}

function run(cwd: string, program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.error ?? done.stderr + done.stdout}`)
  return done.stdout
}
