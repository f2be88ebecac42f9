/** Clocks that are wrong: the wall clock of a running node jumps, or its monotonic clock is another after a restart. */
import { renameSync, writeFileSync } from 'node:fs'
import type { NodeProcess } from '../node.ts'
import type { Fault } from './fault.ts'

/** Seconds. A day is longer than any binding lives. */
const JUMPS = [-86_400, -3600, -5, 5, 300, 86_400]

export const clock: Fault = {
  kind: 'clock',
  sort: 'process',
  absent: ({ faketime, links }) => (faketime || links ? null : 'needs libfaketime, or time namespaces'),
  async begin({ random, means }, target) {
    if (!means.faketime || (means.links && random.chance(0.3))) {
      const seconds = random.pick([1000, 86_400, 864_000])
      await target.end()
      await target.start({ monotonic: seconds })
      return {
        said: `${target.name} killed and started with a monotonic clock ${seconds} s ahead`,
        async end() {
          await target.end()
          await target.start()
        },
      }
    }
    const seconds = random.pick(JUMPS)
    shift(target, seconds)
    return { said: `the wall clock of ${target.name} jumps by ${seconds} s`, end: async () => shift(target, 0) }
  },
}

/** The library looks into the file every second; it never sees half of it. */
function shift({ files }: NodeProcess, seconds: number): void {
  if (files.clock === null) return
  writeFileSync(`${files.clock}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  renameSync(`${files.clock}.new`, files.clock)
}
