/**
 * The machines of a run. With root each is a network namespace of its own on one bridge; else all are ports on loopback.
 * Namespaces have no names: they are gone with the last process in them, however this one ends.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { which } from '../peers.ts'
import { freePorts } from '../ports.ts'

export interface Machine {
  /** n1, n2 … */
  readonly name: string
  readonly host: string
  readonly ports: { readonly sip: number; readonly control: number; readonly cluster: number }
  /** What runs a program on this machine: a command line to put before its own. */
  readonly enter: readonly string[]
  /** Null where the network is the one of loopback, which is left alone. */
  readonly link: Link | null
}

/** The network of one machine as its kernel has it. Every call replaces what was there. */
export interface Link {
  /** Packets that come from these hosts are dropped. */
  deafTo(hosts: readonly string[]): void
  /** So many percent of the packets from these hosts are dropped, by chance. */
  lossy(hosts: readonly string[], percent: number): void
  /** What it sends leaves at so many kbit/s; null: at once. */
  narrow(kbits: number | null): void
}

export interface Hosts {
  readonly machines: readonly Machine[]
  close(): Promise<void>
}

const NETWORK = '10.77.0'

/** Only inside namespaces of this process's own: see inside.ts. */
export async function namespaces(count: number): Promise<Hosts> {
  ip('link', 'set', 'lo', 'up')
  ip('link', 'add', 'br0', 'type', 'bridge')
  ip('addr', 'add', `${NETWORK}.1/24`, 'dev', 'br0')
  ip('link', 'set', 'br0', 'up')
  const holders: ChildProcess[] = []
  const machines: Machine[] = []
  for (let i = 0; i < count; i++) {
    // Lives as long as its stdin is open, and its namespace as long as it.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    holders.push(holder)
    await once(holder.stdout!, 'data')
    machines.push(joined(`n${i + 1}`, i, holder.pid!))
  }
  return {
    machines,
    async close() {
      const ended = holders.map((holder) => once(holder, 'exit'))
      for (const holder of holders) holder.stdin?.end()
      await Promise.all(ended)
      // The next run in this process makes another.
      ip('link', 'del', 'br0')
    },
  }
}

function joined(name: string, i: number, holder: number): Machine {
  const host = `${NETWORK}.${11 + i}`
  const enter = ['nsenter', `--net=/proc/${holder}/ns/net`, '--']
  const there = (program: string, ...args: string[]): void => run([...enter, program, ...args])
  ip('link', 'add', `v${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(holder))
  ip('link', 'set', `v${i}`, 'master', 'br0', 'up')
  there('ip', 'link', 'set', 'lo', 'up')
  there('ip', 'addr', 'add', `${host}/24`, 'dev', 'eth0')
  there('ip', 'link', 'set', 'eth0', 'up')
  return { name, host, ports: { sip: 5060, control: 7060, cluster: 7070 }, enter, link: linkOf(enter) }
}

function linkOf(enter: readonly string[]): Link {
  const rules = { deaf: [] as string[], lossy: [] as string[] }
  const load = (): void => {
    const lines = [...rules.deaf, ...rules.lossy].map((rule) => `${rule};`).join(' ')
    const chain = `chain heard { type filter hook input priority 0; ${lines} };`
    run([...enter, which('nft')!, `table ip nemesis {}; delete table ip nemesis; table ip nemesis { ${chain} };`])
  }
  return {
    deafTo(hosts) {
      rules.deaf = hosts.map((host) => `ip saddr ${host} drop`)
      load()
    },
    lossy(hosts, percent) {
      const chance = percent < 100 ? `numgen random mod 100 < ${percent} ` : ''
      rules.lossy = hosts.map((host) => `ip saddr ${host} ${chance}drop`)
      load()
    },
    narrow(kbits) {
      const queue = kbits === null ? ['del', 'dev', 'eth0', 'root'] : ['replace', 'dev', 'eth0', 'root', 'tbf']
      const rate = kbits === null ? [] : ['rate', `${kbits}kbit`, 'burst', '8kb', 'latency', '500ms']
      run([...enter, 'tc', 'qdisc', ...queue, ...rate])
    },
  }
}

export async function loopback(count: number): Promise<Hosts> {
  const ports = await freePorts(3 * count)
  const machines = Array.from({ length: count }, (_, i): Machine => {
    const [sip = 0, control = 0, cluster = 0] = ports.slice(3 * i)
    return { name: `n${i + 1}`, host: '127.0.0.1', ports: { sip, control, cluster }, enter: [], link: null }
  })
  return { machines, close: async () => {} }
}

function ip(...args: string[]): void {
  run(['ip', ...args])
}

function run([program = '', ...args]: readonly string[]): void {
  const done = spawnSync(program, args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr?.trim() || done.error?.message}`)
}
