import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { sipp } from '../../bench/sipp.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { ROOT, withLab } from './lab.ts'
import { addUsers, registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const scenario = (name: string): string => path.join(ROOT, 'bench', 'scenarios', name)

needing(
  test,
  'sipp',
  'rtpengine',
)('500 SIPp phones register over UDP and TCP at three nodes, and call across nodes', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-sipp-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
    await lab.commitPlan(`domains: [${DOMAIN}]\n`)
    const names = Array.from({ length: 500 }, (_, i) => `u${i}`)
    await addUsers(
      lab.client(),
      names.map((name) => `${name}@${DOMAIN}`),
      PASSWORD,
    )

    const ports = await freePorts(15)
    const registering = lab.nodes.flatMap((node, i) =>
      (['u1', 't1'] as const).map((transport, k) => {
        const share = names.filter((_, n) => n % 6 === i * 2 + k)
        return sipp({
          scenario: scenario('register.xml'),
          target: node.sip,
          folder,
          name: `register-${node.id}-${transport}`,
          users: share.map((name) => line(name, '3600')),
          calls: share.length,
          rate: 200,
          atOnce: 20,
          transport,
          port: ports[i * 2 + k] ?? 0,
        }).result
      }),
    )
    for (const result of await Promise.all(registering)) t.is(result.failed, 0, result.errors)

    // Every node has every registration, and knows which node and transport it came by.
    for (const node of lab.nodes) {
      const rows = await lab.until(
        `all 500 registrations at ${node.id}`,
        () => registrationsAt(lab.client(node.id)),
        (all) => all.length === 500,
      )
      const by = Object.groupBy(rows, (row) => `${row.node} ${row.transport}`)
      for (const owner of lab.nodes) {
        t.is(by[`${owner.id} udp`]?.length, names.filter((_, n) => n % 6 === lab.nodes.indexOf(owner) * 2).length)
        t.is(by[`${owner.id} tcp`]?.length, names.filter((_, n) => n % 6 === lab.nodes.indexOf(owner) * 2 + 1).length)
      }
    }

    // u0, u2 and u4 are UDP phones of the first, second and third node; callers are at the node before.
    const answering = lab.nodes.map((node, i) =>
      sipp({
        scenario: scenario('answer.xml'),
        target: node.sip,
        folder,
        name: `answer-${node.id}`,
        calls: 0,
        atOnce: 1000,
        port: ports[i * 2] ?? 0,
        mediaPort: ports[9 + i] ?? 0,
      }),
    )
    try {
      const calling = lab.nodes.map((node, i) => {
        const called = `u${((i + 1) % 3) * 2}`
        return sipp({
          scenario: scenario('call.xml'),
          target: node.sip,
          folder,
          name: `call-${node.id}`,
          users: Array.from({ length: 20 }, (_, k) => line(`u${100 + i * 20 + k}`, called)),
          calls: 40,
          rate: 40,
          atOnce: 10,
          pause: 300,
          port: ports[6 + i] ?? 0,
          mediaPort: ports[12 + i] ?? 0,
        }).result
      })
      for (const result of await Promise.all(calling)) {
        t.is(result.failed, 0, result.errors)
        t.is(result.done, 40)
      }
    } finally {
      for (const run of answering) run.end()
      await Promise.all(answering.map((run) => run.result))
    }
    await lab.until(
      'no call is left in the table',
      () => lab.json<unknown[]>(['call', 'ls']),
      (rows) => rows.length === 0,
    )
  })
})

function line(name: string, extra: string): string {
  return `${name};${DOMAIN};[authentication username=${name} password=${PASSWORD}];${extra};`
}
