/** What an app says on its connection, and who gets which request. */
import { answerTo, rawApp } from '../raw-app.ts'
import { request, udpPeer } from '../stack.ts'
import { final, type Scenarios, status } from './play.ts'

export const PROTOCOL: Scenarios = {
  'an app with tags': {
    async play(t, { at }) {
      const app = await rawApp(t, at)
      app.say(`1|authenticate|${at.secret}|one,two@eu`, '2|ping')
      const hello = await app.hear('|response|1|')
      const pong = await app.hear('|response|2|')
      return [
        hello.split('|')[3]!,
        String(/\|OK\|([^|]*,)?udp\/127\.0\.0\.1:\d+/.test(hello)),
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
