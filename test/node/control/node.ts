/** A real one-node cluster in this process, on ports the system gave, and a client of its control service. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { credentials, type ServiceError } from '@grpc/grpc-js'
import type { ExecutionContext } from 'ava'
import { newClusterKey } from '../../../cluster/seal.ts'
import { type NodeConfig, readConfig } from '../../../node/config.ts'
import { startNode } from '../../../node/node.ts'
import { controlProto } from '../../../proto/load.ts'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'
import { until } from '../../nemesis/until.ts'

export function configIn(dir: string, others = ''): NodeConfig {
  writeFileSync(path.join(dir, 'cluster.key'), newClusterKey(), { mode: 0o600 })
  const text = `node: n1
data: data
cluster:
  key_file: cluster.key
  nodes: [{name: n1, id: 1, address: 127.0.0.1:0}${others}]
control: {listen: 127.0.0.1:0}
sip: {listen: [udp:127.0.0.1:0, tcp:127.0.0.1:0]}
media: {mode: direct}
log: {file: node.log}
`
  const read = readConfig(text, path.join(dir, 'node.yaml'))
  if (read.kind !== 'ok') throw new Error(read.text)
  return read.config
}

export async function oneNode(t: ExecutionContext): Promise<{ client: ControlClient; sip: string; dir: string }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-control-'))
  const running = await nodeIn(t, dir, configIn(dir))
  await quorum(running.client)
  await knowsItsMembers(dir)
  return { ...running, dir }
}

/** No test shall take it for something of its own. The tables have it by then. */
export async function knowsItsMembers(dir: string): Promise<void> {
  const said = () => readFileSync(path.join(dir, 'node.log'), 'utf8')
  await until('it is agreed on who the members are', () => /the members are others now/.test(said()), 60_000)
}

/** One of three whose others are out of reach, on a directory that is under repair. */
export async function nodeUnderRepair(t: ExecutionContext): Promise<ControlClient> {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-control-'))
  mkdirSync(path.join(dir, 'data'))
  writeFileSync(path.join(dir, 'data', 'repair'), JSON.stringify({ what: 'a table is damaged', first: 'damaged-1' }))
  const others = [2, 3].map((id) => `, {name: n${id}, id: ${id}, address: 127.0.0.1:${id}}`).join('')
  return (await nodeIn(t, dir, configIn(dir, others))).client
}

export async function nodeIn(t: ExecutionContext, dir: string, config: NodeConfig) {
  const node = await startNode(config, (sentence) => t.fail(sentence))
  const { Control } = controlProto()
  const client = new Control(node.control, credentials.createInsecure())
  t.teardown(async () => {
    client.close()
    await node.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  return { client, sip: node.sip, address: node.control }
}

/** Waits until the node's own row is agreed on, which takes a leader. */
function quorum(client: ControlClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.watch({ table: 'nodes' }, { deadline: Date.now() + 20_000 })
    stream.on('data', (change: { key: string }) => {
      if (change.key !== 'n1') return
      stream.cancel()
      resolve()
    })
    stream.on('error', reject)
  })
}

export function ask<Reply>(
  send: (done: (error: ServiceError | null, reply?: Reply) => void) => unknown,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    send((error, reply) => (error || reply === undefined ? reject(error) : resolve(reply)))
  })
}
