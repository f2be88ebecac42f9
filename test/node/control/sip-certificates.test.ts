import { readFileSync, writeFileSync } from 'node:fs'
import test from 'ava'
import type { Health__Output } from '../../../proto/types/raftel/v1/Health.ts'
import { freePorts } from '../../ports.ts'
import { request } from '../engine/stack.ts'
import { certificates, webPeer } from '../engine/transport/secure.ts'
import { ask, configIn, nodeIn } from './node.ts'

test('a node serves browsers, and doctor says when the certificate that it shows them ends, also when it is renewed', async (t) => {
  const files = certificates(t)
  const own = files.pair('own', 'IP:127.0.0.1')
  const [port] = await freePorts(1)
  const config = configIn(files.dir)
  const listen = [...config.sip.listen, { transport: 'wss', host: '127.0.0.1', port: port! } as const]
  const tls = { ...own, client: 'none', names: [] } as const
  const { client } = await nodeIn(t, files.dir, { ...config, sip: { ...config.sip, listen, tls } })

  const ca = readFileSync(files.ca)
  const [browser] = await webPeer(t, `wss://127.0.0.1:${port}`, { ca })
  browser.send(request(browser, 'OPTIONS', 'sip:127.0.0.1'))
  await browser.next('200')

  const check = async (): Promise<string> => {
    const { checks } = await ask<Health__Output>((done) => client.getHealth({}, done))
    return checks.find(({ name }) => name === 'certificates')?.detail ?? ''
  }
  const before = await check()
  t.true(before.startsWith(`${own.cert} is good until `), before)
  const { cert, key } = files.authority.leaf('renewed', { days: 3 })
  writeFileSync(own.key, key)
  writeFileSync(own.cert, cert)
  t.regex(await check(), / expires on /)
})
