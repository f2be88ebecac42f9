import test from 'ava'
import { readGruu, temporaryGruu } from '../../../node/sip/gruu.ts'
import type { Device } from '../sip/device.ts'
import { headersOf } from '../sip/support.ts'
import { cameTo, exchange, GRUU_KEY, refuses } from './exchange.ts'

const DESK = '<urn:uuid:aaaaaaaa-0000-1000-8000-000a95a0e128>'
const SOFT = '<urn:uuid:bbbbbbbb-0000-1000-8000-000a95a0e128>'

const register = (phone: Device, instance: string, more: { params?: string; callId?: string } = {}) =>
  phone.register(
    ['Supported: gruu', `Contact: <sip:alice@${phone.address}>;+sip.instance="${instance}"${more.params ?? ''}`],
    more.callId === undefined ? {} : { callId: more.callId },
  )

/** The GRUUs of one phone, as a 200 has them. */
function gruusIn(ok: string, phone: Device): { pub: string; temp: string } {
  const contact =
    headersOf(ok, 'Contact')
      .join()
      .split(',<')
      .find((one) => one.includes(phone.address)) ?? ''
  const of = (name: string) => new RegExp(`;${name}-gruu="([^"]*)"`).exec(contact)?.[1] ?? ''
  return { pub: of('pub'), temp: of('temp') }
}

test('a call to a GRUU, public or temporary, reaches that phone of the AoR and no other (RFC 5627 §6)', async (t) => {
  const { phone, call } = await exchange(t)
  const [desk, soft] = [await phone('tcp'), await phone('tcp')]
  t.regex(await register(desk, DESK), /^SIP\/2.0 200/)
  const ok = await register(soft, SOFT)
  const { pub, temp } = gruusIn(ok, soft)
  t.is(pub, 'sip:alice@pbx.test;gr=urn:uuid:bbbbbbbb-0000-1000-8000-000a95a0e128')
  t.regex(temp, /^sip:[\w-]{40,}@pbx\.test;gr$/)
  t.is(gruusIn(ok, desk).pub, pub.replace('bbbbbbbb', 'aaaaaaaa'), 'every contact has its own')
  for (const gruu of [pub, temp, pub.toUpperCase().replace('SIP:ALICE@PBX.TEST;GR', 'sip:alice@pbx.test;gr')]) {
    const outcome = await call(gruu)
    t.regex(await refuses(soft), new RegExp(`^INVITE sip:alice@${soft.address} SIP`))
    t.is(await cameTo(outcome), '486')
  }
  t.regex(await register(desk, DESK), /^SIP\/2.0 200/, 'what was sent to it before is here before this')
  t.is(desk.count('INVITE'), 0)
  const both = await call('sip:alice@pbx.test')
  await Promise.all([refuses(desk), refuses(soft)])
  t.is(await cameTo(both), '486')
})

test('a temporary GRUU is another each time, and all are good until the phone comes under another Call-ID', async (t) => {
  const { phone, call } = await exchange(t)
  const alice = await phone('tcp')
  const first = gruusIn(await register(alice, DESK), alice)
  const second = gruusIn(await register(alice, DESK), alice)
  t.not(first.temp, second.temp)
  t.is(first.pub, second.pub)
  for (const { temp } of [first, second]) {
    const outcome = await call(temp)
    await refuses(alice)
    t.is(await cameTo(outcome), '486')
  }
  const third = gruusIn(await register(alice, DESK, { callId: 'begun-anew' }), alice)
  t.is(third.pub, first.pub)
  for (const { temp } of [first, second]) t.is(await cameTo(await call(temp)), '404')
  const outcome = await call(third.temp)
  await refuses(alice)
  t.is(await cameTo(outcome), '486')
  await register(alice, DESK, { callId: 'begun-anew', params: ';expires=0' })
  for (const gone of [third.temp, third.pub]) t.is(await cameTo(await call(gone)), '480')
})

test('a GRUU that nobody was given is 404, and none is a contact', async (t) => {
  const { phone, call, cluster } = await exchange(t)
  const alice = await phone('tcp')
  const { pub, temp } = gruusIn(await register(alice, DESK), alice)
  const forged = temp.replace(/^sip:(.)/, (_, first) => `sip:${first === 'A' ? 'B' : 'A'}`)
  for (const unknown of [
    forged,
    'sip:alice@pbx.test;gr',
    'sip:nobody@pbx.test;gr=urn:uuid:1',
    'sip:alice@pbx.test;gr=%ff',
  ]) {
    t.is(await cameTo(await call(unknown)), '404', unknown)
  }
  t.is(await cameTo(await call('sip:alice@pbx.test;gr=urn:uuid:1')), '480', 'a phone that is not there')
  t.regex(await alice.register([`Contact: <${pub}>`]), /^SIP\/2.0 403/)
  t.is(cluster.tables.bindings, 1)
})

test('who does not ask for GRUUs gets none, and its instance is not kept', async (t) => {
  const { phone, cluster } = await exchange(t)
  const alice = await phone()
  const ok = await alice.register([`Contact: <sip:alice@${alice.address}>;+sip.instance="${DESK}"`])
  t.notRegex(ok, /gruu/)
  t.false('instance' in cluster.tables.registrations.get('alice@pbx.test')!.bindings[0]!)
})

test('a temporary GRUU says on every node whose it is, and to nobody else; any text is read without harm', (t) => {
  const random = new Uint8Array(12).fill(7)
  const binding = { aor: 'älice smith@pbx.test', instance: DESK }
  const gruu = temporaryGruu(binding, 1_234_567, GRUU_KEY, random)!
  t.like(readGruu(gruu, GRUU_KEY), { kind: 'temporary', aor: 'älice smith@pbx.test', at: 1_234_567 })
  t.deepEqual(readGruu(gruu, new Uint8Array(32)), { kind: 'unknown' })
  t.deepEqual(readGruu(gruu.replace('pbx.test', 'other.test'), GRUU_KEY), { kind: 'unknown' })
  t.is(temporaryGruu({ aor: `${'a'.repeat(59)}@pbx.test`, instance: DESK }, 1, GRUU_KEY, random), null)
  t.not(temporaryGruu({ aor: `${'a'.repeat(58)}@pbx.test`, instance: DESK }, 1, GRUU_KEY, random), null)
  for (const text of ['', 'sip:', 'sip:a@b', 'sip:a@b;grid=1', 'tel:1;gr=1', 'sip:a@b;x=;gr']) {
    const read = readGruu(text, GRUU_KEY)
    t.true(read === null || read.kind === 'unknown', text)
  }
})
