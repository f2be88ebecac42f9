/** Registrations, messages and calls with the app. */
import { header, later, reply, request, sdp, tcpPeer, udpPeer } from '../stack.ts'
import { answered, counted, final, invite, type Scenarios, sibling, status, uriOf } from './play.ts'

export const BASICS: Scenarios = {
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
      return [...counted(asked, ack, info, bye), String(bye.startsWith(`BYE ${uriOf(callee, 'moved')} `))]
    },
    seen: ['+0 INVITE', '+0 ACK', '+1 INFO', '+2 BYE', 'true'],
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
}
