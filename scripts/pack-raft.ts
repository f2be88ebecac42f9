// Packs cluster/raft as the package it can be published as: `node scripts/pack-raft.ts [DIR]` leaves its tarball in DIR and
// prints its path. It is compiled in a copy outside the project, so that whatever it would need from the project is missing.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const destination = path.resolve(process.argv[2] ?? path.join(root, 'dist.raft'))
const copy = mkdtempSync(path.join(tmpdir(), 'raftel-pack-'))

try {
  cpSync(path.join(root, 'cluster/raft'), copy, { recursive: true })
  cpSync(path.join(root, 'LICENSE'), path.join(copy, 'LICENSE'))
  const tsconfig = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: {
      rootDir: '.',
      outDir: 'dist',
      declaration: true,
      // The sources are not in the package.
      sourceMap: false,
      // For TextEncoder alone.
      typeRoots: [path.join(root, 'node_modules/@types')],
    },
    include: ['*.ts'],
  }
  writeFileSync(path.join(copy, 'tsconfig.json'), JSON.stringify(tsconfig))
  mkdirSync(destination, { recursive: true })
  const packed =
    run(path.join(root, 'node_modules/.bin/tsc'), ['--pretty', 'false']) &&
    run('npm', ['pack', '--offline', '--ignore-scripts', '--silent', '--pack-destination', destination])
  if (packed) console.log(path.join(destination, tarball()))
  else process.exitCode = 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

/** What the program prints goes to stderr: stdout has the path of the tarball and nothing else. */
function run(program: string, args: readonly string[]): boolean {
  const done = spawnSync(program, args, { cwd: copy, stdio: ['ignore', 2, 2] })
  if (done.error !== undefined) console.error(`${program}: ${done.error.message}`)
  return done.status === 0
}

function tarball(): string {
  const { name, version } = JSON.parse(readFileSync(path.join(copy, 'package.json'), 'utf8'))
  return `${name}-${version}.tgz`
}
