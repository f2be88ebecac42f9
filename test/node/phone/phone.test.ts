import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type CallReport, type Phone, type PhoneOptions, startPhone } from '../../../node/phone/phone.ts'
import { readWav } from '../../../node/phone/wav.ts'
import { keptLog, speechLike, until } from '../media/rig.ts'

interface Ringing {
  readonly phone: Phone
  /** What the phone said of the calls it was in. */
  readonly reports: CallReport[]
  /** Its own contact: where another phone reaches it without a server. */
  readonly contact: string
}

async function onePhone(t: ExecutionContext, user: string, options: Partial<PhoneOptions> = {}): Promise<Ringing> {
  const reports: CallReport[] = []
  const phone = await startPhone({
    aor: `${user}@pbx.test`,
    password: 'secret',
    registrar: null,
    host: '127.0.0.1',
    log: keptLog(),
    onReport: (report) => reports.push(report),
    ...options,
  })
  t.teardown(() => phone.close())
  return { phone, reports, contact: `sip:${user}@${phone.address};transport=${options.transport ?? 'udp'}` }
}

const peer = 'bob@pbx.test'

for (const transport of ['udp', 'tcp'] as const) {
  test(`two phones call over ${transport} and each hears the other's signature`, async (t) => {
    const alice = await onePhone(t, 'alice', { transport })
    const bob = await onePhone(t, 'bob', { transport })
    const report = await alice.phone.call(bob.contact, { seconds: 2, peer })
    t.like(report, { answered: true, status: 200, heard: true, method: 'signature', lost: 0 })
    t.true(report.sent > 80 && report.received > 80, JSON.stringify(report))
    await until(() => bob.reports.length === 1)
    t.like(bob.reports[0], { answered: true, heard: true, from: 'alice@pbx.test', id: report.id })
    t.is(alice.phone.calls().length + bob.phone.calls().length, 0)
  })
}

test('a phone that says nothing is not heard, though its packets arrive', async (t) => {
  const alice = await onePhone(t, 'alice')
  const mute = await onePhone(t, 'bob', { play: null })
  const report = await alice.phone.call(mute.contact, { seconds: 1.5, peer })
  t.like(report, { answered: true, heard: false })
  t.true(report.received > 50)
})

test('another voice than the expected one is not heard; the expected one is, and is in the recording', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'raftel-phone-'))
  t.teardown(() => rm(dir, { recursive: true }))
  const record = join(dir, 'heard.wav')
  const [right, wrong] = [speechLike(3, 2), speechLike(4, 2)]
  const bob = await onePhone(t, 'bob', { play: right })
  const alice = await onePhone(t, 'alice', { expect: wrong })
  t.like(await alice.phone.call(bob.contact, { seconds: 2.5 }), { answered: true, heard: false, method: 'correlation' })

  const carol = await onePhone(t, 'carol', { expect: right, record })
  const report = await carol.phone.call(bob.contact, { seconds: 2.5 })
  t.like(report, { answered: true, heard: true })
  t.true(report.score > 0.95, String(report.score))
  const file = readWav(await readFile(record))
  t.true(file.kind === 'audio' && file.samples.length > 8000)
})

test('either side can hold and take back, and digits are sent', async (t) => {
  const alice = await onePhone(t, 'alice')
  const bob = await onePhone(t, 'bob')
  const calling = alice.phone.call(bob.contact, { seconds: 60, peer })
  await until(() => alice.phone.calls()[0]?.state === 'answered' && bob.phone.calls()[0]?.state === 'answered')
  const [call, other] = [alice.phone.calls()[0]!, bob.phone.calls()[0]!]
  t.true(await call.hold())
  t.true(await call.unhold())
  t.true(await other.hold())
  t.true(await other.unhold())
  t.true(call.dtmf('5'))
  t.false(call.dtmf('x'))
  other.hangUp()
  t.like(await calling, { answered: true, status: 200 })
})

test('while a call is held no voice passes, either way', async (t) => {
  const alice = await onePhone(t, 'alice')
  const bob = await onePhone(t, 'bob')
  const calling = alice.phone.call(bob.contact, { seconds: 2, peer })
  await until(() => alice.phone.calls()[0]?.state === 'answered' && bob.phone.calls()[0]?.state === 'answered')
  t.true(await alice.phone.calls()[0]!.hold())
  const report = await calling
  t.like(report, { answered: true, heard: false })
  await until(() => bob.reports.length === 1)
  t.false(bob.reports[0]!.heard)
  t.true(report.received < 60 && bob.reports[0]!.received < 60, 'of the 100 packets of 2 s')
})

test('a busy phone answers 486 and was not heard', async (t) => {
  const alice = await onePhone(t, 'alice')
  const busy = await onePhone(t, 'bob', { answer: { busy: true } })
  t.like(await alice.phone.call(busy.contact, { seconds: 1 }), {
    answered: false,
    status: 486,
    heard: false,
    seconds: 0,
  })
})

test('a call that nobody answers is cancelled, on both sides', async (t) => {
  const alice = await onePhone(t, 'alice')
  const bob = await onePhone(t, 'bob', { answer: 'no' })
  const report = await alice.phone.call(bob.contact, { seconds: 1, ringSeconds: 0.3 })
  t.like(report, { answered: false, status: 487 })
  await until(() => bob.reports.length === 1)
  t.like(bob.reports[0], { answered: false, status: 487 })
})

test('closing a phone ends its calls for the other side too', async (t) => {
  const alice = await onePhone(t, 'alice')
  const bob = await onePhone(t, 'bob')
  const calling = alice.phone.call(bob.contact, { seconds: 60, peer })
  await until(() => bob.phone.calls()[0]?.state === 'answered')
  await bob.phone.close()
  const report = await calling
  t.true(report.answered && report.seconds < 60)
  t.is(bob.reports.length, 1)
})
