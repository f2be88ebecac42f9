import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'

const PROGRAM = path.join(import.meta.dirname, '..', '..', 'bin', 'raftel')

/** Bounded: Node tries for ever to make a directory where there can be none. */
const version = (env: Record<string, string>): string => {
  const { NODE_COMPILE_CACHE: _, ...own } = process.env
  return execFileSync(PROGRAM, ['--version'], { env: { ...own, ...env }, timeout: 60_000 }).toString()
}

test('compiled code is kept for who runs the program and for nobody else, and where it cannot be kept the program runs all the same', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-cache-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const said = version({ XDG_CACHE_HOME: path.join(dir, 'made') })
  const cache = path.join(dir, 'made', 'raftel')
  t.true(readdirSync(cache).length > 0)
  t.is(statSync(cache).mode & 0o777, 0o700)
  t.is(version({ XDG_CACHE_HOME: '/proc/nowhere' }), said)
  t.is(version({ XDG_CACHE_HOME: '', HOME: '' }), said)
  t.false(existsSync('raftel'))
})
