// Generates proto/types from proto/*.proto; with --check fails when what is committed is not what comes out.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const check = process.argv.includes('--check')
const out = check ? mkdtempSync(path.join(tmpdir(), 'raftel-proto-')) : 'proto/types'
if (!check) rmSync(out, { recursive: true, force: true })
const files = readdirSync('proto').filter((name) => name.endsWith('.proto'))
const options = ['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--grpcLib=@grpc/grpc-js']
const made = spawnSync(
  'node_modules/.bin/proto-loader-gen-types',
  ['-I', 'proto', ...options, '--importFileExtension=.ts', '--targetFileExtension=.ts', `--outDir=${out}`, ...files],
  { stdio: ['ignore', 'inherit', 'inherit'] },
)
if (made.status !== 0) process.exit(made.status ?? 1)
if (check) {
  const same = spawnSync('diff', ['-r', out, 'proto/types'], { stdio: 'inherit' })
  rmSync(out, { recursive: true, force: true })
  if (same.status !== 0) {
    console.error('proto/types is not what proto/*.proto says: run `node scripts/proto.ts` and commit the result')
    process.exit(1)
  }
}
