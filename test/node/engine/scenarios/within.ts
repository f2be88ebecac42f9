/** Requests within a call, reliable provisional responses (RFC 3262), and repeated messages. */
import {
  type Dialog,
  header,
  later,
  type Message,
  type Response,
  reply,
  request,
  sdp,
  type Test,
  udpPeer,
} from '../stack.ts'
import { answered, counted, final, invite, type Scenarios, sibling, status, uriOf } from './play.ts'
import type { Stage } from './stage.ts'

const events = (of: unknown): NodeJS.EventEmitter => of as NodeJS.EventEmitter
const withFields = (text: string, lines: string): string =>
  text.replace('\r\nMax-Forwards', `\r\n${lines}\r\nMax-Forwards`)

/** A call to the app, which has its dialog. */
async function inCall(t: Test, { port, parts, srf }: Stage, user: string) {
  const made = new Promise<Dialog>((resolve) =>
    parts.set(user, async (req, res) => resolve(await srf.createUAS(req, res, { localSdp: sdp(4000) }))),
  )
  const caller = await udpPeer(t, port)
  const call = await answered(caller, user)
  return { caller, ...call, dialog: await made }
}

/** What the app is told of these verbs in a call, and what the phone hears. */
function within(user: string, verbs: Readonly<Record<string, string>>) {
  return async (t: Test, stage: Stage): Promise<string[]> => {
    const { caller, asked, answer, dialog } = await inCall(t, stage, user)
    const seen: string[] = []
    for (const verb of Object.keys(verbs))
      events(dialog).on(verb.toLowerCase(), (req: Message, res: Response) => {
        seen.push(`app: ${verb}`)
        res.send(verb === 'REFER' ? 202 : 200, { headers: { 'X-Heard': String(req.get('CSeq')) } })
      })
    let seq = 1
    for (const [verb, lines] of Object.entries(verbs)) {
      seq++
      caller.send(withFields(later(caller, verb, asked, answer, seq), lines))
      const heard = await caller.next(final(verb))
      seen.push(`${status(heard)} ${header(heard, 'X-Heard')}`)
    }
    return seen
  }
}

export const WITHIN: Scenarios = {
  'requests within a call reach its dialog': {
    play: within('within', {
      INFO: 'X-Any: 1',
      MESSAGE: 'X-Any: 1',
      OPTIONS: 'X-Any: 1',
      UPDATE: 'X-Any: 1',
      REFER: 'Refer-To: <sip:carol@pbx.test>',
      NOTIFY: 'Event: refer\r\nSubscription-State: active',
    }),
    seen: [
      'app: INFO',
      '200 2 INFO',
      'app: MESSAGE',
      '200 3 MESSAGE',
      'app: OPTIONS',
      '200 4 OPTIONS',
      'app: UPDATE',
      '200 5 UPDATE',
      'app: REFER',
      '202 6 REFER',
      'app: NOTIFY',
      '200 7 NOTIFY',
    ],
  },
  'a REFER in a call, and the NOTIFYs that tell how it goes': {
    async play(t, stage) {
      const { caller, asked, answer, dialog } = await inCall(t, stage, 'transfer')
      const notify = (state: string, body: string) =>
        dialog.request({
          method: 'NOTIFY',
          headers: { Event: 'refer', 'Subscription-State': state, 'Content-Type': 'message/sipfrag' },
          body,
        })
      events(dialog).on('refer', async (_req: Message, res: Response) => {
        res.send(202)
        await notify('active', 'SIP/2.0 100 Trying')
        await notify('terminated;reason=noresource', 'SIP/2.0 200 OK')
      })
      caller.send(withFields(later(caller, 'REFER', asked, answer, 2), 'Refer-To: <sip:carol@pbx.test>'))
      const seen = [status(await caller.next(final('REFER')))]
      for (let i = 0; i < 2; i++) {
        const told = await caller.next('NOTIFY')
        caller.send(reply(told, '200 OK'))
        seen.push(header(told, 'Subscription-State'), told.slice(told.indexOf('\r\n\r\n') + 4).trim())
      }
      caller.send(later(caller, 'BYE', asked, answer, 3))
      return [...seen, status(await caller.next(final('BYE')))]
    },
    seen: ['202', 'active', 'SIP/2.0 100 Trying', 'terminated;reason=noresource', 'SIP/2.0 200 OK', '200'],
  },
  'a request within a call that is over': {
    async play(t, stage) {
      const { caller, asked, answer } = await inCall(t, stage, 'over')
      caller.send(later(caller, 'BYE', asked, answer, 2))
      const seen = [status(await caller.next(final('BYE')))]
      caller.send(later(caller, 'BYE', asked, answer, 3))
      return [...seen, status(await caller.next(final('BYE')))]
    },
    seen: ['200', '481'],
  },
  'a reliable 183 of the callee': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const calling = srf.createUAC(uriOf(callee), { localSdp: sdp(4000), headers: { Supported: '100rel' } })
      const asked = await callee.next('INVITE')
      const early = reply(asked, '183 Session Progress', { contact: uriOf(callee), body: sdp(5000) })
      callee.send(early.replace('\r\nFrom:', '\r\nRequire: 100rel\r\nRSeq: 77\r\nFrom:'))
      const prack = await callee.next('PRACK')
      callee.send(reply(prack, '200 OK'))
      callee.send(reply(asked, '200 OK', { contact: uriOf(callee), body: sdp(5000) }))
      const ack = await callee.next('ACK')
      await calling
      const rack = `77 ${header(asked, 'CSeq')}`
      return [`acknowledged: ${header(prack, 'RAck') === rack}`, ...counted(asked, prack, ack)]
    },
    seen: ['acknowledged: true', '+0 INVITE', '+1 PRACK', '+0 ACK'],
  },
  'a reliable 183 of the app': {
    async play(t, { port, parts }) {
      const pracked = Promise.withResolvers<void>()
      const over = Promise.withResolvers<void>()
      parts.set('reliable', (_req, res) => {
        const send = res.send.bind(res) as unknown as (...all: unknown[]) => void
        send(183, { headers: { Require: '100rel' }, body: sdp(4000) }, undefined, () => {
          pracked.resolve()
          res.send(486)
          over.resolve()
        })
      })
      const caller = await udpPeer(t, port)
      const asked = withFields(invite(caller, 'reliable'), 'Supported: 100rel')
      caller.send(asked)
      const early = await caller.next('183')
      const rack = `RAck: ${header(early, 'RSeq')} 1 INVITE`
      caller.send(withFields(later(caller, 'PRACK', asked, early, 2), rack))
      const both = [await caller.next(final('')), await caller.next(final(''))]
      caller.send(sibling(asked, 'ACK'))
      await pracked.promise
      await over.promise
      return [header(early, 'Require'), ...both.map((one) => `${status(one)} ${header(one, 'CSeq')}`).sort()]
    },
    seen: ['100rel', '200 2 PRACK', '486 1 INVITE'],
  },
  'messages that come twice': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const calling = srf.createUAC(uriOf(callee), { localSdp: sdp(4000) })
      const asked = await callee.next('INVITE')
      const accept = reply(asked, '200 OK', { contact: uriOf(callee), body: sdp(5000) })
      callee.send(accept)
      const first = await callee.next('ACK')
      callee.send(accept)
      const second = await callee.next('ACK')
      const dialog = await calling
      const destroyed = new Promise<void>((resolve) => dialog.on('destroy', () => resolve()))
      const bye = request(callee, 'BYE', /<([^>]+)>/.exec(header(asked, 'Contact'))![1]!, {
        From: header(accept, 'To'),
        To: header(asked, 'From'),
        'Call-ID': header(asked, 'Call-ID'),
        CSeq: '1 BYE',
      })
      callee.send(bye)
      const once = await callee.next(final('BYE'))
      callee.send(bye)
      const twice = await callee.next(final('BYE'))
      await destroyed
      return [
        `same ACK: ${header(first, 'CSeq') === header(second, 'CSeq')}`,
        `same answer: ${once === twice}`,
        status(once),
      ]
    },
    seen: ['same ACK: true', 'same answer: true', '200'],
  },
}
