/** Our own SIP engine as a process by itself: `engine-process.ts SIP_PORT APP_PORT`, its secret in ENGINE_SECRET. */
import { startEngine } from '../../node/engine/engine.ts'

const [sip, app] = process.argv.slice(2).map(Number)
const host = '127.0.0.1'
const print = (fields: object, message: string): void => console.error(message, JSON.stringify(fields))

await startEngine({
  listen: (['udp', 'tcp'] as const).map((transport) => ({ transport, host, port: sip ?? 0 })),
  drachtio: { host, port: app ?? 0 },
  secret: process.env.ENGINE_SECRET ?? '',
  log: { debug() {}, info() {}, warn: print, error: print },
})
// It ends with whoever started it.
process.stdin.on('end', () => process.exit()).resume()
