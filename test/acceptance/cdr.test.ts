/** Every answered call has one record in the database and one in the file, whichever nodes are killed meanwhile. RAFTEL_CDR_CALLS says how many calls. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { sipp } from '../../bench/sipp.ts'
import type { Told } from '../../proto/cdr.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { startPostgres } from '../postgres.ts'
import { type LabNode, ROOT, withLab } from './lab.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const CALLS = Number(process.env.RAFTEL_CDR_CALLS ?? 1_000)
/** Of each of the two that call, a second. */
const RATE = 10

interface Row {
  readonly id: string
  readonly seq: number
  readonly caller_leg: string
  readonly disposition: string
}

interface SinkView {
  readonly name: string
  readonly state: string
  readonly lag: number
  readonly lost: number
  readonly trouble: string | null
}

needing(
  test,
  'sipp',
  'initdb',
)('nodes are killed during calls: each that was answered is once in the database and once in each file', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-cdr-'))
  const database = await startPostgres()
  t.teardown(async () => {
    await database.end()
    rmSync(folder, { recursive: true, force: true })
  })
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    t.timeout(180_000 + CALLS * 500)
    await lab.founded()
    await lab.commitPlan(`domains: [${DOMAIN}]\n`)
    for (const name of ['caller', 'callee']) await lab.addUser(`${name}@${DOMAIN}`, PASSWORD)
    const leader = lab.nodes.find(({ id }) => id === lab.leader)!
    const [calm, other] = lab.nodes.filter((node) => node !== leader) as [LabNode, LabNode]
    const files = (node: LabNode): string => path.join(folder, node.id)
    const sink = ['cdr', 'sink', 'add']
    await lab.json(
      [...sink, 'db', '--kind', 'postgres', '--target', database.target, '--secret-stdin'],
      database.password,
    )
    for (const node of [calm, leader]) {
      mkdirSync(files(node))
      await lab.json([...sink, `file-${node.id}`, '--kind', 'jsonl', '--node', node.id, '--target', files(node)])
    }
    t.false(readFileSync(path.join(lab.dir, 'lab.json'), 'utf8').includes(database.password))

    const ports = await freePorts(6)
    const start = (name: string, node: LabNode, scenario: string, port: number, more: object) =>
      sipp({
        scenario,
        target: node.sip,
        folder,
        name,
        port: ports[port]!,
        mediaPort: ports[port + 1]!,
        calls: 1,
        ...more,
      })
    const standard = (name: string): string => path.join(ROOT, 'bench', 'scenarios', name)
    const auth = (name: string): string => `[authentication username=${name} password=${PASSWORD}]`
    const users = [`callee;${DOMAIN};${auth('callee')};3600;`]
    t.is((await start('callee', calm, standard('register.xml'), 0, { users }).result).done, 1)
    const answering = start('answer', calm, standard('answer.xml'), 0, { calls: 0, atOnce: 2000 })

    const scenario = telling(folder)
    /** At both nodes that are killed, as long as it takes to kill them: a slow machine has more calls by then. */
    const calling = async (): Promise<string[]> => {
      const logs: string[] = []
      for (let wave = 0; wave === 0 || !isCalm; wave++) {
        const both = [leader, other].map((node, i) => {
          const options = {
            users: [`caller;${DOMAIN};${auth('caller')};callee;`],
            calls: wave === 0 ? CALLS / 2 : RATE * 10,
            rate: RATE,
            atOnce: 2000,
          }
          return start(`calls-${node.id}-${wave}`, node, scenario, 2 + 2 * i, {
            ...options,
            pause: 1_500,
            log: true,
            answerWithin: 8_000,
          })
        })
        for (const { log } of await Promise.all(both.map(({ result }) => result))) logs.push(log)
      }
      return logs
    }
    let isCalm = false
    const called = calling()
    const recorded = (least: number) =>
      lab.until(
        `${least} records`,
        () => database.query<{ n: number }>('SELECT count(*)::int AS n FROM raftel_cdrs'),
        ([row]) => (row?.n ?? 0) >= least,
        60_000,
      )
    try {
      await recorded(CALLS / 10)
      await lab.kill(leader.id)
      await database.stop()
      await lab.start(leader.id)
      await database.start()
      await lab.kill(other.id)
      await lab.start(other.id)
    } finally {
      isCalm = true
    }
    const logs = await called
    answering.end()
    await answering.result
    const answered = logs.flatMap((log) => [...log.matchAll(/answered (\S+)/g)].map((match) => match[1]!))
    t.true(answered.length > CALLS / 5, `only ${answered.length} were answered`)
    t.log(`${answered.length} calls were answered`)

    await lab.until(
      'no call is under way',
      () => lab.json<unknown[]>(['call', 'ls']),
      (calls) => calls.length === 0,
      60_000,
    )
    const sinks = await lab.until(
      'every sink has everything',
      () => lab.json<SinkView[]>(['cdr', 'sink', 'ls']),
      (all) => all.length === 3 && all.every(({ lag, trouble }) => lag === 0 && trouble === null),
      60_000,
    )
    t.deepEqual(
      sinks.map(({ lost }) => lost),
      [0, 0, 0],
    )
    const rows = await database.query<Row>(
      "SELECT id, seq::int, legs->0->>'callId' AS caller_leg, disposition FROM raftel_cdrs ORDER BY seq",
    )
    t.deepEqual(
      rows.map(({ seq }) => seq),
      rows.map((_, i) => i + 1),
      'no number is missing, and none is there twice',
    )
    const times = new Map<string, number>()
    const talked = rows.filter(({ disposition }) => disposition === 'answered')
    for (const { caller_leg } of talked) times.set(caller_leg, (times.get(caller_leg) ?? 0) + 1)
    t.deepEqual(
      answered.filter((id) => times.get(id) !== 1),
      [],
      'who heard that he is answered has one record of it',
    )
    for (const node of [calm, leader]) {
      const there = readdirSync(files(node))
        .sort()
        .flatMap((file) =>
          readFileSync(path.join(files(node), file), 'utf8')
            .split('\n')
            .slice(0, -1),
        )
        .map((line) => JSON.parse(line) as Told)
      t.deepEqual(
        there.map(({ id }) => id),
        rows.map(({ id }) => id),
        `the file of ${node.id} has the same`,
      )
    }
    const lost = await lab.json<Told[]>(['cdr', 'ls', '--problem', '--limit', '1000'])
    t.true(
      lost.some(({ by }) => by === 'lost'),
      'calls of nodes that were killed are among them',
    )
  })
})

/** The call of the bench, which says when it hears that it is answered. */
function telling(folder: string): string {
  const file = path.join(folder, 'call.xml')
  const text = readFileSync(path.join(ROOT, 'bench', 'scenarios', 'call.xml'), 'utf8')
  const plain = '<recv response="200" rrs="true"/>'
  if (!text.includes(plain)) throw new Error('the scenario of a call has changed')
  const action = '<action><log message="answered [call_id]"/></action>'
  writeFileSync(file, text.replace(plain, `<recv response="200" rrs="true">${action}</recv>`))
  return file
}
