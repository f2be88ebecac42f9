import dgram from 'node:dgram'
import { isIPv4, isIPv6 } from 'node:net'
import type { EngineLimits, Logger } from '../limits.ts'
import { encode } from '../parser/bytes.ts'
import { type Endpoint, type Flow, type Gate, type ListenPoint, plainAddress, type Receiver } from './flow.ts'
import { mayHelp } from './help.ts'
import { PROBE_BYTES, Probe } from './probe.ts'
import { isStun, stunReply } from './stun.ts'
import { framedWhole } from './whole.ts'

/** One UDP listen point. */
export interface Udp {
  readonly port: number
  /** See Probe. */
  look(): number | null
  flowTo(remote: Endpoint): Flow
  close(): Promise<void>
}

interface UdpNeeds {
  readonly host: string
  readonly port: number
  /** Of `::`: not IPv4 as well. */
  readonly ipv6Only: boolean
  readonly limits: EngineLimits
  readonly log: Logger
  readonly receiver: Receiver
  readonly gate: Gate | undefined
  readonly point: ListenPoint
  localFor(remote: string, port: number): Endpoint
}

const NEVER = { cancel(): void {} }

interface Sending {
  readonly probe: Probe
  sendTo(text: string, remote: Endpoint): boolean
  /** As of Receiver. */
  readonly tell: Receiver['sent']
}

/** How many peers are remembered, so that what is kept of a datagram need not have a flow of its own. */
const PEERS_MAX = 4096

/** Kept as long as its transaction: no closures of its own. */
class UdpFlow implements Flow {
  readonly transport = 'udp'
  readonly open = true
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #socket: Sending

  constructor(local: Endpoint, remote: Endpoint, socket: Sending) {
    this.local = local
    this.remote = remote
    this.#socket = socket
  }

  waits(): number {
    return this.#socket.probe.waits()
  }

  send(text: string): boolean {
    this.#socket.tell?.(text, this)
    return this.#socket.sendTo(text, this.remote)
  }

  onLost(): { cancel(): void } {
    return NEVER
  }
}

function isRegister(bytes: Buffer): boolean {
  return bytes.length > 3 && bytes[0] === 0x52 && bytes[1] === 0x45 && bytes[2] === 0x47
}

export async function listenUdp(needs: UdpNeeds): Promise<Udp> {
  const { host, port, ipv6Only, limits, log, receiver, gate, point, localFor } = needs
  const six = isIPv6(host)
  const socket = dgram.createSocket({
    type: six ? 'udp6' : 'udp4',
    ipv6Only,
    recvBufferSize: 4 * 1024 * 1024,
    sendBufferSize: 4 * 1024 * 1024,
    // Only IP literals are sent to, so a lookup has nothing to look up and need not take a turn of the event loop.
    lookup: (name, _options, callback) => callback(null, name, isIPv6(name) ? 6 : 4),
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address: host, port }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  const bound = socket.address().port
  socket.on('error', (error) => log.warn({ error: error.message }, 'UDP socket error'))

  const sent = (error: Error | null): void => {
    if (error) log.debug({ error: error.message }, 'UDP send failed')
  }
  const sendTo = (text: string, { port, host }: Endpoint): boolean => {
    if (closed) return false
    socket.send(encode(text), port, six && isIPv4(host) ? `::ffff:${host}` : host, sent)
    return true
  }

  let closed = false
  const probe = new Probe(
    (bytes) => socket.send(bytes, bound, host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, sent),
    () => performance.now(),
  )
  const sending = { probe, sendTo, tell: receiver.sent }
  const waits = (): number => probe.waits()
  const peers = new Map<string, UdpFlow>()
  const flowTo = ({ host, port }: Endpoint): Flow => {
    const key = `${port} ${host}`
    const known = peers.get(key)
    if (known) return known
    if (peers.size >= PEERS_MAX) peers.clear()
    const flow = new UdpFlow(localFor(host, bound), { host, port }, sending)
    peers.set(key, flow)
    return flow
  }
  socket.on('message', (bytes, { address, port: from }) => {
    // A zero port cannot be answered.
    if (from === 0 || (bytes.length === PROBE_BYTES && probe.received(bytes))) return
    const source = plainAddress(address)
    const heard = !gate || gate.admit(source, point) === 'yes'
    if (!heard) {
      const may = mayHelp(bytes)
      if (may === null || !gate.looks?.(source, point, may)) return
    }
    if (isRegister(bytes) && receiver.drops(waits)) return
    if (isStun(bytes)) {
      const reply = stunReply(bytes, { host: source, port: from })
      if (reply) socket.send(reply, from, address, sent)
      return
    }
    const framed = framedWhole(bytes, limits.head)
    if (!framed) return
    // A keep-alive of line breaks is answered as on TCP (RFC 5626 §3.5.1 leaves it open).
    if (framed.kind === 'ping') {
      socket.send('\r\n', from, address, sent)
      return
    }
    if (!heard && framed.kind !== 'message') return
    const flow = flowTo({ host: six ? source : address, port: from })
    if (framed.kind === 'message') (heard ? receiver.message : receiver.help)(framed.text, flow)
    else receiver.broken(framed.text, framed.status, framed.why, flow)
  })

  return {
    port: bound,
    look: () => (closed ? null : probe.look()),
    flowTo,
    close: () =>
      new Promise((resolve) => {
        closed = true
        socket.close(() => resolve())
      }),
  }
}
