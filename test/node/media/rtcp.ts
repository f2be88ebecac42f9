/** The reports of a phone about its media (RFC 3550 §6.4): it says when it sent, and answers whoever says so what it heard of him. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'

export interface Report {
  /** Of 256 packets. */
  readonly lost: number
  /** Timestamp units of 8 kHz. */
  readonly jitter: number
}

export interface Reporter {
  readonly port: number
  /** Sends a sender report of this source. */
  send(to: number): void
}

const SENDER = 200
const RECEIVER = 201
const NTP_EPOCH_S = 2_208_988_800
/** So long a sender report waited for its answer, in units of 1/65536 s: less than any way takes, and not none, which would say that there is nothing to tell. */
const DELAY = 1

export async function reporter(t: ExecutionContext, ssrc: number, about: number, heard: Report): Promise<Reporter> {
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  await once(socket.bind(0, '127.0.0.1'), 'listening')
  socket.on('message', (message, { port }) => {
    if (message[1] !== SENDER) return
    const middle = message.readUInt32BE(10)
    socket.send(receiverReport(ssrc, about, heard, middle), port, '127.0.0.1')
  })
  return {
    port: socket.address().port,
    send: (to) => socket.send(senderReport(ssrc, Date.now()), to, '127.0.0.1'),
  }
}

function senderReport(ssrc: number, now: number): Buffer {
  const words = [ssrc, Math.floor(now / 1000) + NTP_EPOCH_S, Math.floor(((now % 1000) / 1000) * 2 ** 32), 0, 50, 8_000]
  return packet(0, SENDER, words)
}

function receiverReport(ssrc: number, about: number, { lost, jitter }: Report, middle: number): Buffer {
  return packet(1, RECEIVER, [ssrc, about, lost * 2 ** 24, 0, jitter, middle, DELAY])
}

function packet(reports: number, type: number, words: readonly number[]): Buffer {
  const all = Buffer.alloc(4 + 4 * words.length)
  all.writeUInt8(0x80 | reports, 0)
  all.writeUInt8(type, 1)
  all.writeUInt16BE(words.length, 2)
  for (const [i, word] of words.entries()) all.writeUInt32BE(word >>> 0, 4 + 4 * i)
  return all
}
