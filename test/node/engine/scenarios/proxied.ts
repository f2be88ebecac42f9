/** Calls that the app proxies. */
import { header, later, type Peer, type ProxyOptions, reply, request, sdp, udpPeer } from '../stack.ts'
import { final, invite, type Scenario, type Scenarios, sibling, status, uriOf } from './play.ts'

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

/** The Request-URI that the target gets of a message to `at`. */
function onward(user: string, at: (port: number) => string): Scenario {
  return async (t, { port, parts, srf }) => {
    const [phone, target] = [await udpPeer(t, port), await udpPeer(t, port)]
    parts.set(user, (req) => void srf.proxyRequest(req, uriOf(target)))
    phone.send(request(phone, 'MESSAGE', `sip:${user}@${at(port)}`))
    const asked = await target.next('MESSAGE')
    target.send(reply(asked, '200 OK'))
    await phone.next(final('MESSAGE'))
    return [asked.split(' ')[1]!.replace(String(target.port), 'P')]
  }
}

export const PROXIED: Scenarios = {
  'a proxied request for another domain keeps its Request-URI': {
    play: onward('abroad', () => 'pbx.test'),
    seen: ['sip:abroad@pbx.test'],
  },
  'a proxied request for the server gets the Request-URI of its target': {
    play: onward('here', (port) => `127.0.0.1:${port}`),
    seen: ['sip:bob@127.0.0.1:P'],
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
}
