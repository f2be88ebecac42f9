/** Session timers (RFC 4028), crossing requests, forks, and what is refused before an app hears of it. */
import { type Dialog, header, later, reply, sdp, udpPeer } from '../stack.ts'
import { answered, final, invite, type Scenario, type Scenarios, sibling, status, uriOf } from './play.ts'

const withFields = (text: string, lines: string): string =>
  text.replace('\r\nMax-Forwards', `\r\n${lines}\r\nMax-Forwards`)

/** What these fields of an INVITE to the app get in its final answer. */
function timed(user: string, lines: string): Scenario {
  return async (t, { port, parts, srf }) => {
    parts.set(user, (req, res) => void srf.createUAS(req, res, { localSdp: sdp(4000) }))
    const caller = await udpPeer(t, port)
    const asked = withFields(invite(caller, user), lines)
    caller.send(asked)
    const answer = await caller.next(final('INVITE'))
    const accepted = answer.startsWith('SIP/2.0 200')
    caller.send(accepted ? later(caller, 'ACK', asked, answer, 1) : sibling(asked, 'ACK'))
    if (accepted) caller.send(later(caller, 'BYE', asked, answer, 2))
    return [status(answer), header(answer, 'Session-Expires'), header(answer, 'Min-SE')]
  }
}

export const EDGES: Scenarios = {
  'a session timer that the caller keeps': {
    play: timed('timer', 'Supported: timer\r\nSession-Expires: 1800;refresher=uac'),
    seen: ['200', '1800;refresher=uac', ''],
  },
  'a session timer that is too short': {
    play: timed('short', 'Supported: timer\r\nSession-Expires: 30;refresher=uac'),
    seen: ['422', '', '90'],
  },
  'an app that redirects': {
    async play(t, { port, parts }) {
      parts.set('moved', (_req, res) => res.send(302, { headers: { Contact: '<sip:bob@192.0.2.7>' } }))
      const caller = await udpPeer(t, port)
      const asked = invite(caller, 'moved')
      caller.send(asked)
      const answer = await caller.next(final('INVITE'))
      caller.send(sibling(asked, 'ACK'))
      return [answer.split('\r\n')[0]!, header(answer, 'Contact')]
    },
    seen: ['SIP/2.0 302 Moved Temporarily', '<sip:bob@192.0.2.7>'],
  },
  'an app that says why it hangs up': {
    async play(t, { port, parts, srf }) {
      const made = new Promise<Dialog>((resolve) =>
        parts.set('reason', async (req, res) => resolve(await srf.createUAS(req, res, { localSdp: sdp(4000) }))),
      )
      const caller = await udpPeer(t, port)
      await answered(caller, 'reason')
      const dialog = (await made) as Dialog & { destroy(options: object): Promise<unknown> }
      void dialog.destroy({ headers: { Reason: 'Q.850;cause=16', 'X-Why': 'enough' } })
      const bye = await caller.next('BYE')
      caller.send(reply(bye, '200 OK'))
      return [header(bye, 'Reason'), header(bye, 'X-Why')]
    },
    seen: ['Q.850;cause=16', 'enough'],
  },
  'a change from either side at once': {
    async play(t, { port, parts, srf }) {
      const made = new Promise<Dialog>((resolve) =>
        parts.set('glare', async (req, res) => resolve(await srf.createUAS(req, res, { localSdp: sdp(4000) }))),
      )
      const caller = await udpPeer(t, port)
      const { asked, answer } = await answered(caller, 'glare')
      const dialog = await made
      await new Promise<void>((resolve) => dialog.on('ack', resolve))
      const changing = dialog.modify(sdp(4002, 2))
      const change = await caller.next('INVITE')
      const body = sdp(5002, 2)
      const theirs = later(caller, 'INVITE', asked, answer, 2).replace(/Content-Length: 0\r\n\r\n$/, '')
      caller.send(`${theirs}Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      const refusal = await caller.next(final('INVITE'))
      caller.send(reply(change, '200 OK', { contact: `sip:alice@127.0.0.1:${caller.port}`, body: sdp(5004, 3) }))
      await caller.next('ACK')
      return [status(refusal), String((await changing) === sdp(5004, 3))]
    },
    seen: ['491', 'true'],
  },
  'a call of the app that two answer': {
    async play(t, { port, srf }) {
      const callee = await udpPeer(t, port)
      const calling = srf.createUAC(uriOf(callee), { localSdp: sdp(4000) })
      const asked = await callee.next('INVITE')
      callee.send(reply(asked, '200 OK', { tag: 'one', contact: uriOf(callee, 'one'), body: sdp(5000) }))
      const first = await callee.next('ACK')
      await calling
      callee.send(reply(asked, '200 OK', { tag: 'two', contact: uriOf(callee, 'two'), body: sdp(5002) }))
      const seen = [first.split(' ')[1]!]
      for (const verb of ['ACK', 'BYE']) {
        const next = await callee.next(verb)
        seen.push(`${verb} ${next.split(' ')[1]} ${/tag=(one|two)/.exec(header(next, 'To'))?.[1]}`)
        if (verb === 'BYE') callee.send(reply(next, '200 OK'))
      }
      return seen.map((one) => one.replace(String(callee.port), 'P'))
    },
    seen: ['sip:one@127.0.0.1:P', 'ACK sip:two@127.0.0.1:P two', 'BYE sip:two@127.0.0.1:P two'],
  },
  'one request that comes by two ways': {
    async play(t, { port, parts }) {
      parts.set('merged', (_req, res) => res.send(180))
      const caller = await udpPeer(t, port)
      const asked = invite(caller, 'merged')
      caller.send(asked)
      await caller.next('180')
      caller.send(asked.replace(/branch=[^;]+/, 'branch=z9hG4bKother'))
      const merged = await caller.next(final('INVITE'))
      caller.send(sibling(asked, 'CANCEL'))
      await caller.next('487')
      caller.send(sibling(asked, 'ACK'))
      return [status(merged)]
    },
    seen: ['482'],
  },
}
