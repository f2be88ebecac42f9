/** Certificates as files, and peers over TLS and WebSockets. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { WebSocket } from 'ws'
import { type Authority, authority } from '../../../acceptance/openssl.ts'
import { Peer, streamPeer, type Test } from '../stack.ts'

export interface Files {
  readonly ca: string
  readonly dir: string
  readonly authority: Authority
  /** Issues a certificate and writes it and its key to files of this name. */
  pair(name: string, names: string, from?: Authority): { cert: string; key: string }
}

export function certificates(t: Test): Files {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-sip-tls-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const own = authority(dir, 'root')
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(dir, name), text)
    return path.join(dir, name)
  }
  return {
    dir,
    authority: own,
    ca: file('ca.pem', own.root),
    pair(name, names, from = own) {
      const { cert, key } = from.leaf(`leaf-${name}`, { names })
      return { cert: file(`${name}.crt`, cert), key: file(`${name}.secret`, key) }
    },
  }
}

/** What should happen soon, or a failure that says what did not. */
export function soon<T>(wish: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what} did not happen`)), 20_000)
  return Promise.race([wish, late.promise]).finally(() => clearTimeout(timer))
}

/** Connected, and known to be: with TLS 1.3 a server refuses a client only after the client thinks it is in. */
export async function tlsPeer(t: Test, port: number, options: tls.ConnectionOptions): Promise<[Peer, tls.TLSSocket]> {
  const socket = tls.connect({ host: '127.0.0.1', port, ...options })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return [streamPeer(t, socket, 'TLS'), socket]
}

/** A browser: it has no address that anybody could connect to, and says so. */
export async function webPeer(t: Test, url: string, options = {}): Promise<[Peer, WebSocket]> {
  const web = new WebSocket(url, 'sip', options)
  t.teardown(() => web.terminate())
  await once(web, 'open')
  const peer: Peer = new Peer(
    url.startsWith('wss') ? 'WSS' : 'WS',
    9,
    (text) => web.send(text),
    () => web.close(),
  )
  web.on('message', (data) => peer.receive(String(data)))
  web.on('close', () => peer.end())
  web.on('error', () => {})
  return [peer, web]
}
