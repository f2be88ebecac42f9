import { type ChildProcess, spawn } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'
import { needing } from '../peers.ts'
import { type Lab, type LabNode, RAFTEL, withLab } from './lab.ts'
import { registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'

needing(test, 'rtpengine').serial(
  'scripts see registrations and calls through any node, and hang up through any node',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
      await lab.commitPlan(`domains: [${DOMAIN}]\nusers: {bob@${DOMAIN}: {numbers: ["1002"]}}\n`)
      for (const user of ['alice', 'bob']) await lab.addUser(`${user}@${DOMAIN}`, PASSWORD)
      const [n1, n2, n3] = lab.nodes
      if (n1 === undefined || n2 === undefined || n3 === undefined) throw new Error('a lab of three')
      // Everything is asked of n3, which has neither the caller nor the called phone.
      const atThird = async <T>(args: readonly string[]): Promise<T> => {
        const ran = await lab.raftel([...args, '--endpoints', n3.control, '-o', 'json'])
        if (ran.code !== 0) throw new Error(`${args.join(' ')}: exit ${ran.code}: ${ran.stderr}`)
        return JSON.parse(ran.stdout) as T
      }

      const bob = phone(t, 'bob', `${n2.sip};transport=tcp`, ['--answer', 'auto'])
      await lab.until(
        'bob is registered',
        () => registrationsAt(lab.client(n1.id)),
        (rows) => rows.length === 1,
      )
      const [row] = await atThird<Record<string, unknown>[]>(['reg', 'ls'])
      t.like(row, { aor: `bob@${DOMAIN}`, transport: 'tcp', node: n2.id })
      t.regex(String(row?.contact), /^sip:/)
      t.regex(String(row?.received), /^127\.0\.0\.1:\d+$/)
      t.true(Number(row?.expires) > 0)

      const alice = phone(t, 'alice', n1.sip, ['--call', '1002', '--peer', `bob@${DOMAIN}`, '--seconds', '300'])
      const [live] = await lab.until(
        'the call is answered',
        () => atThird<Record<string, unknown>[]>(['call', 'ls']),
        (rows) => rows[0]?.state === 'answered',
      )
      t.like(live, { state: 'answered', from: `alice@${DOMAIN}`, to: '1002', node: n1.id, media: 'rtpengine' })
      t.regex(String(live?.startedAt), /^\d{4}-\d\d-\d\dT/)
      t.regex(String(live?.answeredAt), /^\d{4}-\d\d-\d\dT/)
      const id = String(live?.id)
      const shown = await lab.until(
        'audio of two seconds both ways',
        () => atThird<{ streams: { packets: number }[] }>(['call', 'show', id]),
        ({ streams }) => streams.length === 2 && streams.every(({ packets }) => packets > 100),
      )
      t.is(shown.streams.length, 2)

      const hungUp = await atThird<Record<string, unknown>>(['call', 'hangup', id])
      t.is(hungUp.node, n1.id)
      const report = JSON.parse(await alice.output) as Record<string, unknown>
      t.like(report, { answered: true, heard: true })
      await lab.until(
        'the row is gone',
        () => atThird<unknown[]>(['call', 'ls']),
        (rows) => rows.length === 0,
      )
      t.is((await lab.raftel(['call', 'show', id, '--endpoints', n3.control])).code, 3)
      // Its record has what the relay counted until the end, at every node.
      const record = await atThird<{ media: { side: string; packets: number; codec: string }[] }>(['cdr', 'show', id])
      t.like(record, { disposition: 'answered', by: 'operator', relay: 'rtpengine' })
      t.deepEqual(record.media.map(({ side }) => side).sort(), ['called', 'caller'])
      t.true(record.media.every(({ packets, codec }) => packets > 100 && codec.startsWith('PCM')))

      bob.process.kill('SIGINT')
      await lab.until(
        'bob left',
        () => registrationsAt(lab.client(n3.id)),
        (rows) => rows.length === 0,
      )
    })
  },
)

needing(test, 'rtpengine').serial(
  'kill -9 of the node that holds the called phone: another phone of the same user takes the next call',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
      await lab.commitPlan(`domains: [${DOMAIN}]\n`)
      for (const user of ['alice', 'bob']) await lab.addUser(`${user}@${DOMAIN}`, PASSWORD)
      const [n1, n2, n3] = lab.nodes
      if (n1 === undefined || n2 === undefined || n3 === undefined) throw new Error('a lab of three')
      phone(t, 'bob', `${n2.sip};transport=tcp`, ['--answer', 'auto'])
      phone(t, 'bob', n3.sip, ['--answer', 'auto'])
      await lab.until(
        'both phones are registered',
        () => registrationsAt(lab.client(n1.id)),
        (rows) => rows.length === 2,
      )
      t.like(await call(t, n1), { answered: true, heard: true })
      await lab.kill(n2.id)
      await lab.until(
        'a quorum without it',
        () => statusAt(lab, n1),
        ({ quorum, leader }) => quorum && leader !== n2.id,
      )
      t.like(await call(t, n1), { answered: true, heard: true })
    })
  },
)

async function statusAt(lab: Lab, node: LabNode): Promise<{ quorum: boolean; leader: string | null }> {
  const ran = await lab.raftel(['cluster', 'status', '--endpoints', node.control, '-o', 'json'])
  return JSON.parse(ran.stdout) as { quorum: boolean; leader: string | null }
}

async function call(t: ExecutionContext, node: LabNode): Promise<Record<string, unknown>> {
  const { output } = phone(t, 'alice', node.sip, ['--call', `bob@${DOMAIN}`, '--seconds', '3'])
  return JSON.parse(await output) as Record<string, unknown>
}

/** `raftel phone` as an operator runs it; its output is the reports of its calls. */
function phone(
  t: ExecutionContext,
  user: string,
  registrar: string,
  more: readonly string[],
): { process: ChildProcess; output: Promise<string> } {
  const args = [
    'phone',
    '--aor',
    `${user}@${DOMAIN}`,
    '--password-stdin',
    '--registrar',
    registrar,
    '-o',
    'json',
    ...more,
  ]
  const child = spawn(RAFTEL, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(PASSWORD + '\n')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const closed = new Promise<string>((resolve) => child.once('close', () => resolve(output)))
  t.teardown(async () => {
    child.kill('SIGINT')
    await closed
  })
  return { process: child, output: closed }
}
