import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needing } from '../peers.ts'
import { type Baresip, startBaresip } from './baresip.ts'
import { end } from './ending.ts'
import { RAFTEL } from './lab.ts'
import { type Network, openNetwork } from './namespaces.ts'
import { babble, found, RATE, readWav, writeWav } from './wave.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
/** Each phone must be found in what the other heard at least this well; another voice comes to about 0.2. */
const FOUND = 0.7
/** Ten seconds of G.711 in packets of 20 ms are 500 each way. */
const PACKETS = 300

needing(test, 'baresip', 'rtpengine', 'ip', 'root').serial(
  'two baresip phones at two nodes hear each other through rtpengine, one over UDP and one over TCP',
  async (t) => {
    t.timeout(180_000)
    const { alice, bob, streams } = await callThrough(t, 'spawn')
    t.true(alice.found > FOUND, `what bob played is found in what alice heard with ${alice.found}`)
    t.true(bob.found > FOUND, `what alice played is found in what bob heard with ${bob.found}`)
    t.true(alice.other < 0.5 && bob.other < 0.5, `a voice that nobody played is found: ${alice.other}, ${bob.other}`)
    t.deepEqual(streams.map((stream) => stream.side).sort(), ['called', 'caller'])
    for (const stream of streams) t.true(stream.packets > PACKETS, `${stream.side}: ${stream.packets} packets relayed`)
  },
)

needing(test, 'baresip', 'ip', 'root').serial(
  'with direct media the same call is not relayed, and the test above would say so',
  async (t) => {
    t.timeout(180_000)
    const { streams } = await callThrough(t, 'direct')
    t.deepEqual(streams, [])
  },
)

interface Ear {
  readonly found: number
  /** The same for a voice that nobody played. */
  readonly other: number
}

interface Heard {
  readonly alice: Ear
  readonly bob: Ear
  readonly streams: readonly { readonly side: string; readonly packets: number }[]
}

async function callThrough(t: ExecutionContext, media: 'spawn' | 'direct'): Promise<Heard> {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-audio-'))
  const network = openNetwork(2)
  const nodes: ChildProcess[] = []
  const phones: Baresip[] = []
  const voices = { alice: babble(1, 60), bob: babble(2, 60), nobody: babble(3, 60) }
  try {
    const endpoints = startNodes(network, folder, media, nodes)
    const raftel = (...args: string[]): string => network.core.run(RAFTEL, [...args, '--endpoints', endpoints])
    await until('a leader', () => JSON.parse(raftel('cluster', 'status', '-o', 'json')).leader !== null)
    const plan = path.join(folder, 'plan.yaml')
    writeFileSync(plan, `domains: [${DOMAIN}]\n`)
    raftel('plan', 'commit', plan)
    for (const user of ['alice', 'bob']) await addUser(network, endpoints, user)

    for (const [i, user] of (['alice', 'bob'] as const).entries()) {
      const play = path.join(folder, `${user}.wav`)
      writeWav(play, voices[user])
      const host = network.phones[i]
      if (host === undefined) throw new Error('a network of two phones')
      const transport = user === 'alice' ? 'udp' : 'tcp'
      const registrar = `10.99.0.1:${SIP_PORTS[i]}`
      phones.push(
        await startBaresip({ host, folder, user, domain: DOMAIN, password: PASSWORD, registrar, transport, play }),
      )
    }
    await until('both are registered', () => JSON.parse(raftel('reg', 'ls', '-o', 'json')).length === 2)

    const [alice, bob] = phones
    if (alice === undefined || bob === undefined) throw new Error('two phones')
    alice.command('dial', `sip:bob@${DOMAIN}`)
    await bob.until(/CALL_ESTABLISHED/, 30_000)
    const rows = JSON.parse(raftel('call', 'ls', '-o', 'json')) as {
      id: string
      from: string
      to: string
      state: string
      node: string
    }[]
    t.is(rows.length, 1)
    t.like(rows[0], { from: `alice@${DOMAIN}`, to: `bob@${DOMAIN}`, state: 'answered', node: 'n1' })
    const id = rows[0]?.id ?? ''
    const show = (): { streams: { side: string; packets: number }[] } =>
      JSON.parse(raftel('call', 'show', id, '-o', 'json'))
    if (media === 'spawn') {
      await until(
        'ten seconds of audio both ways',
        () => phones.every((phone) => heardBy(phone).length > 10 * RATE),
        60_000,
      )
      await until('the relay has counted them', () => {
        const { streams } = show()
        return streams.length === 2 && streams.every(({ packets }) => packets > PACKETS)
      })
    }
    const { streams } = show()
    raftel('call', 'hangup', id)
    await alice.until(/CALL_CLOSED/, 30_000)
    await until('the call is gone', () => JSON.parse(raftel('call', 'ls', '-o', 'json')).length === 0)
    return {
      alice: media === 'spawn' ? ear(alice, voices.bob, voices.nobody) : { found: 0, other: 0 },
      bob: media === 'spawn' ? ear(bob, voices.alice, voices.nobody) : { found: 0, other: 0 },
      streams,
    }
  } finally {
    await Promise.all(phones.map((phone) => phone.close()))
    await Promise.all(nodes.map(end))
    network.close()
    if (t.passed) rmSync(folder, { recursive: true, force: true })
    else t.log(`files are kept in ${folder}`)
  }
}

/** The best of three pieces of a second each, from a part that was surely played. */
function ear(phone: Baresip, played: Float64Array, nobody: Float64Array): Ear {
  const heard = heardBy(phone)
  const best = (voice: Float64Array): number => Math.max(...[2, 4, 6].map((second) => found(voice, second, heard)))
  return { found: best(played), other: best(nobody) }
}

function heardBy(phone: Baresip): Float64Array {
  const file = phone.heard()
  return file === null ? new Float64Array() : readWav(file)
}

// In namespaces of their own the ports are nobody else's.
const SIP_PORTS = [5061, 5062, 5063]

function startNodes(network: Network, folder: string, media: 'spawn' | 'direct', nodes: ChildProcess[]): string {
  writeFileSync(path.join(folder, 'cluster.key'), randomBytes(32).toString('base64') + '\n', { mode: 0o600 })
  const members = SIP_PORTS.map((_, i) => `    - { name: n${i + 1}, id: ${i + 1}, address: "127.0.0.1:${7001 + i}" }`)
  for (const [i, port] of SIP_PORTS.entries()) {
    const name = `n${i + 1}`
    mkdirSync(path.join(folder, name))
    const config = path.join(folder, `${name}.yaml`)
    writeFileSync(
      config,
      [
        `node: ${name}`,
        `data: ${path.join(folder, name)}`,
        'cluster:',
        '  key_file: cluster.key',
        `  listen: 127.0.0.1:${7001 + i}`,
        '  nodes:',
        ...members,
        'control:',
        `  listen: 127.0.0.1:${7101 + i}`,
        'sip:',
        `  listen: ["udp:10.99.0.1:${port}", "tcp:10.99.0.1:${port}"]`,
        'media:',
        ...(media === 'spawn'
          ? ['  mode: spawn', '  interface: 10.99.0.1', `  ports: "${30_000 + i * 1000}-${30_998 + i * 1000}"`]
          : ['  mode: direct']),
        'log:',
        `  file: ${path.join(folder, `${name}.log`)}`,
        '',
      ].join('\n'),
    )
    nodes.push(network.core.spawn(RAFTEL, ['node', 'start', '--config', config]))
  }
  return SIP_PORTS.map((_, i) => `127.0.0.1:${7101 + i}`).join(',')
}

async function addUser(network: Network, endpoints: string, user: string): Promise<void> {
  const args = [
    'netns',
    'exec',
    network.core.name,
    RAFTEL,
    'user',
    'add',
    `${user}@${DOMAIN}`,
    '--password-stdin',
    '--endpoints',
    endpoints,
  ]
  const child = spawn('ip', args, { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(PASSWORD + '\n')
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`adding ${user}: exit ${code}`)
}

async function until(what: string, good: () => boolean, boundMs = 40_000): Promise<void> {
  const bound = Date.now() + boundMs
  for (;;) {
    try {
      if (good()) return
    } catch (error) {
      if (Date.now() > bound) throw error
    }
    if (Date.now() > bound) throw new Error(`not within ${boundMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
