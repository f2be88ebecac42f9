/** One call over two nodes, as the operator sees it afterwards: every message that passed, once, in order, in clear. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { sipp } from '../../bench/sipp.ts'
import { certificates } from '../node/engine/transport/secure.ts'
import { device } from '../node/sip/device.ts'
import { answering } from '../node/sip/support.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Lab, ROOT, withLab } from './lab.ts'

interface Told {
  readonly says: string
  readonly from: string
  readonly to: string
  readonly us: number
  readonly transport: string
  readonly text: string
}

/** What passes between two ends when a call over a node in the middle is rung, answered and hung up. */
const MADE = ['INVITE', '100 Trying', '180 Ringing', '200 OK', 'ACK', 'BYE', '200 OK BYE']

needing(
  test,
  'sipp',
  'tcpdump',
)('a call of SIPp over UDP to a phone that another node has: every message of all legs, in order', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-trace-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    const [near, far] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]]
    await prepare(lab)
    const bob = await device(t, far.sip, 'tcp')
    t.regex(await bob.register([`Contact: <sip:bob@${bob.address};transport=tcp>`], { user: 'bob' }), /^SIP\/2.0 200/)
    const [port = 0, mediaPort = 0] = await freePorts(2)
    const running = sipp({
      scenario: path.join(ROOT, 'bench', 'scenarios', 'call.xml'),
      target: near.sip,
      folder,
      name: 'call',
      users: ['alice;pbx.test;[authentication username=alice password=alice-secret];bob;'],
      calls: 1,
      pause: 200,
      port,
      mediaPort,
    })
    const invite = await answers(bob)
    const result = await running.result
    t.is(result.failed, 0, result.errors)

    const callId = /^Call-ID: (.*)\r$/m.exec(invite)![1]!
    const told = await lab.until(
      'all is remembered',
      () => trace(lab, callId),
      (all) => of(all, `127.0.0.1:${port}`).includes('200 OK BYE'),
    )
    const alice = `127.0.0.1:${port}`
    t.deepEqual(of(told, alice), ['INVITE', '407 Proxy Authentication Required', 'ACK', ...MADE])
    t.deepEqual(of(told, near.id, far.id).sort(), [...MADE].sort(), 'what passed between nodes is told once')
    t.deepEqual(
      of(told, bob.address).filter((says) => says !== '100 Trying'),
      MADE.filter((says) => says !== '100 Trying'),
    )
    const at = told.map(({ us }) => us)
    t.deepEqual(
      at,
      [...at].sort((a, b) => a - b),
    )
    // One node hears it before it sends what comes of it.
    const first = (from: string) => told.findIndex((one) => one.from === from && one.says === 'INVITE')
    t.true(first(alice) < first(near.id) && first(near.id) < first(far.id))
    const all = told.map(({ text }) => text).join('')
    t.regex(all, /Proxy-Authorization: Digest [^\r]*response="x+"/)
    t.regex(all, /X-Raftel-Relay: [^\r]*mac=x{64}\r/)

    const said = await lab.json<{ id: string; node: string; why: string[]; attempts: { outcome: string }[] }>([
      'call',
      'explain',
      callId,
    ])
    t.like(said, { node: near.id, why: ['bob@pbx.test is a user'] })
    t.deepEqual(
      said.attempts.map(({ outcome }) => outcome),
      ['answered'],
    )

    // The same of whoever is asked, and for whoever reads it.
    for (const { id, control } of lab.nodes) {
      const ladder = await lab.raftel(['call', 'trace', callId, '--endpoints', control])
      t.is(ladder.code, 0, ladder.stderr)
      const why = await lab.raftel(['call', 'explain', callId, '--endpoints', control])
      t.regex(why.stdout, /decided {3}by plan #1, rule user: bob@pbx\.test\n/, why.stderr)
      t.is(ladder.stdout.split('\n').length - 1, told.length + 3, `${id}\n${ladder.stdout}`)
      t.true(ladder.stdout.split('\n').every((line) => line.length <= 80))
    }
    const file = path.join(folder, 'call.pcap')
    t.is((await lab.raftel(['call', 'trace', callId, '--format', 'pcap', '--out', file])).code, 0)
    const read = execFileSync('tcpdump', ['-r', file, '-n', '-vv'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    t.is(read.match(/\[udp sum ok\]/g)?.length, told.length, read)
    t.is((await lab.raftel(['call', 'trace', 'of-no-call'])).code, 3)
  })
})

needing(test, 'openssl')(
  'a phone that speaks TLS: what it said is told in clear, live and without what proves its password',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      const [near, far] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]]
      await lab.founded()
      await prepare(lab)
      const files = certificates(t)
      const own = files.pair('own', 'DNS:pbx.test,IP:127.0.0.1')
      const [port = 0] = await freePorts(1)
      await lab.kill(near.id)
      const config = path.join(lab.dir, 'nodes', `${near.id}.yaml`)
      const text = readFileSync(config, 'utf8').replace(
        /( {2}listen: \[udp:[^\]]*)\]/,
        `$1, tls:127.0.0.1:${port}]\n  tls: {cert: ${own.cert}, key: ${own.key}}`,
      )
      writeFileSync(config, text)
      await lab.start(near.id)

      const bob = await device(t, far.sip, 'tcp')
      t.regex(await bob.register([`Contact: <sip:bob@${bob.address};transport=tcp>`], { user: 'bob' }), /^SIP\/2.0 200/)
      const secure = { ca: readFileSync(files.ca), servername: 'pbx.test' }
      const alice = await device(t, `127.0.0.1:${port}`, 'tls', secure)
      await alice.invite('sip:bob@pbx.test', 'alice')
      const invite = await bob.next('INVITE')
      bob.send('SIP/2.0 486 Busy Here', answering(invite))
      await alice.next(/^SIP\/2.0 486/)

      const callId = /^Call-ID: (.*)\r$/m.exec(invite)![1]!
      const told = await lab.until(
        'all is remembered',
        () => trace(lab, callId),
        (all) => all.some(({ says, to }) => says.startsWith('486') && to === alice.address),
      )
      const overTls = told.filter(({ transport }) => transport === 'tls')
      t.deepEqual(overTls.map(({ says }) => says).slice(0, 3), [
        'INVITE',
        '407 Proxy Authentication Required',
        'INVITE',
      ])
      t.regex(
        overTls[2]!.text,
        /^INVITE sip:bob@pbx.test SIP\/2.0\r\n[\s\S]*Proxy-Authorization: Digest username="alice",[^\r]*response="x{64}"\r\n[\s\S]*\r\n\r\nv=0\r\n/,
      )
      t.deepEqual(
        [...new Set(told.flatMap(({ from, to }) => [from, to]))],
        [alice.address, near.id, far.id, bob.address],
      )
    })
  },
)

test('of a call between tenants an operator of each sees his side of it, by whatever he asks and of whichever node', async (t) => {
  await withLab(t, { nodes: 2, media: 'direct' }, async (lab) => {
    const [near, far] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]]
    await lab.founded()
    const plan = (tenant: string, domain: string, rules: string) =>
      lab.json(
        ['plan', 'commit', '-', '--document', tenant],
        `tenant: ${tenant}\ndomains: [${domain}]\nrules: [${rules}]\n`,
      )
    await plan('acme', 'pbx.test', '{name: over, match: "77", forward: bob@other.test}')
    await plan('globex', 'other.test', '')
    await lab.addUser('alice@pbx.test', 'alice-secret')
    await lab.addUser('bob@other.test', 'bob-secret')
    const operator = async (name: string, ...more: string[]): Promise<string> => {
      const { token } = await lab.json<{ token: string }>(['operator', 'add', name, ...more])
      return token
    }
    await operator('root', '--role', 'admin')
    const tokens: Record<string, string> = {}
    for (const tenant of ['acme', 'globex', 'third']) {
      await lab.json(['tenant', 'add', tenant])
      tokens[tenant] = await operator(`${tenant}-ops`, '--role', 'operator', '--tenant', tenant)
    }

    const bob = await device(t, far.sip, 'tcp')
    const own = { user: 'bob', domain: 'other.test' }
    t.regex(await bob.register([`Contact: <sip:bob@${bob.address};transport=tcp>`], own), /^SIP\/2.0 200/)
    const alice = await device(t, near.sip, 'tcp')
    await alice.invite('sip:77@pbx.test', 'alice')
    const invite = await bob.next('INVITE')
    bob.send('SIP/2.0 180 Ringing', answering(invite))
    await alice.next(/^SIP\/2.0 180/)
    const [call] = await lab.until(
      'the call is known',
      () => lab.json<{ id: string; target: string }[]>(['call', 'ls']),
      (all) => all.length === 1 && all[0]!.target !== '',
    )
    const id = call!.id

    /** As text, since it is what is not in it that matters. */
    const ask = (tenant: string, verb: 'trace' | 'explain' | 'ls' | 'show', node: string): Promise<string> => {
      const metadata = new Metadata()
      metadata.set('authorization', `Bearer ${tokens[tenant]}`)
      const client = lab.client(node)
      return new Promise((resolve) => {
        const done = (error: ServiceError | null, reply?: unknown): void =>
          resolve(error ? status[error.code]! : JSON.stringify(reply))
        if (verb === 'ls') client.listCalls({}, metadata, done)
        else if (verb === 'show') client.getCall({ id }, metadata, done)
        else if (verb === 'explain') client.explainCall({ id }, metadata, done)
        else {
          const items: unknown[] = []
          const stream = client.traceCall({ id }, metadata)
          stream.on('data', (item) => items.push(item))
          stream.on('error', (error) => done(error as ServiceError))
          stream.on('end', () => done(null, items))
        }
      })
    }
    /** By what each side would be known. */
    const sides = (text: string): string =>
      [alice.address, bob.address].map((address, i) => (text.includes(address) ? 'ab'[i] : '')).join('')
    const look = async (): Promise<void> => {
      for (const { id: node } of lab.nodes) {
        for (const verb of ['trace', 'explain'] as const) {
          t.is(sides(await ask('acme', verb, node)), 'a', `acme ${verb}`)
          t.is(await ask('third', verb, node), 'PERMISSION_DENIED')
        }
        t.is(sides(await ask('globex', 'trace', node)), 'b')
        t.regex(await ask('acme', 'trace', node), /"INVITE sip:hidden SIP/)
        // The node that has the caller reaches him by the other node.
        const explained = await ask('globex', 'explain', node)
        t.is(sides(explained), '')
        t.like(JSON.parse(explained), { asked: null, rule: '', target: 'bob@other.test' })
        t.regex(explained, /"uri":"sip:relay@/)
        t.regex(
          await ask('acme', 'explain', node),
          /"target":"hidden".*"uri":"hidden"|"uri":"hidden".*"target":"hidden"/,
        )
      }
    }
    for (const { id: node } of lab.nodes) {
      for (const verb of ['ls', 'show'] as const) {
        t.false(/b/.test(sides(await ask('acme', verb, node))), verb)
        t.false(/a/.test(sides(await ask('globex', verb, node))), verb)
      }
      t.regex(await ask('globex', 'ls', node), /alice@pbx\.test/, 'who is rung by a number has the call in his list')
      t.like(JSON.parse(await ask('third', 'ls', node)), { rows: [] })
    }
    await look()
    bob.send('SIP/2.0 486 Busy Here', answering(invite))
    await alice.next(/^SIP\/2.0 486/)
    await lab.until(
      'the call is over',
      () => lab.json<unknown[]>(['cdr', 'ls']),
      (all) => all.length === 1,
    )
    await look()
  })
})

async function prepare(lab: Lab): Promise<void> {
  await lab.commitPlan('domains: [pbx.test]\n')
  await lab.addUser('alice@pbx.test', 'alice-secret')
  await lab.addUser('bob@pbx.test', 'bob-secret')
}

/** Rings, answers, and agrees to be hung up; the INVITE. */
async function answers(bob: Awaited<ReturnType<typeof device>>): Promise<string> {
  const invite = await bob.next('INVITE')
  const contact = `Contact: <sip:bob@${bob.address};transport=tcp>`
  bob.send('SIP/2.0 180 Ringing', [...answering(invite), contact])
  const sdp = invite.slice(invite.indexOf('\r\n\r\n') + 4)
  bob.send('SIP/2.0 200 OK', [...answering(invite), contact, 'Content-Type: application/sdp'], sdp)
  await bob.next('ACK')
  bob.send('SIP/2.0 200 OK', answering(await bob.next('BYE')))
  return invite
}

function trace(lab: Lab, id: string): Promise<Told[]> {
  return lab.json<Told[]>(['call', 'trace', id])
}

/** What was said between one and another, or anybody. */
function of(told: readonly Told[], one: string, other?: string): string[] {
  return told
    .filter(({ from, to }) => (from === one && (!other || to === other)) || (to === one && (!other || from === other)))
    .map(({ says }) => says)
}
