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
    await peer.next((text) => text.startsWith('SIP/2.0 200') && header(text, 'CSeq') === '2 BYE')
    await soon('the end, told to who helps', carol.bye)
    t.deepEqual([others.kept(), other.kept()], [[], []])
    t.is(n1!.calls.counters().emergency, 1)
  })

test('who is shunned for garbage is heard in an emergency', async (t) => {
  const [n1] = await nodes(t, 1, HELP, 100, { abuse: { badRequests: 1 } })
  await phone(t, n1!, 'carol', answers(listener()))
  const peer = await peerFrom(t, n1!, 'udp')
  const isFinal = (text: string, asked: string): boolean =>
    /^SIP\/2\.0 [2-6]/.test(text) && header(text, 'Call-ID') === header(asked, 'Call-ID')
  // Until garbage before it is not answered any more.
  let answered = true
  while (answered) {
    const garbage = request(peer, 'OPTIONS', 'sip:pbx.test', { CSeq: 'nonsense' })
    peer.send(garbage)
    const help = invite(peer, '112')
    peer.send(help)
    answered = false
    const answer = await peer.next((text) => {
      answered ||= isFinal(text, garbage)
      return isFinal(text, help)
    })
    t.regex(answer, /^SIP\/2\.0 200/)
    peer.send(later(peer, 'ACK', help, answer, 1))
    peer.send(later(peer, 'BYE', help, answer, 2))
  }
})

test('neither the name of a program nor a ban refuses a call for help, also where the plan has no number for it', async (t) => {
  const [n1] = await nodes(t, 1, HELP, 100, { abuse: {} })
  await phone(t, n1!, 'carol', answers(listener()))
  const peer = await peerFrom(t, n1!, 'tcp')
  const scans = async (uri: string): Promise<string> => {
    const scan = request(peer, 'INVITE', uri, { To: `<${uri}>`, 'User-Agent': 'sipvicious' }, SDP_A)
    peer.send(scan)
    return peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && header(text, 'Call-ID') === header(scan, 'Call-ID'))
  }
  t.regex(await scans('sip:112@pbx.test'), /^SIP\/2\.0 200/)
  t.regex(await scans('sip:carol@pbx.test'), /^SIP\/2\.0 403/)

  const [n2] = await nodes(t, 1, '', 100, { abuse: {} })
  await agreed(n2!.cluster, { type: 'ban', source: BANNED, reason: '', by: 'operator', seconds: 600 })
  const other = await peerFrom(t, n2!, 'udp')
  const sos = request(other, 'INVITE', 'urn:service:sos', { To: '<urn:service:sos>' }, SDP_A)
  other.send(sos)
  t.notRegex(
    await other.next((text) => /^SIP\/2\.0 [2-6]/.test(text)),
    /^SIP\/2\.0 403/,
    'it is decided like any other',
  )
})
