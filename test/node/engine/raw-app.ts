/** An app that speaks the drachtio protocol in bytes. */
import { once } from 'node:events'
import net from 'node:net'
import { FrameReader, framed } from '../../../node/engine/wire/frames.ts'
import type { Test } from './stack.ts'

export interface RawApp {
  readonly socket: net.Socket
  /** Sends payloads as they are. */
  say(...payloads: readonly string[]): void
  /** The first payload that is not taken yet and holds this text. */
  hear(wanted: string): Promise<string>
  /** Everything that is not taken yet. */
  readonly heard: string[]
  /** Comes back when the engine has closed the connection. */
  readonly closed: Promise<unknown>
}

const WAIT_MS = 20_000

/** Connected, and authenticated if a secret is given. */
export async function rawApp(t: Test, at: { host: string; port: number }, secret?: string, tags = ''): Promise<RawApp> {
  const socket = net.connect(at.port, at.host)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  const app = talking(socket)
  if (secret !== undefined) {
    app.say(`hello|authenticate|${secret}|${tags}`)
    await app.hear('|response|hello|OK|')
  }
  return app
}

export function talking(socket: net.Socket): RawApp {
  const reader = new FrameReader(4 * 1024 * 1024)
  const heard: string[] = []
  let wake = (): void => {}
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    heard.push(...(reader.push(chunk) as string[]))
    wake()
  })
  return {
    socket,
    heard,
    closed,
    say: (...payloads) => void socket.write(payloads.map(framed).join('')),
    async hear(wanted) {
      for (;;) {
        const at = heard.findIndex((one) => one.includes(wanted))
        if (at >= 0) return heard.splice(at, 1)[0]!
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`no ${wanted} within ${WAIT_MS} ms`)), WAIT_MS)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
  }
}

/** The answer of an app to a request that it got. */
export function answerTo(payload: string, status: string, id = 'answer'): string {
  const transaction = payload.split('|')[8]
  const copied = ['Call-ID', 'CSeq', 'From', 'To'].map(
    (name) => `${payload.split('\r\n').find((line) => line.startsWith(`${name}:`))}\r\n`,
  )
  return `${id}|sip|${transaction}|\r\nSIP/2.0 ${status}\r\n${copied.join('')}Content-Length: 0\r\n\r\n`
}
