import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { needing } from '../peers.ts'
import { RAFTEL, raftel, withLab } from './lab.ts'

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
        t.is((await raftel(['user', 'ls', '--timeout', '4', ...as(foreign)])).code, 6)
        t.is((await raftel(['user', 'ls', '--timeout', '4', '--endpoints', lab.endpoints])).code, 6)
      } finally {
        await Promise.all(nodes.map((node) => node.end()))
      }
    })
  },
)

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

/** As a service manager runs it: the lab's own commands do not speak TLS. */
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
