/** A caller that is a bare socket. */
import type { ExecutionContext } from 'ava'
import { type Peer, udpPeer } from '../sip/support.ts'
import type { TestNode } from './rig.ts'

/** A gateway that calls without an offer, and says of the ACK and the rest what the test wants. */
export async function gateway(t: ExecutionContext, at: TestNode, uri = 'sip:bob@pbx.test') {
  const peer: Peer = await udpPeer(t, at.sip)
  const via = (seq: number) => `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK-delayed-${seq};rport`
  const headers = (seq: number, method: string, to = `<${uri}>`) => [
    'From: <sip:alice@pbx.test>;tag=1',
    `To: ${to}`,
    'Call-ID: delayed',
    `CSeq: ${seq} ${method}`,
    'Max-Forwards: 70',
    `Contact: <sip:alice@127.0.0.1:${peer.port}>`,
    'Content-Type: application/sdp',
  ]
  return {
    peer,
    invite: (seq = 1, to?: string) => peer.send(`INVITE ${uri} SIP/2.0`, [via(seq), ...headers(seq, 'INVITE', to)]),
    cancel: () => peer.send(`CANCEL ${uri} SIP/2.0`, [via(1), ...headers(1, 'CANCEL')]),
    ack: (to: string, sdp: string, seq = 1) => peer.send(`ACK ${uri} SIP/2.0`, headers(seq, 'ACK', to), sdp),
  }
}
