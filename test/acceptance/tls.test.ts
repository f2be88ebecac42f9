import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { give, initCa } from '../../cli/certs/authority.ts'
import { LAB_OPERATOR } from '../../cli/globals.ts'
import { endNodes } from '../../cli/lab/process.ts'
import { needing } from '../peers.ts'
import { type ClusterStatus, type Lab, RAFTEL, raftel, withLab } from './lab.ts'
import { authority, type Chain } from './openssl.ts'

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
            lines.some((line) => line.includes(`cannot reach ${id}`) && /its certificate.* has expired/.test(line)),
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
    await lab.until(
      'all are reached again',
      () => lab.status(),
      ({ nodes }) => nodes.filter((node) => node.reachable).length === 3,
    )
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

needing(test, 'openssl').serial(
  'the authority is a root and signs by an intermediate; of another root, or with anything expired in its chain, nobody comes in',
  async (t) => {
    await withLab(t, { nodes: 3, tls: true }, async (lab) => {
      const ours = authority(folder(lab, 'ours'), 'ours').intermediate('short', { days: 20 })
      const theirs = authority(folder(lab, 'theirs'), 'theirs')
      const ended = ours.intermediate('ended', { days: 'ended' })
      const ids = lab.nodes.map(({ id }) => id)
      await endNodes(lab.dir, ids, GRACE_MS)
      trusts(lab, ours.root)
      for (const id of ids) shows(lab, id, ours.leaf(id))
      shows(lab, LAB_OPERATOR, ours.leaf('alice', { uses: 'clientAuth' }))
      await Promise.all(ids.map((id) => lab.start(id)))
      await lab.addUser('alice@pbx.test', 'correct-horse')
      const before = await allReachable(lab)
      // The node's own is good for 90 days: what ends first is what it stands on.
      t.regex((await lab.raftel(['doctor'])).stdout, /certificates .*n1\.pem expires on/)

      const alone = ({ cert, key }: Chain): Chain => ({ cert: cert.slice(0, cert.lastIndexOf('-----BEGIN')), key })
      const uses = 'clientAuth'
      const clients = [
        [theirs.leaf('mallory', { uses }), /is not of the authority/, /of an authority that is not known here/],
        [alone(ours.leaf('bob', { uses })), /is not of the authority/, /of an authority that is not known here/],
        [ours.leaf('late', { uses, days: 'ended' }), /has expired: issue it again/, /its certificate has expired/],
        [ended.leaf('carol', { uses }), /of an authority that has expired/, /of an authority that has expired/],
      ] as const
      const refused = clients.map(async ([chain, seen], i) => {
        const files = ['--tls-ca', authorityOf(lab), ...shows(lab, `stranger${i}`, chain)]
        const ran = await raftel(['user', 'ls', '--timeout', '4', '--endpoints', lab.endpoints, ...files])
        t.is(ran.code, 4, ran.stderr)
        t.regex(ran.stderr, seen)
      })
      await Promise.all(refused)
      for (const [, , logged] of clients)
        for (const id of ids) t.is(refusals(lab, id, 'the control listener', logged), 1)

      const { id } = lab.nodes.find((node) => node.id !== before.leader)!
      await endNodes(lab.dir, [id], GRACE_MS)
      for (const [chain, logged] of [
        [theirs.leaf('mallory'), /of an authority that is not known here/],
        [ours.leaf('late', { days: 'ended' }), /its certificate has expired/],
        [ended.leaf('carol'), /of an authority that has expired/],
      ] as const) {
        shows(lab, id, chain)
        const stranger = raftelNode(path.join(lab.dir, 'nodes', `${id}.yaml`))
        try {
          for (const one of ids.filter((other) => other !== id)) {
            await lab.until(
              `${one} refuses ${id}: ${logged}`,
              async () => refusals(lab, one, 'the listener for nodes', logged),
              (count) => count === 1,
            )
          }
        } finally {
          await stranger.end()
        }
      }
      const { term, leader } = await lab.status()
      t.deepEqual([term, leader], [before.term, before.leader])
      shows(lab, id, ours.leaf(id))
      await lab.start(id)
      await allReachable(lab)
    })
  },
)

needing(test, 'openssl').serial(
  'another authority comes in three rounds of restarts, one node after the other, and every change is taken meanwhile',
  async (t) => {
    await withLab(t, { nodes: 3, tls: true }, async (lab) => {
      const { root, leaf } = authority(folder(lab, 'own'), 'own')
      const ids = lab.nodes.map(({ id }) => id)
      const certs = path.join(lab.dir, 'certs')
      const read = (name: string): string => readFileSync(path.join(certs, name), 'utf8')
      const first = read('ca.pem')
      const old = shows(lab, 'old', { cert: read(`${LAB_OPERATOR}.pem`), key: read(`${LAB_OPERATOR}.key`) })
      const asBefore = () =>
        raftel(['user', 'ls', '--timeout', '4', '--endpoints', lab.endpoints, '--tls-ca', authorityOf(lab), ...old])

      let changes = 0
      /** With one of three down both others are needed: those of the round before, and those of this. */
      const restart = async (id: string): Promise<void> => {
        await endNodes(lab.dir, [id], GRACE_MS)
        await lab.addUser(`user${changes++}@pbx.test`, 'correct-horse')
        await lab.start(id)
      }
      trusts(lab, first + root)
      for (const id of ids) await restart(id)
      for (const id of ids) {
        shows(lab, id, leaf(id))
        await restart(id)
      }
      shows(lab, LAB_OPERATOR, leaf('alice', { uses: 'clientAuth' }))
      trusts(lab, root)
      t.is((await asBefore()).code, 0, 'a node that runs has what it read at its start')
      for (const id of ids) await restart(id)
      t.is((await asBefore()).code, 4)
      await allReachable(lab)
      t.is((await lab.json<unknown[]>(['user', 'ls'])).length, changes)
    })
  },
)

const GRACE_MS = 8000

function allReachable(lab: Lab): Promise<ClusterStatus> {
  const good = ({ nodes }: ClusterStatus): boolean => nodes.every((node) => node.reachable)
  return lab.until('all nodes are reachable', () => lab.status(), good)
}

/** A fresh folder in the lab's. */
function folder(lab: Lab, name: string): string {
  const dir = path.join(lab.dir, name)
  mkdirSync(dir)
  return dir
}

/** The file in which nodes, at their start, and the command line find whom they trust. */
function authorityOf(lab: Lab): string {
  return path.join(lab.dir, 'certs', 'ca.pem')
}

function trusts(lab: Lab, roots: string): void {
  writeFileSync(authorityOf(lab), roots)
}

/** Puts a certificate with its key where the lab has those of that name; as options of the command line. */
function shows(lab: Lab, name: string, { cert, key }: Chain): string[] {
  const file = path.join(lab.dir, 'certs', name)
  writeFileSync(`${file}.pem`, cert)
  writeFileSync(`${file}.key`, key, { mode: 0o600 })
  return ['--tls-cert', `${file}.pem`, '--tls-key', `${file}.key`]
}

/** Lines of a node's log. */
function refusals(lab: Lab, id: string, where: string, why: RegExp): number {
  return logOf(lab.dir, id).filter((line) => line.includes(`at ${where}`) && why.test(line)).length
}

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
