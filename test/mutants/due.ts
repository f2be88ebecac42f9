/** Whether the planted bugs should be tried again: when what they are planted in, or what finds them, has changed. */
import { spawnSync } from 'node:child_process'
import { ROOT } from './tree.ts'

const PATHS = [
  'cluster',
  'node/sip',
  'proto/cluster.proto',
  'test/cluster',
  'test/node/sip',
  'test/mutants',
  'package-lock.json',
]
/** On main itself nobody knows what was tried last; no push is of more commits than this. */
const BACK = 50

export interface Due {
  readonly due: boolean
  readonly why: string
}

/** In doubt (no git, too little history) they are due. */
export function due(): Due {
  const head = git('rev-parse', 'HEAD')
  if (head === null) return { due: true, why: 'there is no git history here' }
  const fork = git('merge-base', 'HEAD', 'origin/main')
  const since = fork !== null && fork !== head ? fork : git('rev-parse', '--verify', '--quiet', `HEAD~${BACK}`)
  if (since === null) return { due: true, why: `there are fewer than ${BACK} commits here to compare with` }
  const committed = git('diff', '--name-only', since, 'HEAD', '--', ...PATHS)
  const uncommitted = git('status', '--porcelain', '--', ...PATHS)
  if (committed === null || uncommitted === null) return { due: true, why: 'git cannot say what has changed' }
  const changed = [...committed.split('\n'), ...uncommitted.split('\n')].filter((line) => line !== '')
  const [first, short] = [changed[0], since.slice(0, 10)]
  if (first === undefined) return { due: false, why: `nothing under ${PATHS.join(', ')} has changed since ${short}` }
  return { due: true, why: `${first.trim()} and perhaps more has changed since ${short}` }
}

/** What git says; null when it fails. */
function git(...args: readonly string[]): string | null {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trimEnd() : null
}
