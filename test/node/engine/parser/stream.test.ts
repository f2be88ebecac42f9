import test from 'ava'
import { parseAddress, parseVia, splitOutside, tagOf, withSource } from '../../../../node/engine/parser/headers.ts'
import { headerOf, parseMessage } from '../../../../node/engine/parser/message.ts'
import { StreamFramer } from '../../../../node/engine/parser/stream.ts'
import { atHost, parseUri } from '../../../../node/engine/parser/uri.ts'

const message = (body: string): string => `OPTIONS sip:a SIP/2.0\r\nl: ${Buffer.byteLength(body)}\r\n\r\n${body}`

test('a stream is cut into the same messages wherever the network cuts it', (t) => {
  const bytes = Buffer.from(`\r\n\r\n${message('')}${message('größer')}\r\n${message('x'.repeat(3000))}`)
  for (const step of [1, 2, 3, 7, 64, 1000, bytes.length]) {
    const framer = new StreamFramer(64 * 1024, 1024 * 1024)
    const out: string[] = []
    for (let at = 0; at < bytes.length; at += step) {
      for (const framed of framer.push(bytes.subarray(at, at + step))) {
        if (framed.kind === 'message') out.push(framed.text)
        else if (framed.kind === 'broken') t.fail(framed.why)
      }
    }
    t.deepEqual(out, [message(''), message('größer'), message('x'.repeat(3000))], `in pieces of ${step}`)
    t.false(framer.partial)
  }
})

test('a ping is heard although the network cuts it in two', (t) => {
  const bytes = Buffer.from(`\r\n\r\n${message('')}\r\n${message('')}\r\n\r\n\r\n`)
  const kinds = (size: number): string[] => {
    const framer = new StreamFramer(1_000, 1_000)
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    return pieces.flatMap((piece) => framer.push(piece)).map(({ kind }) => kind)
  }
  for (const size of [1, 2, 3, 5, bytes.length])
    t.deepEqual(kinds(size), ['ping', 'message', 'message', 'ping'], `by ${size}`)
})

test('a head without an end is given up at the limit', (t) => {
  const framer = new StreamFramer(1_000, 1_000)
  const out = framer.push(Buffer.from(`OPTIONS sip:a SIP/2.0\r\nX: ${'x'.repeat(2_000)}`))
  t.is(out[0]?.kind, 'broken')
  t.deepEqual(framer.push(Buffer.from(message(''))), [])
})

test('a carriage return that begins no line break ends the stream, and gathers nothing', (t) => {
  const framer = new StreamFramer(1000, 1000)
  t.deepEqual(framer.push(Buffer.from('\r')), [])
  t.deepEqual(framer.push(Buffer.from('\n\r')), [])
  t.like(framer.push(Buffer.from(`a${message('')}`))[0], { kind: 'broken', status: 400 })
  t.deepEqual(framer.push(Buffer.from(message(''))), [])
})

test('folded, compact and oddly spaced header fields are read as what they are', (t) => {
  const read = parseMessage(
    'INVITE sip:a@b SIP/2.0\r\nTO :\r\n  <sip:x@y>  ;  tag = 7\r\nv:SIP / 2.0\r\n /UDP  h ;branch=z\r\n\r\nbody',
  )!
  t.is(read.flaw, null)
  t.is(tagOf(headerOf(read, 'to')!), '7')
  t.like(parseVia(headerOf(read, 'via')!), { transport: 'UDP', host: 'h', branch: 'z' })
  t.is(read.body, 'body')
})

test('separators inside quotes and angle brackets separate nothing', (t) => {
  t.deepEqual(splitOutside('"a, \\"b" <sip:c,d@e>, <sip:f>', ','), ['"a, \\"b" <sip:c,d@e>', '<sip:f>'])
  t.deepEqual(parseAddress('"A <B>" <sip:c@d;x=1>;tag=2'), {
    display: '"A <B>"',
    uri: 'sip:c@d;x=1',
    parameters: ';tag=2',
  })
})

test('the true source replaces whatever the sender says about itself', (t) => {
  t.is(
    withSource('SIP/2.0/UDP a;rport;received=1.2.3.4;branch=z, SIP/2.0/UDP b', '192.0.2.9', 7),
    'SIP/2.0/UDP a;branch=z;received=192.0.2.9;rport=7, SIP/2.0/UDP b',
  )
})

test('a URI keeps its user, its IPv6 host and its parameters', (t) => {
  t.like(parseUri('sip:+1;x=a@[2001:db8::1]:5070;transport=tcp?h=v'), {
    user: '+1;x=a',
    host: '2001:db8::1',
    port: 5070,
    parameters: ';transport=tcp',
    headers: '?h=v',
  })
  for (const bad of ['sip:', 'sip:a@', 'sip:a@b:0', 'sip:a@b:99999', 'sip:a@[::1', 'sip:a@b c', 'tel:1'])
    t.is(parseUri(bad), null, bad)
  t.is(atHost('sip:a@localhost', '::1', 5060, 'tcp'), 'sip:a@[::1]:5060;transport=tcp')
})
