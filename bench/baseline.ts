/** What this machine does with the bare minimum: a raw UDP echo in Node, and an fdatasync loop. The rulers of the run. */
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { cpuSeconds } from './sipp.ts'

export interface Baseline {
  /** Request and answer pairs a second through an echo server in a Node process of its own, 64 outstanding. */
  readonly echoPerSecond: number
  /** CPU of the echo server for one of them, microseconds. */
  readonly echoCpuMicros: number
  /** Appends of 256 bytes, each made durable, a second. */
  readonly syncsPerSecond: number
}

export async function measureBaseline(folder: string, seconds: number): Promise<Baseline> {
  return { ...(await measureEcho(seconds)), syncsPerSecond: measureSync(folder, seconds) }
}

async function measureEcho(seconds: number): Promise<{ echoPerSecond: number; echoCpuMicros: number }> {
  const server = fork(import.meta.filename, ['echo'], { execArgv: [] })
  const [port] = (await once(server, 'message')) as [number]
  const client = createSocket('udp4')
  const packet = Buffer.alloc(600, 0x61)
  let answered = 0
  client.on('message', () => {
    answered++
    client.send(packet, port, '127.0.0.1')
  })
  client.bind(0, '127.0.0.1')
  await once(client, 'listening')
  const cpuBefore = cpuSeconds(server.pid ?? 0)
  const began = process.hrtime.bigint()
  for (let i = 0; i < 64; i++) client.send(packet, port, '127.0.0.1')
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const took = Number(process.hrtime.bigint() - began) / 1e9
  const cpu = cpuSeconds(server.pid ?? 0) - cpuBefore
  const count = answered
  client.close()
  server.kill()
  return { echoPerSecond: count / took, echoCpuMicros: (cpu / count) * 1e6 }
}

export function measureSync(folder: string, seconds: number): number {
  const file = openSync(path.join(folder, 'sync'), 'w')
  const record = Buffer.alloc(256, 1)
  const began = process.hrtime.bigint()
  const until = began + BigInt(Math.round(seconds * 1e9))
  let count = 0
  while (process.hrtime.bigint() < until) {
    writeSync(file, record)
    fdatasyncSync(file)
    count++
  }
  closeSync(file)
  return count / (Number(process.hrtime.bigint() - began) / 1e9)
}

if (process.argv[2] === 'echo' && process.send !== undefined) {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => socket.send(message, from.port, from.address))
  socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port))
}
