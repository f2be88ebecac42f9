/** Rules T02 and T05 of the checklist, as far as there are transports for them. */
import test from 'ava'
import { freePort } from '../../../cluster/nodes.ts'
import { sdp, startStack, udpPeer } from '../stack.ts'

test('T02: sips is never sent over UDP', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const peer = await udpPeer(t, port)
  for (const uri of [`sips:bob@127.0.0.1:${peer.port}`, `sips:bob@127.0.0.1:${peer.port};transport=udp`]) {
    const refused = await t.throwsAsync(srf.createUAC(uri, { localSdp: sdp(4000) }))
    t.truthy(refused)
  }
  t.is(engine.stats().clientTransactions, 0)
})

test('T05: a port where nobody listens is a 503 at once, and the engine lives', async (t) => {
  const { srf, faults } = await startStack(t)
  const closed = await freePort()
  await t.throwsAsync(srf.createUAC(`sip:bob@127.0.0.1:${closed};transport=tcp`, { localSdp: sdp(4000) }), {
    message: /503/,
  })
  t.deepEqual(faults, [])
})
