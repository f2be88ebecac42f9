/** Whether the machines' network does what the faults say. Run inside namespaces by hosts.test.ts; prints one JSON document. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type Machine, namespaces } from './hosts.ts'

const LISTEN = `require('node:net').createServer((socket) => socket.end()).listen(4000, () => console.log('ready'))`
const CONNECT = `const socket = require('node:net').connect(4000, process.argv[1]);
socket.setTimeout(1000, () => process.exit(1)); socket.on('connect', () => process.exit(0)); socket.on('error', () => process.exit(2))`

const hosts = await namespaces(3)
const [a, b, c] = hosts.machines as [Machine, Machine, Machine]
const command = ({ enter }: Machine, script: string, ...args: string[]): [string, string[]] => {
  const [first = '', ...rest] = [...enter, process.execPath, '-e', script, ...args]
  return [first, rest]
}
const servers = hosts.machines.map((machine) =>
  spawn(...command(machine, LISTEN), { stdio: ['ignore', 'pipe', 'inherit'] }),
)
await Promise.all(servers.map((server) => once(server.stdout!, 'data')))
const reaches = (from: Machine, to: Machine): boolean => spawnSync(...command(from, CONNECT, to.host)).status === 0
const all = () => ({ ab: reaches(a, b), ba: reaches(b, a), ac: reaches(a, c) })

const whole = all()
a.link?.deafTo([b.host])
const deaf = all()
a.link?.deafTo([])
a.link?.lossy([b.host, c.host], 100)
const lossy = all()
a.link?.lossy([], 0)
a.link?.narrow(64)
const narrow = all()
a.link?.narrow(null)
const healed = all()
console.log(JSON.stringify({ whole, deaf, lossy, narrow, healed }))
for (const server of servers) server.kill()
await hosts.close()
