// Compiles everything to dist/. Types are checked on the way: a build with type errors fails, and leaves dist/ as it was.
// It compiles into a directory of its own that then takes the place of dist/: whoever starts meanwhile loads the old program
// or the new one, never some of each.
import { spawnSync } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'

const DIST = 'dist'
// Beside dist/ and as deep, so that the source maps point to the sources from there too.
const fresh = `dist.new-${process.pid}`
const old = `dist.old-${process.pid}`

try {
  const tsc = spawnSync('node_modules/.bin/tsc', ['--pretty', 'false', '--outDir', fresh], { stdio: 'inherit' })
  process.exitCode = tsc.status ?? 1
  if (process.exitCode === 0) swap()
} finally {
  for (const directory of [fresh, old]) rmSync(directory, { recursive: true, force: true })
}

/** A directory does not replace one that has files, so the old one goes first; another build may come in between. */
function swap(): void {
  for (let tries = 9; ; tries--) {
    rmSync(old, { recursive: true, force: true })
    move(DIST, old, 'ENOENT')
    if (move(fresh, DIST, tries > 0 ? 'ENOTEMPTY' : 'nothing is expected any more')) return
  }
}

/** False when it failed in the way that is expected. */
function move(from: string, to: string, expected: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === expected) return false
    throw error
  }
}
