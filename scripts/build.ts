// Compiles everything to dist/. Types are checked on the way: a build with type errors fails.
import { spawnSync } from 'node:child_process'

const tsc = spawnSync('node_modules/.bin/tsc', ['--pretty', 'false'], { stdio: 'inherit' })
process.exit(tsc.status ?? 1)
