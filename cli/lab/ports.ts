/** A block of ports that is free for UDP and TCP on loopback, from the range that systems do not hand out themselves. */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Failure } from '../failure.ts'

const HOST = '127.0.0.1'
const FIRST = 10_000
const LAST = 29_000
const TRIES = 50

export async function freeBlock(count: number): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const base = randomInt(FIRST, LAST)
    if ((await firstTaken(base, count)) === null) return base
  }
  throw new Failure('failed', `no block of ${count} free ports was found; name one with --base-port`)
}

/** The first port of a block that is taken; null when all are free. */
export async function firstTaken(base: number, count: number): Promise<number | null> {
  for (let port = base; port < base + count; port++) {
    if (!(await free(port))) return port
  }
  return null
}

async function free(port: number): Promise<boolean> {
  const tcp = createServer()
  const udp = createSocket('udp4')
  try {
    tcp.listen(port, HOST)
    await once(tcp, 'listening')
    udp.bind(port, HOST)
    await once(udp, 'listening')
    return true
  } catch {
    return false
  } finally {
    tcp.close()
    udp.close()
  }
}
