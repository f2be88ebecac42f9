/**
 * One suite for the embedded engine, for `raftel engine`, and for a real drachtio-server (`RAFTEL_DRACHTIO=host:port`, with `<cdrs>true</cdrs>`): what
 * phones and apps see is the same, but for what scenarios/differences.ts names with its reason.
 */

import test from 'ava'
import { until } from '../../nemesis/until.ts'
import { answerTo, rawApp } from './raw-app.ts'
import { DIFFERENCES } from './scenarios/differences.ts'
import { alone, named, ours, type Stage, stand } from './scenarios/stage.ts'
import {
  header,
  later,
  type Peer,
  type ProxyOptions,
  reply,
  request,
  sdp,
  type Test,
  tcpPeer,
  udpPeer,
} from './stack.ts'

/** What a scenario saw, in order. */
type Scenario = (t: Test, stage: Stage) => Promise<string[]>

const uriOf = (peer: Peer, user = 'bob'): string => `sip:${user}@127.0.0.1:${peer.port}`
const invite = (peer: Peer, user: string): string =>
  request(peer, 'INVITE', `sip:${user}@pbx.test`, { 'Content-Type': 'application/sdp' }, sdp(5000))
const status = (text: string): string => text.split(' ')[1]!
const final =
  (method: string) =>
  (text: string): boolean =>
    /^SIP\/2\.0 [2-6]/.test(text) && header(text, 'CSeq').endsWith(method)
const sibling = (asked: string, method: string): string =>
  asked
    .replace(/^INVITE/, method)
    .replace('1 INVITE', `1 ${method}`)
    .replace(/Content-Type: .*\r\n/, '')
    .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n')

/** An answered call of a phone to a user; what the phone sent and got. */
async function answered(caller: Peer, user: string): Promise<{ asked: string; answer: string }> {
  const asked = invite(caller, user)
  caller.send(asked)
  const answer = await caller.next(final('INVITE'))
  caller.send(later(caller, 'ACK', asked, answer, 1))
  return { asked, answer }
}

async function hangUp(caller: Peer, { asked, answer }: { asked: string; answer: string }): Promise<string> {
  caller.send(later(caller, 'BYE', asked, answer, 2))
  return status(await caller.next(final('BYE')))
}

/** Records of a call, when as many are there. */
async function recorded({ records }: Stage, callId: string, count: number): Promise<string[]> {
  await until(`${count} records of the call`, () => (records.get(callId)?.length ?? 0) >= count, 20_000)
  return records.get(callId)!
}

/** A proxied call: what the targets get, what the caller hears, what the app is told. */
function proxied(
  how: ProxyOptions,
  play: (peers: readonly Peer[], caller: Peer, asked: string, see: (what: string) => void) => Promise<void>,
): Scenario {
  return async (t, { port, parts, srf }) => {
    const caller = await udpPeer(t, port)
    const peers = [await udpPeer(t, port), await udpPeer(t, port)]
    const seen: string[] = []
    const told = new Promise<void>((resolve) =>
      parts.set('proxied', (req) => {
        void srf
          .proxyRequest(
            req,
            peers.map((one) => uriOf(one)),
            { ...how },
          )
          .then(({ connected, finalStatus }) => {
            seen.push(`app: ${connected} ${finalStatus}`)
            resolve()
          })
      }),
    )
    const asked = invite(caller, 'proxied')
    caller.send(asked)
    await play(peers, caller, asked, (what) => seen.push(what))
    await told
    return seen.sort()
  }
}

const SCENARIOS: Readonly<Record<string, { play: Scenario; seen: readonly string[] }>> = {
  'a registration, and its repetition': {
    async play(t, { port, parts }) {
      parts.set('', (req, res) => res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60` } }))
      parts.set('reg', (req, res) => res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60` } }))
      const phone = await udpPeer(t, port)
      const asked = request(phone, 'REGISTER', 'sip:reg@pbx.test')
      phone.send(asked)
      const first = await phone.next(final('REGISTER'))
      phone.send(asked)
      const again = (await phone.next(final('REGISTER'))) === first
      return [
        status(first),
        header(first, 'Contact').replace(/\d{4,5}/, 'P'),
        String(again),
        String(/;tag=/.test(header(first, 'To'))),
      ]
    },
    seen: ['200', '<sip:alice@127.0.0.1:P>;expires=60', 'true', 'true'],
  },
  'a message over TCP': {
    async play(t, { port, parts }) {
      parts.set('text', (req, res) => res.send(202, { headers: { 'X-Echo': req.body } }))
      const phone = await tcpPeer(t, port)
      phone.send(request(phone, 'MESSAGE', 'sip:text@pbx.test', { 'Content-Type': 'text/plain' }, 'hello'))
      const answer = await phone.next(final('MESSAGE'))
      return [status(answer), header(answer, 'X-Echo')]
    },
    seen: ['202', 'hello'],
  },
  'a call to the app, changed and ended by the caller': {
    async play(t, { port, parts, srf }) {
      const seen: string[] = []
      let listens = (): void => {}
      // Until then drachtio-srf answers a change by itself.
      const listening = new Promise<void>((resolve) => {
        listens = resolve
      })
      const over = new Promise<void>((resolve) =>
        parts.set('uas', async (req, res) => {
          const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
          dialog.on('modify', (_req, answer) => {
            seen.push('modify')
            answer.send(200, { body: sdp(4000, 2) })
          })
          dialog.on('destroy', () => {
            seen.push('destroy')
            resolve()
          })
          listens()
        }),
      )
      const caller = await udpPeer(t, port)
      const call = await answered(caller, 'uas')
      await listening
      const body = sdp(5002, 2)
      const change = later(caller, 'INVITE', call.asked, call.answer, 2).replace(/Content-Length: 0\r\n\r\n$/, '')
      caller.send(`${change}Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      seen.push(status(await caller.next(final('INVITE'))))
      caller.send(later(caller, 'ACK', call.asked, call.answer, 2))
      caller.send(later(caller, 'BYE', call.asked, call.answer, 3))
      seen.push(`BYE ${status(await caller.next(final('BYE')))}`)
      await over
      return [status(call.answer), ...seen.sort()]
    },
    seen: ['200', '200', 'BYE 200', 'destroy', 'modify'],
  },
  'a call of the app, with a request in it, ended by the app': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const calling = srf.createUAC(uriOf(callee), { localSdp: sdp(4000) })
      const asked = await callee.next('INVITE')
      callee.send(reply(asked, '180 Ringing', { contact: uriOf(callee) }))
      callee.send(reply(asked, '200 OK', { contact: uriOf(callee, 'moved'), body: sdp(5000) }))
      const dialog = await calling
      const ack = await callee.next('ACK')
      void dialog.request({ method: 'INFO' })
      const info = await callee.next('INFO')
      callee.send(reply(info, '200 OK'))
      void dialog.destroy()
      const bye = await callee.next('BYE')
      callee.send(reply(bye, '200 OK'))
      return [
        header(ack, 'CSeq'),
        header(info, 'CSeq'),
        header(bye, 'CSeq'),
        String(bye.startsWith(`BYE ${uriOf(callee, 'moved')} `)),
      ]
    },
    seen: ['1 ACK', '2 INFO', '3 BYE', 'true'],
  },
  'a call through the app, refused by the callee': {
    async play(t, { port, parts, srf }) {
      const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
      parts.set('b2b', (req, res) => {
        srf.createB2BUA(req, res, uriOf(callee), { localSdpB: req.body }).catch(() => {})
      })
      caller.send(invite(caller, 'b2b'))
      const onward = await callee.next('INVITE')
      callee.send(reply(onward, '486 Busy Here'))
      const ack = await callee.next('ACK')
      const heard = await caller.next(final('INVITE'))
      return [status(heard), String(header(ack, 'Via') === header(onward, 'Via'))]
    },
    seen: ['486', 'true'],
  },
  'a caller who cancels': {
    async play(t, { port, parts }) {
      const told = new Promise<void>((resolve) =>
        parts.set('ring', (req, res) => {
          req.on('cancel', () => resolve())
          res.send(180)
        }),
      )
      const caller = await udpPeer(t, port)
      const asked = invite(caller, 'ring')
      caller.send(asked)
      await caller.next('180')
      caller.send(sibling(asked, 'CANCEL'))
      const both = [await caller.next(final('')), await caller.next(final(''))]
      caller.send(sibling(asked, 'ACK'))
      await told
      return both.map((one) => `${status(one)} ${header(one, 'CSeq')}`).sort()
    },
    seen: ['200 1 CANCEL', '487 1 INVITE'],
  },
  'a BYE for no call': {
    async play(t, { port }) {
      const phone = await udpPeer(t, port)
      phone.send(request(phone, 'BYE', 'sip:nobody@pbx.test', { To: '<sip:bob@pbx.test>;tag=gone' }))
      return [status(await phone.next(final('BYE')))]
    },
    seen: ['481'],
  },
  'one target after the other': {
    play: proxied({}, async ([one, two], caller, _asked, see) => {
      const first = await one!.next('INVITE')
      see(`hops ${header(first, 'Max-Forwards')}`)
      one!.send(reply(first, '486 Busy Here'))
      await one!.next('ACK')
      const second = await two!.next('INVITE')
      two!.send(reply(second, '180 Ringing'))
      await caller.next('180')
      two!.send(reply(second, '200 OK', { contact: uriOf(two!), body: sdp(6000) }))
      see(`caller: ${status(await caller.next(final('INVITE')))}`)
    }),
    seen: ['app: true 200', 'caller: 200', 'hops 69'],
  },
  'two targets at once': {
    play: proxied({ forking: 'simultaneous' }, async ([one, two], caller, _asked, see) => {
      const [first, second] = [await one!.next('INVITE'), await two!.next('INVITE')]
      two!.send(reply(second, '180 Ringing'))
      await caller.next('180')
      one!.send(reply(first, '200 OK', { contact: uriOf(one!), body: sdp(6000) }))
      see(`caller: ${status(await caller.next(final('INVITE')))}`)
      const cancel = await two!.next('CANCEL')
      see(`same branch: ${header(cancel, 'Via') === header(second, 'Via')}`)
      two!.send(reply(cancel, '200 OK'))
      two!.send(reply(second, '487 Request Terminated'))
      await two!.next('ACK')
    }),
    seen: ['app: true 200', 'caller: 200', 'same branch: true'],
  },
  'a redirection that is followed': {
    play: proxied({ followRedirects: true }, async ([one, two], caller, _asked, see) => {
      one!.send(reply(await one!.next('INVITE'), '302 Moved Temporarily', { contact: uriOf(two!, 'new') }))
      const second = await two!.next('INVITE')
      see(second.split(' ')[1]!.replace(/\d+$/, 'P'))
      two!.send(reply(second, '200 OK', { contact: uriOf(two!), body: sdp(6000) }))
      see(`caller: ${status(await caller.next(final('INVITE')))}`)
    }),
    seen: ['app: true 200', 'caller: 200', 'sip:new@127.0.0.1:P'],
  },
  'a proxied call whose proxy stays in it': {
    play: proxied({ recordRoute: true }, async ([one], caller, asked, see) => {
      const first = await one!.next('INVITE')
      const recorded = header(first, 'Record-Route')
      see(`lr: ${recorded.includes(';lr')}`)
      const answer = reply(first, '200 OK', { contact: uriOf(one!), body: sdp(6000) })
      one!.send(answer.replace('\r\nFrom:', `\r\nRecord-Route: ${recorded}\r\nFrom:`))
      const heard = await caller.next(final('INVITE'))
      const route = `\r\nRoute: ${header(heard, 'Record-Route')}\r\nFrom:`
      caller.send(later(caller, 'ACK', asked, heard, 1).replace('\r\nFrom:', route))
      await one!.next('ACK')
      caller.send(later(caller, 'BYE', asked, heard, 2).replace('\r\nFrom:', route))
      const bye = await one!.next('BYE')
      one!.send(reply(bye, '200 OK'))
      see(`BYE: ${status(await caller.next(final('BYE')))}`)
    }),
    seen: ['BYE: 200', 'app: true 200', 'lr: true'],
  },
  'a proxied call that is cancelled': {
    play: proxied({}, async ([one], caller, asked, see) => {
      const first = await one!.next('INVITE')
      one!.send(reply(first, '180 Ringing'))
      await caller.next('180')
      caller.send(sibling(asked, 'CANCEL'))
      const cancel = await one!.next('CANCEL')
      one!.send(reply(cancel, '200 OK'))
      one!.send(reply(first, '487 Request Terminated'))
      see(`caller: ${status(await caller.next(final('INVITE')))}`)
    }),
    seen: ['app: false 487', 'caller: 487'],
  },
  'records of a call to the app': {
    async play(t, stage) {
      stage.parts.set('cdr', (req, res) => void stage.srf.createUAS(req, res, { localSdp: sdp(4000) }))
      const caller = await udpPeer(t, stage.port)
      const call = await answered(caller, 'cdr')
      await hangUp(caller, call)
      return recorded(stage, header(call.asked, 'Call-ID'), 3)
    },
    seen: ['attempt network', 'start application uas', 'stop network normal-release'],
  },
  'records of a call that the app refuses': {
    async play(t, stage) {
      stage.parts.set('refuse', (_req, res) => res.send(486))
      const caller = await udpPeer(t, stage.port)
      const asked = invite(caller, 'refuse')
      caller.send(asked)
      await caller.next(final('INVITE'))
      caller.send(sibling(asked, 'ACK'))
      return recorded(stage, header(asked, 'Call-ID'), 2)
    },
    seen: ['attempt network', 'stop application call-rejected'],
  },
  'records of a proxied call': {
    async play(t, stage) {
      const [caller, callee] = [await udpPeer(t, stage.port), await udpPeer(t, stage.port)]
      stage.parts.set('cdrproxy', (req) => void stage.srf.proxyRequest(req, uriOf(callee)))
      const asked = invite(caller, 'cdrproxy')
      caller.send(asked)
      const onward = await callee.next('INVITE')
      callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
      await caller.next(final('INVITE'))
      return recorded(stage, header(asked, 'Call-ID'), 4)
    },
    seen: ['attempt network', 'attempt application', 'start network proxy-uac', 'start application proxy-uas'],
  },
  'an app with tags': {
    async play(t, { at }) {
      const app = await rawApp(t, at)
      app.say(`1|authenticate|${at.secret}|one,two@eu`, '2|ping')
      const hello = await app.hear('|response|1|')
      const pong = await app.hear('|response|2|')
      return [
        hello.split('|')[3]!,
        String(/\|OK\|udp\/127\.0\.0\.1:\d+/.test(hello)),
        pong.split('|').slice(3).join('|'),
      ]
    },
    seen: ['OK', 'true', 'OK|pong'],
  },
  'an app with a wrong secret, and one that says what nobody knows': {
    async play(t, { at }) {
      const wrong = await rawApp(t, at)
      wrong.say(`1|authenticate|not ${at.secret}|`)
      const no = await wrong.hear('|response|1|')
      const other = await rawApp(t, at, at.secret)
      other.say('2|sing')
      const unknown = await other.hear('|response|2|')
      await Promise.all([wrong.closed, other.closed])
      return [no, unknown].map((one) => one.split('|').slice(3).join('|'))
    },
    seen: ['NO|incorrect secret', 'NO|Unknown message type'],
  },
  'what an app may not do': {
    async play(t, { at }) {
      const app = await rawApp(t, at, at.secret)
      app.say('1|sip|gone|\r\nSIP/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n\r\n')
      app.say('2|sip||a@b;from-tag=c\r\nBYE sip:placeholder SIP/2.0\r\n\r\n')
      const heard = [await app.hear('|response|1|'), await app.hear('|response|2|')]
      return heard.map((one) => `${one.split('|')[3]} ${/unknown transaction|unable to find dialog/.exec(one)?.[0]}`)
    },
    seen: ['NOK unknown transaction', 'NOK unable to find dialog'],
  },
  'a verb that no app wants': {
    async play(t, { port }) {
      const phone = await udpPeer(t, port)
      phone.send(request(phone, 'PUBLISH', 'sip:bob@pbx.test'))
      return [status(await phone.next(final('PUBLISH')))]
    },
    seen: ['405'],
  },
  'a REFER outside of a dialog': {
    async play(t, { port, parts }) {
      parts.set('refer', (_req, res) => res.send(202))
      const phone = await udpPeer(t, port)
      phone.send(request(phone, 'REFER', 'sip:refer@pbx.test', { 'Refer-To': '<sip:x@y.test>' }))
      return [status(await phone.next(final('REFER')))]
    },
    seen: ['202'],
  },
  remove_route: {
    async play(t, { at, port }) {
      const app = await rawApp(t, at, at.secret)
      app.say('1|route|publish', '2|route|notify', '3|remove_route|notify')
      await app.hear('|response|3|OK')
      const phone = await udpPeer(t, port)
      phone.send(request(phone, 'PUBLISH', 'sip:bob@pbx.test'))
      app.say(answerTo(await app.hear('PUBLISH sip'), '200 OK'))
      const heard = status(await phone.next(final('PUBLISH')))
      app.socket.destroy()
      return [heard]
    },
    seen: ['200'],
  },
  'an app without the secret': {
    async play(t, { at }) {
      const app = await rawApp(t, at)
      app.say('1|route|publish')
      return [(await app.hear('|response|1|')).split('|')[3]!]
    },
    seen: ['NO'],
  },
}

const daemon = named()
const stages: Record<string, (t: Test) => Promise<Stage>> = {
  'our engine': ours,
  'raftel engine': alone,
  ...(daemon && { 'the server of RAFTEL_DRACHTIO': (t: Test) => stand(t, daemon, null) }),
}

for (const [where, open] of Object.entries(stages)) {
  test.serial(`what phones and apps see of ${where} is what the scenarios say`, async (t) => {
    const stage = await open(t)
    for (const [name, { play, seen }] of Object.entries(SCENARIOS)) {
      const difference = open === ours || open === alone ? undefined : DIFFERENCES[name]
      if (difference?.daemon === null) continue
      t.deepEqual(await play(t, stage), [...(difference?.daemon ?? seen)], `${where}: ${name}`)
    }
  })
}

test('every difference names a scenario and has its reason', (t) => {
  for (const [name, { why }] of Object.entries(DIFFERENCES)) {
    t.true(name in SCENARIOS, name)
    t.true(why.length > 20, name)
  }
})
