/** The two tenants of tenants.test.ts with phones of the field: each call goes where `route explain` said before, rings nobody else, and both sides hear each other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { sipp } from '../../bench/sipp.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Baresip, startBaresip } from './baresip.ts'
import { type Lab, ROOT, withLab } from './lab.ts'
import { LOOPBACK } from './namespaces.ts'
import { callsIn, FULL_THEN_SILENT, PASSWORD, twoTenants } from './tenants.ts'
import { registrationsAt } from './users.ts'
import { babble, found, RATE, readWav, writeWav } from './wave.ts'

/** Who is a phone at which node. Bob looks at his before he answers. */
const PHONES = {
  'alice@acme.test': { at: 0, transport: 'udp', answer: 'auto' },
  'bob@acme.test': { at: 2, transport: 'tcp', answer: 'manual' },
  'carol@acme.test': { at: 1, transport: 'udp', answer: 'auto' },
  'dave@globex.test': { at: 1, transport: 'udp', answer: 'auto' },
  'erin@globex.test': { at: 2, transport: 'tcp', answer: 'auto' },
} as const
type Aor = keyof typeof PHONES
const AORS = Object.keys(PHONES) as Aor[]
/** One that is free after the other: SIP, control, and two for RTP. */
const PORTS_EACH = 4
/** As in audio.test.ts: another voice comes to about 0.2. */
const FOUND = 0.7

interface Phone extends Baresip {
  readonly voice: Float64Array
}

needing(
  test,
  'sipp',
  'baresip',
  'rtpengine',
)(
  'phones of two tenants that have the same numbers ring where it was said before that they would, nobody else does, and they hear each other',
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-tenants-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const [good = 0, full = 0, goodMedia = 0, fullMedia = 0, ...ports] = await freePorts(4 + AORS.length * PORTS_EACH)

    await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
      t.timeout(300_000)
      await twoTenants(t, lab, { good, full })
      const carrier = (name: string, scenario: string, port: number, mediaPort: number) =>
        sipp({ scenario, target: lab.nodes[0]!.sip, folder, name, calls: 0, port, mediaPort, echo: true })
      const carriers = [
        carrier('good', path.join(ROOT, 'bench', 'scenarios', 'answer.xml'), good, goodMedia),
        carrier('full', path.join(import.meta.dirname, 'scenarios', 'failing.xml'), full, fullMedia),
      ]
      const phones = new Map<Aor, Phone>()
      try {
        for (const [i, aor] of AORS.entries()) phones.set(aor, await startPhone(lab, folder, aor, ports, i))
        await lab.until(
          'all are registered',
          () => registrationsAt(lab.client()),
          (rows) => rows.length === AORS.length,
        )
        const { talk, ends, untilSaid } = sceneOf(t, lab, phones)

        // Both tenants have this number; each rings its own.
        const own = await talk('bob@acme.test', '1001', 'alice@acme.test')
        t.like(own.record, { tenant: 'acme', rule: 'directory', trunk: '', relay: 'rtpengine' })

        // All of a group ring; who answers is at another node than the caller.
        const office = await talk('alice@acme.test', '2001', 'carol@acme.test', { rings: ['bob@acme.test'] })
        t.is(office.record.rule, 'office')

        // One after the other: bob declines, so carol is next.
        const sales = await talk('alice@acme.test', '2000', 'carol@acme.test', { declines: 'bob@acme.test' })
        t.is(sales.record.rule, 'sales')
        t.deepEqual(sales.failed, ['bob@acme.test: busy (486 Rejected)'])

        // The first carrier has no lines, the second does not answer, the third does, and sends back what it hears.
        const out = await talk('alice@acme.test', '030998877', null)
        t.like(out.record, { rule: 'out', trunk: 'good', target: '+4930998877' })
        t.deepEqual(out.failed, FULL_THEN_SILENT)

        // The class of alice ends at the border, and the other tenant's carriers all fail.
        const abroad = await ends('alice@acme.test', '0033140000000')
        t.like(abroad, { said: { kind: 'reject' }, record: { status: 403 } })
        const failed = await ends('erin@globex.test', '+4930998877')
        t.like(failed.record, { rule: 'out', trunk: '', tenant: 'globex', answeredAt: null })
        t.deepEqual(failed.failed, [...FULL_THEN_SILENT].reverse())

        // What bob sets by dialling is there for the next call, at another node.
        const code = await ends('bob@acme.test', '*721003')
        t.like(code.said, { kind: 'service', rule: 'service' })
        await untilSaid('alice@acme.test', '1002', 'carol@acme.test')
        await talk('alice@acme.test', '1002', 'carol@acme.test')

        // And had dave's phone rung before, it would have been seen as now.
        const theirs = await talk('erin@globex.test', '1001', 'dave@globex.test')
        t.like(theirs.record, { tenant: 'globex', rule: 'directory', trunk: '' })
      } finally {
        for (const one of carriers) one.end()
        await Promise.all([...carriers.map((one) => one.result), ...[...phones.values()].map((one) => one.close())])
      }
    })
  },
)

async function startPhone(lab: Lab, folder: string, aor: Aor, ports: readonly number[], i: number): Promise<Phone> {
  const [user = '', domain = ''] = aor.split('@')
  const [sip = 0, control = 0, media = 0] = ports.slice(i * PORTS_EACH)
  const { at, transport, answer } = PHONES[aor]
  const voice = babble(i + 1, 60)
  const play = path.join(folder, `${user}.wav`)
  writeWav(play, voice)
  const baresip = await startBaresip({
    host: LOOPBACK,
    ports: { sip, control, media: [media, media + 7] },
    folder,
    user,
    domain,
    password: PASSWORD,
    registrar: lab.nodes[at]!.sip,
    transport,
    play,
    answer,
  })
  return { ...baresip, voice }
}

interface Others {
  /** Ring as well. */
  readonly rings?: readonly Aor[]
  /** Rings first, and declines. */
  readonly declines?: Aor
}

function sceneOf(t: ExecutionContext, lab: Lab, phones: ReadonlyMap<Aor, Phone>) {
  const { check, untilSaid } = callsIn(lab)
  const expected = new Map(AORS.map((aor) => [aor, 0]))
  const rung = (aor: Aor): number => phones.get(aor)!.rung()
  const rang = (aor: Aor): boolean => rung(aor) >= expected.get(aor)!
  /** Dials, and then waits until `rings` have rung once more than before; nobody else has since the test began. */
  const place = async (from: Aor, to: string, rings: readonly Aor[], meanwhile: () => Promise<unknown>) => {
    for (const aor of rings) expected.set(aor, expected.get(aor)! + 1)
    const checked = await check(from, to, PHONES[from].at, async () => {
      phones.get(from)!.command('dial', `sip:${to}@${from.split('@')[1]}`)
      await meanwhile()
    })
    const all = async () => AORS.filter((aor) => !rang(aor))
    await lab.until(`${rings} ring`, all, (silent) => silent.length === 0)
    t.deepEqual(new Map(AORS.map((aor) => [aor, rung(aor)])), expected, `${from} calls ${to}`)
    return checked
  }
  /** A call that nobody answers. */
  const ends = (from: Aor, to: string) => place(from, to, [], async () => {})
  /** A call that `by` answers, or with null a carrier that sends back what it hears. */
  const talk = async (from: Aor, to: string, by: Aor | null, { rings = [], declines }: Others = {}) => {
    const title = `${from} calls ${to}`
    const caller = phones.get(from)!
    const called = by === null ? caller : phones.get(by)!
    const before = [caller.heard(), called.heard()] as const
    const ringing = [...rings, ...(declines ? [declines] : []), ...(by ? [by] : [])]
    const checked = await place(from, to, ringing, async () => {
      if (declines) {
        await lab.until(`${declines} rings`, async () => rang(declines), Boolean)
        phones.get(declines)!.command('hangup')
      }
      await hears(lab, title, caller, before[0], called.voice)
      if (called !== caller) await hears(lab, title, called, before[1], caller.voice)
      caller.command('hangup')
    })
    t.like(checked.record, { from, disposition: 'answered', by: 'caller', ...(by && { target: by }) }, title)
    return checked
  }
  return { talk, ends, untilSaid }
}

/** Second by second of a voice, until one is found in what the phone hears in the call after the recording `before`. */
async function hears(lab: Lab, title: string, phone: Phone, before: string | null, voice: Float64Array) {
  const heard = (): Float64Array => {
    const file = phone.heard()
    return file === null || file === before ? new Float64Array() : readWav(file)
  }
  let second = 0
  const asked = async () => {
    const samples = heard()
    if (samples.length < (second + 2) * RATE) return 0
    return found(voice, second++, samples)
  }
  await lab.until(`${title}: they hear each other`, asked, (well) => well > FOUND, 40_000)
}
