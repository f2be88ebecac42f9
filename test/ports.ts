/** Ports that are free for UDP and TCP on loopback at this moment, asked from the operating system. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(host)))
  for (const one of held) one.release()
  return held.map((one) => one.port)
}

async function hold(host: string): Promise<{ port: number; release: () => void }> {
  for (let tries = 0; tries < 20; tries++) {
    const tcp = createServer().listen(0, host)
    await once(tcp, 'listening')
    const port = (tcp.address() as { port: number }).port
    const udp = createSocket('udp4')
    const bound = new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false))
      udp.bind(port, host, () => resolve(true))
    })
    if (await bound) {
      return {
        port,
        release: () => {
          udp.close()
          tcp.close()
        },
      }
    }
    tcp.close()
  }
  throw new Error(`no port free for both UDP and TCP on ${host}`)
}
