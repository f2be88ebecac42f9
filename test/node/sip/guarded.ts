/** A registrar with its guard, and peers that ask it for what they should not. */
import type { ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import { authorization, strongestChallenge } from '../../../node/sip/authorize.ts'
import type { Guard } from '../../../node/sip/guard.ts'
import type { AbusePolicy } from '../../../node/sip/offences.ts'
import { until } from '../../cluster/nodes.ts'
import { registrar } from './registrar.ts'
import { headersOf, type Peer } from './support.ts'

export const POINT = { transport: 'udp', host: '127.0.0.1', port: 0 } as const

export async function guarded(t: ExecutionContext, abuse: Partial<AbusePolicy> = {}, more: object = {}) {
  const all = await registrar(t, ['alice', 'bob'], { abuse: { failures: 5, ...abuse }, ...more })
  await until(all.cluster, 'there are founders', () => all.cluster.tables.members !== null)
  return all
}

let calls = 0

export function send(peer: Peer, method: string, more: readonly string[] = [], user = 'alice'): string {
  const callId = `abuse-${++calls}`
  peer.send(`${method} sip:pbx.test SIP/2.0`, [
    `From: <sip:${user}@pbx.test>;tag=1`,
    `To: <sip:${user}@pbx.test>`,
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
    ...more,
  ])
  return callId
}

export async function ask(peer: Peer, method: string, more: readonly string[] = [], user = 'alice'): Promise<string> {
  const callId = send(peer, method, more, user)
  return peer.next(new RegExp(`^SIP/2.0 [^]*Call-ID: ${callId}\r\n`))
}

export function answer(challenge: string, password: string, user = 'alice'): string {
  const value = headersOf(challenge, 'WWW-Authenticate').join(', ')
  const proof = { method: 'REGISTER', uri: 'sip:pbx.test', user, password, cnonce: 'c' }
  return `Authorization: ${authorization(strongestChallenge(value)!, proof)}`
}

export async function guess(peer: Peer, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await ask(peer, 'REGISTER', [answer(await ask(peer, 'REGISTER'), `guess ${i}`)])
}

/** Comes back when all that was accused was judged. */
export async function judged(guard: Guard, sources: number): Promise<void> {
  for (;;) {
    const { bans = 0, bansPutOff = 0, shuns = 0, spared = 0 } = guard.counters()
    if (bans + bansPutOff + shuns + spared >= sources) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export const isBanned = (cluster: Cluster, source: string) => () => cluster.tables.bans.has(source)
