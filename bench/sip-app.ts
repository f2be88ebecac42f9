/**
 * The server of bench:sip: the engine with drachtio-srf on top, in one process; or the application alone, for a server at PORT that wants SECRET. It answers
 * REGISTER with 200 and connects calls to a callee. It tells its ports over the channel to its parent, and what it holds whenever that asks.
 */
import { once } from 'node:events'
import DrachtioSrf from 'drachtio-srf'
import { startEngine } from '../node/engine/engine.ts'
import { easeMaps } from '../node/sip/srf.ts'
import { CALM_LOOKS, heapMemory } from '../proto/memory.ts'
import type { Srf } from '../test/node/engine/stack.ts'

const [callee, connections, port, secret = 'of the bench'] = process.argv.slice(2)
const memory = heapMemory()
const quiet = { debug() {}, info() {}, warn() {}, error: console.error }
const host = '127.0.0.1'
const engine = port === undefined ? await engineInside() : null
const srf = new DrachtioSrf() as unknown as Srf
srf.on('error', () => {})
srf.register((req, res) => res.send(200, { headers: { Contact: req.get('Contact'), Expires: '3600' } }))
srf.invite((req, res) => {
  srf
    .createB2BUA(req, res, `sip:callee@${host}:${callee}`, { localSdpB: req.body })
    .then(({ uas, uac }) => {
      const end = (other: { destroy(): Promise<unknown> }) => void other.destroy().catch(() => {})
      uas.on('destroy', () => end(uac))
      uac.on('destroy', () => end(uas))
      // A caller may have gone before this is known.
      if (!uas.connected) end(uac)
      if (!uac.connected) end(uas)
    })
    .catch(() => {})
})
srf.connect({ ...(engine?.drachtio ?? { host, port: Number(port) }), secret })
await once(srf as unknown as NodeJS.EventEmitter, 'connect')
easeMaps(srf as unknown as Parameters<typeof easeMaps>[0])
for (const socket of srf.app.client.mapServer.keys()) engine?.bringNear(socket)

process.on('message', (message) => {
  // As in the program when a rush is over for a minute; between rounds it would cost the next one what V8 has learned.
  if (message === 'the rush is over') for (let i = 0; i < CALM_LOOKS; i++) memory?.look(true)
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicros: user + system, rss: process.memoryUsage().rss, ...engine?.stats() })
})
process.on('disconnect', () => process.exit())
process.send?.({ sip: engine?.listening[0]?.port })

function engineInside() {
  return startEngine({
    listen: [
      { transport: 'udp', host, port: 0 },
      { transport: 'tcp', host, port: 0 },
    ],
    drachtio: { host, port: 0 },
    secret,
    log: quiet,
    limits: { connections: Number(connections) },
  })
}
