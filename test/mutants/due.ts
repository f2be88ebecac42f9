/** Whether the planted bugs should be tried again: unless all were seen in exactly these sources, by exactly these tests. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './tree.ts'

/** What they are planted in, what finds them, and all that these import. */
export const PATHS = [
  'cluster',
  'node/engine',
  'node/sip',
  'proto',
  'test/cluster',
  'test/mutants',
  'test/node/sip',
  'test/peers.ts',
  'test/ports.ts',
  'test/vectors.ts',
  'ava.config.js',
  'package.json',
  'package-lock.json',
] as const
/** The digest of them when all planted bugs were last seen; it is committed. History would not tell what was tried. */
export const PASSED = 'test/mutants/passed.txt'

export interface Due {
  readonly due: boolean
  readonly why: string
}

export function due(root = ROOT): Due {
  let passed: string
  try {
    passed = readFileSync(path.join(root, PASSED), 'utf8').trim()
  } catch {
    return { due: true, why: `there is no ${PASSED}` }
  }
  if (passed !== digest(root))
    return { due: true, why: `what they are planted in or judged by is not that of ${PASSED}` }
  return { due: false, why: `all were seen in these very sources (${PASSED})` }
}

export function digest(root = ROOT): string {
  const all = createHash('sha256')
  for (const file of PATHS.flatMap((at) => filesOf(root, at))) {
    const bytes = readFileSync(path.join(root, file))
    all.update(`${file}\n${bytes.length}\n`).update(bytes)
  }
  return all.digest('hex')
}

/** After a run of all of them that all were seen in. */
export function recordPassed(digest: string, root = ROOT): void {
  writeFileSync(path.join(root, PASSED), `${digest}\n`)
}

function filesOf(root: string, at: string): string[] {
  if (at === PASSED) return []
  if (!statSync(path.join(root, at)).isDirectory()) return [at]
  return readdirSync(path.join(root, at))
    .sort()
    .flatMap((name) => filesOf(root, `${at}/${name}`))
}
