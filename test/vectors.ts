/** Reference data that others wrote. It lives beside the repository and is never copied into it. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext, TestFn } from 'ava'

const root = process.env.RAFTEL_VECTORS ?? path.join(import.meta.dirname, '..', '..', 'shared', 'vectors')

/** The folder of one set of vectors, like 'sip/rfc4475'; null where it is absent. */
export function vectors(set: string): string | null {
  const folder = path.join(root, set)
  return existsSync(folder) ? folder : null
}

/** Like `test`, but skipped by name where the vectors are absent; on CI absence is a failure. */
export function withVectors(
  test: TestFn,
  set: string,
  title: string,
  run: (t: ExecutionContext, folder: string) => void | Promise<void>,
): void {
  const folder = vectors(set)
  if (folder !== null) {
    test(title, (t) => run(t, folder))
  } else if (process.env.CI) {
    test(title, (t) => t.fail(`the vectors ${set} are absent; set RAFTEL_VECTORS to the folder that has them`))
  } else {
    console.error(`SKIPPED for want of the vectors ${set} (RAFTEL_VECTORS names their folder): ${title}`)
    test.skip(title, () => undefined)
  }
}
