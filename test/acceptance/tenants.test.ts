/** Two tenants, three carriers of which one has no lines and one is silent, groups and forwards: each call goes where `route explain` said before. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { sipp } from '../../bench/sipp.ts'
import type { Told } from '../../proto/cdr.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Lab, ROOT, withLab } from './lab.ts'
import { rawPhone, registerOnce } from './sip.ts'
import { callsIn, FULL_THEN_SILENT, PASSWORD, twoTenants } from './tenants.ts'

const bench = (name: string): string => path.join(ROOT, 'bench', 'scenarios', name)
const own = (name: string): string => path.join(import.meta.dirname, 'scenarios', name)

needing(test, 'sipp')(
  'of two tenants with three carriers, groups and forwards each call goes where it was said before that it would',
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-tenants-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const [good = 0, full = 0, bob = 0, carol = 0, dave = 0, caller = 0, ...media] = await freePorts(12)

    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      t.timeout(300_000)
      await twoTenants(t, lab, { good, full })

      const answers = (name: string, scenario: string, port: number, mediaPort: number) =>
        sipp({ scenario, target: lab.nodes[0]!.sip, folder, name, calls: 0, atOnce: 100, port, mediaPort })
      for (const [i, [aor, port]] of (
        [
          ['bob@acme.test', bob],
          ['carol@acme.test', carol],
          ['dave@globex.test', dave],
        ] as const
      ).entries()) {
        const registered = await sipp({
          scenario: bench('register.xml'),
          target: lab.nodes[i]!.sip,
          folder,
          name: `register-${aor}`,
          users: [line(aor, '3600')],
          calls: 1,
          port,
        }).result
        t.is(registered.done, 1, registered.errors)
      }
      const running = [
        answers('good', bench('answer.xml'), good, media[0]!),
        answers('full', own('failing.xml'), full, media[1]!),
        answers('bob', own('busy.xml'), bob, media[2]!),
        answers('carol', bench('answer.xml'), carol, media[3]!),
        answers('dave', bench('answer.xml'), dave, media[4]!),
      ]
      try {
        const calls = callsOf(lab, folder, [caller, media[5]!])

        // A number of a colleague, by number and at another node.
        const direct = await calls('alice@acme.test', '1003', 0)
        t.like(direct.record, { target: 'carol@acme.test', trunk: '', tenant: 'acme', disposition: 'answered' })

        // Bob is busy: the group goes on to carol.
        const sales = await calls('alice@acme.test', '2000', 1)
        t.like(sales.record, { target: 'carol@acme.test', rule: 'sales', disposition: 'answered' })
        t.deepEqual(
          sales.said.steps.map(({ considered }) => considered.length),
          [1, 1],
        )

        // The first carrier has no lines, the second does not answer, the third does.
        const out = await calls('alice@acme.test', '030998877', 2)
        t.like(out.record, { trunk: 'good', rule: 'out', disposition: 'answered' })
        t.is(out.said.steps.length, 3)
        t.deepEqual(out.failed, FULL_THEN_SILENT)

        // The class of alice ends at the border, and was said to.
        const abroad = await calls('alice@acme.test', '0033140000000', 0)
        t.is(abroad.said.kind, 'reject')
        t.is(abroad.record.status, 403)

        // The other tenant has carriers that all fail, and a user of the same number of his own.
        t.is((await calls.said('alice@acme.test', '1001', 1)).rule, 'directory')
        const failed = await calls('dave@globex.test', '+4930998877', 2)
        t.like(failed.record, { rule: 'out', trunk: '', tenant: 'globex' })
        const theirs = await lab.json<Told[]>(['cdr', 'ls', '--tenant', 'globex'])
        t.deepEqual(
          theirs.map(({ id }) => id),
          [failed.record.id],
        )
        t.not(failed.record.disposition, 'answered')
        t.is(failed.said.steps.length, 2)

        // What he sets by dialling is there for the next call, at any node.
        const code = await calls('bob@acme.test', '*721003', 0)
        t.is(code.said.kind, 'service')
        await calls.untilSaid('alice@acme.test', '1002', 'carol@acme.test')
        const forwarded = await calls('alice@acme.test', '1002', 2)
        t.like(forwarded.record, { target: 'carol@acme.test', disposition: 'answered' })

        // A tenant that is disabled neither registers nor calls, but for help; the other goes on.
        await lab.json(['tenant', 'add', 'globex'])
        await lab.json(['tenant', 'set', 'globex', '--disabled', 'on', '--reason', 'not paid'])
        const raw = await rawPhone(lab.nodes[1]!.sip)
        t.teardown(() => raw.close())
        const registers = async (aor: string) => (await registerOnce(raw, aor, PASSWORD))?.status
        await lab.until(
          'it is known at that node',
          () => registers('dave@globex.test'),
          (code) => code === 403,
        )
        t.is(await registers('alice@acme.test'), 200)
        const seen = (await calls.records()).length
        const barred = await calls.place('dave@globex.test', '1001', 1)
        t.is(barred.done, 0)
        // Nobody asks him who he is.
        t.is((await calls.place('dave@globex.test', '112', 1, own('help.xml'))).done, 1)
        const help = await lab.until('a record of the call for help', calls.records, (all) => all.length > seen)
        t.like(help[0], { dialled: '112', rule: 'emergency', target: 'dave@globex.test', disposition: 'answered' })
      } finally {
        for (const run of running) run.end()
        await Promise.all(running.map((run) => run.result))
      }
      const verdict = await lab.json<{ nodes: { verdict: string }[] }>(['cluster', 'verify'])
      t.true(verdict.nodes.every((node) => node.verdict === 'equal'))
    })
  },
)

function line(aor: string, more: string): string {
  const [user, domain] = aor.split('@')
  return `${user};${domain};[authentication username=${user} password=${PASSWORD}];${more};`
}

/** Calls of a SIPp, each checked against what was said of it before. */
function callsOf(lab: Lab, folder: string, [port, mediaPort]: readonly [number, number]) {
  let count = 0
  const calls = callsIn(lab)
  const place = (from: string, to: string, at: number, scenario = bench('call.xml')) =>
    sipp({
      scenario,
      target: lab.nodes[at]!.sip,
      folder,
      name: `call-${count++}`,
      users: [line(from, to)],
      calls: 1,
      pause: 200,
      port,
      mediaPort,
      answerWithin: 30_000,
    }).result
  const call = (from: string, to: string, at: number) => calls.check(from, to, at, () => place(from, to, at))
  return Object.assign(call, calls, { place })
}
