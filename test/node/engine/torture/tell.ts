/** Hands bytes to a running engine as a stranger would, and hears everything that comes of them. */
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { request, type Stack, udpPeer } from '../stack.ts'

/** 64·T1 is over soon, and yet an app on a busy machine has the time to answer. */
export const FAST = { t1: 20, t2: 40, t4: 40 }

/** A datagram that was sent; answers may still come until it is closed. */
export interface Told {
  readonly heard: string[]
  close(): void
}

/** Sends the bytes as one datagram, and comes back when a valid request after it was answered. */
export async function tellUdp(stack: Stack, bytes: Buffer): Promise<Told> {
  const heard: string[] = []
  const socket = dgram.createSocket('udp4')
  socket.bind(sentByPort(bytes), ownHost())
  await once(socket, 'listening')
  socket.on('message', (answer) => heard.push(answer.toString('latin1')))
  await new Promise((sent) => socket.send(bytes, stack.port, '127.0.0.1', sent))
  await answered(stack)
  return { heard, close: () => socket.close() }
}

/** The same on one connection, in pieces that arrive one after the other. */
export async function tellTcp(stack: Stack, pieces: readonly Buffer[]): Promise<Told> {
  const socket = net.connect({ host: '127.0.0.1', port: stack.port, localAddress: ownHost(), noDelay: true })
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const piece of pieces) {
    await new Promise((sent) => socket.write(piece, sent))
    // On loopback it is there when it is written, and is read in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  // While this is answered, the engine has read the last of it.
  await answered(stack)
  return {
    get heard() {
      return text.split(/^(?=SIP\/2\.0 \d)/m).filter((answer) => answer.trim() !== '')
    },
    close: () => socket.destroy(),
  }
}

/** A valid request is answered, and so is everything before it: an app answers in order. */
export async function answered({ port }: Stack): Promise<void> {
  const closing: (() => unknown)[] = []
  const peer = await udpPeer({ teardown: (run) => closing.push(run) }, port)
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  await peer.next('200')
  for (const close of closing) close()
  // What came in the same turn for another socket is heard in this one.
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
}

/** When all timers have run, nothing is left of anything. */
export async function forgotten({ engine }: Stack): Promise<void> {
  const end = performance.now() + 30_000
  for (;;) {
    const { dialogs, serverTransactions, clientTransactions, unanswered } = engine.stats()
    if (dialogs + serverTransactions + clientTransactions + unanswered === 0) return
    if (performance.now() > end) throw new Error(`something stays: ${JSON.stringify(engine.stats())}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Where a message wants its answers (RFC 3261 §18.2.2): these name no rport. */
function sentByPort(bytes: Buffer): number {
  const head = bytes.toString('latin1')
  const via = /^(?:via|v)[ \t]*:\s*SIP\s*\/\s*\d\.\d\s*\/\s*\w+\s+(?:\[[^\]]*\]|[^\s:;,]+)(?::(\d+))?/im.exec(head)
  return Number(via?.[1] ?? 5060)
}

let hosts = 0

/** An address that nobody else in these tests has: every port on it is free. */
function ownHost(): string {
  hosts++
  return `127.${20 + (process.pid % 200)}.${(process.pid >> 8) % 250}.${(hosts % 250) + 1}`
}
