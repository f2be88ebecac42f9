/**
 * The real program on the directory that the bench has filled, started as an operator would: how soon it serves, and what the whole process holds
 * then, with phones, and once it has taken a snapshot.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { ControlClient } from '../proto/types/raftel/v1/Control.ts'
import type { NodeStatus__Output } from '../proto/types/raftel/v1/NodeStatus.ts'
import type { Overview__Output } from '../proto/types/raftel/v1/Overview.ts'
import { rawPhone, registerOnce } from '../test/acceptance/sip.ts'
import { addUsers } from '../test/acceptance/users.ts'
import { freePorts } from '../test/ports.ts'
import { controlOf, raftel } from './cluster.ts'

export interface Filled {
  /** Of one node, which is all of its cluster. */
  readonly dataDir: string
  readonly node: string
  readonly key: Buffer
  readonly domain: string
  /** Users that have registered. */
  readonly users: number
  readonly aor: (i: number) => string
}

const PATIENCE_MS = 5 * 60_000
const PHONES = 100
const PASSWORD = 'of the bench'
/** A node takes a snapshot after 50,000 entries: so many passwords are set in between two looks whether it has. */
const BATCH = 2_000

/** Figures by name. */
export async function runNode(filled: Filled): Promise<Record<string, number>> {
  const { node, users, domain } = filled
  const [cluster, control, sip] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`) as [string, string, string]
  const config = writeConfig(filled, { cluster, control, sip })
  const log = `${filled.dataDir}.log`
  const out = openSync(log, 'w')
  const began = performance.now()
  // bin/raftel becomes the program: its pid is that of the node.
  const child = spawn('bin/raftel', ['node', 'start', '--config', config], { stdio: ['ignore', out, out] })
  closeSync(out)
  const pid = child.pid!
  const client = controlOf({ id: node, pid, sip, control, media: 'direct' })
  const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    for (const end = performance.now() + PATIENCE_MS; !(await look()); await pause(50)) {
      const ended = child.exitCode !== null
      if (!ended && performance.now() < end) continue
      const why = ended ? `the node ended with ${child.exitCode}` : `not within ${PATIENCE_MS} ms: ${what}`
      throw new Error(`${why}: ${readFileSync(log, 'utf8').slice(-2000)}`)
    }
  }
  try {
    await until('it serves', () => serves(client))
    const result: Record<string, number> = { 'from its start until it serves, s': (performance.now() - began) / 1000 }
    const { aors } = await overviewOf(client)
    if (aors !== users) throw new Error(`${aors} AoRs came back`)
    const held = (when: string): void => {
      const { VmRSS, RssFile, VmHWM } = memoryOf(pid)
      result[`RSS ${when}, MB`] = VmRSS
      result[`of it pages of files, ${when}, MB`] = RssFile
      result[`highest RSS by then, ${when}, MB`] = VmHWM
    }
    held('once it serves')
    raftel(['plan', 'commit', '-', '--endpoints', control], `domains: [${domain}]\n`)
    const kept = () => readFileSync(log, 'utf8').includes(' is kept')
    let agreed = 0
    const setPasswords = async (): Promise<void> => {
      const aors = Array.from({ length: Math.min(BATCH, users) }, (_, i) => filled.aor((agreed + i) % users))
      await addUsers(client, aors, PASSWORD)
      agreed += aors.length
    }
    await setPasswords()
    result[`phones that registered, of ${PHONES}`] = await register(filled, sip)
    held('with phones')
    await until('it has taken a snapshot', async () => {
      if (!kept()) await setPasswords()
      return kept()
    })
    held('after a snapshot')
    await until('it has applied all', () => serves(client))
    return result
  } finally {
    client.close()
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
  }
}

/** How many of the phones hear that they are registered. */
async function register({ aor, domain }: Filled, sip: string): Promise<number> {
  let registered = 0
  for (let i = 0; i < PHONES; i++) {
    const phone = await rawPhone(sip)
    const answer = await registerOnce(phone, aor(i), PASSWORD, { domain })
    if (answer?.status === 200) registered++
    phone.close()
  }
  return registered
}

function writeConfig(
  { dataDir, node, key }: Filled,
  { cluster, control, sip }: Readonly<Record<'cluster' | 'control' | 'sip', string>>,
): string {
  const [config, keyFile] = [`${dataDir}.yaml`, `${dataDir}.key`]
  writeFileSync(keyFile, `${key.toString('base64')}\n`, { mode: 0o600 })
  const lines = [
    `node: ${node}`,
    `data: ${dataDir}`,
    `cluster: {key_file: ${keyFile}, listen: '${cluster}', nodes: [{name: ${node}, id: 1, address: '${cluster}'}]}`,
    `control: {listen: '${control}'}`,
    `sip: {listen: ['udp:${sip}', 'tcp:${sip}']}`,
    'media: {mode: direct}',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  return config
}

async function serves(client: ControlClient): Promise<boolean> {
  const status = await new Promise<NodeStatus__Output | null>((resolve) => {
    client.getNode({}, { deadline: Date.now() + 2_000 }, (error, reply) => resolve(error ? null : (reply ?? null)))
  })
  return status?.quorum === true && status.applied === status.commit
}

function overviewOf(client: ControlClient): Promise<Overview__Output> {
  return new Promise((resolve, reject) => {
    client.getOverview({}, (error, reply) => (error ? reject(error) : resolve(reply!)))
  })
}

/** What the kernel says of a process, MB. */
export function memoryOf(pid: number | 'self'): Record<'VmRSS' | 'VmHWM' | 'RssFile', number> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
  return { VmRSS: of('VmRSS'), VmHWM: of('VmHWM'), RssFile: of('RssFile') }
}
