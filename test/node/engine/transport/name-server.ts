/** A name server as small as can be: one question, the answers of a table, over UDP on loopback (RFC 1035 §4). */
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { Test } from '../stack.ts'

/** `A host.test` → addresses, `SRV _sip._tcp.test` → `priority weight port target`, `NAPTR test` → `order preference service replacement`. */
export type Zone = Readonly<Record<string, readonly string[]>>

export interface NameServer {
  readonly address: string
  /** What was asked, in its order. */
  readonly asked: readonly string[]
}

const TYPES = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const
const TTL = 60

/** A name without any entry does not exist; null: it never answers. */
export async function nameServer(t: Test, zone: Zone | null): Promise<NameServer> {
  const asked: string[] = []
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  socket.on('message', (query, { port, address }) => {
    const { name, end } = nameIn(query)
    const kind = query.readUInt16BE(end)
    const type = Object.entries(TYPES).find(([, number]) => number === kind)?.[0] ?? String(kind)
    asked.push(`${type} ${name}`)
    if (zone === null) return
    const records = zone[`${type} ${name}`] ?? []
    const exists = Object.keys(zone).some((key) => key.endsWith(` ${name}`))
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(exists ? 0x8580 : 0x8583, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    const answers = records.map((text) => record(kind, data(type, text)))
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...answers]), port, address)
  })
  return { address: `127.0.0.1:${socket.address().port}`, asked }
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function record(kind: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(kind, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(TTL, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function data(type: string, text: string): Buffer {
  const words = text.split(' ')
  const numbers = (...values: (string | undefined)[]): Buffer => {
    const bytes = Buffer.alloc(2 * values.length)
    for (const [i, value] of values.entries()) bytes.writeUInt16BE(Number(value), 2 * i)
    return bytes
  }
  switch (type) {
    case 'A':
      return Buffer.from(text.split('.').map(Number))
    case 'SRV':
      return Buffer.concat([numbers(words[0], words[1], words[2]), nameOf(words[3]!)])
    case 'NAPTR':
      return Buffer.concat([numbers(words[0], words[1]), string('s'), string(words[2]!), string(''), nameOf(words[3]!)])
    default:
      throw new RangeError(`no ${type} in this name server`)
  }
}

function string(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
}

function nameOf(name: string): Buffer {
  return Buffer.concat([...name.split('.').map(string), Buffer.from([0])])
}
