import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const memory = path.join(import.meta.dirname, '..', '..', 'proto', 'memory.ts')
/** Fills a heap, lets go of it, and says what the process holds before and after a look. */
const PROGRAM = `
  const { heapMemory } = await import(${JSON.stringify(memory)})
  const memory = heapMemory()
  const mb = () => process.memoryUsage().rss / 1024 / 1024
  let rows = Array.from({ length: 2_000_000 }, (_, i) => ({ name: 'row ' + i }))
  memory.look(false)
  rows = null
  globalThis.gc()
  const held = mb()
  const looks = [false, true, true, true, true, true, true, true].map((quiet) => memory.look(quiet))
  console.log(JSON.stringify({ held, looks, left: mb() }))
`

test('a heap that has become small gives its pages back when its thread has been quiet for a while, and once', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--input-type=module', '-e', PROGRAM])
  const { held, looks, left } = JSON.parse(stdout)
  t.deepEqual(looks, [false, false, false, false, true, false, false, false])
  t.true(left < held / 2, `${held} MB before, ${left} MB after`)
})
