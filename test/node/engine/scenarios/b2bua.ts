/** Calls that the app connects (createB2BUA), and calls of its own (createUAC): how they are offered, given up, refused and changed. */
import { header, later, type Message, type Peer, reply, request, sdp, type Test, udpPeer } from '../stack.ts'
import { answered, counted, final, invite, type Scenarios, sibling, status, uriOf } from './play.ts'
import type { Stage } from './stage.ts'

/** What stack.ts does not declare of drachtio-srf. */
interface Failure {
  readonly status: number
  readonly res?: Message
}
const failure = (calling: Promise<unknown>): Promise<Failure> =>
  calling.then(
    () => ({ status: 200 }),
    (error: Failure) => error,
  )
const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4)
const withBody = (text: string, body: string): string =>
  text.replace(
    /Content-Length: 0\r\n\r\n$/,
    `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )

/** The app connects calls for this user to the callee, passes changes on, and ends both sides together. */
function connects({ parts, srf }: Stage, user: string, callee: Peer, through: object = {}): Promise<void> {
  return new Promise((resolve) =>
    parts.set(user, async (req, res) => {
      const options = { localSdpB: req.body, ...through }
      const both = await srf.createB2BUA(req, res, uriOf(callee), options).catch(() => null)
      if (both === null) return
      const { uas, uac } = both
      for (const [one, other] of [
        [uas, uac],
        [uac, uas],
      ] as const) {
        one.on('modify', (change, answer) => {
          other.modify(change.body).then(
            (body) => answer.send(200, { body }),
            (error: Failure) => answer.send(error.status),
          )
        })
        one.on('destroy', () => void other.destroy())
      }
      resolve()
    }),
  )
}

/** A call of the app itself to a new callee, whom its INVITE has come to. */
async function ofTheApp(t: Test, { port, srf }: Stage) {
  const callee = await udpPeer(t, port)
  const given = Promise.withResolvers<Message>()
  const ended = failure(
    srf.createUAC(uriOf(callee), { localSdp: sdp(4000) }, { cbRequest: (_error, req) => given.resolve(req) }),
  )
  const asked = await callee.next('INVITE')
  return { callee, asked, uac: await given.promise, ended }
}

/** The callee does as it is told by the CANCEL that comes, which is given back. */
async function givenUp(callee: Peer, asked: string): Promise<string> {
  const cancel = await callee.next('CANCEL')
  callee.send(reply(cancel, '200 OK'))
  callee.send(reply(asked, '487 Request Terminated'))
  await callee.next('ACK')
  return cancel
}

export const B2BUA: Scenarios = {
  'a call through the app: it rings, is answered, changed and ended by the caller': {
    async play(t, stage) {
      const [caller, callee] = [await udpPeer(t, stage.port), await udpPeer(t, stage.port)]
      const connected = connects(stage, 'through', callee)
      const seen: string[] = []
      const asked = invite(caller, 'through')
      caller.send(asked)
      const onward = await callee.next('INVITE')
      seen.push(
        `offer passed on: ${bodyOf(onward) === bodyOf(asked)}`,
        `own call: ${header(onward, 'Call-ID') !== header(asked, 'Call-ID')}`,
      )
      callee.send(reply(onward, '180 Ringing', { contact: uriOf(callee) }))
      seen.push(status(await caller.next('180')))
      callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
      await callee.next('ACK')
      const answer = await caller.next(final('INVITE'))
      seen.push(`answer passed on: ${bodyOf(answer) === sdp(6000)}`)
      caller.send(later(caller, 'ACK', asked, answer, 1))
      await connected
      caller.send(withBody(later(caller, 'INVITE', asked, answer, 2), sdp(5002, 2)))
      const change = await callee.next('INVITE')
      seen.push(`change passed on: ${bodyOf(change) === sdp(5002, 2)}`)
      callee.send(reply(change, '200 OK', { contact: uriOf(callee), body: sdp(6002, 2) }))
      const ack = await callee.next('ACK')
      const changed = await caller.next(final('INVITE'))
      seen.push(`answer passed on: ${bodyOf(changed) === sdp(6002, 2)}`)
      caller.send(later(caller, 'ACK', asked, answer, 2))
      caller.send(later(caller, 'BYE', asked, answer, 3))
      const bye = await callee.next('BYE')
      callee.send(reply(bye, '200 OK'))
      seen.push(...counted(onward, change, ack, bye), status(await caller.next(final('BYE'))))
      return seen
    },
    seen: [
      'offer passed on: true',
      'own call: true',
      '180',
      'answer passed on: true',
      'change passed on: true',
      'answer passed on: true',
      '+0 INVITE',
      '+1 INVITE',
      '+1 ACK',
      '+2 BYE',
      '200',
    ],
  },
  'a call through the app whose callee refuses a change, and then ends it': {
    async play(t, stage) {
      const [caller, callee] = [await udpPeer(t, stage.port), await udpPeer(t, stage.port)]
      const connected = connects(stage, 'refusing', callee)
      const asked = invite(caller, 'refusing')
      caller.send(asked)
      const onward = await callee.next('INVITE')
      const accept = reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) })
      callee.send(accept)
      await callee.next('ACK')
      const answer = await caller.next(final('INVITE'))
      caller.send(later(caller, 'ACK', asked, answer, 1))
      await connected
      caller.send(withBody(later(caller, 'INVITE', asked, answer, 2), sdp(5002, 2)))
      callee.send(reply(await callee.next('INVITE'), '488 Not Acceptable Here'))
      await callee.next('ACK')
      const seen = [status(await caller.next(final('INVITE')))]
      caller.send(later(caller, 'ACK', asked, answer, 2))
      callee.send(ofCallee(callee, 'BYE', onward, accept, 1))
      seen.push(status(await callee.next(final('BYE'))))
      const bye = await caller.next('BYE')
      caller.send(reply(bye, '200 OK'))
      return [...seen, `to the caller: ${header(bye, 'To') === header(asked, 'From')}`]
    },
    seen: ['488', '200', 'to the caller: true'],
  },
  'a call through the app that the caller cancels': {
    async play(t, stage) {
      const [caller, callee] = [await udpPeer(t, stage.port), await udpPeer(t, stage.port)]
      void connects(stage, 'cancelled', callee)
      const asked = invite(caller, 'cancelled')
      caller.send(asked)
      const onward = await callee.next('INVITE')
      callee.send(reply(onward, '180 Ringing', { contact: uriOf(callee) }))
      await caller.next('180')
      caller.send(sibling(asked, 'CANCEL'))
      const cancel = await callee.next('CANCEL')
      callee.send(reply(cancel, '200 OK'))
      callee.send(reply(onward, '487 Request Terminated'))
      await callee.next('ACK')
      const both = [await caller.next(final('')), await caller.next(final(''))]
      caller.send(sibling(asked, 'ACK'))
      return [
        `same branch: ${header(cancel, 'Via') === header(onward, 'Via')}`,
        ...counted(onward, cancel),
        ...both.map((one) => `${status(one)} ${header(one, 'CSeq')}`).sort(),
      ]
    },
    seen: ['same branch: true', '+0 INVITE', '+0 CANCEL', '200 1 CANCEL', '487 1 INVITE'],
  },
  'a call through the app without an offer': {
    async play(t, stage) {
      const [caller, callee] = [await udpPeer(t, stage.port), await udpPeer(t, stage.port)]
      void connects(stage, 'late', callee, { localSdpB: undefined })
      const asked = request(caller, 'INVITE', 'sip:late@pbx.test')
      caller.send(asked)
      const onward = await callee.next('INVITE')
      callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
      const answer = await caller.next(final('INVITE'))
      caller.send(withBody(later(caller, 'ACK', asked, answer, 1), sdp(5000)))
      const ack = await callee.next('ACK')
      return [
        `offered: ${bodyOf(onward).length}`,
        `offer of the callee: ${bodyOf(answer) === sdp(6000)}`,
        `answer in the ACK: ${bodyOf(ack) === sdp(5000)}`,
      ]
    },
    seen: ['offered: 0', 'offer of the callee: true', 'answer in the ACK: true'],
  },
  'a call of the app that it gives up': {
    async play(t, stage) {
      const { callee, asked, uac, ended } = await ofTheApp(t, stage)
      callee.send(reply(asked, '180 Ringing', { contact: uriOf(callee) }))
      uac.cancel(() => {})
      const cancel = await givenUp(callee, asked)
      return [...counted(asked, cancel), String((await ended).status)]
    },
    seen: ['+0 INVITE', '+0 CANCEL', '487'],
  },
  'a call of the app that it gives up before anybody answered anything': {
    async play(t, stage) {
      const { callee, asked, uac, ended } = await ofTheApp(t, stage)
      uac.cancel(() => {})
      callee.send(reply(asked, '180 Ringing', { contact: uriOf(callee) }))
      const cancel = await givenUp(callee, asked)
      return [`same branch: ${header(cancel, 'Via') === header(asked, 'Via')}`, String((await ended).status)]
    },
    seen: ['same branch: true', '487'],
  },
  'a call of the app that is refused with a reason of the callee': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const calling = failure(srf.createUAC(uriOf(callee), { localSdp: sdp(4000) }))
      const asked = await callee.next('INVITE')
      const refusal = reply(asked, '480 Gone Fishing').replace(
        '\r\nFrom:',
        '\r\nRetry-After: 60\r\nX-Fish: trout\r\nFrom:',
      )
      callee.send(refusal)
      await callee.next('ACK')
      const { status: code, res } = await calling
      return [String(code), (res as unknown as { reason: string }).reason, res!.get('Retry-After'), res!.get('X-Fish')]
    },
    seen: ['480', 'Gone Fishing', '60', 'trout'],
  },
  'a call of the app to a callee who moved': {
    async play(t, { port, srf }) {
      const [callee, other] = [await udpPeer(t, port), await udpPeer(t, port)]
      const options = { localSdp: sdp(4000), followRedirects: true }
      const calling = srf.createUAC(uriOf(callee), options)
      callee.send(reply(await callee.next('INVITE'), '302 Moved Temporarily', { contact: uriOf(other, 'new') }))
      const again = await other.next('INVITE')
      other.send(reply(again, '200 OK', { contact: uriOf(other), body: sdp(5000) }))
      await calling
      return [again.split(' ')[1]!.replace(/\d+$/, 'P'), ...counted(again, await other.next('ACK'))]
    },
    seen: ['sip:new@127.0.0.1:P', '+0 INVITE', '+0 ACK'],
  },
  'a call of the app to a callee who wants a password': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const options = { localSdp: sdp(4000), auth: { username: 'alice', password: 'secret' } }
      const calling = srf.createUAC(uriOf(callee), options)
      const first = await callee.next('INVITE')
      const challenge = '\r\nWWW-Authenticate: Digest realm="pbx.test", nonce="abc", qop="auth", algorithm=MD5\r\nFrom:'
      callee.send(reply(first, '401 Unauthorized').replace('\r\nFrom:', challenge))
      await callee.next('ACK')
      const second = await callee.next('INVITE')
      callee.send(reply(second, '200 OK', { contact: uriOf(callee), body: sdp(5000) }))
      const ack = await callee.next('ACK')
      void (await calling).destroy()
      const bye = await callee.next('BYE')
      callee.send(reply(bye, '200 OK'))
      return [
        `same call: ${header(second, 'Call-ID') === header(first, 'Call-ID')}`,
        `same tag: ${header(second, 'From') === header(first, 'From')}`,
        ...counted(first, second, ack, bye),
        String(/Digest username="alice", *realm="pbx.test"/.test(header(second, 'Authorization'))),
      ]
    },
    seen: ['same call: true', 'same tag: true', '+0 INVITE', '+1 INVITE', '+1 ACK', '+2 BYE', 'true'],
  },
  'a call of the app with header fields of its own': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const headers = {
        From: '"Anna" <sip:anna@localhost>',
        To: 'sip:bob@example.test',
        'X-Trace': 'seven',
        'User-Agent': 'an app',
      }
      const calling = failure(srf.createUAC(uriOf(callee), { localSdp: sdp(4000), headers }))
      const asked = await callee.next('INVITE')
      callee.send(reply(asked, '404 Not Found'))
      await callee.next('ACK')
      await calling
      const place = (text: string): string =>
        text
          .replace(/;tag=.*/, '')
          .replaceAll(String(port), 'P')
          .replace(/^(sip:.*)$/, '<$1>')
      return [
        place(header(asked, 'From')),
        place(header(asked, 'To')),
        place(header(asked, 'Contact')),
        header(asked, 'X-Trace'),
        header(asked, 'User-Agent'),
        header(asked, 'Max-Forwards'),
        header(asked, 'Content-Type'),
      ]
    },
    seen: [
      '"Anna" <sip:anna@127.0.0.1>',
      '<sip:bob@example.test>',
      '<sip:127.0.0.1:P>',
      'seven',
      'an app',
      '70',
      'application/sdp',
    ],
  },
  'a call that the app changes': {
    async play(t, { port, parts, srf }) {
      const done = new Promise<string>((resolve) =>
        parts.set('holding', async (req, res) => {
          const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
          await new Promise<void>((acknowledged) => dialog.on('ack', acknowledged))
          resolve(await dialog.modify('hold'))
        }),
      )
      const caller = await udpPeer(t, port)
      await answered(caller, 'holding')
      const change = await caller.next('INVITE')
      caller.send(reply(change, '200 OK', { contact: uriOf(caller, 'alice'), body: sdp(5002, 2) }))
      const ack = await caller.next('ACK')
      return [
        String(bodyOf(change).includes('a=inactive')),
        header(ack, 'CSeq').slice(-3),
        String((await done) === sdp(5002, 2)),
      ]
    },
    seen: ['true', 'ACK', 'true'],
  },
}

/** A request of the callee in the dialog that its answer made. */
function ofCallee(peer: Peer, method: string, asked: string, answer: string, seq: number): string {
  return request(peer, method, /<([^>]+)>/.exec(header(asked, 'Contact'))![1]!, {
    From: header(answer, 'To'),
    To: header(asked, 'From'),
    'Call-ID': header(asked, 'Call-ID'),
    CSeq: `${seq} ${method}`,
  })
}
