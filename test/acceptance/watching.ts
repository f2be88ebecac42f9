/** What can be seen of a change from outside while it is under way: what a node writes and says, and what passes a control service. */
import { once } from 'node:events'
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import type { GrownNode } from './grown.ts'

export interface Watched {
  /** In its log of entries, since it is watched. */
  wrote(text: string): boolean
  /** In a line of its own, since it is watched. */
  said(text: string): boolean
}

export function watched(node: GrownNode): Watched {
  const from = statSync(node.output).size
  const dir = path.join(node.data, 'log')
  return {
    wrote: (text) =>
      existsSync(dir) &&
      readdirSync(dir)
        .filter((name) => name.endsWith('.log'))
        .some((name) => tail(path.join(dir, name)).includes(text)),
    said: (text) => tail(node.output, from).includes(text),
  }
}

/** More than is written while one change is under way. */
const TAIL = 64 * 1024

/** Nothing when it is gone by now: the database takes a new file when it is opened. */
function tail(file: string, since?: number): Buffer {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
  const { size } = fstatSync(fd)
  const from = since ?? Math.max(0, size - TAIL)
  const bytes = Buffer.alloc(size - from)
  readSync(fd, bytes, 0, bytes.length, from)
  closeSync(fd)
  return bytes
}

export interface Door {
  readonly endpoint: string
  asked(): boolean
  answered(): boolean
  close(): void
}

/** A way to a control service, on which is seen when `name` is asked for and answered; `keeps`: the answer does not arrive. */
export async function newDoor(to: string, name: string, keeps: boolean): Promise<Door> {
  const sockets: Socket[] = []
  let isAsked = false
  let isAnswered = false
  const [host, port] = to.split(':')
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    sockets.push(near, far)
    near.on('data', (data) => {
      far.write(data)
      isAsked ||= data.includes(name)
    })
    far.on('data', (data) => {
      isAnswered ||= isAsked && data.includes(name)
      if (!keeps || !isAnswered) near.write(data)
    })
    for (const [one, another] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => {}).on('close', () => another.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `127.0.0.1:${(server.address() as { port: number }).port}`,
    asked: () => isAsked,
    answered: () => isAnswered,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
