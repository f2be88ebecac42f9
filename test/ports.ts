/**
 * Ports that are free for UDP and TCP at this moment, from the range that systems do not hand out themselves: a socket that somebody opens
 * meanwhile takes none of them. The three after each are free for UDP, too: SIPp takes those for RTCP and for video unasked, and ends when they are not.
 */
import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

const FIRST = 10_000
const LAST = 29_000
/** A port, and those after it that belong to it. */
const STRIDE = 4
const TRIES = 50

export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const base = randomInt(FIRST, LAST)
    if (await isFree(base, count * STRIDE, host)) return Array.from({ length: count }, (_, i) => base + i * STRIDE)
  }
  throw new Error(`no ${count} ports free for both UDP and TCP on ${host}`)
}

async function isFree(base: number, length: number, host: string): Promise<boolean> {
  const held: (Socket | Server)[] = []
  try {
    for (let i = 0; i < length; i++) {
      const udp = createSocket('udp4')
      held.push(udp)
      udp.bind(base + i, host)
      await once(udp, 'listening')
      if (i % STRIDE > 0) continue
      const tcp = createServer()
      held.push(tcp)
      tcp.listen(base + i, host)
      await once(tcp, 'listening')
    }
    return true
  } catch {
    return false
  } finally {
    for (const one of held) one.close()
  }
}
