/** A node that breaks off what it is asked, as one does that dies in that moment: which is not an answer. */
import { once } from 'node:events'
import { constants, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { oneNode } from '../node/control/node.ts'
import { raftelAt } from '../node/control/raftel.ts'

async function breaksOff(t: ExecutionContext, code: number): Promise<{ readonly endpoint: string; asked(): number }> {
  let asked = 0
  const server = createServer()
  server.on('sessionError', () => {})
  server.on('stream', (stream) => {
    asked++
    stream.on('error', () => {})
    stream.close(code)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked }
}

for (const [name, code] of [
  ['resets', constants.NGHTTP2_INTERNAL_ERROR],
  ['cancels', constants.NGHTTP2_CANCEL],
] as const)
  test(`a node that ${name} what it is asked is passed over for the next; what may not be asked twice says that it is unknown`, async (t) => {
    const { client } = await oneNode(t)
    const first = await breaksOff(t, code)
    const raftel = raftelAt(client, [first.endpoint])
    const shown = await raftel(['plan', 'log', '-o', 'json'])
    t.is(shown.code, 0, shown.err)
    t.deepEqual(JSON.parse(shown.out), [])
    t.true(first.asked() > 0)
    const added = await raftel(['user', 'add', 'a@pbx.test', '--password-stdin'], 'secret\n')
    t.is(added.code, 6, added.err)
    t.regex(added.err, /the connection to 127\.0\.0\.1:\d+ broke; look whether the change was made, then try again/)
  })
