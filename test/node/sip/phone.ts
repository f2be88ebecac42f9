/** A phone that registers, as the tests of the registrar need one. */
import type { ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import {
  ALGORITHMS,
  type Algorithm,
  credentialsOf,
  ha1Of,
  parseAuthorization,
  responseTo,
} from '../../../node/sip/digest.ts'
import { type Registrar, registrar } from './registrar.ts'
import { headersOf, type Peer, udpPeer } from './support.ts'

/** What of a REGISTER is not as usual. */
export interface Ask {
  user?: string
  password?: string
  algorithm?: Algorithm
  uri?: string
  digestUri?: string
  to?: string
  cseq?: number
  callId?: string
  nc?: string
  agent?: string
}

let calls = 0

/** Of alice, unless it is told otherwise. */
export class Phone {
  readonly peer: Peer
  #challenge = ''
  #cseq = 0
  readonly #callId = `phone-${calls++}`

  constructor(peer: Peer) {
    this.peer = peer
  }

  /** Sends a REGISTER as it is told, and gives back what comes. */
  async register(extra: readonly string[], ask: Ask = {}, authorization?: string): Promise<string> {
    const cseq = ask.cseq ?? ++this.#cseq
    this.peer.send(`REGISTER ${ask.uri ?? 'sip:pbx.test'} SIP/2.0`, [
      `From: <sip:alice@pbx.test>;tag=${calls++}`,
      `To: <${ask.to ?? 'sip:alice@pbx.test'}>`,
      `Call-ID: ${ask.callId ?? this.#callId}`,
      `CSeq: ${cseq} REGISTER`,
      'Max-Forwards: 70',
      ...(ask.agent ? [`User-Agent: ${ask.agent}`] : []),
      ...(authorization ? [`Authorization: ${authorization}`] : []),
      ...extra,
    ])
    return this.peer.next('SIP/2.0')
  }

  /** Does as a phone does: once without, and again with the answer to the challenge. */
  async registered(extra: readonly string[], ask: Ask = {}): Promise<string> {
    const first = await this.register(extra, ask)
    if (!first.startsWith('SIP/2.0 401')) return first
    const all = headersOf(first, 'WWW-Authenticate')
    const wanted = ask.algorithm ? [ask.algorithm] : ALGORITHMS
    this.#challenge = wanted.flatMap((name) => all.filter((one) => one.includes(`algorithm=${name},`)))[0]!
    return this.register(extra, ask, this.answer(ask))
  }

  answer(ask: Ask = {}): string {
    const { user = 'alice', password = `${user}-secret`, nc = '00000001' } = ask
    const algorithm = /algorithm=([\w-]+)/.exec(this.#challenge)![1] as Algorithm
    const nonce = /nonce="([^"]*)"/.exec(this.#challenge)![1]!
    const uri = ask.digestUri ?? ask.uri ?? 'sip:pbx.test'
    const draft = `Digest username="${user}",realm="pbx.test",nonce="${nonce}",uri="${uri}",algorithm=${algorithm},qop=auth,nc=${nc},cnonce="c"`
    const [parsed] = parseAuthorization(`${draft},response="0"`)
    const known = credentialsOf(user, 'pbx.test', password)
    return `${draft},response="${responseTo(parsed!, ha1Of(known, algorithm)!, 'REGISTER')}"`
  }

  contact(params = '', user = 'alice'): string {
    return `Contact: <sip:${user}@127.0.0.1:${this.peer.port}>${params}`
  }
}

/** Alone at a registrar with alice among its users. */
export async function phone(t: ExecutionContext): Promise<Registrar & { phone: Phone }> {
  const all = await registrar(t)
  return { ...all, phone: new Phone(await udpPeer(t, all.sip)) }
}

export const bindings = (cluster: Cluster) => cluster.tables.registrations.get('alice@pbx.test')?.bindings ?? []
