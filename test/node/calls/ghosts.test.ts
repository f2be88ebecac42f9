import test from 'ava'
import { agreed, until } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { ownPlace } from '../media/rig.ts'
import { port, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone, type TestNode } from './rig.ts'

test('a node that the others took for gone shows its calls again when it is back', async (t) => {
  const [n1] = await nodes(t, 1, '', 100, { sweepMs: 20 })
  const bob = listener()
  await phone(t, n1!, 'bob', answers(bob))
  const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
  t.is(outcome.kind, 'answered')
  const { cluster } = n1!
  const answered = () => [...cluster.tables.calls.values()].some(({ state }) => state === 'answered')
  await until(cluster, 'the cluster knows the call', answered)

  const row = cluster.tables.nodes.get('n1')!
  await agreed(cluster, { type: 'node-down', node: 'n1', incarnation: row.incarnation })
  t.is(cluster.tables.calls.size, 0)
  await agreed(cluster, { type: 'node-up', node: row })
  await until(cluster, 'the cluster knows the call again', answered)
})

test('a phone that vanished without a BYE ends the call for the other one, at the next check', async (t) => {
  const [n1] = await nodes(t, 1, '', 100, { checkSeconds: 1 })
  const bob = listener()
  const bobs = await phone(t, n1!, 'bob', answers(bob), { transport: 'tcp' })
  const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const alice = listener()
  outcome.dialog.handle(alice.handlers)

  await bobs.close()
  await soon('BYE at alice', alice.bye, 60_000)
  await until(n1!.cluster, 'no row is left', () => n1!.cluster.tables.calls.size === 0)
  await soon('the media is released', released(n1!))
  t.pass()
})

needing(test, 'rtpengine')(
  'a call whose relay died is ended on both sides, so that the phones can call again',
  async (t) => {
    const [n1] = await nodes(t, 1, '', 100, { sweepMs: 20, media: await ownPlace(t) })
    const bob = listener()
    await phone(t, n1!, 'bob', answers(bob))
    const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
    if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
    const alice = listener()
    outcome.dialog.handle(alice.handlers)

    process.kill(Number(/pid (\d+)/.exec(n1!.media())![1]), 'SIGKILL')
    await soon('BYE at both', Promise.all([alice.bye, bob.bye]), 20_000)
    await until(n1!.cluster, 'no row is left', () => n1!.cluster.tables.calls.size === 0)
    await soon('the media is released', released(n1!))
    t.pass()
  },
)

/** The row goes first, the ports a moment later. */
async function released(node: TestNode): Promise<void> {
  while (node.sessions() > 0) await new Promise((resolve) => setImmediate(resolve))
}
