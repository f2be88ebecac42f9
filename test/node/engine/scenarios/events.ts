/** What happens outside of calls: subscriptions (RFC 6665), messages, registrations of the app itself, and where requests came from. */
import { until } from '../../../nemesis/until.ts'
import {
  type Dialog,
  header,
  later,
  type Message,
  type Peer,
  type Response,
  reply,
  request,
  type Srf,
  tcpPeer,
  udpPeer,
} from '../stack.ts'
import { counted, final, type Scenarios, status, uriOf } from './play.ts'

const events = (of: unknown): NodeJS.EventEmitter => of as NodeJS.EventEmitter
/** What stack.ts does not declare of drachtio-srf. */
interface More {
  request(uri: string, options: object, sent: (error: Error | null, req: Message) => void): void
  createUAC(uri: string, options: object): Promise<Dialog>
  createUAS(req: Message, res: Response, options: object): Promise<Dialog>
}
const more = (srf: Srf): More => srf as unknown as More
// With a callback: an answer may come in the same breath as the word that the request is out, and a promise is told of the latter too late.
const responseTo = (srf: Srf, uri: string, options: object): Promise<Message> =>
  new Promise((resolve, reject) =>
    more(srf).request(uri, options, (error, req) => (error ? reject(error) : req.on('response', resolve))),
  )
const withFields = (text: string, lines: string): string =>
  text.replace('\r\nMax-Forwards', `\r\n${lines}\r\nMax-Forwards`)

function notify(peer: Peer, asked: string, seq: number, state: string): string {
  const text = request(peer, 'NOTIFY', /<([^>]+)>/.exec(header(asked, 'Contact'))![1]!, {
    From: `${header(asked, 'To').replace(/;tag=.*/, '')};tag=peer`,
    To: header(asked, 'From'),
    'Call-ID': header(asked, 'Call-ID'),
    CSeq: `${seq} NOTIFY`,
  })
  return withFields(text, `Event: presence\r\nSubscription-State: ${state}`)
}

export const EVENTS: Scenarios = {
  'a subscription to the app, refreshed and ended': {
    async play(t, { port, parts, srf }) {
      const told: string[] = []
      parts.set('watched', async (req, res) => {
        const dialog = await more(srf).createUAS(req, res, { headers: { Expires: '60' } })
        const state = (text: string) =>
          dialog.request({ method: 'NOTIFY', headers: { Event: 'presence', 'Subscription-State': text } })
        events(dialog).on('subscribe', (_req: Message, answer: Response) => {
          told.push('subscribe')
          answer.send(202, { headers: { Expires: '60' } })
        })
        events(dialog).on('unsubscribe', () => {
          told.push('unsubscribe')
          void state('terminated;reason=timeout')
        })
        await state('active;expires=60')
      })
      const phone = await udpPeer(t, port)
      const asked = request(phone, 'SUBSCRIBE', 'sip:watched@pbx.test', { Event: 'presence', Expires: '60' })
      phone.send(asked)
      const answer = await phone.next(final('SUBSCRIBE'))
      const first = await phone.next('NOTIFY')
      phone.send(reply(first, '200 OK'))
      const seen = [
        status(answer),
        header(first, 'Subscription-State'),
        `tag: ${header(first, 'From') === header(answer, 'To')}`,
      ]
      phone.send(withFields(later(phone, 'SUBSCRIBE', asked, answer, 2), 'Event: presence\r\nExpires: 60'))
      seen.push(status(await phone.next(final('SUBSCRIBE'))))
      phone.send(withFields(later(phone, 'SUBSCRIBE', asked, answer, 3), 'Event: presence\r\nExpires: 0'))
      seen.push(status(await phone.next(final('SUBSCRIBE'))))
      const last = await phone.next('NOTIFY')
      phone.send(reply(last, '200 OK'))
      return [...seen, header(last, 'Subscription-State'), ...told]
    },
    seen: [
      '202',
      'active;expires=60',
      'tag: true',
      '202',
      '202',
      'terminated;reason=timeout',
      'subscribe',
      'unsubscribe',
    ],
  },
  'a subscription of the app': {
    async play(t, { port, srf }) {
      const peer = await udpPeer(t, port)
      const subscribing = more(srf).createUAC(uriOf(peer), {
        method: 'SUBSCRIBE',
        headers: { Event: 'presence', Expires: '60', From: 'sip:bob@localhost' },
      })
      const asked = await peer.next('SUBSCRIBE')
      peer.send(reply(asked, '200 OK', { contact: uriOf(peer) }).replace('\r\nFrom:', '\r\nExpires: 60\r\nFrom:'))
      const dialog = await subscribing
      const told: string[] = []
      events(dialog).on('notify', (req: Message, res: Response) => {
        told.push(req.get('Subscription-State'))
        res.send(200)
      })
      const seen: string[] = []
      for (const [seq, state] of [
        [1, 'active;expires=60'],
        [2, 'terminated;reason=noresource'],
      ] as const) {
        peer.send(notify(peer, asked, seq, state))
        seen.push(status(await peer.next(final('NOTIFY'))))
      }
      await until('the app has heard both', () => told.length === 2, 20_000)
      return [header(asked, 'Event'), ...seen, ...told]
    },
    seen: ['presence', '200', '200', 'active;expires=60', 'terminated;reason=noresource'],
  },
  'a message of the app, and one that is refused': {
    async play(t, { port, srf }) {
      const peer = await udpPeer(t, port)
      const seen: string[] = []
      for (const answer of ['200 OK', '603 Decline']) {
        const heard = responseTo(srf, uriOf(peer), {
          method: 'MESSAGE',
          headers: { 'Content-Type': 'text/plain' },
          body: 'hello',
        })
        const asked = await peer.next('MESSAGE')
        peer.send(reply(asked, answer))
        seen.push(header(asked, 'Content-Type'), asked.slice(-5), String((await heard).status))
      }
      return seen
    },
    seen: ['text/plain', 'hello', '200', 'text/plain', 'hello', '603'],
  },
  'a registration of the app with a password': {
    async play(t, { port, srf }) {
      const registrar = await udpPeer(t, port)
      const heard = responseTo(srf, `sip:127.0.0.1:${registrar.port}`, {
        method: 'REGISTER',
        headers: {
          From: 'sip:trunk@pbx.test',
          To: 'sip:trunk@pbx.test',
          Contact: '<sip:trunk@localhost>',
          Expires: '300',
        },
        auth: { username: 'trunk', password: 'secret' },
      })
      const first = await registrar.next('REGISTER')
      const challenge = '\r\nWWW-Authenticate: Digest realm="pbx.test", nonce="abc", qop="auth", algorithm=MD5\r\nFrom:'
      registrar.send(reply(first, '401 Unauthorized').replace('\r\nFrom:', challenge))
      const second = await registrar.next('REGISTER')
      registrar.send(reply(second, '200 OK'))
      return [
        first.split(' ')[1]!.replace(/\d+$/, 'P'),
        header(first, 'Contact').replace(String(port), 'P'),
        `same call: ${header(second, 'Call-ID') === header(first, 'Call-ID')}`,
        ...counted(first, second).map((one) => one.replace(/^\+([1-9]\d*)/, '+more')),
        String(header(second, 'Authorization').startsWith('Digest ')),
        String((await heard).status),
      ]
    },
    seen: [
      'sip:127.0.0.1:P',
      '<sip:trunk@127.0.0.1:P>',
      'same call: true',
      '+0 REGISTER',
      '+more REGISTER',
      'true',
      '200',
    ],
  },
  'where a request came from': {
    async play(t, { port, parts }) {
      interface Origin {
        readonly source_address: string
        readonly source_port: number
        readonly protocol: string
        readonly source: string
        readonly type: string
      }
      parts.set('origin', (req, res) => {
        const { source_address, source_port, protocol, source, type } = req as unknown as Origin
        res.send(200, { headers: { 'X-Origin': `${source} ${type} ${protocol} ${source_address} ${source_port}` } })
      })
      const seen: string[] = []
      for (const phone of [await udpPeer(t, port), await tcpPeer(t, port)]) {
        phone.send(request(phone, 'OPTIONS', 'sip:origin@pbx.test'))
        const answer = await phone.next(final('OPTIONS'))
        seen.push(header(answer, 'X-Origin').replace(String(phone.port), 'P'))
      }
      return seen
    },
    seen: ['network request udp 127.0.0.1 P', 'network request tcp 127.0.0.1 P'],
  },
  'a phone that is reached over the connection it came by': {
    async play(t, { port, parts, srf }) {
      parts.set('tcp', (_req, res) => res.send(200))
      const phone = await tcpPeer(t, port)
      phone.send(request(phone, 'OPTIONS', 'sip:tcp@pbx.test'))
      await phone.next(final('OPTIONS'))
      const heard = responseTo(srf, `${uriOf(phone)};transport=tcp`, {
        method: 'MESSAGE',
        body: 'hello',
        headers: { 'Content-Type': 'text/plain' },
      })
      const asked = await phone.next('MESSAGE')
      phone.send(reply(asked, '200 OK'))
      return [/^SIP\/2.0\/\w+/.exec(header(asked, 'Via'))![0], String((await heard).status)]
    },
    seen: ['SIP/2.0/TCP', '200'],
  },
  'a message to where nobody listens': {
    async play(t, { port, srf }) {
      const peer = await tcpPeer(t, port)
      const heard = responseTo(srf, `sip:x@127.0.0.1:1;transport=tcp`, { method: 'OPTIONS' })
      peer.close()
      return [String((await heard).status)]
    },
    seen: ['503'],
  },
  'what the app reads of a message with short names, folded and repeated fields': {
    async play(t, { port, parts }) {
      const names = [
        'From',
        'Contact',
        'Subject',
        'Supported',
        'Content-Type',
        'X-Long',
        'X-Twice',
        'Accept',
        'Call-ID',
      ]
      parts.set('read', (req, res) => {
        const read = names.map((name) => `${name}=${String(req.get(name)).replace(/from\d+|call\d+/g, 'N')}`)
        res.send(200, { headers: { 'Content-Type': 'text/plain' }, body: read.join('\n') })
      })
      const phone = await udpPeer(t, port)
      const text = request(phone, 'MESSAGE', 'sip:read@pbx.test', { 'Content-Type': 'text/plain' }, 'hello')
        .replace('Via:', 'v:')
        .replace('From:', 'f:')
        .replace('Call-ID:', 'i:')
        .replace('Contact:', 'm:')
        .replace('Content-Type:', 'c:')
        .replace('Content-Length:', 'l:')
      phone.send(
        withFields(
          text,
          's: lunch\r\nk: path\r\nX-Long: one\r\n two\r\nX-Twice: a\r\nX-Twice: b\r\nAccept: a/b\r\nAccept: c/d',
        ),
      )
      const answer = await phone.next(final('MESSAGE'))
      const [, body] = answer.split('\r\n\r\n')
      return body!.replace(String(phone.port), 'P').split('\n')
    },
    seen: [
      'From=<sip:alice@pbx.test>;tag=N',
      'Contact=<sip:alice@127.0.0.1:P>',
      'Subject=lunch',
      'Supported=path',
      'Content-Type=text/plain',
      'X-Long=one two',
      'X-Twice=a,b',
      'Accept=a/b,c/d',
      'Call-ID=N@pbx.test',
    ],
  },
  'a request of the app by way of an outbound proxy': {
    async play(t, { port, srf }) {
      const proxy = await udpPeer(t, port)
      const heard = responseTo(srf, 'sip:bob@pbx.test', {
        method: 'MESSAGE',
        proxy: `sip:127.0.0.1:${proxy.port}`,
        headers: { 'Content-Type': 'text/plain' },
        body: 'hello',
      })
      const asked = await proxy.next('MESSAGE')
      proxy.send(reply(asked, '200 OK'))
      return [asked.split(' ')[1]!, header(asked, 'Route').replace(/\d{4,5}/, 'P'), String((await heard).status)]
    },
    seen: ['sip:bob@pbx.test', '', '200'],
  },
}
