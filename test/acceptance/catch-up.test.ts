/** A node that was away for long: the entries that it lacks are gone from the log, and it begins anew from a snapshot while calls go on. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { type SippOptions, type SippResult, sipp } from '../../bench/sipp.ts'
import { SNAPSHOT_EVERY } from '../../cluster/options.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type LabNode, ROOT, withLab } from './lab.ts'
import { addUsers, registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
/** Callers of `addUsers` at once; each has 32 under way. */
const WRITERS = 8
const ROUND = 20
const BOUND_MS = 60_000

needing(test, 'sipp')(
  'a node that was away for long catches up by snapshot while calls go on, and none of them fails',
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-away-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      await lab.commitPlan(`domains: [${DOMAIN}]\n`)
      await addUsers(lab.client(), [`caller@${DOMAIN}`, `callee@${DOMAIN}`], PASSWORD)
      await lab.founded()
      const { leader, nodes } = await lab.status()
      const away = lab.nodes.findLast(({ id }) => id !== leader)
      const [first, second] = lab.nodes.filter((node) => node !== away)
      if (first === undefined || second === undefined || away === undefined) throw new Error('a lab of three')
      const ports = await freePorts(8)
      const call = (name: string, node: LabNode, scenario: string, options: Options) =>
        sipp({ scenario: path.join(ROOT, 'bench', 'scenarios', scenario), target: node.sip, folder, name, ...options })
      const round = (node: LabNode, port: number, calls: number): Promise<SippResult> =>
        call(`calls-${node.id}`, node, 'call.xml', {
          users: [line('callee')],
          calls,
          atOnce: 4,
          pause: 100,
          answerWithin: 20_000,
          port: ports[port] ?? 0,
          mediaPort: ports[port + 1],
        }).result

      const log = (node: LabNode): string => readFileSync(path.join(lab.dir, 'logs', `${node.id}.log`), 'utf8')
      process.kill(away.pid, 'SIGKILL')

      // As many entries as make a snapshot; where one is kept, the log begins behind all that the node has.
      const names = Array.from({ length: SNAPSHOT_EVERY }, (_, i) => `u${i}@${DOMAIN}`)
      const share = Math.ceil(names.length / WRITERS)
      const shares = Array.from({ length: WRITERS }, (_, i) => names.slice(i * share, (i + 1) * share))
      await Promise.all(shares.map((some) => addUsers(lab.client(first.id), some, PASSWORD)))
      await lab.until(
        'both keep a snapshot',
        async () => [first, second].map((node) => /a snapshot at entry \d+ is kept/.test(log(node))),
        (kept) => kept.every(Boolean),
        BOUND_MS,
      )
      t.notRegex(log(away), /is installed/)
      t.true(nodes.every(({ applied }) => applied < SNAPSHOT_EVERY / 10))

      const registered = await call('callee', first, 'register.xml', {
        users: [`callee;${DOMAIN};[authentication username=callee password=${PASSWORD}];3600;`],
        calls: 1,
        port: ports[0] ?? 0,
      }).result
      t.is(registered.done, 1, registered.errors)
      await lab.until(
        'the other knows the phone',
        () => registrationsAt(lab.client(second.id)),
        (rows) => rows.length === 1,
      )
      const answering = call('answer', first, 'answer.xml', {
        calls: 0,
        atOnce: 1000,
        port: ports[0] ?? 0,
        mediaPort: ports[1],
      })

      t.teardown(() => answering.end())

      // Round after round at both, from before the node is back until it has everything.
      let isBack = false
      const loop = async (node: LabNode, port: number): Promise<SippResult[]> => {
        const results = [await round(node, port, ROUND)]
        while (!isBack) results.push(await round(node, port, ROUND))
        return results
      }
      const looping = Promise.all([loop(first, 2), loop(second, 4)])
      try {
        await lab.start(away.id)
        await lab.until(
          'it begins anew from a snapshot',
          async () => log(away),
          (text) => /the leader's snapshot at entry \d+ is installed/.test(text),
          BOUND_MS,
        )
        const equal = await lab.until(
          'all are equal',
          () => lab.raftel(['cluster', 'verify']),
          ({ code }) => code === 0,
          BOUND_MS,
        )
        t.regex(equal.stdout, new RegExp(`${away.id} +equal`))
      } finally {
        isBack = true
      }
      for (const results of await looping) {
        for (const { done, failed, errors } of results)
          t.deepEqual({ done, failed }, { done: ROUND, failed: 0 }, errors)
      }
      t.regex(log(first) + log(second), new RegExp(`sending a snapshot to ${away.id}`))

      const through = await round(away, 6, 1)
      t.is(through.done, 1, through.errors)
      answering.end()
      await answering.result
    })
  },
)

type Options = Omit<SippOptions, 'scenario' | 'target' | 'folder' | 'name'>

function line(callee: string): string {
  return `caller;${DOMAIN};[authentication username=caller password=${PASSWORD}];${callee};`
}
