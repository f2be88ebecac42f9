import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import anyTest from 'ava'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Lab, type LabNode, raftel, withLab } from './lab.ts'
import { authorization, newCallId, type RawPhone, rawPhone, registerOnce, request } from './sip.ts'

// Each test has a lab of its own, one after the other.
const test = anyTest.serial
const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const PLAN = `domains: [${DOMAIN}]\n`

test('malformed, oversized and unwanted SIP is refused with a status, and the node goes on', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const { node, phone } = await ready(lab)
    t.teardown(() => phone.close())
    const good = { uri: `sip:${DOMAIN}`, from: `sip:alice@${DOMAIN}`, to: `sip:alice@${DOMAIN}`, cseq: 1 }
    const register = (change: (text: string) => string, callId = newCallId()): Promise<number | undefined> =>
      phone
        .ask(change(request(phone.port, { ...good, method: 'REGISTER', callId })), callId, 1)
        .then((answer) => answer?.status)

    t.is(await register((text) => text.replace('CSeq: 1 REGISTER', 'CSeq: 1 INVITE')), 400)
    t.is(await register((text) => text.replace(/^To: .*$/m, 'To: "unclosed <sip:alice@pbx.test')), 400)
    t.is(await register((text) => text.replace(/^Max-Forwards: 70/m, 'Max-Forwards: many')), 400)
    t.is(await register((text) => text.replace('Content-Length: 0', 'Content-Length: -1')), 400)
    t.is(await register((text) => text.replaceAll('SIP/2.0\r\nVia', 'SIP/7.0\r\nVia')), 505)
    t.is(await register((text) => text.replace(/REGISTER/g, 'BREW')), 501)
    t.is(await register((text) => text.replaceAll(DOMAIN, 'elsewhere.test')), 404)
    t.is(
      await register((text) => text.replace('Contact: <sip:raw@', 'Contact: <mailto:raw@')),
      401,
      'unauthenticated first',
    )
    t.true(
      [400, 413, 513].includes(
        (await register((text) => text.replace('\r\n\r\n', `\r\nX-Long: ${'x'.repeat(60_000)}\r\n\r\n`))) ?? 0,
      ),
    )
    phone.send(Buffer.from('\0\xff\r\n\r\nnothing like SIP', 'latin1'))
    phone.send(Buffer.alloc(65_000, 0x0d))

    t.is((await registerOnce(phone, `alice@${DOMAIN}`, PASSWORD))?.status, 200, 'and the node still registers phones')
    t.is((await registerOnce(phone, `alice@${DOMAIN}`, PASSWORD, { algorithm: 'SHA-256' }))?.status, 200)
    t.deepEqual(
      (await lab.status()).nodes.map((one) => one.reachable),
      [true],
    )
    t.truthy(node)
  })
})

test('a wrong password is never let in, and an unknown user looks the same', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const { phone } = await ready(lab)
    t.teardown(() => phone.close())
    const wrong = await registerOnce(phone, `alice@${DOMAIN}`, 'guessed')
    const unknown = await registerOnce(phone, `mallory@${DOMAIN}`, 'guessed')
    t.true(wrong !== null && [401, 403].includes(wrong.status))
    t.is(unknown?.status, wrong?.status)
    t.deepEqual(await lab.json(['reg', 'ls']), [])
  })
})

test('a plan with errors is refused with every line, and the old one stays', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    await lab.commitPlan(PLAN)
    const bad = path.join(lab.dir, 'bad.yaml')
    writeFileSync(
      bad,
      `domains: [${DOMAIN}]\nrulez: []\nrules:\n  - name: one\n    match: "1XXX"\n    reject: { status: 200 }\n`,
    )
    const refused = await lab.raftel(['plan', 'commit', bad])
    t.is(refused.code, 1)
    t.regex(refused.stderr, /:2:\d+.*rulez/)
    t.regex(refused.stderr, /:6:\d+.*status/)
    t.is(refused.stdout, '')
    const shown = await lab.json<{ version: number; text: string }>(['plan', 'show'])
    t.is(shown.version, 1)
    t.is(shown.text, PLAN)
  })
})

test('a configuration with an unknown key, and a port in use, are one sentence each with the remedy', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const node = only(lab)
    const file = configOf(lab, node)
    const text = readFileSync(file, 'utf8')
    const unknown = path.join(lab.dir, 'nodes', 'unknown.yaml')
    writeFileSync(unknown, text + 'colour: blue\n')
    const refused = await raftel(['node', 'start', '--config', unknown])
    t.is(refused.code, 1)
    t.regex(refused.stderr, new RegExp(`unknown.yaml:${text.split('\n').length}:\\d+.*colour`))

    // The same SIP port as the running node, everything else its own.
    const [cluster, control] = await freePorts(2)
    const taken = path.join(lab.dir, 'nodes', 'taken.yaml')
    const own = text
      .replaceAll(/^(\s*)file:.*$/gm, '')
      .replaceAll(node.control, `127.0.0.1:${control}`)
      .replace(/^data:.*$/m, `data: ${path.join(lab.dir, 'taken-data')}`)
    const address = /address: "?(127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? ''
    writeFileSync(taken, own.replaceAll(address, `127.0.0.1:${cluster}`))
    const inUse = await raftel(['node', 'start', '--config', taken])
    t.is(inUse.code, 1)
    t.regex(inUse.stderr, new RegExp(`${node.sip.split(':')[1]}.*in use`))
    t.true((await lab.status()).nodes[0]?.reachable, 'the running node goes on')
  })
})

test('without rtpengine the node says so and what to do, and calls go on with direct media', async (t) => {
  await withLab(t, { nodes: 1, media: 'direct' }, async (lab) => {
    const node = only(lab)
    const file = configOf(lab, node)
    await lab.kill(node.id)
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/mode: "?direct"?/, 'mode: spawn\n  binary: /nonexistent/rtpengine'),
    )
    await lab.start(node.id)
    const doctor = await lab.raftel(['doctor', '-o', 'json'])
    t.is(doctor.code, 1)
    const media = (
      JSON.parse(doctor.stdout) as { checks: { name: string; verdict: string; remedy: string }[] }
    ).checks.find((check) => check.name === 'media')
    t.not(media?.verdict, 'ok')
    t.regex(media?.remedy ?? '', /apt-get install rtpengine-daemon/)
    t.is((await lab.status()).nodes[0]?.media, 'direct')
  })
})

test('without a quorum registrations get 503 with Retry-After, commits exit 6, and calls are still routed', async (t) => {
  await withLab(t, { nodes: 3 }, async (lab) => {
    const { node, phone } = await ready(lab)
    t.teardown(() => phone.close())
    await lab.addUser(`bob@${DOMAIN}`, PASSWORD)
    t.is((await registerOnce(phone, `bob@${DOMAIN}`, PASSWORD))?.status, 200)
    for (const other of lab.nodes.filter((one) => one.id !== node.id)) await lab.kill(other.id)
    await lab.until(
      'the node knows that it is alone',
      () => lab.status(),
      (status) => !status.quorum,
    )
    const refused = await registerOnce(phone, `alice@${DOMAIN}`, PASSWORD)
    t.is(refused?.status, 503)
    t.regex(refused?.header('retry-after') ?? '', /^\d+/)
    const plan = path.join(lab.dir, 'plan.yaml')
    writeFileSync(plan, PLAN)
    const commit = await lab.raftel(['plan', 'commit', plan, '--timeout', '3'])
    t.is(commit.code, 6)
    t.regex(commit.stderr, /quorum|majority/)
    const known = await lab.json<{ aor: string }[]>(['reg', 'ls'])
    t.deepEqual(
      known.map(({ aor }) => aor),
      [`bob@${DOMAIN}`],
      'what this node knows is shown',
    )
    for (const read of [
      ['reg', 'ls', '--linearizable'],
      ['plan', 'show', '--linearizable'],
    ]) {
      const ran = await lab.raftel([...read, '--timeout', '3'])
      t.is(ran.code, 6, `${read}: whether it is the latest cannot be known`)
    }

    // bob's phone is this very socket: an INVITE for bob must arrive at it.
    const caller = await rawPhone(node.sip)
    t.teardown(() => caller.close())
    const rung = new Promise<string>((resolve) => phone.onRequest('INVITE', resolve))
    await invite(caller, 'alice', 'bob')
    t.regex(await rung, /^INVITE sip:raw@127\.0\.0\.1/)
    for (const other of lab.nodes.filter((one) => one.id !== node.id)) await lab.start(other.id)
    await lab.until(
      'a quorum again',
      () => lab.status(),
      (status) => status.quorum,
    )
    t.is((await registerOnce(phone, `alice@${DOMAIN}`, PASSWORD))?.status, 200)
  })
})

needing(anyTest, 'root').serial(
  'a full disk stops the node with a clear last line, and nothing acknowledged is lost',
  async (t) => {
    await withLab(t, { nodes: 3 }, async (lab) => {
      await lab.commitPlan(PLAN)
      const full = lab.nodes.find((node) => node.id !== lab.leader) ?? only(lab)
      const data = path.join(lab.dir, 'data', full.id)
      await lab.kill(full.id)
      run('cp', '-a', data, `${data}-kept`)
      run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', data)
      try {
        run('cp', '-a', `${data}-kept/.`, data)
        await lab.start(full.id)
        const stuffing = path.join(data, 'stuffing')
        writeFileSync(stuffing, Buffer.alloc(Math.max(0, freeBytes(data) - 24_576)))
        const acknowledged: string[] = []
        const client = lab.client(lab.leader)
        for (let i = 0; i < 3000 && (await alive(lab, full)); i++) {
          const aor = `full${i}@${DOMAIN}`
          await new Promise<void>((resolve, reject) => {
            client.addUser({ aor, password: PASSWORD, replace: false }, (error) => (error ? reject(error) : resolve()))
          })
          acknowledged.push(aor)
        }
        t.false(await alive(lab, full), 'the node with the full disk has stopped')
        t.regex(
          logOf(lab, full).trim().split('\n').at(-1)!,
          /^raftel: disk full: free space on .* and start the node again; nothing acknowledged is lost$/,
        )
        t.true(acknowledged.length > 0)
        // The others go on, and the space is not there yet.
        await lab.addUser(`meanwhile@${DOMAIN}`, PASSWORD)
        acknowledged.push(`meanwhile@${DOMAIN}`)
        t.not((await lab.raftel(['lab', 'start', full.id])).code, 0, 'it does not start on a full disk')

        rmSync(stuffing)
        await lab.start(full.id)
        await lab.until(
          'the node that was full has everything',
          () => usersAt(lab, full.id),
          (aors) => acknowledged.every((aor) => aors.has(aor)),
        )
      } finally {
        // Also when it does not run any more.
        await lab.kill(full.id).finally(() => run('umount', '-l', data))
      }
    })
  },
)

/** Whether the node still answers its control port. */
async function alive(lab: Lab, node: LabNode): Promise<boolean> {
  return await new Promise((resolve) => {
    lab.client(node.id).getNode({}, { deadline: Date.now() + 2000 }, (error) => resolve(!error))
  })
}

function only(lab: Lab): LabNode {
  const node = lab.nodes[0]
  if (node === undefined) throw new Error('a lab without nodes')
  return node
}

/** A lab with a plan and alice, and a raw phone at its first node. */
async function ready(lab: Lab): Promise<{ node: LabNode; phone: RawPhone }> {
  await lab.commitPlan(PLAN)
  await lab.addUser(`alice@${DOMAIN}`, PASSWORD)
  const node = only(lab)
  return { node, phone: await rawPhone(node.sip) }
}

/** Sends an authenticated INVITE; whatever comes of it is seen where it arrives. */
async function invite(phone: RawPhone, from: string, to: string): Promise<void> {
  const callId = newCallId()
  const uri = `sip:${to}@${DOMAIN}`
  const body = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n')
  const words = { method: 'INVITE', uri, from: `sip:${from}@${DOMAIN}`, to: uri, callId, body }
  const type = 'Content-Type: application/sdp'
  const first = await phone.ask(request(phone.port, { ...words, cseq: 1, headers: [type] }), callId, 1)
  const challenge = first?.headers('proxy-authenticate').find((one) => one.includes('MD5'))
  if (first?.status !== 407 || challenge === undefined) throw new Error(`no 407 with MD5: ${first?.raw}`)
  const credentials = { challenge, algorithm: 'MD5', user: from, password: PASSWORD, method: 'INVITE', uri } as const
  const headers = [type, `Proxy-Authorization: ${authorization(credentials)}`]
  phone.send(request(phone.port, { ...words, cseq: 2, headers }))
}

function configOf(lab: Lab, node: LabNode): string {
  return path.join(lab.dir, 'nodes', `${node.id}.yaml`)
}

function logOf(lab: Lab, node: LabNode): string {
  return readFileSync(path.join(lab.dir, 'logs', `${node.id}.log`), 'utf8')
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function run(program: string, ...args: string[]): void {
  const done = spawnSync(program, args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`)
}

async function usersAt(lab: Lab, id: string): Promise<Set<string>> {
  return await new Promise((resolve, reject) => {
    lab.client(id).listUsers({ limit: 10_000 }, (error, page) => {
      if (error) reject(error)
      else resolve(new Set((page?.rows ?? []).map((row) => row.aor)))
    })
  })
}
