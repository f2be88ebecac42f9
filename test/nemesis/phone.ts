/** A phone that registers at any node, over UDP. It sends nothing twice: a request that was repeated could be done twice. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { authorization } from '../acceptance/sip.ts'
import { DOMAIN, PASSWORD } from './cluster.ts'

export type Said =
  | { readonly kind: 'ok'; readonly contacts: readonly string[] }
  /** Refused for certain: nothing was or will be done. */
  | { readonly kind: 'refused'; readonly status: number }
  /** Nobody can tell whether it is done or will be. */
  | { readonly kind: 'unknown' }

/** `bind` and `unbind` name a contact; `clear` is `Contact: *`. */
export type Wish = { readonly kind: 'bind' | 'unbind'; readonly contact: string } | { readonly kind: 'clear' }

/** Longer than a node takes to say that it has no quorum (2 s). */
const ANSWER_MS = 4000
/** A challenge waits for nobody. */
const CHALLENGE_MS = 1500
/** No binding expires before the history ends. */
const EXPIRES = 7200

let serial = 0

export class Phone {
  readonly #socket: Socket
  readonly #host: string
  readonly #waiting = new Map<string, (answer: string) => void>()

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.on('message', (data) => {
      const text = data.toString()
      this.#waiting.get(`${header(text, 'call-id')[0]} ${header(text, 'cseq')[0]?.split(' ')[0]}`)?.(text)
    })
  }

  static async open(host: string): Promise<Phone> {
    const socket = createSocket('udp4')
    socket.bind(0, host)
    await once(socket, 'listening')
    return new Phone(socket, host)
  }

  /** `onSent` is called when the request that may change something leaves. */
  async register(registrar: string, user: string, wish: Wish, onSent: () => void): Promise<Said> {
    const callId = `nemesis-${process.pid}-${serial++}`
    const lines = [
      wish.kind === 'clear' ? 'Contact: *' : `Contact: <${wish.contact}>`,
      `Expires: ${wish.kind === 'bind' ? EXPIRES : 0}`,
    ]
    const first = await this.#ask(registrar, this.#request(user, callId, 1, lines), `${callId} 1`, CHALLENGE_MS)
    if (first === null) return { kind: 'refused', status: 408 }
    if (statusOf(first) !== 401) return { kind: 'refused', status: statusOf(first) }
    const challenge = header(first, 'www-authenticate').find((one) => /algorithm=MD5/i.test(one)) ?? ''
    const needs = {
      challenge,
      algorithm: 'MD5',
      user,
      password: PASSWORD,
      method: 'REGISTER',
      uri: `sip:${DOMAIN}`,
    } as const
    const proof = `Authorization: ${authorization(needs)}`
    onSent()
    const second = this.#request(user, callId, 2, [...lines, proof])
    const answer = await this.#ask(registrar, second, `${callId} 2`, ANSWER_MS)
    // 503 says that no majority was heard in time, not that none will be.
    if (answer === null || statusOf(answer) === 503) return { kind: 'unknown' }
    if (statusOf(answer) !== 200) return { kind: 'refused', status: statusOf(answer) }
    const contacts = header(answer, 'contact').flatMap((line) =>
      [...line.matchAll(/<([^>]+)>/g)].map((found) => found[1]!),
    )
    return { kind: 'ok', contacts }
  }

  close(): void {
    this.#socket.close()
  }

  #request(user: string, callId: string, cseq: number, lines: readonly string[]): string {
    const { port } = this.#socket.address()
    const aor = `sip:${user}@${DOMAIN}`
    return [
      `REGISTER sip:${DOMAIN} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.#host}:${port};branch=z9hG4bK${callId}-${cseq};rport`,
      'Max-Forwards: 70',
      `From: <${aor}>;tag=${callId}`,
      `To: <${aor}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} REGISTER`,
      ...lines,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
  }

  #ask(registrar: string, request: string, about: string, boundMs: number): Promise<string | null> {
    const [host = '', port] = registrar.split(':')
    return new Promise((resolve) => {
      const done = (answer: string | null): void => {
        clearTimeout(bound)
        this.#waiting.delete(about)
        resolve(answer)
      }
      const bound = setTimeout(done, boundMs, null)
      this.#waiting.set(about, (answer) => statusOf(answer) >= 200 && done(answer))
      // A host that refuses the datagram is one that does not answer.
      this.#socket.send(request, Number(port), host, () => {})
    })
  }
}

function statusOf(message: string): number {
  return Number(message.slice(8, 11))
}

function header(message: string, name: string): string[] {
  return message
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).trim())
}
