import test from 'ava'
import { aorOf, formatNameAddr, nameAddr, parseUri, uriParam } from '../../../node/sip/address.ts'

test('an AoR has its domain in lower case and its user without escapes', (t) => {
  const cases: [string, string | null][] = [
    ['sip:alice@PBX.Test', 'alice@pbx.test'],
    ['sip:Alice@pbx.test:5080;transport=tcp', 'Alice@pbx.test'],
    ['sips:%61lice@pbx.test', 'alice@pbx.test'],
    ['sip:alice:secret@pbx.test', 'alice@pbx.test'],
    ['sip:pbx.test', null],
    ['sip:a%00b@pbx.test', null],
    ['sip:a%40b@pbx.test', null],
    ['sip:a%zz@pbx.test', null],
    ['tel:+15550100', null],
    ['', null],
  ]
  for (const [uri, aor] of cases) t.is(aorOf(uri), aor, uri)
})

test('URIs that mean harm do not read', (t) => {
  for (const uri of [
    'sip:',
    'sip:a b@c',
    'sip:a@b\r\nX: y',
    'sip:a@[::1',
    'sip:a@-b',
    'sip:a@b:0',
    'sip:a@b:5060:5060',
    'sip:a@b;x="y"',
    'sip:' + ';'.repeat(600),
  ]) {
    t.is(parseUri(uri), null, uri.slice(0, 40))
  }
  const uri = parseUri('sip:a@[2001:DB8::1]:5062;Transport=TCP;lr?x=1')!
  t.like(uri, { host: '[2001:db8::1]', port: 5062, user: 'a' })
  t.is(uriParam(uri, 'transport'), 'tcp')
  t.is(uriParam(uri, 'lr'), '')
  t.is(uriParam(uri, 'x'), null)
})

test('From and To are read with and without brackets, and never throw', (t) => {
  t.deepEqual(nameAddr('"Alice \\"A\\"" <sip:alice@PBX.test;x=1>;tag=99'), {
    display: 'Alice "A"',
    uri: 'sip:alice@PBX.test;x=1',
    user: 'alice',
    host: 'pbx.test',
    tag: '99',
  })
  t.like(nameAddr('Alice B <sip:alice@pbx.test>'), { display: 'Alice B', tag: '' })
  t.like(nameAddr('sip:alice@pbx.test;tag=7'), { uri: 'sip:alice@pbx.test', tag: '7' })
  for (const odd of ['', '"', '<', '<<>>', ';;;', 'x'.repeat(50_000), '"' + '\\'.repeat(9_999)]) {
    t.is(nameAddr(odd).host, '')
  }
})

test('a display name cannot end its header', (t) => {
  t.is(formatNameAddr('', 'sip:a@b'), '<sip:a@b>')
  t.is(formatNameAddr('Eve"\r\nVia: x\\', 'sip:a@b'), '"Eve\\" Via: x\\\\" <sip:a@b>')
})
