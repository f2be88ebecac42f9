/** Requests and invitations of the network, as the rest of the node sees them. Read lazily: most is never asked for. */
import type { Transport } from '../../cluster/tables/rows.ts'
import type { EarlyReply, EarlyRequest } from '../engine/engine.ts'
import { nameAddr, VALUE_MAX } from './address.ts'
import { ABLE, type IncomingDialog, wrapDialog } from './dialog.ts'
import type { Link } from './link.ts'
import type { Dialog, Heard, Invitation, NameAddr, ReplyOptions, SipRequest, Source } from './port.ts'
import { headerLines, oneLine, reasonOf, safeHeaders, send, sendFrame, sizeOf } from './send.ts'
import type { SrfRequest, SrfResponse } from './srf.ts'

/** Of all others srf has the name in lower case, and what is not there under it need not be searched for. */
const KEEPS_CASE = /^(?:x-|p-|diversion$)/

const TRANSPORTS: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls', 'ws', 'wss'])

/** What all requests have in common that can be read. */
abstract class Readable implements Heard {
  #from: NameAddr | undefined
  #to: NameAddr | undefined

  abstract readonly method: string
  abstract readonly uri: string
  abstract readonly source: Source
  abstract readonly size: number
  abstract readonly answered: number
  abstract header(name: string): string | null

  get callId(): string {
    return this.header('call-id') ?? ''
  }
  get cseq(): number {
    return Number.parseInt(this.header('cseq') ?? '', 10) || 0
  }
  get from(): NameAddr {
    return (this.#from ??= nameAddr(this.header('from') ?? ''))
  }
  get to(): NameAddr {
    return (this.#to ??= nameAddr(this.header('to') ?? ''))
  }
  get userAgent(): string {
    return (this.header('user-agent') ?? '').slice(0, VALUE_MAX)
  }
}

/** One that the engine shows before it is a transaction; and may leave to us altogether, without any app. */
export class Shown extends Readable implements SipRequest {
  readonly answered = 0
  readonly #shown: EarlyRequest
  /** Once it is ours to answer. */
  #reply: EarlyReply | null = null

  constructor(shown: EarlyRequest) {
    super()
    this.#shown = shown
  }

  get method(): string {
    return this.#shown.method
  }
  get uri(): string {
    return this.#shown.uri
  }
  get source(): Source {
    const { transport, host: address, port } = this.#shown.source
    return { transport, address, port }
  }
  get size(): number {
    return this.#shown.size
  }
  header(name: string): string | null {
    return this.#shown.header(name.toLowerCase())
  }
  get body(): string {
    return this.#shown.body
  }

  taken(reply: EarlyReply): void {
    this.#reply = reply
  }

  reply(status: number, { reason, headers, body }: ReplyOptions = {}): void {
    this.#reply?.(status, reason === undefined ? reasonOf(status) : oneLine(reason), headerLines(headers), body)
  }
}

/** Of the head of a request a 100 repeats no more than all, and this besides. */
const TRYING = 140

export class Incoming extends Readable implements SipRequest {
  protected readonly req: SrfRequest
  protected readonly res: SrfResponse
  protected readonly link: Link
  #replied = false

  constructor(req: SrfRequest, res: SrfResponse, link: Link) {
    super()
    this.req = req
    this.res = res
    this.link = link
  }

  get method(): string {
    return this.req.method
  }
  get uri(): string {
    return this.req.uri
  }
  get source(): Source {
    const { protocol, source_address: address, source_port: port } = this.req
    return { transport: TRANSPORTS.has(protocol) ? (protocol as Transport) : 'udp', address, port }
  }
  get body(): string {
    return this.req.body ?? ''
  }
  get size(): number {
    return this.req.raw.length
  }
  get answered(): number {
    return this.method === 'INVITE' ? this.size - this.body.length + TRYING : 0
  }

  header(name: string): string | null {
    const lower = name.toLowerCase()
    if (Object.hasOwn(this.req.headers, lower)) return this.req.headers[lower]!
    return KEEPS_CASE.test(lower) ? (this.req.get(name) ?? null) : null
  }

  reply(status: number, options: ReplyOptions = {}): void {
    if (this.#replied) return
    this.link.gather()
    this.#replied = true
    // srf keeps what waits for the answer to an INVITE, and has to see it.
    if (this.method !== 'INVITE' && sendFrame(this.link, this.req, status, options)) return
    send(this.res, status, options, this.link.messageMax)
  }
}

export class IncomingInvite extends Incoming implements Invitation {
  #state: 'open' | 'answering' | 'over' = 'open'
  #cancelled = false
  #listener: (() => void) | null = null
  readonly #forget: () => void
  readonly #dialogs: { opened(dialog: IncomingDialog): void }

  constructor(req: SrfRequest, res: SrfResponse, link: Link, dialogs: { opened(dialog: IncomingDialog): void }) {
    super(req, res, link)
    this.#dialogs = dialogs
    this.#forget = link.whenLost(() => this.#cancel())
    req.on('cancel', () => this.#cancel())
  }

  override reply(status: number, options: ReplyOptions = {}): void {
    if (this.#state !== 'open') return
    this.#end()
    // The engine said 487 itself when the CANCEL came.
    super.reply(status, options)
  }

  progress(status: number, sdp?: string): void {
    if (this.#state !== 'open' || status < 101 || status > 199) return
    send(this.res, status, sdp ? { body: sdp, headers: SDP } : {}, this.link.messageMax)
  }

  answer(sdp: string, headers?: Readonly<Record<string, string>>): Promise<Dialog | null> {
    if (this.#state !== 'open') return Promise.resolve(null)
    this.#state = 'answering'
    const { promise, resolve } = Promise.withResolvers<Dialog | null>()
    const unwatch = this.link.whenLost(() => resolve(null))
    const all = safeHeaders({ ...ABLE, ...headers, ...SDP })
    if (sizeOf(all, sdp) > this.link.messageMax) {
      this.#end()
      unwatch()
      super.reply(500, { reason: 'Response Too Large' })
      return Promise.resolve(null)
    }
    try {
      this.link.srf.createUAS(this.req, this.res, { headers: all, localSdp: sdp }, (error, raw) => {
        this.#end()
        unwatch()
        if (error || !raw) return resolve(null)
        const dialog = wrapDialog(raw, this.link, { offered: this.body === '' })
        this.#dialogs.opened(dialog)
        // It came back after we gave the caller up: nobody will hold this dialog, so it must not live.
        if (this.#cancelled) dialog.bye('Cancelled')
        resolve(this.#cancelled ? null : dialog)
      })
    } catch {
      this.#end()
      unwatch()
      resolve(null)
    }
    return promise
  }

  onCancel(listener: () => void): void {
    if (this.#cancelled) queueMicrotask(() => this.link.guard('a CANCEL', listener))
    else this.#listener = listener
  }

  #cancel(): void {
    if (this.#state === 'over') return
    this.#cancelled = true
    this.#end()
    if (this.#listener) this.link.guard('a CANCEL', this.#listener)
    this.#listener = null
  }

  #end(): void {
    this.#state = 'over'
    this.#forget()
  }
}

export const SDP = { 'Content-Type': 'application/sdp' } as const
