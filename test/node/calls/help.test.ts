/** Calls for help from an address that is banned, or shunned, on a real node. */
import { once } from 'node:events'
import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { agreed } from '../../cluster/nodes.ts'
import { header, later, type Peer, request, streamPeer, udpPeer } from '../engine/stack.ts'
import { addressOf, SDP_A, soon } from '../sip/support.ts'
import { answers, listener, nodes, phone, type TestNode } from './rig.ts'

const BANNED = '127.0.0.2'
const HELP = 'emergency: {numbers: ["112"], user: carol}'

async function peerFrom(t: ExecutionContext, at: TestNode, transport: 'udp' | 'tcp'): Promise<Peer> {
  const [host, port] = addressOf(at.sip, transport).split(':')
  if (transport === 'udp') return udpPeer(t, Number(port), BANNED)
  const socket = connect({ host: host!, port: Number(port), localAddress: BANNED })
  await once(socket, 'connect')
  return streamPeer(t, socket, 'TCP')
}

const invite = (peer: Peer, user: string, more = {}): string =>
  request(peer, 'INVITE', `sip:${user}@pbx.test`, { To: `<sip:${user}@pbx.test>`, ...more }, SDP_A)

for (const transport of ['udp', 'tcp'] as const)
  test(`${transport}: a call for help from an address that is banned is answered, and ends; nothing else from there is heard`, async (t) => {
    const [n1] = await nodes(t, 1, HELP, 100, { abuse: {} })
    const carol = listener()
    await phone(t, n1!, 'carol', answers(carol))
    await agreed(n1!.cluster, { type: 'ban', source: BANNED, reason: '', by: 'operator', seconds: 600 })
    const others = await peerFrom(t, n1!, transport)
    others.send(request(others, 'OPTIONS', 'sip:pbx.test'))
    const other = await peerFrom(t, n1!, transport)
    other.send(invite(other, 'carol'))
    const peer = await peerFrom(t, n1!, transport)
    const help = invite(peer, '112', { 'User-Agent': 'sipvicious' })
    peer.send(help)
    const answer = await peer.next('200')
    peer.send(later(peer, 'ACK', help, answer, 1))
    t.like(n1!.calls.live()[0], { to: '112', rule: 'emergency' })
    peer.send(later(peer, 'BYE', help, answer, 2))
    t.is(header(await peer.next('200'), 'CSeq'), '2 BYE')
    await soon('the end, told to who helps', carol.bye)
    t.deepEqual([others.kept(), other.kept()], [[], []])
    t.is(n1!.calls.counters().emergency, 1)
  })

test('who is shunned for garbage is heard in an emergency, and who is refused for the name of his program', async (t) => {
  const [n1] = await nodes(t, 1, HELP, 100, { abuse: { badRequests: 1 } })
  await phone(t, n1!, 'carol', answers(listener()))
  const peer = await peerFrom(t, n1!, 'udp')
  const scans = async (user: string): Promise<string> => {
    const scan = invite(peer, user, { 'User-Agent': 'sipvicious' })
    peer.send(scan)
    return peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && header(text, 'Call-ID') === header(scan, 'Call-ID'))
  }
  t.regex(await scans('112'), /^SIP\/2\.0 200/)
  t.regex(await scans('carol'), /^SIP\/2\.0 403/)
  // It is shunned now, or will be in a moment.
  let answered = true
  while (answered) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test', { CSeq: 'nonsense' }))
    const help = invite(peer, '112')
    peer.send(help)
    const first = await peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text))
    answered = header(first, 'Call-ID') !== header(help, 'Call-ID')
    if (answered) await peer.next((text) => header(text, 'Call-ID') === header(help, 'Call-ID'))
  }
  t.pass()
})
