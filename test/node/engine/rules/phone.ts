import type { ExecutionContext, TestFn } from 'ava'
import { credentialsOf, parseAuthorization, responseTo } from '../../../../node/sip/digest.ts'
import { type Registrar, registrar } from '../../sip/registrar.ts'
import { headersOf, type Peer, udpPeer } from '../../sip/support.ts'

export interface Ask {
  readonly user?: string
  readonly password?: string
  readonly algorithm?: 'MD5' | 'SHA-256'
  readonly uri?: string
  readonly digestUri?: string
  readonly digestMethod?: string
  readonly to?: string
  readonly cseq?: number
  readonly callId?: string
  readonly nonce?: string
  readonly nc?: string
  readonly via?: string
}

let count = 0

/** A phone of one user that says in raw lines what a test wants. */
export class Phone {
  readonly peer: Peer
  readonly user: string
  readonly callId = `rule-${++count}`
  #cseq = 0

  constructor(peer: Peer, user: string) {
    this.peer = peer
    this.user = user
  }

  contact(params = '', user = this.user): string {
    return `Contact: <sip:${user}@127.0.0.1:${this.peer.port}>${params}`
  }

  async send(method: string, extra: readonly string[], ask: Ask = {}, authorization?: string): Promise<string> {
    const cseq = ask.cseq ?? ++this.#cseq
    this.peer.send(`${method} ${ask.uri ?? 'sip:pbx.test'} SIP/2.0`, [
      ...(ask.via ? [`Via: ${ask.via}`] : []),
      `From: <sip:${this.user}@pbx.test>;tag=r${++count}`,
      `To: <${ask.to ?? `sip:${this.user}@pbx.test`}>`,
      `Call-ID: ${ask.callId ?? this.callId}`,
      `CSeq: ${cseq} ${method}`,
      'Max-Forwards: 70',
      ...(authorization ? [`${method === 'REGISTER' ? '' : 'Proxy-'}Authorization: ${authorization}`] : []),
      ...extra,
    ])
    return this.peer.next(/^SIP\/2\.0 [2-6]/)
  }

  /** As a phone does: once without, and again with the answer to the challenge. */
  async register(extra: readonly string[], ask: Ask = {}): Promise<string> {
    return this.asked('REGISTER', extra, ask)
  }

  async asked(method: string, extra: readonly string[], ask: Ask = {}): Promise<string> {
    const first = await this.send(method, extra, ask)
    if (!/^SIP\/2\.0 40[17]/.test(first)) return first
    return this.send(method, extra, ask, this.credentials(first, method, ask))
  }

  /** What answers a challenge. */
  credentials(challenge: string, method: string, ask: Ask = {}): string {
    return credentialsFor(challenge, method, ask.user ?? this.user, ask)
  }
}

/** The credentials for a challenge. */
function credentialsFor(challenge: string, method: string, user: string, ask: Ask): string {
  const { password = `${user}-secret`, algorithm = 'SHA-256', nc = '00000001' } = ask
  const nonce = ask.nonce ?? /nonce="([^"]*)"/.exec(challenge)![1]!
  const uri = ask.digestUri ?? ask.uri ?? 'sip:pbx.test'
  const draft =
    `Digest username="${user}",realm="pbx.test",nonce="${nonce}",uri="${uri}",` +
    `algorithm=${algorithm},qop=auth,nc=${nc},cnonce="c"`
  const [parsed] = parseAuthorization(`${draft},response="0"`)
  const known = credentialsOf(user, 'pbx.test', password)
  const ha1 = algorithm === 'MD5' ? known.md5 : known.sha256
  return `${draft},response="${responseTo(parsed!, ha1, ask.digestMethod ?? method)}"`
}

export type Asked = Registrar & { readonly phone: Phone; readonly rows: () => readonly Row[] }

/** One registrar on the real engine and a cluster of one for all tests of a file; each test has a user of its own. */
export function shared(test: TestFn): (t: ExecutionContext) => Promise<Asked> {
  const ends: (() => unknown)[] = []
  const users = Array.from({ length: 24 }, (_, i) => `user${i}`)
  let all: Registrar
  let next = 0
  test.before(async () => {
    const own = {
      teardown: (end: () => unknown) => ends.unshift(end),
      fail: (why: string) => Promise.reject(new Error(why)),
    }
    all = await registrar(own as unknown as ExecutionContext, users)
  })
  test.after.always(async () => {
    for (const end of ends) await end()
  })
  return async (t) => {
    const user = users[next++]!
    const rows = () => all.cluster.tables.registrations.get(`${user}@pbx.test`)?.bindings ?? []
    return { ...all, phone: new Phone(await udpPeer(t, all.sip), user), rows }
  }
}

interface Row {
  readonly contact: string
  readonly q: number
}

/** The Contact values of an answer, one each. */
export const contacts = (answer: string): string[] =>
  headersOf(answer, 'Contact')
    .flatMap((line) => line.split(/,(?=\s*<)/))
    .map((one) => one.trim())
