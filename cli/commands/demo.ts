/** `raftel demo`: from nothing to a live cluster with phones that call each other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Command, Option } from 'commander'
import type { PlanChanged__Output } from '../../proto/types/raftel/v1/PlanChanged.ts'
import type { User__Output } from '../../proto/types/raftel/v1/User.ts'
import { openClient } from '../client.ts'
import { DOMAIN, PASSWORD, type Phones, PLAN, ring, type Tally, USERS } from '../demo/phones.ts'
import { relayOrDirect } from '../demo/rtpengine.ts'
import { type Globals, globals, seconds } from '../globals.ts'
import { type LabReport, labDown, labUp } from '../lab/lab.ts'
import { runTui } from '../tui/run.tsx'
import { fallingOver } from '../tui-client.ts'

interface DemoOptions {
  readonly for: number
}

const NODES = 3

/** The phones say what matters in their reports; their log lines would draw over the screen. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

export function demoCommand(): Command {
  return new Command('demo')
    .description('a cluster of three nodes with phones that call each other, and the screen on it; q ends everything')
    .addOption(new Option('--for <seconds>', 'how long, where there is no terminal').default(20).argParser(seconds))
    .addHelpText('after', '\nExamples:\n  raftel demo\n  raftel demo --for 20 | tail -1')
    .action(demo)
}

async function demo(options: DemoOptions, self: Command): Promise<void> {
  const screen = process.stdout.isTTY === true && process.stdin.isTTY === true
  const note = (text: string): void => void process[screen ? 'stderr' : 'stdout'].write(`${text}\n`)
  const media = relayOrDirect(note)
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-demo-'))
  const ended = interrupted()
  let phones: Phones | null = null
  let good = false
  try {
    note(`starting ${NODES} nodes, each with ${media === 'rtpengine' ? 'its rtpengine' : 'direct media'}`)
    const lab = await labUp({ dir, nodes: NODES, basePort: null, media, note })
    note(`${lab.leader} leads; SIP at ${lab.nodes.map((node) => node.sip).join(', ')}`)
    const given = { ...globals(self), endpoints: lab.nodes.map((node) => node.control).join(',') }
    await provide(given, note)
    phones = await ring(lab, SILENT, (report) => {
      if (screen) return
      const how = report.heard ? 'heard' : report.answered ? 'answered and NOT HEARD' : `refused with ${report.status}`
      note(`${report.from} → ${report.to}: ${how}, set up in ${Math.round(report.setupMs)} ms`)
    })
    note(`${USERS.length} phones are registered and call each other`)
    if (screen) await Promise.race([watchScreen(given), ended])
    else await Promise.race([pause(options.for * 1000, undefined, { ref: true }), ended])
    note('ending: phones hang up, nodes stop')
    await phones.close()
    const { calls, answered, heard } = phones.tally
    good = calls > 0 && answered === calls && heard === calls
    phones = null
    await labDown(dir)
    summary(lab, { calls, answered, heard })
  } finally {
    await phones?.close()
    // A lab that failed to come up has ended its own processes; this finds none then.
    await labDown(dir).catch(() => undefined)
    if (good || screen) rmSync(dir, { recursive: true, force: true })
    else process.stderr.write(`raftel: the logs are in ${dir}/logs\n`)
  }
  process.exit(good || screen ? 0 : 1)
}

async function provide(given: Globals, note: (text: string) => void): Promise<void> {
  const client = openClient({ ...given, timeout: 30 })
  try {
    for (const user of USERS) {
      const request = { aor: `${user}@${DOMAIN}`, password: PASSWORD, replace: true }
      await client.ask<User__Output>((control, limits, done) => control.addUser(request, limits, done), 'once')
    }
    const request = { text: PLAN, author: 'demo' }
    const plan = await client.ask<PlanChanged__Output>(
      (control, limits, done) => control.commitPlan(request, limits, done),
      'once',
    )
    note(`${USERS.length} users, plan ${plan.version} with ${plan.rules} rules`)
  } finally {
    client.close()
  }
}

async function watchScreen(given: Globals): Promise<void> {
  const source = fallingOver(given)
  try {
    await runTui({ client: source })
  } finally {
    source.close()
  }
}

/** The last line, for programs. */
function summary(lab: LabReport, { calls, answered, heard }: Tally): void {
  const media = lab.nodes.every((node) => node.media === 'rtpengine') ? 'rtpengine' : 'direct'
  process.stdout.write(JSON.stringify({ nodes: lab.nodes.length, calls, answered, heard, media }) + '\n')
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
