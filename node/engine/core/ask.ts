import { type Dialog, dialogId, own, recordRoutes } from '../dialog/dialog.ts'
import type { Head } from '../parser/check.ts'
import { splitOutside, tagOf } from '../parser/headers.ts'
import { headerOf, headersOf, type SipRequest } from '../parser/message.ts'
import type { Timer } from '../transaction/wheel.ts'
import type { App } from '../wire/apps.ts'

/** What is needed to answer a request, taken from it so that the request itself can go. */
export interface Ask {
  readonly method: string
  readonly callId: string
  readonly from: string
  readonly fromTag: string
  readonly to: string
  readonly toTag: string
  readonly seq: number
  /** The Via lines as they go back. */
  readonly vias: string
  readonly viaCount: number
  readonly routes: readonly string[]
  readonly contact: string | null
  readonly dialogId: string
  readonly merge: string
  /** The tag that our answers carry. */
  tag: string
  dialog: Dialog | null
  /** Null while nobody has decided whose it is. */
  app: App | null
  /** Ends an INVITE that the app forgot. */
  patience: Timer | null
  /** The whole of it until it is answered, for the app may have it proxied. */
  readonly request: SipRequest | null
  /** It is being proxied, and no longer the app's to answer. */
  proxy: Proxied | null
}

/** What others may ask of a request that is being proxied. */
export interface Proxied {
  /** The caller cancels. */
  cancel(): void
  /** Whether we sent it on with this branch. */
  sent(branch: string): boolean
}

export interface AskNeeds {
  readonly dialog: Dialog | null
  readonly app: App | null
  readonly tag: string
  readonly merge: string
  readonly contact: string | null
}

export function askOf(request: SipRequest, head: Head, needs: AskNeeds): Ask {
  const { dialog, app, tag, merge, contact } = needs
  const { callId, from, fromTag, to, toTag } = head
  const forms = request.method === 'INVITE' || request.method === 'SUBSCRIBE'
  let vias = ''
  let viaCount = 0
  for (const value of headersOf(request, 'via')) {
    vias += `Via: ${value}\r\n`
    viaCount += value.includes(',') ? splitOutside(value, ',').length : 1
  }
  return {
    method: request.method,
    callId,
    from,
    fromTag,
    to,
    toTag,
    seq: head.cseq.number,
    vias,
    viaCount,
    routes: forms ? recordRoutes(request).map(own) : [],
    contact,
    dialogId: dialog?.id ?? (forms ? dialogId(own(callId), own(fromTag)) : ''),
    merge,
    tag,
    dialog,
    app,
    patience: null,
    request,
    proxy: null,
  }
}

/** A response to a request; `lines` are finished header lines. */
export function responseText(ask: Ask, status: number, reason: string, lines: string, body: string): string {
  const to = status === 100 || ask.toTag !== '' ? ask.to : `${ask.to};tag=${ask.tag}`
  const forms = status > 100 && status < 300 && ask.routes.length > 0
  return (
    `SIP/2.0 ${status} ${reason}\r\n${ask.vias}${forms ? `Record-Route: ${ask.routes.join(', ')}\r\n` : ''}` +
    `From: ${ask.from}\r\nTo: ${to}\r\nCall-ID: ${ask.callId}\r\nCSeq: ${ask.seq} ${ask.method}\r\n` +
    `${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

/**
 * A response without a transaction (RFC 3261 §8.2.7), as far as the request gives what it takes; null: it does not.
 * The tag comes from the request, so that every copy of it gets the same answer.
 */
export function statelessText(request: SipRequest, status: number, reason: string, lines: string): string | null {
  const [from, to, callId, cseq] = ['from', 'to', 'call-id', 'cseq'].map((name) => headerOf(request, name))
  const vias = headersOf(request, 'via')
  if (vias.length === 0 || !from || !to || !callId || !cseq) return null
  const tagged =
    tagOf(to) !== '' ? to : `${to};tag=${hash(`${vias[0]!.replace(/;(rport|received)=[^;]*/g, '')}${callId}`)}`
  return (
    `SIP/2.0 ${status} ${reason}\r\n${vias.map((via) => `Via: ${via}\r\n`).join('')}` +
    `From: ${from}\r\nTo: ${tagged}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq}\r\n${lines}Content-Length: 0\r\n\r\n`
  )
}

function hash(text: string): string {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return `s${(h >>> 0).toString(36)}`
}
