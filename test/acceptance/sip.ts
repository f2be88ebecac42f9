/** A phone that says exactly what a test wants, over UDP: raw text out, responses in. */
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface Response {
  readonly status: number
  readonly raw: string
  header(name: string): string | null
  headers(name: string): string[]
}

export interface RawPhone {
  readonly port: number
  send(text: string | Buffer): void
  /** Sends there from now on. */
  aim(target: string): void
  /** The first final response to this Call-ID and CSeq number, or null when none came within the bound. */
  final(callId: string, cseq: number, boundMs?: number): Promise<Response | null>
  /** Sends, and again after longer and longer, until a final response comes. */
  ask(text: string, callId: string, cseq: number, boundMs?: number): Promise<Response | null>
  /** Called with the next request of this method that arrives. */
  onRequest(method: string, listener: (raw: string) => void): void
  close(): void
}

export async function rawPhone(target: string): Promise<RawPhone> {
  let [host = '', port = '0'] = target.split(':')
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const seen: Response[] = []
  const waiting = new Set<() => void>()
  const requests = new Map<string, (raw: string) => void>()
  socket.on('message', (data) => {
    const raw = data.toString()
    if (raw.startsWith('SIP/2.0 ')) seen.push(parse(raw))
    else requests.get(raw.split(' ', 1)[0] ?? '')?.(raw)
    for (const check of waiting) check()
  })
  const send = (text: string | Buffer): void => socket.send(text, Number(port), host)
  const final = (callId: string, cseq: number, boundMs = 5000): Promise<Response | null> =>
    new Promise((resolve) => {
      const check = (): void => {
        const answer = seen.find(
          (one) => one.status >= 200 && one.header('call-id') === callId && one.header('cseq')?.startsWith(`${cseq} `),
        )
        if (answer === undefined) return
        clearTimeout(bound)
        waiting.delete(check)
        resolve(answer)
      }
      const bound = setTimeout(() => {
        waiting.delete(check)
        resolve(null)
      }, boundMs)
      waiting.add(check)
      check()
    })
  return {
    port: socket.address().port,
    send,
    aim(other) {
      ;[host = '', port = '0'] = other.split(':')
    },
    final,
    async ask(text, callId, cseq, boundMs = 30_000) {
      const again = [1000, 3000, 7000, 15_000].map((ms) => setTimeout(() => send(text), ms))
      send(text)
      const answer = await final(callId, cseq, boundMs)
      for (const timer of again) clearTimeout(timer)
      return answer
    },
    onRequest: (method, listener) => requests.set(method, listener),
    close: () => socket.close(),
  }
}

let serial = 0

export interface Words {
  readonly method: string
  readonly uri: string
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly cseq: number
  readonly headers?: readonly string[]
  readonly body?: string
}

/** A well-formed request of a phone at `port`. */
export function request(port: number, words: Words): string {
  const body = words.body ?? ''
  return [
    `${words.method} ${words.uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${process.pid}x${serial++};rport`,
    'Max-Forwards: 70',
    `From: <${words.from}>;tag=t${words.callId}`,
    `To: <${words.to}>`,
    `Call-ID: ${words.callId}`,
    `CSeq: ${words.cseq} ${words.method}`,
    `Contact: <sip:raw@127.0.0.1:${port}>`,
    ...(words.headers ?? []),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

export function newCallId(): string {
  return `raw-${process.pid}-${serial++}`
}

/** Registers once with a password: what the registrar said last. Uses the challenge with the named algorithm. */
export async function registerOnce(
  phone: RawPhone,
  aor: string,
  password: string,
  options: { algorithm?: 'MD5' | 'SHA-256'; headers?: readonly string[]; domain?: string } = {},
): Promise<Response | null> {
  const [user = '', domain = ''] = aor.split('@')
  const uri = `sip:${options.domain ?? domain}`
  const callId = newCallId()
  const words = { method: 'REGISTER', uri, from: `sip:${aor}`, to: `sip:${aor}`, callId }
  const first = await phone.ask(request(phone.port, { ...words, cseq: 1, headers: options.headers }), callId, 1)
  if (first?.status !== 401) return first
  const algorithm = options.algorithm ?? 'MD5'
  const challenge = first.headers('www-authenticate').find((one) => parameter(one, 'algorithm') === algorithm)
  if (challenge === undefined) throw new Error(`no challenge with ${algorithm} in\n${first.raw}`)
  const answer = authorization({ challenge, algorithm, user, password, method: 'REGISTER', uri })
  const headers = [...(options.headers ?? []), `Authorization: ${answer}`]
  return await phone.ask(request(phone.port, { ...words, cseq: 2, headers }), callId, 2)
}

/** RFC 7616 §3.4: the value of Authorization or Proxy-Authorization for one challenge. */
export function authorization(needs: {
  challenge: string
  algorithm: 'MD5' | 'SHA-256'
  user: string
  password: string
  method: string
  uri: string
}): string {
  const { challenge, algorithm, user, password, method, uri } = needs
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const realm = parameter(challenge, 'realm')
  const nonce = parameter(challenge, 'nonce')
  const response = hash(
    `${hash(`${user}:${realm}:${password}`)}:${nonce}:00000001:c0ffee:auth:${hash(`${method}:${uri}`)}`,
  )
  const opaque = parameter(challenge, 'opaque')
  const quoted = Object.entries({
    username: user,
    realm,
    nonce,
    uri,
    response,
    cnonce: 'c0ffee',
    ...(opaque && { opaque }),
  })
  return `Digest ${quoted.map(([name, value]) => `${name}="${value}"`).join(', ')}, qop=auth, nc=00000001, algorithm=${algorithm}`
}

function parameter(header: string, name: string): string {
  const match = new RegExp(`\\b${name}=(?:"([^"]*)"|([^\\s,]+))`, 'i').exec(header)
  return match?.[1] ?? match?.[2] ?? ''
}

function parse(raw: string): Response {
  const lines = raw.split('\r\n\r\n')[0]?.split('\r\n') ?? []
  const headers = (name: string): string[] =>
    lines.filter((line) => line.toLowerCase().startsWith(name + ':')).map((line) => line.slice(name.length + 1).trim())
  return { status: Number(lines[0]?.split(' ')[1]), raw, headers, header: (name) => headers(name)[0] ?? null }
}
