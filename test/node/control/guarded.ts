/** A node whose control service speaks TLS, in this process, and clients with certificates of its authority. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { credentials, Metadata } from '@grpc/grpc-js'
import type { ExecutionContext } from 'ava'
import { certOf, give, initCa, keyOf } from '../../../cli/certs/authority.ts'
import { readConfig } from '../../../node/config.ts'
import { startNode } from '../../../node/node.ts'
import { controlProto } from '../../../proto/load.ts'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'
import { configIn, knowsItsMembers } from './node.ts'

const { Control } = controlProto()

/** `more`: what else stands in `control`. */
export async function guarded(t: ExecutionContext, more = '') {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-operators-'))
  const now = Date.now()
  initCa(dir, 'test', 10, false, now)
  const order = { days: 9, force: false, hosts: [] as string[] }
  give(dir, { ...order, role: 'node' as const, name: 'n1', hosts: ['127.0.0.1'] }, now)
  for (const name of ['alice', 'somebody']) give(dir, { ...order, role: 'operator' as const, name }, now)
  configIn(dir)
  const tls = `tls: {ca: ${certOf(dir, 'ca')}, cert: ${certOf(dir, 'n1')}, key: ${keyOf(dir, 'n1')}}`
  const text = `node: n1
data: data
cluster:
  key_file: cluster.key
  nodes: [{name: n1, id: 1, address: 127.0.0.1:0}]
control: {listen: 127.0.0.1:0, ${tls}${more}}
sip: {listen: [udp:127.0.0.1:0, tcp:127.0.0.1:0]}
media: {mode: direct}
log: {file: node.log}
`
  const read = readConfig(text, path.join(dir, 'node.yaml'))
  if (read.kind !== 'ok') throw new Error(read.text)
  writeFileSync(path.join(dir, 'node.yaml'), text)
  const node = await startNode(read.config, (sentence) => t.fail(sentence))
  t.teardown(() => node.stop())
  const pem = (name: string) => {
    const file = (of: (dir: string, name: string) => string, one: string) => readFileSync(of(dir, one))
    return credentials.createSsl(file(certOf, 'ca'), file(keyOf, name), file(certOf, name))
  }
  const as = (name: string): ControlClient => {
    const client = new Control(node.control, pem(name))
    t.teardown(() => client.close())
    return client
  }
  await knowsItsMembers(dir)
  return { as, control: node.control, dir }
}

export const bearer = (token: string): Metadata => {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  return metadata
}
