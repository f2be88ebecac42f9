import { type Dialog, dialogId, own, recordRoutes } from '../dialog/dialog.ts'
import { lists } from '../dialog/reliable.ts'
import { type Wish, wishOf } from '../dialog/session.ts'
import { expiresOf, forms } from '../dialog/usage.ts'
import { lengthOf } from '../parser/bytes.ts'
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
  /** The whole CSeq value, which goes back as it came. */
  readonly cseq: string
  /** The Via lines as they go back. */
  readonly vias: string
  readonly viaCount: number
  readonly routes: readonly string[]
  readonly contact: string | null
  readonly dialogId: string
  /** It came with credentials, right or wrong. */
  readonly credentials: boolean
  readonly merge: string
  /** What the INVITE says of `100rel` (RFC 3262). */
  readonly rel: 'required' | 'supported' | 'no'
  /** It has a body. */
  readonly offered: boolean
  /** The seconds that a SUBSCRIBE asks for. */
  readonly expires: number | null
  /** What an INVITE or UPDATE says of session timers (RFC 4028), and whether its sender takes UPDATE. */
  readonly session: Wish | null
  readonly updates: boolean
  /** The tag that our answers carry. */
  tag: string
  dialog: Dialog | null
  /** Whether its answers made that dialog, and so a refusal takes it along. */
  makes: boolean
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
  const makes = forms(request.method)
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
    cseq: headerOf(request, 'cseq')!,
    vias,
    viaCount,
    routes: makes ? recordRoutes(request).map(own) : [],
    contact,
    credentials: headerOf(request, 'authorization') !== null || headerOf(request, 'proxy-authorization') !== null,
    dialogId: dialog?.id ?? (makes ? dialogId(own(callId), own(fromTag)) : ''),
    merge,
    rel: request.method === 'INVITE' ? relOf(request) : 'no',
    expires: request.method === 'SUBSCRIBE' ? expiresOf(request) : null,
    offered: request.body !== '',
    session: request.method === 'INVITE' || request.method === 'UPDATE' ? wishOf(request) : null,
    updates: request.method === 'UPDATE' || (request.method === 'INVITE' && lists(request, 'allow', 'update')),
    tag,
    dialog,
    makes: false,
    app,
    patience: null,
    request,
    proxy: null,
  }
}

function relOf(request: SipRequest): Ask['rel'] {
  if (lists(request, 'require', '100rel')) return 'required'
  return lists(request, 'supported', '100rel') ? 'supported' : 'no'
}

/** A response to a request; `lines` are finished header lines. */
export function responseText(ask: Ask, status: number, reason: string, lines: string, body: string): string {
  const to = status === 100 || ask.toTag !== '' ? ask.to : `${ask.to};tag=${ask.tag}`
  const recorded = status > 100 && status < 300 && ask.routes.length > 0
  return (
    `SIP/2.0 ${status} ${reason}\r\n${ask.vias}${recorded ? `Record-Route: ${ask.routes.join(', ')}\r\n` : ''}` +
    `From: ${ask.from}\r\nTo: ${to}\r\nCall-ID: ${ask.callId}\r\nCSeq: ${ask.cseq}\r\n` +
    `${lines}Content-Length: ${lengthOf(body)}\r\n\r\n${body}`
  )
}

/**
 * A response without a transaction (RFC 3261 §8.2.7), with as much of the request as there is; null: nobody can match it.
 * The tag comes from the request, so that every copy of it gets the same answer.
 */
export function statelessText(request: SipRequest, status: number, reason: string, lines: string): string | null {
  const [from, to, callId, cseq] = ['from', 'to', 'call-id', 'cseq'].map((name) => headerOf(request, name))
  const vias = headersOf(request, 'via')
  if (vias.length === 0) return null
  const line = (name: string, value: string | null | undefined): string => (value ? `${name}: ${value}\r\n` : '')
  const tagged =
    !to || tagOf(to) !== '' ? to : `${to};tag=${hash(`${vias[0]!.replace(/;(rport|received)=[^;]*/g, '')}${callId}`)}`
  return (
    `SIP/2.0 ${status} ${reason}\r\n${vias.map((via) => `Via: ${via}\r\n`).join('')}${line('From', from)}` +
    `${line('To', tagged)}${line('Call-ID', callId)}${line('CSeq', cseq)}${lines}Content-Length: 0\r\n\r\n`
  )
}

function hash(text: string): string {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return `s${(h >>> 0).toString(36)}`
}
