/** Outbound mode: an HTTP handler decides about each request. */
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import DrachtioSrf from 'drachtio-srf'
import { header, reply, request, type Srf, type Test, udpPeer } from '../stack.ts'
import { final, invite, type Scenario, type Scenarios, status, uriOf } from './play.ts'

/** What is to become of requests to these users, and what the handler was told of them. */
const decisions = new Map<string, object>()
const told = new Map<string, URLSearchParams>()

/** The handler; its URL. */
export async function startHandler(t: Test): Promise<string> {
  const server = http.createServer((req, res) => {
    const query = new URL(req.url!, 'http://handler.test').searchParams
    const user = query.get('uriUser') ?? ''
    told.set(user, query)
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify(decisions.get(user) ?? { action: 'route', data: { tag: 'all' } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

/** What the caller hears of this decision, with its Contact. */
function decided(user: string, decision: object): Scenario {
  return async (t, { port }) => {
    decisions.set(user, decision)
    const caller = await udpPeer(t, port)
    caller.send(invite(caller, user))
    const answer = await caller.next(final('INVITE'))
    return [answer.split('\r\n')[0]!, header(answer, 'Contact')]
  }
}

export const OUTBOUND: Scenarios = {
  'a handler that rejects': {
    play: decided('rejected', { action: 'reject', data: { status: 486, reason: 'Not Today' } }),
    seen: ['SIP/2.0 486 Not Today', ''],
  },
  'a handler that redirects': {
    play: decided('away', { action: 'redirect', data: { contact: ['sip:a@192.0.2.1', 'sip:b@192.0.2.2'] } }),
    seen: ['SIP/2.0 302 Moved Temporarily', '<sip:a@192.0.2.1>, <sip:b@192.0.2.2>'],
  },
  'a handler whose answer is none': {
    play: decided('muddled', { action: 'sing', data: {} }),
    seen: ['SIP/2.0 500 Server Internal Error', ''],
  },
  'a handler that proxies, and says nothing of redirections': {
    async play(t, { port }) {
      const [caller, one, two] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
      decisions.set('onward', { action: 'proxy', data: { destination: uriOf(one), recordRoute: true } })
      caller.send(invite(caller, 'onward'))
      const first = await one.next('INVITE')
      one.send(reply(first, '302 Moved Temporarily', { contact: uriOf(two) }))
      const second = await two.next('INVITE')
      two.send(reply(second, '486 Busy Here'))
      return [
        `in the call: ${header(first, 'Record-Route').includes(';lr')}`,
        status(await caller.next(final('INVITE'))),
      ]
    },
    seen: ['in the call: true', '486'],
  },
  'what a handler is told': {
    async play(t, { port }) {
      decisions.set('told', { action: 'reject', data: { status: 486, reason: 'Busy' } })
      const caller = await udpPeer(t, port)
      caller.send(
        request(caller, 'INVITE', 'sip:told@pbx.test;color=red', { 'Content-Type': 'application/sdp' }, 'v=0\r\n'),
      )
      await caller.next(final('INVITE'))
      return [...told.get('told')!].map(([name, value]) => `${name}=${value}`).sort()
    },
    seen: [
      'color=red',
      'contentType=application/sdp',
      'domain=pbx.test',
      'fromUser=alice',
      'method=INVITE',
      'protocol=udp',
      'source_address=127.0.0.1',
      'toUser=bob',
      'uri=sip:told@pbx.test;color=red',
      'uriUser=told',
    ],
  },
  'a request that is routed to an app that listens': {
    async play(t, { port, at }) {
      const srf = new DrachtioSrf() as unknown as Srf
      srf.on('error', () => {})
      srf.invite((req, res) => {
        res.send(480, { headers: { 'X-By': 'the app that listens' } })
        setImmediate(() => srf.endSession(req))
      })
      const server = srf.listen({ host: '127.0.0.1', port: 0, secret: at.secret })
      if (!server.listening) await once(server, 'listening')
      t.teardown(() => server.close())
      const uri = `127.0.0.1:${(server.address() as net.AddressInfo).port}`
      decisions.set('listens', { action: 'route', data: { uri } })
      const caller = await udpPeer(t, port)
      caller.send(invite(caller, 'listens'))
      const answer = await caller.next(final('INVITE'))
      return [status(answer), header(answer, 'X-By')]
    },
    seen: ['480', 'the app that listens'],
  },
  'a request that is routed by tag': {
    async play(t, { port, parts }) {
      parts.set('tagged', (_req, res) => res.send(486))
      decisions.set('tagged', { action: 'route', data: { tag: 'all' } })
      decisions.set('lost', { action: 'route', data: { tag: 'nobody' } })
      const caller = await udpPeer(t, port)
      const seen: string[] = []
      for (const user of ['tagged', 'lost']) {
        caller.send(invite(caller, user))
        seen.push(status(await caller.next(final('INVITE'))))
      }
      return seen
    },
    seen: ['486', '503'],
  },
}
