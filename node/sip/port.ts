/**
 * SipPort: what the rest of the node knows of SIP. One adapter stands behind it (drachtio.ts), on drachtio-srf, on the
 * embedded engine or on a drachtio-server. Nothing here throws for what a peer does: a refusal is a value.
 */
import type { Transport } from '../../cluster/tables/rows.ts'

/** Where a request came from: the source address of the packet or connection, not what it claims. */
export interface Source {
  readonly transport: Transport
  readonly address: string
  readonly port: number
}

/** A From, To or Contact value (RFC 3261 §20.10), parsed and not cleaned: clean it before it is shown. */
export interface NameAddr {
  readonly display: string
  /** The bare URI, without angle brackets and without header parameters. */
  readonly uri: string
  readonly user: string
  /** Lower case. */
  readonly host: string
  readonly tag: string
}

/** What may be read of a request before it is anybody's. */
export interface Heard {
  readonly method: string
  readonly uri: string
  readonly callId: string
  readonly cseq: number
  readonly from: NameAddr
  readonly to: NameAddr
  readonly source: Source
  readonly userAgent: string
  /** Characters of all of it, as it came or as the engine handed it on. */
  readonly size: number
  /** And about how many it was answered with so far. */
  readonly answered: number
  /** Repeated headers come joined by a comma; null when absent. */
  header(name: string): string | null
}

/** A request that the engine handed up; it is answered once. */
export interface SipRequest extends Heard {
  readonly body: string
  /** Sends the final answer. A second call, or one whose transaction is gone, does nothing. */
  reply(status: number, options?: ReplyOptions): void
}

export interface ReplyOptions {
  readonly reason?: string
  /** A list is sent as one header a value. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

/** What is said to a request at once; null: it goes its way. */
export type Early = (
  request: Heard,
) => { readonly status: number; readonly headers: NonNullable<ReplyOptions['headers']> } | null

/** An INVITE outside a dialog: a call that wants an answer. Without a body it wants an offer (RFC 3261 §13.2.1). */
export interface Invitation extends SipRequest {
  /** 1xx with or without SDP (early media); nothing after the final answer. */
  progress(status: number, sdp?: string): void
  /** 200 with SDP, an offer when the INVITE had none: the dialog exists when the answer was sent; null when the caller had already gone. */
  answer(sdp: string, headers?: Readonly<Record<string, string>>): Promise<Dialog | null>
  /** Called once if the caller cancels (RFC 3261 §9), or its connection is lost, before the final answer. */
  onCancel(listener: () => void): void
}

/** A confirmed dialog (RFC 3261 §12): one leg of a call. */
export interface Dialog {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly remoteContact: string
  /** False once a BYE was sent or received, or the peer was found gone. */
  readonly up: boolean
  bye(reason?: string): void
  /** Resolves when the other side knows that it is over: it has said BYE, or answered ours, or is gone. */
  readonly parted?: Promise<void>
  /** Sends a re-INVITE (RFC 3261 §14). */
  modify(sdp: string, headers?: Readonly<Record<string, string>>): Promise<Modified>
  /** Sends an INFO; its final status. */
  info(contentType: string, body: string): Promise<number>
  /**
   * Asks with an OPTIONS whether the other end still knows the dialog (RFC 3261 §12.2.1.2). Whoever is gone, or does not
   * answer, has left it: then the dialog ends as with a BYE. Any other answer will do.
   */
  check(): void
  /** Sends a NOTIFY or a REFER; its final status. */
  say(method: 'NOTIFY' | 'REFER', headers: Readonly<Record<string, string>>, body: string): Promise<number>
  /** Directly after the dialog is given out. Who takes it over from another gives his own. */
  handle(handlers: DialogHandlers): void
  /** What comes from now on waits for the next `handle`. */
  release(): void
}

export type Modified =
  | { readonly kind: 'answered'; readonly sdp: string }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

export interface DialogHandlers {
  /** The other side ended it, or the engine did for it (no ACK, transport gone). Called once, never after bye(). */
  bye(reason: string): void
  /**
   * A re-INVITE came: the SDP to answer with, or how it is refused. Empty: it came without an offer and wants one, which
   * happens only to who has `answered`.
   */
  modify(sdp: string): Promise<Modified>
  /** The ACK for a 200 with our offer came: the answer that it carried, or nothing. Null: the offer could not be sent. */
  answered?(sdp: string | null): void
  info(contentType: string, body: string): Promise<number>
  /** A REFER came (RFC 3515), to be answered once; without this it is refused with 405. */
  referred?(referral: Referral): void
  /** A NOTIFY came: the status to answer it with. Without this it is 200, and nobody hears of it. */
  notified?(notice: Pick<SipRequest, 'header' | 'body'>): Promise<number>
}

/** A request in a dialog that somebody else decides on. */
export type Referral = Pick<SipRequest, 'cseq' | 'header' | 'reply'>

export interface DialRequest {
  /** The Call-ID to use, where something in the headers is bound to it; otherwise one is drawn. */
  readonly callId?: string
  /** Request-URI: the contact or the number. */
  readonly uri: string
  /** Where the packet goes when that is not where the URI points: `sip:host:port;transport=tcp`. Reuses a connection. */
  readonly nextHop: string | null
  /** Values of its Route; without a next hop it goes to the first of them (RFC 3261 §8.1.2). */
  readonly route?: readonly string[]
  /** Caller as shown to the called side. */
  readonly from: { readonly display: string; readonly uri: string }
  readonly to: { readonly uri: string }
  readonly sdp: string
  readonly headers?: Readonly<Record<string, string>>
  /** Asked for the INVITE, and for each request of ours in the call that comes of it. Without this every challenge is a refusal. */
  answers?: Answers
}

/**
 * A 401 or 407 came to that request: the headers to ask again with, once, or once more for a stale nonce (RFC 3261 §22.2); null: it is a refusal.
 */
export type Answers = (request: {
  readonly method: string
  readonly uri: string
  readonly body: string
}) => (challenge: FinalResponse) => Readonly<Record<string, string>> | null

/** One outgoing INVITE. `outcome` settles exactly once, and never rejects. */
export interface Dialing {
  readonly callId: string
  readonly outcome: Promise<DialOutcome>
  /** CANCELs; if the answer crosses it, the dialog is ended by itself and the outcome is 'cancelled'. */
  cancel(): void
}

export type DialOutcome =
  | { readonly kind: 'answered'; readonly dialog: Dialog; readonly sdp: string }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly reason: string
      readonly headers: ReadonlyMap<string, string>
    }
  | { readonly kind: 'cancelled' }

export interface FinalResponse {
  readonly status: number
  /** Names in lower case, repeated ones joined by a comma; none when we made the status up. */
  readonly headers: ReadonlyMap<string, string>
}

/** Whether a call is for help; asked before anything else is known of it. */
export type Urgent = (request: Pick<SipRequest, 'uri' | 'from'>) => boolean

export interface SipPort {
  /** `address:port` phones and other nodes reach us at, first UDP listener first. */
  readonly address: string
  readonly listening: readonly { readonly transport: Transport; readonly host: string; readonly port: number }[]
  /** One handler a verb; a verb without one is answered by the engine (405 or 501). */
  on(
    verb: 'register' | 'options' | 'message' | 'info' | 'subscribe' | 'publish' | 'refer',
    handler: (request: SipRequest) => void | Promise<void>,
  ): void
  /**
   * Asked before anything is kept of a request outside of a dialog, so that a challenge costs little. Only the embedded engine asks, and not
   * of each: what it says, the handler of the verb would have said too.
   */
  early(verb: 'register' | 'invite', answer: Early): void
  /** What insists on an extension is refused with 420 (RFC 3261 §8.2.2.3), but for calls that are `urgent`. */
  onInvite(handler: (invitation: Invitation) => void | Promise<void>, urgent?: Urgent): void
  dial(request: DialRequest, onProgress: (status: number, sdp: string) => void): Dialing
  /** An out-of-dialog request, like an OPTIONS; its final status, 408 when none came. */
  request(
    method: string,
    uri: string,
    options?: { nextHop?: string; headers?: Readonly<Record<string, string>>; body?: string },
  ): Promise<number>
  /** The same, for who needs the headers of the final response too: a challenge, the bindings. */
  ask(
    method: string,
    uri: string,
    options?: { nextHop?: string; headers?: Readonly<Record<string, string>>; body?: string },
  ): Promise<FinalResponse>
  /** Resolves when the verbs that have handlers by now reach them; before that a phone hears 503. */
  settled(): Promise<void>
  /** Whether the link to the engine is up. */
  readonly connected: boolean
  /** Counters for the overview and for doctor. */
  stats(): Readonly<Record<string, number>>
  close(): Promise<void>
}
