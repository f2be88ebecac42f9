import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { RAFTEL, raftel, withLab } from './lab.ts'

const PLAN = 'domains: [pbx.test]\nusers:\n  alice@pbx.test: {name: Alice, numbers: ["1001"]}\n'

needing(test, 'rtpengine').serial(
  'a lab is one command: users, plan and doctor by any node, kill -9 of the leader, and back with the same table',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
      t.is(lab.nodes.length, 3)
      t.true(lab.nodes.every((node) => node.media === 'rtpengine' && existsSync(`/proc/${node.pid}`)))
      await lab.addUser('alice@pbx.test', 'a password')
      await lab.commitPlan(PLAN)
      const users = await lab.json<{ aor: string; contacts: number; createdAt: string }[]>(['user', 'ls'])
      t.deepEqual(
        users.map(({ aor, contacts }) => [aor, contacts]),
        [['alice@pbx.test', 0]],
      )
      t.regex(users[0]?.createdAt ?? '', /^\d{4}-\d\d-\d\dT.*Z$/)
      t.is((await lab.json<{ text: string }>(['plan', 'show'])).text, PLAN)

      t.is(relays(lab.dir).length, 3)
      await lab.kill(lab.leader)
      t.is(relays(lab.dir).length, 2, 'its relay died with it')
      const alone = await lab.until('two agree on a new leader', lab.status, (status) => {
        const up = status.nodes.filter((node) => node.reachable)
        return status.quorum && status.leader !== null && status.leader !== lab.leader && up.length === 2
      })
      t.is(alone.nodes.find((node) => node.id === lab.leader)?.role, 'unknown')
      await lab.addUser('bob@pbx.test', 'a password')

      await lab.start(lab.leader)
      const after = await lab.until('all have the same table', lab.status, (status) => {
        const [first, ...others] = status.nodes
        return others.every((node) => node.reachable && node.applied === first?.applied && node.hash === first?.hash)
      })
      t.is(after.planVersion, 1)
      t.is((await lab.json<object[]>(['user', 'ls', '--sort', '-aor'])).length, 2)
      const doctor = await lab.json<{ healthy: boolean }>(['doctor'])
      t.true(doctor.healthy)
    })
  },
)

test.serial(
  'a cluster of one that is gone, a wrong word and a wrong file have their exit codes and one sentence',
  async (t) => {
    await withLab(t, { nodes: 1 }, async (lab) => {
      const exits = async (args: readonly string[], input = '') => {
        const { code, stdout, stderr } = await lab.raftel(args, input)
        t.is(stdout, '', args.join(' '))
        t.regex(stderr, /^raftel: .+\n$/, args.join(' '))
        return code
      }
      t.is(await exits(['user', 'add', 'alice', '--password-stdin'], 'x\n'), 2)
      t.is(await exits(['user', 'ls', '--sort', 'bogus']), 2)
      t.is(await exits(['user', 'add', 'alice@pbx.test', '--password-stdin']), 1)
      t.is(await exits(['user', 'add', 'alice@pbx.test']), 2)
      t.is(await exits(['reg', 'ls', '--shoe']), 2)
      t.regex((await raftel(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
      t.is(await exits(['call', 'hangup', 'nobody']), 3)
      t.is(await exits(['plan', 'show']), 3)
      await lab.addUser('alice@pbx.test', 'x')
      t.is(await exits(['user', 'add', 'alice@pbx.test', '--password-stdin'], 'x\n'), 5)
      t.is(await exits(['plan', 'commit', '-', '--expect', '4'], PLAN), 5)

      // The second command looks at its stdin long before the first has anything for it.
      await lab.commitPlan(PLAN)
      const piped = await sh(`"${RAFTEL}" plan show | "${RAFTEL}" plan commit - -o json`, lab.endpoints)
      t.is(JSON.parse(piped).version, 2)
      t.is(await exits(['plan', 'commit', '/dev/zero']), 1)

      const again = await raftel(['lab', 'up', '--nodes', '1', '--dir', lab.dir, '--detach'])
      t.is(again.code, 5)
      const onFile = await raftel(['lab', 'up', '--nodes', '1', '--dir', path.join(lab.dir, 'lab.json'), '--detach'])
      t.is(onFile.code, 1)
      t.regex(onFile.stderr, /^raftel: EEXIST.*name another.*\n$/)
      t.regex(again.stderr, /lab down/)

      const down = await raftel(['lab', 'down', '--dir', lab.dir])
      t.deepEqual([down.code, down.stderr], [0, 'raftel: 1 node is down\n'])
      const other = await raftel(['lab', 'up', '--nodes', '5', '--dir', lab.dir, '--detach'])
      t.is(other.code, 5)
      t.regex(other.stderr, /^raftel: .* is one of 1: bring it up with --nodes 1, .*remove .* begin anew\n$/)
      // One that nobody waited for keeps its entry, without a command line.
      t.is(commandLine(String(lab.nodes[0]?.pid)), '')
      t.is(await exits(['cluster', 'status']), 6)
      const json = await lab.raftel(['reg', 'ls', '-o', 'json'])
      t.deepEqual(
        [json.code, JSON.parse(json.stderr).error.exit, JSON.parse(json.stderr).error.code],
        [6, 6, 'NO_QUORUM'],
      )
    })
  },
)

test.serial('a watch prints rows, then changes, one JSON a line, until it is interrupted', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    await lab.addUser('alice@pbx.test', 'x')
    const args = ['user', 'ls', '--watch', '-o', 'ndjson', '--endpoints', lab.endpoints]
    const child = spawn(RAFTEL, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
    const seen: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      const change = JSON.parse(line) as { change: string; aor?: string }
      seen.push(`${change.change} ${change.aor ?? ''}`.trim())
      if (change.change === 'synced') await lab.addUser('bob@pbx.test', 'x')
      if (change.aor === 'bob@pbx.test') child.kill('SIGINT')
    }
    t.deepEqual(seen, ['put alice@pbx.test', 'synced', 'put bob@pbx.test'])
    t.is(await closed, 0)
  })
})

test.serial('a watch whose node is stopped or killed says so and fails, in every format', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    await lab.addUser('alice@pbx.test', 'x')
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const watched = ['table', 'json', 'ndjson'].map(async (format) => {
        const args = ['user', 'ls', '--watch', '-o', format, '--endpoints', lab.endpoints]
        const child = spawn(RAFTEL, args, { stdio: ['ignore', 'pipe', 'pipe'] })
        const closed = once(child, 'close')
        const said = child.stderr.toArray()
        await once(child.stdout, 'data')
        return { closed, said }
      })
      const all = await Promise.all(watched)
      const [node] = await lab.json<{ pid: number }[]>(['lab', 'status', '--dir', lab.dir])
      process.kill(node!.pid, signal)
      for (const { closed, said } of all) {
        t.deepEqual(await closed, [6, null], signal)
        t.regex((await said).join(''), /the node that was watched went away/, signal)
      }
      await lab.kill('n1').catch(() => {})
      await lab.start('n1')
    }
  })
})

/** What a line of shell prints. */
async function sh(line: string, endpoints: string): Promise<string> {
  const env = { ...process.env, RAFTEL_ENDPOINTS: endpoints }
  const child = spawn('sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  return (await child.stdout.toArray()).join('')
}

/** Relays of this lab: by the directory of the pidfile on their command lines. */
function relays(dir: string): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLine(name).includes(`--pidfile=${dir}`))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test.serial('a directory that cannot be made, and one whose lab.json is none, are one sentence each', async (t) => {
  const nowhere = await raftel(['lab', 'up', '--nodes', '1', '--dir', '/proc/raftel-lab', '--detach'])
  t.is(nowhere.code, 1)
  t.regex(nowhere.stderr, /^raftel: .*\/proc\/raftel-lab.*name another directory with --dir\n$/)

  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-nolab-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  for (const text of ['{}', 'null', '{"dir":"x","nodes":[{}]}', '{']) {
    writeFileSync(path.join(dir, 'lab.json'), text)
    for (const verb of ['down', 'up', 'status']) {
      const { code, stderr } = await raftel(['lab', verb, '--dir', dir])
      t.is(code, 1, `${verb} ${text}`)
      t.regex(stderr, /^raftel: .*lab\.json cannot be read .*; remove .* and begin anew\n$/, `${verb} ${text}`)
    }
    t.regex((await raftel(['reg', 'ls', '--dir', dir])).stderr, /lab\.json cannot be read/)
  }
})

test.serial(
  'time that runs out before a node answered is 7, no node at all is 6; a password that is not UTF-8 is refused',
  async (t) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.teardown(() => silent.close())
    const { port } = silent.address() as AddressInfo
    const hanging = await raftel(['user', 'ls', '--endpoints', `127.0.0.1:${port}`, '--timeout', '1'])
    t.is(hanging.code, 7, hanging.stderr)
    const [free] = await freePorts(1)
    const none = await raftel(['user', 'ls', '--endpoints', `127.0.0.1:${free}`, '--timeout', '1'])
    t.is(none.code, 6, none.stderr)

    const add = `printf '\\377\\n' | "${RAFTEL}" user add alice@pbx.test --password-stdin 2>&1; echo $?`
    t.regex(await sh(add, `127.0.0.1:${free}`), /^raftel: the password is not UTF-8.*\n1\n$/)
  },
)
