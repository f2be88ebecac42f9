import { mkdtempSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { readOrigin } from '../../../node/sip/origin.ts'
import type { Health__Output } from '../../../proto/types/raftel/v1/Health.ts'
import type { Overview__Output } from '../../../proto/types/raftel/v1/Overview.ts'
import { freePorts } from '../../ports.ts'
import { ask, configIn, nodeIn } from './node.ts'

/** What a node whose configuration has these origins says to a browser, and how doctor and the counters see it. */
async function webNode(t: Parameters<typeof nodeIn>[0], origins: readonly string[] | null) {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-origins-'))
  const [port] = await freePorts(1)
  const config = configIn(dir)
  const listen = [...config.sip.listen, { transport: 'ws', host: '127.0.0.1', port: port! } as const]
  const { client } = await nodeIn(t, dir, { ...config, sip: { ...config.sip, listen, origins } })
  const opens = (origin: string | null): Promise<string> =>
    new Promise((resolve) => {
      const socket = net.connect(port!, '127.0.0.1', () => {
        socket.write(
          'GET / HTTP/1.1\r\nHost: pbx.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n' +
            (origin === null ? '\r\n' : `Origin: ${origin}\r\n\r\n`),
        )
      })
      socket.once('data', (bytes) => {
        socket.destroy()
        resolve(String(bytes).slice(9, 12))
      })
    })
  const health = async () => {
    const { checks } = await ask<Health__Output>((done) => client.getHealth({}, done))
    return checks.find(({ name }) => name === 'origins')
  }
  const refused = async () => (await ask<Overview__Output>((done) => client.getOverview({}, done))).refused.origin
  return { opens, health, refused }
}

test('a web page that is not listed hears 403 at the handshake, and is counted; who says no Origin is no page', async (t) => {
  const { opens, health, refused } = await webNode(t, ['https://phone.pbx.test', 'http://127.0.0.1:8080'])
  for (const origin of ['https://phone.pbx.test', 'https://PHONE.pbx.test:443', 'http://127.0.0.1:8080', null]) {
    t.is(await opens(origin), '101', String(origin))
  }
  const strangers = [
    'https://evil.test',
    'http://phone.pbx.test',
    'https://phone.pbx.test:8443',
    'null',
    '',
    'x'.repeat(500),
  ]
  for (const origin of strangers) t.is(await opens(origin), '403', origin)
  t.is(await refused(), strangers.length)
  t.like(await health(), { verdict: 'ok' })
})

test('while no page is listed any may connect, and doctor says so', async (t) => {
  const { opens, health, refused } = await webNode(t, null)
  t.is(await opens('https://evil.test'), '101')
  t.is(await refused(), 0)
  t.like(await health(), { verdict: 'warning' })
})

test('an Origin is read as browsers write it, and nothing else is one', (t) => {
  const cases: [string, string | null][] = [
    ['https://Phone.pbx.test:443', 'https://phone.pbx.test'],
    ['http://[::1]:80', 'http://[::1]'],
    ['https://b\u00fccher.test', 'https://xn--bcher-kva.test'],
    ['Capacitor://localhost', 'capacitor://localhost'],
    ['null', 'null'],
    ['file://', 'file://'],
    ...['https://pbx.test/', 'https://user@pbx.test', 'pbx.test', '*', '', 'https://a b', 'https://pbx.test:x'].map(
      (text): [string, null] => [text, null],
    ),
  ]
  for (const [text, expected] of cases) t.is(readOrigin(text), expected, text)
})
