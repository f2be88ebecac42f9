/** Cuts the app's byte stream into frames `<bytes>#<payload>`; a bad length is an error, and the stream is over. */
export class FrameReader {
  readonly #max: number
  /** What the next frame may be: the first one comes from who has not said the secret. */
  #bound: number
  #chunks: Buffer[] = []
  #have = 0
  #need = -1

  constructor(max: number, first = max) {
    this.#max = max
    this.#bound = Math.min(first, max)
  }

  /** The payloads that are complete now, or what is wrong. */
  push(chunk: Buffer): string[] | { readonly error: string } {
    this.#chunks.push(chunk)
    this.#have += chunk.length
    // Nothing is joined before a whole frame is there, so many small chunks cost no more than one.
    if (this.#need >= 0 && this.#have < this.#need) return []
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const payloads: string[] = []
    for (;;) {
      const hash = bytes.subarray(0, 9).indexOf(35)
      if (hash < 0 && bytes.length >= 9) return { error: 'a frame without a length' }
      if (hash < 0) {
        this.#need = -1
        break
      }
      const digits = bytes.toString('latin1', 0, hash)
      const length = Number(digits)
      if (!/^\d{1,8}$/.test(digits) || length === 0) return { error: 'a frame with a bad length' }
      if (length > this.#bound) return { error: `a frame above ${this.#bound} bytes` }
      this.#need = hash + 1 + length
      if (bytes.length < this.#need) break
      payloads.push(bytes.toString('utf8', hash + 1, this.#need))
      bytes = bytes.subarray(this.#need)
      this.#need = -1
      this.#bound = this.#max
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes]
    this.#have = bytes.length
    return payloads
  }
}

/** How a request is to be proxied. */
export interface ProxyOrder {
  readonly remainInDialog: boolean
  readonly fullResponse: boolean
  readonly followRedirects: boolean
  readonly simultaneous: boolean
  readonly provisionalMs: number | null
  readonly finalMs: number | null
  readonly targets: readonly string[]
}

/** What an app may say: the table of client messages. */
export type AppMessage =
  | { readonly kind: 'authenticate'; readonly id: string; readonly secret: string; readonly tags: readonly string[] }
  | { readonly kind: 'route' | 'remove route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'ping'; readonly id: string }
  | {
      readonly kind: 'sip'
      readonly id: string
      readonly transaction: string
      readonly dialog: string
      readonly route: string
      readonly text: string
    }
  | ({
      readonly kind: 'proxy'
      readonly id: string
      readonly transaction: string
      readonly text: string
    } & ProxyOrder)
  | { readonly kind: 'unknown'; readonly id: string }

export function readPayload(payload: string): AppMessage {
  const end = payload.indexOf('\r\n')
  const leader = (end < 0 ? payload : payload.slice(0, end)).split('|')
  const [id = '', type = '', first = '', second = '', third = ''] = leader
  switch (type) {
    case 'authenticate':
      return { kind: 'authenticate', id, secret: first, tags: second === '' ? [] : second.split(',') }
    case 'route':
      return { kind: 'route', id, verb: first.toLowerCase() }
    case 'remove_route':
      return { kind: 'remove route', id, verb: first.toLowerCase() }
    case 'ping':
      return { kind: 'ping', id }
    case 'proxy':
      return {
        kind: 'proxy',
        id,
        transaction: first,
        remainInDialog: second === 'remainInDialog',
        fullResponse: third === 'fullResponse',
        followRedirects: leader[5] === 'followRedirects',
        simultaneous: leader[6] === 'simultaneous',
        provisionalMs: readSpan(leader[7] ?? ''),
        finalMs: readSpan(leader[8] ?? ''),
        targets: leader.slice(9).map((one) => one.trim()),
        text: end < 0 ? '' : payload.slice(end + 2),
      }
    case 'sip': {
      const text = end < 0 ? '' : payload.slice(end + 2)
      return { kind: 'sip', id, transaction: first, dialog: second, route: third, text }
    }
    default:
      return { kind: 'unknown', id }
  }
}

/** `1500ms` or `2s`; a bare number is milliseconds. Null: none is set. */
export function readSpan(text: string): number | null {
  const match = /^(\d{1,9})(ms|s)?$/.exec(text.trim())
  const ms = match ? Number(match[1]) * (match[2] === 's' ? 1000 : 1) : 0
  return ms > 0 ? ms : null
}

/** Facts about a message that every leader carries. */
export interface Stamp {
  readonly source: 'network' | 'application'
  readonly bytes: number
  readonly protocol: string
  readonly host: string
  readonly port: number
  readonly time: string
}

function stamped({ source, bytes, protocol, host, port, time }: Stamp): string {
  return `${source}|${bytes}|${protocol}|${host}|${port}|${time}`
}

/** A message from the network (or from the engine itself); `receivedOn` goes with new requests only. */
export function sipPayload(
  id: string,
  stamp: Stamp,
  transaction: string,
  dialog: string,
  receivedOn: string,
  text: string,
): string {
  return `${id}|sip|${stamped(stamp)}|${transaction}|${dialog}|${receivedOn}\r\n${text}`
}

/** The echo of what was sent for the app's message `to`. */
export function echoPayload(
  id: string,
  to: string,
  stamp: Stamp,
  transaction: string,
  dialog: string,
  text: string,
): string {
  return `${id}|response|${to}|OK|${stamped(stamp)}|${transaction}|${dialog}||Msg sent:|\r\n${text}`
}

/** One final response of one target of the app's `proxy` message `to`. */
export function proxyFinalPayload(id: string, to: string, stamp: Stamp, text: string): string {
  return `${id}|response|${to}|OK|${stamped(stamp)}|||continue\r\n${text}`
}

export function proxyDonePayload(id: string, to: string): string {
  return `${id}|response|${to}|OK|done`
}

export function framed(payload: string): string {
  return `${Buffer.byteLength(payload)}#${payload}`
}

let second = -1
let secondText = ''

/** `HH:MM:SS.uuuuuu` UTC. */
export function timeText(now: number): string {
  const whole = Math.floor(now / 1000)
  if (whole !== second) {
    second = whole
    secondText = new Date(whole * 1000).toISOString().slice(11, 19)
  }
  return `${secondText}.${String(Math.floor(now - whole * 1000)).padStart(3, '0')}000`
}
