import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { give, initCa } from '../../cli/certs/authority.ts'
import { needing } from '../peers.ts'
import { RAFTEL, raftel, withLab } from './lab.ts'

const DAY_MS = 86_400_000

needing(test, 'openssl').serial(
  'nodes and command line speak mutual TLS by configuration, and who has no certificate of the authority stays out',
  async (t) => {
    await withLab(t, { nodes: 3 }, async (lab) => {
      const own = certificate(lab.dir, 'own')
      const foreign = certificate(lab.dir, 'foreign')
      for (const node of lab.nodes) {
        const file = path.join(lab.dir, 'nodes', `${node.id}.yaml`)
        const tls = `  tls: {ca: ${own}, cert: ${own}, key: ${own}}\n`
        const text = readFileSync(file, 'utf8')
          .replace('cluster:\n', `cluster:\n${tls}`)
          .replace('control:\n', `control:\n${tls}`)
        await lab.kill(node.id)
        writeFileSync(file, text)
      }
      const nodes = lab.nodes.map((node) => raftelNode(path.join(lab.dir, 'nodes', `${node.id}.yaml`)))
      try {
        const as = (pem: string): string[] => [
          '--endpoints',
          lab.endpoints,
          '--tls-ca',
          own,
          '--tls-cert',
          pem,
          '--tls-key',
          pem,
        ]
        await lab.until(
          'three nodes and a leader',
          async () => JSON.parse((await raftel(['cluster', 'status', '-o', 'json', ...as(own)])).stdout),
          (status: { leader: string | null; nodes: { reachable: boolean }[] }) =>
            status.leader !== null && status.nodes.filter((node) => node.reachable).length === 3,
        )
        const added = await raftel(['user', 'add', 'alice@pbx.test', '--password-stdin', ...as(own)], 'correct-horse\n')
        t.is(added.code, 0, added.stderr)
        t.is((await raftel(['user', 'ls', '--timeout', '4', ...as(foreign)])).code, 4)
        t.is((await raftel(['user', 'ls', '--timeout', '4', '--endpoints', lab.endpoints])).code, 4)
      } finally {
        await Promise.all(nodes.map((node) => node.end()))
      }
    })
  },
)

test.serial(
  'a lab with certificates needs its directory alone, and whoever else comes is refused and told why',
  async (t) => {
    await withLab(t, { nodes: 3, tls: true }, async (lab) => {
      const certs = path.join(lab.dir, 'certs')
      const foreign = path.join(lab.dir, 'foreign')
      const order = { role: 'operator', hosts: [], force: false } as const
      initCa(foreign, 'other', 10, false, Date.now())
      give(foreign, { ...order, name: 'mallory', days: 5 }, Date.now())
      give(certs, { ...order, name: 'late', days: 1 }, Date.now() - 2 * DAY_MS)
      const before = await lab.status()
      t.is((await raftel(['user', 'ls', '--dir', lab.dir])).code, 0)

      const as = (ca: string, cert: string): string[] => {
        const files = ['--tls-ca', `${ca}/ca.pem`, '--tls-cert', `${cert}.pem`, '--tls-key', `${cert}.key`]
        return ['--endpoints', lab.endpoints, ...files]
      }
      const refused = async (args: readonly string[], why: RegExp): Promise<void> => {
        const ran = await raftel(['user', 'ls', '--timeout', '4', ...args])
        t.is(ran.code, 4, ran.stderr)
        t.regex(ran.stderr, why)
      }
      await refused(['--endpoints', lab.endpoints], /it speaks TLS: give --tls-ca/)
      await refused(as(certs, `${foreign}/mallory`), /mallory\.pem is not of the authority/)
      await refused(as(foreign, `${foreign}/mallory`), /authority that is not known here/)
      await refused(as(certs, `${certs}/late`), /late\.pem has expired: issue it again/)

      // Each node says each of it once, however often the client tried.
      for (const { id } of lab.nodes) {
        const lines = logOf(lab.dir, id).filter((line) => line.includes('at the control listener'))
        const said = (why: RegExp) => lines.filter((line) => why.test(line)).length
        const counts = [/does not speak TLS/, /authority that is not known/, /has expired/].map(said)
        t.deepEqual(counts, [1, 1, 1], lines.join('\n'))
        t.is(lines.filter((line) => /it does not accept this node/.test(line)).length + 3, lines.length)
      }
      const after = await lab.status()
      t.deepEqual([after.term, after.leader], [before.term, before.leader])
      await lab.addUser('alice@pbx.test', 'correct-horse')
    })
  },
)

test.serial('a node whose certificate has expired stays out until it is issued again', async (t) => {
  await withLab(t, { nodes: 3, tls: true }, async (lab) => {
    const certs = path.join(lab.dir, 'certs')
    const { id } = lab.nodes.find((node) => node.id !== lab.leader)!
    const others = lab.nodes.filter((node) => node.id !== id)
    await lab.kill(id)
    const order = { name: id, role: 'node', hosts: ['127.0.0.1'], force: true } as const
    give(certs, { ...order, days: 1 }, Date.now() - 2 * DAY_MS)
    t.is((await raftel(['certs', 'ls', '--dir', certs])).code, 1)
    const { term } = await lab.status()
    const late = raftelNode(path.join(lab.dir, 'nodes', `${id}.yaml`))
    try {
      for (const one of others) {
        await lab.until(
          `${one.id} refuses ${id}, and does not trust it either`,
          async () => logOf(lab.dir, one.id),
          (lines) =>
            lines.some((line) => /at the listener for nodes: its certificate has expired/.test(line)) &&
            lines.some((line) => line.includes(`cannot reach ${id}`) && line.includes('its certificate has expired')),
        )
      }
      await lab.addUser('alice@pbx.test', 'correct-horse')
      const status = await lab.status()
      t.is(status.term, term)
      t.false(status.nodes.find((node) => node.id === id)?.reachable)
    } finally {
      await late.end()
    }
    const again = ['certs', 'node', id, '--dir', certs, '--host', '127.0.0.1', '--force']
    t.is((await raftel(again)).code, 0)
    await lab.start(id)
    t.is((await lab.status()).nodes.filter((node) => node.reachable).length, 3)
  })
})

test.serial('certificates are no use where a node does not speak TLS, and the command line says so', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const dir = path.join(lab.dir, 'own')
    initCa(dir, 'own', 10, false, Date.now())
    give(dir, { name: 'alice', role: 'operator', hosts: [], days: 5, force: false }, Date.now())
    const files = ['--tls-ca', `${dir}/ca.pem`, '--tls-cert', `${dir}/alice.pem`, '--tls-key', `${dir}/alice.key`]
    const ran = await raftel(['user', 'ls', '--endpoints', lab.endpoints, ...files])
    t.is(ran.code, 4)
    t.regex(ran.stderr, /does not speak TLS: leave out --tls-ca/)
    t.is(logOf(lab.dir, 'n1').filter((line) => /it speaks TLS, and this listener does not/.test(line)).length, 1)
    t.is((await lab.raftel(['user', 'ls'])).code, 0)
  })
})

function logOf(dir: string, id: string): string[] {
  return readFileSync(path.join(dir, 'logs', `${id}.log`), 'utf8').split('\n')
}

/** A certificate for 127.0.0.1 that is its own authority, with its key, in one file. */
function certificate(folder: string, name: string): string {
  const file = path.join(folder, `${name}.pem`)
  const names = ['-subj', '/CN=pbx.test', '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-']
  const pem = execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...names], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  writeFileSync(file, pem, { mode: 0o600 })
  return file
}

/** As a service manager runs it: the lab's own commands wait until a node is let in. */
function raftelNode(config: string): { end(): Promise<unknown> } {
  const child = spawn(RAFTEL, ['node', 'start', '--config', config], { stdio: 'ignore' })
  const closed = new Promise((resolve) => child.once('close', resolve))
  return {
    end: () => {
      child.kill('SIGTERM')
      return closed
    },
  }
}
