/** Hands bytes to a running engine as a stranger would, and hears everything that comes of them. */
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { request, type Stack, udpPeer } from '../stack.ts'

/** 64·T1 is over soon: what a message leaves behind must be gone by then. */
export const FAST = { t1: 1, t2: 8, t4: 10 }

/** Sends the bytes as one datagram; gives what comes back until the engine has forgotten them. */
export async function tellUdp(stack: Stack, bytes: Buffer): Promise<string[]> {
  const heard: string[] = []
  const socket = dgram.createSocket('udp4')
  socket.bind(sentByPort(bytes), ownHost())
  await once(socket, 'listening')
  socket.on('message', (answer) => heard.push(answer.toString('latin1')))
  await new Promise((sent) => socket.send(bytes, stack.port, '127.0.0.1', sent))
  await forgotten(stack)
  socket.close()
  return heard
}

/** The same on one connection, in pieces that arrive one after the other. */
export async function tellTcp(stack: Stack, pieces: readonly Buffer[]): Promise<string[]> {
  const socket = net.connect({ host: '127.0.0.1', port: stack.port, localAddress: ownHost(), noDelay: true })
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const piece of pieces) {
    await new Promise((sent) => socket.write(piece, sent))
    // While this is answered, the engine has read the piece.
    await answered(stack)
  }
  await forgotten(stack)
  socket.destroy()
  return text.split(/^(?=SIP\/2\.0 \d)/m).filter((answer) => answer.trim() !== '')
}

/** The first answer to one datagram, sent again until it comes: another may have the same transaction for a while. */
export async function firstAnswer(port: number, bytes: Buffer): Promise<string> {
  const socket = dgram.createSocket('udp4')
  socket.bind(sentByPort(bytes), ownHost())
  await once(socket, 'listening')
  const again = setInterval(() => socket.send(bytes, port, '127.0.0.1'), 50)
  try {
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
    return answer.toString('latin1')
  } finally {
    clearInterval(again)
    socket.close()
  }
}

/** A valid request is answered. */
export async function answered({ port }: Stack): Promise<void> {
  const closing: (() => unknown)[] = []
  const peer = await udpPeer({ teardown: (run) => closing.push(run) }, port)
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  await peer.next('200')
  for (const close of closing) close()
}

/** A valid request is answered, and then, when all timers have run, nothing is left of it or of anything before. */
export async function forgotten(stack: Stack): Promise<void> {
  await answered(stack)
  const end = performance.now() + 20_000
  for (;;) {
    const { dialogs, serverTransactions, clientTransactions, unanswered } = stack.engine.stats()
    if (dialogs + serverTransactions + clientTransactions + unanswered === 0) return
    if (performance.now() > end) throw new Error(`something stays: ${JSON.stringify(stack.engine.stats())}`)
    await new Promise((resolve) => setImmediate(resolve))
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
