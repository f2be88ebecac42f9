/** A node that breaks off what it is asked, as one does that dies in that moment: which is not an answer. */
import { once } from 'node:events'
import { constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { DECIDED } from '../../proto/decided.ts'
import { oneNode } from '../node/control/node.ts'
import { raftelAt } from '../node/control/raftel.ts'

async function answering(
  t: ExecutionContext,
  answer: (stream: ServerHttp2Stream) => void,
): Promise<{ readonly endpoint: string; asked(): number }> {
  let asked = 0
  const server = createServer()
  server.on('sessionError', () => {})
  server.on('stream', (stream) => {
    asked++
    stream.on('error', () => {})
    answer(stream)
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
    const first = await answering(t, (stream) => stream.close(code))
    const raftel = raftelAt(client, [first.endpoint])
    const shown = await raftel(['plan', 'log', '-o', 'json'])
    t.is(shown.code, 0, shown.err)
    t.deepEqual(JSON.parse(shown.out), [])
    t.true(first.asked() > 0)
    const added = await raftel(['user', 'add', 'a@pbx.test', '--password-stdin'], 'secret\n')
    t.is(added.code, 6, added.err)
    t.regex(
      added.err,
      /the connection to 127\.0\.0\.1:\d+ broke \(.+\); look whether the change was made, then try again/,
    )
    const traced = await raftel(['call', 'trace', 'c1'])
    t.is(traced.code, 6, traced.err)
    t.regex(traced.err, /^raftel: the node that was asked broke off \(.+\); try again\n$/)
  })

test('what a node decided is what is said, whatever its code, and nobody else is asked', async (t) => {
  const { client } = await oneNode(t)
  const first = await answering(t, (stream) =>
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': '13',
        'grpc-message': 'its log says why',
        [DECIDED]: '1',
      },
      { endStream: true },
    ),
  )
  const said = await raftelAt(client, [first.endpoint])(['plan', 'log'])
  t.is(said.code, 1)
  t.is(said.err, 'raftel: its log says why\n')
  t.is(first.asked(), 1)
})
