/**
 * The program before this one, as the history of the repository has it: what a cluster is upgraded from. It is built once, from its own
 * sources with its own script and the packages of today, and kept in node_modules/.cache.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Speaks protocol 2 and reads format 1. Another commit belongs here when the protocol or the format is raised again. */
export const OLD_COMMIT = '2cb2611f9c22ad3150fd6ff4e9d2d43745384671'

/** cli/main.js of the old program, or why there is none, as a part of a sentence. */
export type OldVersion =
  | { readonly kind: 'built'; readonly main: string }
  | { readonly kind: 'absent'; readonly why: string }

const ROOT = path.join(import.meta.dirname, '..', '..')
/** What runs, and nothing else: the sources stay where they are. */
const KEPT = ['dist', 'proto', 'package.json']

/** Throws when there is a history and the old program cannot be had of it: that is for whoever changed it to mend. */
export function oldVersion(root = ROOT, commit = OLD_COMMIT): OldVersion {
  const why = whyAbsent(root, commit)
  if (why !== null) return { kind: 'absent', why }
  const kept = path.join(root, 'node_modules', '.cache', 'raftel-old', commit)
  const main = path.join(kept, 'dist', 'cli', 'main.js')
  if (!existsSync(main)) keep(root, commit, kept)
  return { kind: 'built', main }
}

function whyAbsent(root: string, commit: string): string | null {
  const top = git(root, 'rev-parse', '--show-toplevel')
  // A tarball that was unpacked inside some other repository has no history of its own.
  if (top.status !== 0 || realpathSync(top.stdout.trim()) !== realpathSync(root))
    return 'this is no clone: it has no history'
  if (git(root, 'cat-file', '-e', `${commit}^{commit}`).status === 0) return null
  if (git(root, 'rev-parse', '--is-shallow-repository').stdout.trim() === 'true')
    return `this clone is shallow, without commit ${commit.slice(0, 7)}: git fetch --unshallow brings it`
  throw new Error(
    `there is no commit ${commit} in this repository: name one that there is in test/nemesis/old-version.ts`,
  )
}

/** It appears whole or not at all: several may be at it at once. */
function keep(root: string, commit: string, kept: string): void {
  const tree = mkdtempSync(path.join(tmpdir(), 'raftel-old-'))
  mkdirSync(path.dirname(kept), { recursive: true })
  const half = mkdtempSync(`${kept}.`)
  try {
    const tar = path.join(tree, 'tree.tar')
    must('git archive', git(root, 'archive', '--output', tar, commit))
    must('tar', spawnSync('tar', ['xf', tar, '-C', tree], { encoding: 'utf8' }))
    symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'))
    must('its build', spawnSync(process.execPath, ['scripts/build.ts'], { cwd: tree, encoding: 'utf8' }))
    for (const part of KEPT) cpSync(path.join(tree, part), path.join(half, part), { recursive: true })
    try {
      renameSync(half, kept)
    } catch (error) {
      // Somebody else was faster.
      if (!existsSync(kept)) throw error
    }
  } finally {
    rmSync(tree, { recursive: true, force: true })
    rmSync(half, { recursive: true, force: true })
  }
}

function git(root: string, ...args: string[]) {
  // A clone that belongs to another user, as on CI, is read all the same.
  return spawnSync('git', ['-c', 'safe.directory=*', '-C', root, ...args], { encoding: 'utf8' })
}

function must(what: string, { status, stdout, stderr, error }: ReturnType<typeof git>): void {
  if (status !== 0)
    throw new Error(`the old program: ${what} failed: ${error?.message ?? `${stdout}${stderr}`.slice(-2000)}`)
}
