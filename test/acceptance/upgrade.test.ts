/** From the program before this one to this one, on the same data directories and with phones that stay registered. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ClusterUnderTest, DOMAIN, PASSWORD } from '../nemesis/cluster.ts'
import { loopback } from '../nemesis/hosts.ts'
import type { NodeProcess } from '../nemesis/node.ts'
import { oldVersion } from '../nemesis/old-version.ts'
import { Phone } from '../nemesis/phone.ts'
import { until } from '../nemesis/until.ts'
import { device } from '../node/sip/device.ts'
import { ROOT } from './lab.ts'

const NEW = path.join(ROOT, 'dist', 'cli', 'main.js')
const BOUND_MS = 240_000
const STEP_MS = 60_000
const STARTED = /this node has started/
const PHONES = ['alice', 'bob', 'carol']
const USERS = [...PHONES, 'dave']

const old = oldVersion()
if (old.kind === 'absent') console.error(`NOT TESTED: the upgrade from the program before this one, because ${old.why}`)
const upgrading = old.kind === 'absent' ? test.skip : test.serial

async function cluster(t: ExecutionContext): Promise<ClusterUnderTest> {
  t.timeout(BOUND_MS)
  if (old.kind === 'absent') throw new Error(old.why)
  const { main } = old
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-upgrade-'))
  const hosts = await loopback(4)
  const made = new ClusterUnderTest({ dir, hosts, founders: 3, program: NEW, begins: () => main, faketime: null })
  t.teardown(async () => {
    await made.close()
    await hosts.close()
    if (t.passed) rmSync(dir, { recursive: true, force: true })
    else t.log(`the logs and the data are kept in ${dir}`)
  })
  await made.bringUp(
    `domains: [${DOMAIN}]\n`,
    USERS.map((name) => `${name}@${DOMAIN}`),
  )
  return made
}

async function run(node: NodeProcess, program: string): Promise<void> {
  await node.end()
  node.program = program
  const from = node.logEnd()
  await node.start()
  await until(`${node.name} has started`, () => STARTED.test(node.saidSince(from)), STEP_MS)
}

const contact = (name: string, n: number) => `sip:${name}-${n}@192.0.2.1`

upgrading('three nodes are upgraded one by one; phones stay registered, and then there is no way back', async (t) => {
  const three = await cluster(t)
  const [n1, n2, n3] = three.nodes as [NodeProcess, NodeProcess, NodeProcess]
  const phone = await Phone.open('127.0.0.1')
  t.teardown(() => phone.close())
  const bound: string[] = []
  /** One more binding for everybody, acknowledged by that node, which must know all that were acknowledged by any. */
  const register = async (node: NodeProcess): Promise<void> => {
    const n = bound.length
    for (const name of PHONES) {
      await until(
        `${node.name} acknowledges ${name}`,
        async () => {
          const wish = { kind: 'bind', contact: contact(name, n) } as const
          const said = await phone.register(node.address.sip, name, wish, () => {})
          if (said.kind !== 'ok') throw new Error(JSON.stringify(said))
          t.deepEqual([...said.contacts].sort(), [...bound.map((_, i) => contact(name, i)), wish.contact].sort())
          return true
        },
        STEP_MS,
      )
    }
    bound.push(node.name)
  }
  const agree = async (): Promise<void> => {
    const { hash } = await three.settle(STEP_MS)
    t.notRegex(hash, / and /)
    t.is(await three.verify(), '')
  }

  /** What a phone of many extensions hears of a node: the status, and whether it has a flow and a GRUU. */
  const modern = async (node: NodeProcess, more: readonly string[] = []): Promise<string> => {
    const dave = await device(t, node.address.sip)
    const phone = 'Contact: <sip:dave@192.0.2.4>;+sip.instance="<urn:uuid:1>";reg-id=1'
    const account = { user: 'dave', domain: DOMAIN, password: PASSWORD }
    const said = await dave.register(['Supported: path, outbound, gruu', phone, ...more], account)
    return [said.slice(8, 11), /Require: outbound/i.test(said), /pub-gruu/.test(said)].join()
  }

  await register(n1)
  await run(n1, three.program)
  await register(n1)
  // The older program would write the row of a flow, or of a Path, otherwise.
  t.is(await modern(n1), '200,false,false')
  t.is(await modern(n1, ['Path: <sip:192.0.2.9;lr>']), '503,false,false')
  await agree()
  await run(n2, three.program)
  await register(n3)
  await agree()
  // As long as one has not been upgraded, the others may go back.
  t.false(three.isFounded())
  await run(n1, three.begins(0))
  await register(n1)
  await agree()
  const early = await three.raftel(['remove', 'n3', '--timeout', '2'])
  t.not(early.code, 0)
  t.regex(early.said, /runs an older version.*: upgrade all nodes first/)
  await run(n1, three.program)
  t.false(three.isFounded())
  await run(n3, three.program)
  await until('there are founders', () => three.isFounded(), STEP_MS)
  await register(n2)
  t.is(await modern(n2), '200,true,true')
  t.is(await modern(n3), '200,true,true')
  // From now on it depends on who sends it.
  t.is(await modern(n3, ['Path: <sip:192.0.2.9;lr>']), '403,false,false')
  await agree()
  t.deepEqual(await three.members(), ['n1 voter', 'n2 voter', 'n3 voter'])

  await n3.end()
  n3.program = three.begins(2)
  await n3.start()
  n3.expect('older program')
  t.true(await n3.gone(STEP_MS))
  const { code, words } = three.exits.at(-1)!
  t.is(code, 1)
  t.regex(words, /^raftel: cluster: .*data\/n3 has format 2, this program reads format 1$/)
  await register(n1)
  // It was nobody's harm: with the program that it had, it goes on.
  await run(n3, three.program)
  await register(n3)
  await agree()
})

upgrading('a node with the older program and a directory of before is let in by nobody, and all say why', async (t) => {
  const three = await cluster(t)
  const [n1, n2, n3] = three.nodes as [NodeProcess, NodeProcess, NodeProcess]
  for (const node of three.nodes) await run(node, three.program)
  await until('there are founders', () => three.isFounded(), STEP_MS)
  await n3.end()
  rmSync(n3.files.data, { recursive: true })
  n3.program = three.begins(2)
  const from = three.nodes.map((node) => node.logEnd())
  await n3.start()
  const said = (node: NodeProcess, sentence: RegExp): Promise<void> =>
    until(`${node.name} says why`, () => sentence.test(node.saidSince(from[three.nodes.indexOf(node)]!)), STEP_MS)
  for (const node of [n1, n2])
    await said(node, /it speaks protocol 2, this node speaks 3: run the same version on all nodes/)
  await said(n3, /it speaks protocol 3, this node speaks 2: run the same version on all nodes/)
  t.notRegex(n3.saidSince(from[2]!), /connected to n\d|this node has started/)
  t.is((await three.leader()) === n3, false)
})
