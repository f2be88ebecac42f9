/** An application that has more to do than it can: what begins something is refused, what goes on and calls for help are not. */
import test from 'ava'
import { header, later, type Peer, request, type Srf, sdp, startStack, udpPeer } from './stack.ts'

/** Longer than a registration ever took. */
const WORK_MS = 3

test('above the knee new work is refused at once, and never a call for help, nor what belongs to a call', async (t) => {
  const { engine, port } = await startStack(t, {
    isUrgent: (uri, from) => uri.startsWith('sip:112@') && from.includes('alice@'),
    routes(srf) {
      srf.options((_req, res) => {
        const until = performance.now() + WORK_MS
        while (performance.now() < until);
        res.send(200)
      })
      srf.invite((req, res) => {
        if (req.get('To').includes('112@')) return res.send(486)
        srf.createUAS(req, res, { localSdp: sdp(40_000) }).catch(() => {})
      })
    },
  })
  const caller = await udpPeer(t, port)
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(30_000))
  caller.send(invite)
  const answer = await caller.next('200')
  caller.send(later(caller, 'ACK', invite, answer, 1))

  const crowd = await udpPeer(t, port)
  const rush = setInterval(() => {
    for (let i = 0; i < 40; i++) crowd.send(request(crowd, 'OPTIONS', 'sip:pbx.test'))
  }, 20)
  t.teardown(() => clearInterval(rush))
  const refused = await crowd.next('503')
  t.true(Number(header(refused, 'Retry-After')) > 0)

  const help = await udpPeer(t, port)
  const callForHelp = async (): Promise<void> => {
    help.send(request(help, 'INVITE', 'sip:112@pbx.test', { To: '<sip:112@pbx.test>' }))
    t.true((await final(help)).startsWith('SIP/2.0 486'))
  }
  for (let i = 0; i < 20; i++) await callForHelp()
  t.true(engine.stats().admitted < 1, 'all of that while there was too much to do')
  caller.send(later(caller, 'BYE', invite, answer, 2))
  t.true((await final(caller)).startsWith('SIP/2.0 200'))

  clearInterval(rush)
  t.true(engine.stats().admitted < 0.9)
  // Some of the crowd is still on its way; then nobody is left who could be refused.
  for (let tries = 1; ; tries++) {
    const { refused } = engine.stats()
    for (let i = 0; i < 20; i++) await callForHelp()
    if (engine.stats().refused === refused) break
    if (tries > 20) return t.fail('what was let in is counted as refused')
  }
  const patient = await udpPeer(t, port)
  for (let tries = 1; ; tries++) {
    patient.send(request(patient, 'OPTIONS', 'sip:pbx.test'))
    if ((await final(patient)).startsWith('SIP/2.0 200') && engine.stats().admitted === 1) break
    if (tries > 5_000) return t.fail('it goes on refusing')
  }
  t.pass()
})

function final(peer: Peer): Promise<string> {
  return peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text))
}

test('as much is held as may be: what is new hears 503, what is known its answer, the operator a line and a number', async (t) => {
  const lines: object[] = []
  const warn = (fields: object, message: string): void =>
    void (message.includes('as much is held') && lines.push(fields))
  const routes = (srf: Srf): void => srf.options((_req, res) => res.send(200))
  const { port, engine } = await startStack(t, { limits: { transactions: 3 }, log: { warn }, routes })
  const phone = await udpPeer(t, port)
  // Over UDP a transaction stays for half a minute after its answer (timer J).
  const known = [1, 2, 3].map(() => request(phone, 'OPTIONS', 'sip:pbx.test'))
  for (const one of known) {
    phone.send(one)
    await phone.next('200')
  }
  t.is(engine.stats().full, 0)
  for (let i = 0; i < 2; i++) {
    phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
    t.regex(await phone.next('503'), /\r\nRetry-After: \d/)
  }
  t.is(engine.stats().full, 2)
  t.deepEqual(lines[0], { transactions: 3, unanswered: 0, dialogs: 0 })
  phone.send(known[0]!)
  await phone.next('200')
})
