/** Record-Route, Route and Path of a proxy (RFC 3261 §16.4, §16.6, §16.12, RFC 3327): later requests pass by us, and nobody else's do. */
import test from 'ava'
import { until } from '../../nemesis/until.ts'
import { invite, proxying, routed, same, uriOf } from './proxying.ts'
import { lines } from './rules/support.ts'
import { header, later, reply, request, sdp, tcpPeer, udpPeer, wanted } from './stack.ts'

test('P06: with Record-Route the later requests of a call pass by us in both directions, from UDP to TCP and back', async (t) => {
  const targets: string[] = []
  const { port, engine, faults } = await proxying(t, () => targets, { recordRoute: true })
  const [caller, callee] = [await udpPeer(t, port), await tcpPeer(t, port)]
  callee.send(request(callee, 'PUBLISH', 'sip:pbx.test'))
  await callee.next('405')
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  const recorded = lines(onward, 'Record-Route')
  t.is(recorded.length, 2, 'the sides differ (RFC 5658)')
  t.regex(recorded[0]!, /;transport=tcp;lr>$/)
  t.regex(recorded[1]!, new RegExp(`@127\\.0\\.0\\.1:${port};lr>$`))
  // A phone behind NAT: its Contact leads nowhere.
  const contact = 'sip:bob@10.9.9.9:5060;transport=tcp'
  const answer = reply(onward, '200 OK', { contact, body: sdp(6000) })
  callee.send(answer.replace('\r\nFrom:', `\r\nRecord-Route: ${recorded.join(', ')}\r\nFrom:`))
  const heard = await caller.next('200')
  const forCaller = lines(heard, 'Record-Route')
    .flatMap((value) => value.split(', '))
    .reverse()
  caller.send(routed(later(caller, 'ACK', asked, heard, 1), forCaller))
  const ack = await callee.next('ACK')
  t.true(ack.startsWith(`ACK ${contact} `))
  t.is(header(ack, 'Route'), '')
  t.is(header(ack, 'Max-Forwards'), '69')
  const bye = request(callee, 'BYE', uriOf(caller, 'alice'), {
    From: header(heard, 'To'),
    To: header(heard, 'From'),
    'Call-ID': header(heard, 'Call-ID'),
  })
  callee.send(routed(bye, recorded))
  const ended = await caller.next('BYE')
  t.is(lines(ended, 'Via').length, 2)
  caller.send(reply(ended, '200 OK'))
  const over = await callee.next('200')
  t.is(lines(over, 'Via').length, 1)
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('P03: our own Route is taken off, a strict router before or after us is served, and the next hop is the next Route', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  const ours = /<([^>]+)>/.exec(header(onward, 'Record-Route'))![1]!
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  const heard = await caller.next('200')
  const bye = later(caller, 'BYE', asked, heard, 2).replace(uriOf(callee), ours)
  caller.send(routed(bye, [`<${uriOf(callee)}>`]))
  t.true((await callee.next('BYE')).startsWith(`BYE ${uriOf(callee)} SIP/2.0`))

  const next = await udpPeer(t, port)
  const [loose, strict] = [`<${uriOf(next, 'next')};lr>`, `<${uriOf(next, 'next')}>`]
  caller.send(routed(later(caller, 'INFO', asked, heard, 3), [`<${ours}>`, loose, '<sip:last.test;lr>']))
  const onLoose = await next.next('INFO')
  t.true(onLoose.startsWith(`INFO ${uriOf(callee)} SIP/2.0`))
  t.is(header(onLoose, 'Route'), `${loose}, <sip:last.test;lr>`)
  caller.send(routed(later(caller, 'INFO', asked, heard, 4), [`<${ours}>`, strict, '<sip:last.test;lr>']))
  const onStrict = await next.next('INFO')
  t.true(onStrict.startsWith(`INFO ${uriOf(next, 'next')} SIP/2.0`))
  t.is(header(onStrict, 'Route'), `<sip:last.test;lr>, <${uriOf(callee)}>`)
})

test('a Route that we did not write for this call leads nowhere: an invented one, one of another call, one without a To tag', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [caller, callee, victim] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const onward = await callee.next('INVITE')
  const ours = header(onward, 'Record-Route')
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  await caller.next('200')
  const own = { 'Call-ID': header(onward, 'Call-ID'), From: header(onward, 'From') }
  const tagged = { To: '<sip:bob@pbx.test>;tag=peer' }
  const tries = [
    { Route: `<sip:127.0.0.1:${port};lr>`, ...tagged },
    { Route: ours, ...tagged },
    { Route: ours.replace(/\.[\w-]{22}@/, '.AAAAAAAAAAAAAAAAAAAAAA@'), ...tagged, ...own },
    { Route: ours.replace(/r\.[\w-]+\./, 'r.dWRwLDEuMi4zLjQsNTA2MA.'), ...tagged, ...own },
    { Route: ours, ...own },
  ]
  for (const more of tries) {
    caller.send(request(caller, 'BYE', uriOf(victim), more))
    await caller.next('481')
  }
  caller.send(request(caller, 'BYE', uriOf(victim), { Route: ours, ...tagged, ...own }))
  t.true((await victim.next(() => true)).startsWith('BYE '), 'only the last one went on')
})

test('a response that claims to have come by us goes nowhere', async (t) => {
  const { port } = await proxying(t, () => ['sip:x@127.0.0.1:9'])
  const [liar, victim] = [await udpPeer(t, port), await udpPeer(t, port)]
  const forged = request(victim, 'OPTIONS', 'sip:pbx.test', {
    Via: `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK~AAAAAAAAAAAAAAAAAAAAAA, SIP/2.0/UDP 127.0.0.1:${victim.port};branch=z9hG4bKx;received=127.0.0.1;rport=${victim.port}`,
  })
  liar.send(forged.replace(/^OPTIONS.*\r\n/, 'SIP/2.0 200 OK\r\n'))
  liar.send(request(liar, 'PUBLISH', 'sip:pbx.test'))
  await liar.next('405')
  victim.send(request(victim, 'PUBLISH', 'sip:pbx.test'))
  t.true((await victim.next(() => true)).startsWith('SIP/2.0 405'))
})

test('a REGISTER gets our Path, and a call that follows it reaches the phone on the connection it opened', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [phone, registrar] = [await tcpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(registrar))
  await wanted(registrar, 'REGISTER')
  phone.send(
    request(phone, 'REGISTER', 'sip:pbx.test', {
      Contact: '<sip:alice@10.9.9.9:5060;transport=tcp>',
      Supported: 'path',
    }),
  )
  const asked = await registrar.next('REGISTER')
  const path = header(asked, 'Path')
  t.regex(path, new RegExp(`^<sip:p\\.[\\w.-]+@127\\.0\\.0\\.1:${port};lr>$`))
  registrar.send(reply(asked, '200 OK').replace('\r\nFrom:', `\r\nPath: ${path}\r\nFrom:`))
  await phone.next('200')
  const call = request(registrar, 'INVITE', 'sip:alice@10.9.9.9:5060;transport=tcp', { Route: path })
  registrar.send(call)
  const ringing = await phone.next('INVITE')
  t.is(lines(ringing, 'Record-Route').length, 2)
  registrar.send(same(call, 'CANCEL'))
  t.is(header(await phone.next('CANCEL'), 'Via'), header(ringing, 'Via'), 'a CANCEL has the branch of its INVITE')
  phone.send(reply(ringing, '487 Request Terminated'))
  t.is(lines(await registrar.next('487'), 'Via').length, 1)
})

test('a Path of ours is no way through us to anybody else, neither beside the phone nor when that is gone', async (t) => {
  const targets: string[] = []
  const { port, engine } = await proxying(t, () => targets, { recordRoute: true })
  const [phone, registrar, gateway] = [await tcpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(registrar))
  await wanted(registrar, 'REGISTER')
  const contact = `<sip:alice@127.0.0.1:${phone.port};transport=tcp>`
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test', { Contact: contact, Supported: 'path' }))
  const asked = await registrar.next('REGISTER')
  registrar.send(reply(asked, '200 OK'))
  await phone.next('200')
  const Route = `${header(asked, 'Path')}, <sip:127.0.0.1:${gateway.port};lr>`
  registrar.send(request(registrar, 'INVITE', `sip:1900@127.0.0.1:${gateway.port}`, { Route }))
  await phone.next('INVITE')
  phone.close()
  // What is written to a connection that is about to end is lost, and this caller repeats nothing.
  await until('the connection is gone', () => engine.stats().connections === 0)
  registrar.send(request(registrar, 'INVITE', `sip:1900@127.0.0.1:${gateway.port}`, { Route }))
  t.regex(await registrar.next((text) => text.startsWith('SIP/2.0')), /^SIP\/2\.0 (430|503)/)
  // Had anything gone there, it would have come before this.
  gateway.send(request(gateway, 'PUBLISH', 'sip:pbx.test'))
  t.regex(await gateway.next(() => true), /^SIP\/2\.0 [2-6]/)
})
