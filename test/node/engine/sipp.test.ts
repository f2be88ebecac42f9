import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { needing } from '../../peers.ts'
import { freePorts } from '../../ports.ts'
import { type Srf, sdp, startStack } from './stack.ts'

const run = promisify(execFile)

/** Runs a scenario until all its calls are over; rejects with SIPp's output unless every one succeeded. */
async function sipp(
  scenario: string,
  port: number,
  transport: 'u1' | 't1',
  calls: number,
  own: readonly string[] = [],
): Promise<void> {
  const cwd = await mkdtemp(path.join(tmpdir(), 'sipp-'))
  const file = path.join(import.meta.dirname, 'scenarios', scenario)
  const args = [
    '-sf',
    file,
    '-t',
    transport,
    '-m',
    String(calls),
    '-r',
    '100',
    '-l',
    '50',
    '-i',
    '127.0.0.1',
    '-nostdin',
    ...own,
  ]
  try {
    await run('sipp', [...args, '-timeout', '30', '-timeout_error', `127.0.0.1:${port}`], { cwd, timeout: 60_000 })
  } finally {
    await rm(cwd, { recursive: true })
  }
}

const app = (srf: Srf): void => {
  srf.register((req, res) => res.send(200, { headers: { Contact: req.get('Contact') } }))
  srf.invite((req, res) => {
    res.send(180)
    void srf.createUAS(req, res, { localSdp: sdp(4000) })
  })
}

needing(test, 'sipp').serial(
  'fifty calls of SIPp pass through a proxy from UDP to TCP, with all that follows in them',
  async (t) => {
    const [target] = await freePorts(1)
    const { engine, port, faults } = await startStack(t, {
      routes: (srf) =>
        srf.invite((req) => {
          void srf.proxyRequest(req, `sip:bob@127.0.0.1:${target};transport=tcp`, { recordRoute: true })
        }),
    })
    const callee = sipp('routed-callee.xml', port, 't1', 50, ['-p', String(target)])
    await t.notThrowsAsync(Promise.all([callee, sipp('routed-caller.xml', port, 'u1', 50)]))
    t.is(engine.stats().unanswered, 0)
    t.deepEqual(faults, [])
  },
)

const names = [
  ['SIPp registers a hundred users over UDP', 'register.xml', 'u1', 100],
  ['SIPp registers a hundred users over one TCP connection', 'register.xml', 't1', 100],
  ['SIPp makes fifty calls with a re-INVITE over UDP', 'caller.xml', 'u1', 50],
  ['SIPp makes fifty calls with a re-INVITE over TCP', 'caller.xml', 't1', 50],
] as const

for (const [name, scenario, transport, calls] of names) {
  needing(test, 'sipp').serial(name, async (t) => {
    const { engine, port, faults } = await startStack(t, { routes: app })
    await t.notThrowsAsync(sipp(scenario, port, transport, calls))
    t.is(engine.stats().dialogs, 0)
    t.deepEqual(faults, [])
  })
}
