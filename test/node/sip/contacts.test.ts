import test from 'ava'
import { readContacts } from '../../../node/sip/contacts.ts'

const bind = (...changes: [string, number, number][]) => ({
  kind: 'bind',
  changes: changes.map(([contact, expires, q]) => ({ contact, q, expires })),
})
const uri = 'sip:alice@192.0.2.1:5070'

test('contacts, expiry and q are read as RFC 3261 §10.3 and §20.10 have them', (t) => {
  const cases: [string | null, string | null, unknown][] = [
    [null, null, { kind: 'query' }],
    [`<${uri}>`, null, bind([uri, 3600, 1])],
    [uri, '600', bind([uri, 600, 1])],
    [`${uri};expires=120;q=0.5`, '600', bind([uri, 120, 0.5])],
    [`"A, <b>; \\"c" <${uri};transport=tcp>;expires=0`, null, bind([`${uri};transport=tcp`, 0, 1])],
    [`<${uri}>;q=0.25,sip:bob@example.com;q=0`, '99999', bind([uri, 7200, 0.25], ['sip:bob@example.com', 7200, 0])],
    [`<${uri}>;expires=4294967295`, null, bind([uri, 7200, 1])],
    [`<${uri}>;expires=99999999999`, '60', bind([uri, 7200, 1])],
    [`<${uri}>`, '99999999999999999999', bind([uri, 7200, 1])],
    [`<${uri}>;expires="x"`, '90', bind([uri, 90, 1])],
    [`<${uri}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1`, '90', bind([uri, 90, 1])],
    ['<sip:[2001:db8::1]:5060>', null, bind(['sip:[2001:db8::1]:5060', 3600, 1])],
    ['mailto:alice@example.com', null, bind(['mailto:alice@example.com', 3600, 1])],
    [
      `<${uri}>;q=0.5,<mailto:alice@example.com>;expires=4294967295,tel:+15550100;q=0.1`,
      '600',
      bind([uri, 600, 0.5], ['mailto:alice@example.com', 7200, 1], ['tel:+15550100', 600, 0.1]),
    ],
    ['<tel:+15550100;ext=1>;+sip.instance="<urn:x>";reg-id=1', null, bind(['tel:+15550100;ext=1', 3600, 1])],
    ['*', '0', { kind: 'bind', changes: 'all' }],
    [' * ', ' 0 ', { kind: 'bind', changes: 'all' }],
  ]
  for (const [contact, expires, expected] of cases) t.deepEqual(readContacts(contact, expires) as unknown, expected)
})

test('what is no SIP address is neither a flow nor a phone, whatever it says of itself', (t) => {
  const flows = { path: [], outbound: 'yes', gruu: true } as const
  const of = (contact: string) => readContacts(`<${contact}>;+sip.instance="<urn:x>";reg-id=1`, null, undefined, flows)
  t.deepEqual(of(uri) as unknown, {
    kind: 'bind',
    changes: [{ contact: uri, q: 1, expires: 3600, instance: '<urn:x>', regId: 1 }],
  })
  t.deepEqual(of('mailto:a@b.test') as unknown, bind(['mailto:a@b.test', 3600, 1]))
})

test('an interval below the least is 423, a removal is none', (t) => {
  t.like(readContacts(`<${uri}>;expires=59`, null), { status: 423, minExpires: 60 })
  t.like(readContacts(`<${uri}>`, '1'), { status: 423 })
  t.like(readContacts(`<${uri}>;expires=60`, null), { kind: 'bind' })
})

test('hostile contacts are refused', (t) => {
  const bad: [string, string | null][] = [
    ['*', null],
    ['*', '60'],
    [`*,<${uri}>`, '0'],
    [`<${uri}>,*`, '0'],
    [`<${uri}>`, '-1'],
    [`<${uri}>`, '1e3'],
    [`<${uri}>;q=2`, null],
    [`<${uri}>;q=-0.1`, null],
    [`<${uri}`, null],
    [`"A <${uri}>`, null],
    [`<${uri}> junk`, null],
    [`<${uri}>,`, null],
    [`<${uri}>,,<${uri}>`, null],
    ['<mailto:>', null],
    ['<:alice@example.com>', null],
    ['<alice@example.com>', null],
    ['<9p:x>', null],
    ['<mailto:alice@exa\x07mple.com>', null],
    [`<mailto:${'a'.repeat(600)}@example.com>`, null],
    ['<mailto:alice@example.com>;q=2', null],
    ['<mailto:*>,*', '0'],
    ['<sip:>', null],
    ['<sip:@>', null],
    ['<sip:a@b@c>', null],
    ['<sip:alice@192.0.2.1:99999>', null],
    ['<sip:alice@192.0.2.1|x>', null],
    ['<sip:al\x1b[31mice@192.0.2.1>', null],
    ['<sip:alice@exa\u202emple.com>', null],
    [`<sip:${'a'.repeat(600)}@example.com>`, null],
    [Array(11).fill(`<${uri}>`).join(','), null],
    [`<${uri}>` + ';x=1'.repeat(100), null],
    ['<'.repeat(20_000), null],
    [','.repeat(30_000), null],
  ]
  for (const [contact, expires] of bad) t.is(readContacts(contact, expires).kind, 'refused', contact.slice(0, 80))
})
