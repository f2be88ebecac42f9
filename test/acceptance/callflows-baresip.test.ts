/** Some of the call flows of RFC 3665 and RFC 5359 with phones that this project did not write, message by message. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needing } from '../peers.ts'
import { type Baresip, startBaresip } from './baresip.ts'
import { find, passes } from './callflows/parts.ts'
import { faultsOf } from './callflows/rules.ts'
import { type Message, readBaresip, rungOf } from './callflows/trace.ts'
import { end } from './ending.ts'
import { RAFTEL, until } from './lab.ts'
import { type Network, openNetwork } from './namespaces.ts'
import { babble, writeWav } from './wave.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const NODE = '10.99.0.1:5061'
const CONTROL = '127.0.0.1:7101'

const invites = ['> INVITE', '< 407 INVITE', '> ACK', '> INVITE', '< 100 INVITE', '< 180 INVITE']
const rings = ['< INVITE', '> 180 INVITE']
const offers = ['> INVITE', '< 100 INVITE', '< 200 INVITE', '> ACK']
const told = ['< NOTIFY', '> 200 NOTIFY']
const answers = ['< INVITE', '> 200 INVITE', '< ACK']

interface Phone {
  /** Messages since the flow began. */
  heard(): readonly Message[]
  begin(): void
  /** Waits until it has sent or heard this, so often. */
  comes(rung: string, times?: number): Promise<void>
  command: Baresip['command']
}

interface Scene {
  readonly alice: Phone
  readonly bob: Phone
  readonly carol: Phone
  raftel(...args: readonly string[]): string
}

needing(test, 'baresip', 'ip', 'root').serial('call flows between three baresip phones', async (t) => {
  t.timeout(180_000)
  await withPhones(t, async (scene) => {
    const { alice, bob, carol } = scene
    await plays(t, scene, 'RFC 3665 §2.1: a successful new registration', async () => {}, {
      alice: ['> REGISTER', '< 401 REGISTER', '> REGISTER', '< 200 REGISTER'],
      bob: ['> REGISTER', '< 401 REGISTER', '> REGISTER', '< 200 REGISTER'],
      carol: ['> REGISTER', '< 401 REGISTER', '> REGISTER', '< 200 REGISTER'],
    })

    const rung = async (): Promise<void> => {
      alice.command('dial', `sip:bob@${DOMAIN}`)
      await bob.comes('> 180 INVITE')
      await alice.comes('< 180 INVITE')
    }
    await plays(
      t,
      scene,
      'RFC 3665 §3.3 and RFC 5359 §2.1: a session, held and taken up again by the callee',
      async () => {
        await rung()
        bob.command('accept')
        // The server has bob's answer before alice has hers; the first ACK is the challenge's.
        await alice.comes('> ACK', 2)
        await bob.comes('< ACK')
        bob.command('hold')
        await alice.comes('< ACK')
        await bob.comes('> ACK')
        const [offer, arrived] = [find(bob.heard(), '> INVITE'), find(alice.heard(), '< INVITE')]
        t.regex(offer.body, /^a=sendonly\r$/m)
        passes(t, offer, arrived, 'the hold arrives')
        passes(t, find(alice.heard(), '> 200 INVITE'), find(bob.heard(), '< 200 INVITE'), 'and its answer')
        bob.command('resume')
        await alice.comes('< ACK', 2)
        await bob.comes('> ACK', 2)
        t.regex(find(alice.heard(), '< INVITE').body, /^a=sendrecv\r$/m)
        alice.command('hangup')
      },
      {
        alice: [...invites, '< 200 INVITE', '> ACK', ...answers, ...answers, '> BYE', '< 200 BYE'],
        bob: [...rings, '> 200 INVITE', '< ACK', ...offers, ...offers, '< BYE', '> 200 BYE'],
      },
    )

    await plays(
      t,
      scene,
      'RFC 3665 §3.8: no answer, and the caller gives up',
      async () => {
        await rung()
        alice.command('hangup')
      },
      {
        alice: [...invites, '> CANCEL', '< 200 CANCEL', '< 487 INVITE', '> ACK'],
        bob: [...rings, '< CANCEL', '> 200 CANCEL', '> 487 INVITE', '< ACK'],
      },
    )

    await plays(
      t,
      scene,
      'RFC 3665 §3.9: busy',
      async () => {
        await rung()
        bob.command('hangup')
      },
      {
        alice: [...invites, '< 486 INVITE', '> ACK'],
        bob: [...rings, '> 486 INVITE', '< ACK'],
      },
    )

    await plays(
      t,
      scene,
      'RFC 5359 §2.4: the callee transfers the caller to somebody else',
      async () => {
        await rung()
        bob.command('accept')
        await alice.comes('> ACK', 2)
        await bob.comes('< ACK')
        bob.command('transfer', `sip:carol@${DOMAIN}`)
        await carol.comes('> 180 INVITE')
        carol.command('accept')
        await alice.comes('< ACK')
        await bob.comes('< 200 BYE')
        passes(
          t,
          find(carol.heard(), '> 200 INVITE'),
          find(alice.heard(), '< INVITE'),
          'alice is offered what carol has',
        )
        alice.command('hangup')
      },
      {
        alice: [...invites, '< 200 INVITE', '> ACK', ...answers, '> BYE', '< 200 BYE'],
        bob: [
          ...rings,
          '> 200 INVITE',
          '< ACK',
          '> REFER',
          '< 202 REFER',
          ...told,
          ...told,
          ...told,
          '> BYE',
          '< 200 BYE',
        ],
        carol: [...rings, '> 200 INVITE', '< ACK', '< BYE', '> 200 BYE'],
      },
    )
  })
})

interface Ladders {
  readonly alice: readonly string[]
  readonly bob: readonly string[]
  readonly carol: readonly string[]
}

async function plays(
  t: ExecutionContext,
  { alice, bob, carol, raftel }: Scene,
  title: string,
  act: () => Promise<void>,
  expected: Omit<Ladders, 'carol'> & Partial<Ladders>,
): Promise<void> {
  const ladders: Ladders = { carol: [], ...expected }
  const of = (phone: Phone): string[] => phone.heard().map(rungOf)
  const heard = (): Ladders => ({ alice: of(alice), bob: of(bob), carol: of(carol) })
  await act()
  const ended = (all: Ladders): boolean =>
    (['alice', 'bob', 'carol'] as const).every((name) => all[name].length >= ladders[name].length)
  await until(title, async () => heard(), ended)
  // Whatever else the node has to say of this call it has said when it has it no more.
  await until(
    'no call is left',
    async () => JSON.parse(raftel('call', 'ls', '-o', 'json')) as unknown[],
    (rows) => rows.length === 0,
  )
  t.deepEqual(heard(), ladders, title)
  const phones = [alice, bob, carol]
  t.deepEqual(
    phones.flatMap((phone) => faultsOf(phone.heard())),
    [],
    title,
  )
  for (const phone of phones) phone.begin()
}

async function withPhones(t: ExecutionContext, body: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-baresip-'))
  const network = openNetwork(3)
  const phones: Baresip[] = []
  let node: ChildProcess | null = null
  const raftel = (...args: readonly string[]): string => network.core.run(RAFTEL, [...args, '--endpoints', CONTROL])
  try {
    node = startNode(network, folder)
    await until(
      'a leader',
      async () => JSON.parse(raftel('cluster', 'status', '-o', 'json')) as { leader: string | null },
      ({ leader }) => leader !== null,
    )
    const plan = path.join(folder, 'plan.yaml')
    writeFileSync(plan, `domains: [${DOMAIN}]\n`)
    raftel('plan', 'commit', plan)
    for (const user of ['alice', 'bob', 'carol']) await addUser(network, user)
    const play = path.join(folder, 'play.wav')
    writeWav(play, babble(1, 60))
    const scene = await Promise.all(
      ['alice', 'bob', 'carol'].map(async (user, i) => {
        const host = network.phones[i]!
        // One of each, so that a call goes from TCP to UDP.
        const transport = user === 'alice' ? 'tcp' : 'udp'
        const account = { user, domain: DOMAIN, password: PASSWORD, registrar: NODE, transport } as const
        const baresip = await startBaresip({ ...account, host, folder, play, answer: 'manual', trace: true })
        phones.push(baresip)
        return phone(baresip, host.address)
      }),
    )
    await body({ alice: scene[0]!, bob: scene[1]!, carol: scene[2]!, raftel })
  } finally {
    await Promise.all(phones.map((one) => one.close()))
    if (node !== null) await end(node)
    network.close()
    if (t.passed) rmSync(folder, { recursive: true, force: true })
    else t.log(`files are kept in ${folder}`)
  }
}

function phone(baresip: Baresip, address: string): Phone {
  let from = 0
  const heard = (): readonly Message[] => readBaresip(baresip.sip().slice(from), address)
  return {
    heard,
    begin() {
      from = baresip.sip().length
    },
    async comes(rung, times = 1) {
      await until(
        rung,
        async () => heard().map(rungOf),
        (all) => all.filter((one) => one === rung).length >= times,
      )
    },
    command: baresip.command,
  }
}

function startNode(network: Network, folder: string): ChildProcess {
  writeFileSync(path.join(folder, 'cluster.key'), randomBytes(32).toString('base64') + '\n', { mode: 0o600 })
  mkdirSync(path.join(folder, 'n1'))
  const config = path.join(folder, 'n1.yaml')
  const lines = [
    'node: n1',
    `data: ${path.join(folder, 'n1')}`,
    'cluster:',
    '  key_file: cluster.key',
    '  listen: 127.0.0.1:7001',
    '  nodes:',
    '    - { name: n1, id: 1, address: "127.0.0.1:7001" }',
    'control:',
    `  listen: ${CONTROL}`,
    'sip:',
    `  listen: ["udp:${NODE}", "tcp:${NODE}"]`,
    'media:',
    '  mode: direct',
    'log:',
    `  file: ${path.join(folder, 'n1.log')}`,
    '',
  ]
  writeFileSync(config, lines.join('\n'))
  return network.core.spawn(RAFTEL, ['node', 'start', '--config', config])
}

async function addUser(network: Network, user: string): Promise<void> {
  const add = [RAFTEL, 'user', 'add', `${user}@${DOMAIN}`, '--password-stdin', '--endpoints', CONTROL]
  const child = spawn('ip', ['netns', 'exec', network.core.name, ...add], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(PASSWORD + '\n')
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`adding ${user}: exit ${code}`)
}
