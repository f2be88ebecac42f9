/** One confirmed dialog of drachtio-srf, with what it leaves open closed: see README.md, "What srf does not do". */
import { answersTo } from './challenged.ts'
import type { Link } from './link.ts'
import type { Answers, Dialog, DialogHandlers, Modified, ReplyOptions } from './port.ts'
import { oneLine, safeHeaders, send, sizeOf } from './send.ts'
import type { SrfDialog, SrfError, SrfRequest, SrfResponse } from './srf.ts'

export interface IncomingDialog extends Dialog {
  /** Called once when the dialog is over, whoever ended it. */
  onOver(act: () => void): void
}

interface Wrapping {
  /** Its 200 carried our offer, and the ACK brings the answer. */
  readonly offered?: boolean
  readonly answers?: Answers | undefined
}

/** Call it in the callback that gave `raw` out: what arrives in the same packet must find its listeners. */
export function wrapDialog(raw: SrfDialog, link: Link, { offered = false, answers }: Wrapping = {}): IncomingDialog {
  let handlers = Promise.withResolvers<DialogHandlers>()
  const over = new Set<() => void>()
  const { promise: parted, resolve: part } = Promise.withResolvers<void>()
  let up = raw.connected
  let turn: Promise<unknown> = Promise.resolve()
  const forget = link.whenLost(() => {
    link.srf.removeDialog(raw)
    ended('engine lost')
  })

  function finish(): void {
    up = false
    forget()
    for (const act of over) act()
    over.clear()
  }

  /** The other side, or the engine for it, ended the dialog. */
  function ended(reason: string): void {
    if (!up) return
    finish()
    part()
    link.guard('a BYE', () => handlers.promise.then((handler) => handler.bye(reason)))
  }

  /** Says BYE and waits for nobody. */
  function hangUp(reason: string | undefined): void {
    const headers: Record<string, string> = reason
      ? { Reason: `SIP;text="${oneLine(reason).replace(/["\\]/g, '')}"` }
      : {}
    const unlost = link.whenLost(() => {
      link.srf.removeDialog(raw)
      part()
    })
    const done = (): void => {
      unlost()
      part()
    }
    const gone = (): void => {
      link.srf.removeDialog(raw)
      done()
    }
    try {
      if (answers) request('BYE', headers, '', gone)
      else raw.destroy({ headers }, done)
    } catch {
      gone()
    }
  }

  /** Said again with the answer when it is challenged; `told` hears the final response, or why there is none. */
  function request(
    method: string,
    headers: Record<string, string>,
    body: string,
    told: (error: SrfError | null, response?: SrfResponse) => void,
  ): void {
    const answering = answersTo(answers, { method, uri: raw.remote.uri, body })
    const say = (more: Record<string, string>): void => {
      raw.request({ method, headers: { ...headers, ...more }, body }, (error, response) => {
        if (response && response.status < 200) return
        const again = response ? answering(response) : null
        if (again === null) return told(error, response)
        try {
          say(again)
        } catch {
          told(error, response)
        }
      })
    }
    say({})
  }

  raw.on('destroy', (_request, reason) => ended(reason ?? 'normal release'))
  raw.on('modify', (request, response) => void modifiedBy(request, response))
  raw.on('update', (request, response) => void modifiedBy(request, response))
  let answerDue = offered
  raw.on('ack', (request) => {
    if (!answerDue) return
    answerDue = false
    tellAnswer(request.body ?? '')
  })
  raw.on('info', (request, response) => void informed(request, response))
  raw.on('refer', (request, response) => {
    link.guard('a REFER', () => handlers.promise.then((handler) => referred(handler, request, response)))
  })
  raw.on('notify', (request, response) => void notified(request, response))
  // srf would say 200 to it and drop it.
  raw.on('message', (_request, response) => refuse(response))

  function refuse(response: SrfResponse): void {
    send(response, 405, { headers: { Allow: ALLOW } }, link.messageMax)
  }

  function referred(handler: DialogHandlers, request: SrfRequest, response: SrfResponse): void {
    if (handler.referred === undefined) refuse(response)
    else
      handler.referred({
        cseq: Number.parseInt(request.get('cseq') ?? '', 10) || 0,
        header: (name) => request.get(name) ?? null,
        reply: (status: number, options: ReplyOptions = {}) => void send(response, status, options, link.messageMax),
      })
  }

  function tellAnswer(sdp: string | null): void {
    link.guard('an ACK', () => handlers.promise.then((handler) => handler.answered?.(sdp)))
  }

  /** A re-INVITE (RFC 3261 §14.2) or an UPDATE (RFC 3311). */
  async function modifiedBy(request: SrfRequest, response: SrfResponse): Promise<void> {
    const sdp = request.body ?? ''
    if (sdp === '') return wantsOffer(request, response)
    const answer = await handlers.promise.then((handler) => handler.modify(sdp)).catch(broken)
    if (answer.kind === 'refused') {
      send(response, answer.status, { reason: answer.reason }, link.messageMax)
      return
    }
    accept(response, answer.sdp)
  }

  /** An UPDATE may come without an offer; a re-INVITE without one wants ours. */
  async function wantsOffer(request: SrfRequest, response: SrfResponse): Promise<void> {
    if (request.method === 'UPDATE') {
      send(response, 200, {}, link.messageMax)
      return
    }
    const handler = await handlers.promise
    if (handler.answered === undefined) {
      send(response, 488, { headers: { Warning: NO_OFFER } }, link.messageMax)
      return
    }
    const offer = await handler.modify('').catch(broken)
    if (offer.kind === 'refused') {
      send(response, offer.status, { reason: offer.reason }, link.messageMax)
      return
    }
    answerDue = true
    if (accept(response, offer.sdp)) return
    answerDue = false
    tellAnswer(null)
  }

  function accept(response: SrfResponse, sdp: string): boolean {
    const headers = { Contact: raw.local.contact, 'Content-Type': 'application/sdp' }
    return send(response, 200, { headers, body: sdp }, link.messageMax)
  }

  async function informed(request: SrfRequest, response: SrfResponse): Promise<void> {
    const type = request.get('content-type') ?? ''
    const body = request.body ?? ''
    const status = await handlers.promise.then((handler) => handler.info(type, body)).catch(() => 500)
    send(response, status, {}, link.messageMax)
  }

  async function notified(request: SrfRequest, response: SrfResponse): Promise<void> {
    const notice = { header: (name: string) => request.get(name) ?? null, body: request.body ?? '' }
    const heard = handlers.promise.then((handler) => handler.notified?.(notice) ?? 200)
    send(response, await heard.catch(() => 500), {}, link.messageMax)
  }

  /** A request inside the dialog; 503 when the link is lost before its final response. */
  function ask(method: string, type: string, body: string, extra: Record<string, string>): Promise<Final> {
    if (!up) return Promise.resolve({ status: 481, reason: 'The dialog is over', body: '' })
    const headers = safeHeaders(type === '' ? extra : { ...extra, 'Content-Type': type })
    if (sizeOf(headers, body) > link.messageMax) return Promise.resolve({ status: 513, reason: 'Too Large', body: '' })
    const { promise, resolve } = Promise.withResolvers<Final>()
    const unlost = link.whenLost(() => resolve({ status: 503, reason: 'engine lost', body: '' }))
    try {
      request(method, headers, body, (error, response) => {
        unlost()
        resolve(
          response
            ? { status: response.status, reason: response.reason, body: response.body ?? '' }
            : { status: error?.code === 'ENODIALOG' ? 481 : 503, reason: error?.message ?? '', body: '' },
        )
      })
    } catch (error) {
      unlost()
      resolve({ status: 503, reason: (error as Error).message, body: '' })
    }
    return promise.then((final) => {
      // RFC 3261 §12.2.1.2: whoever does not know the dialog, or does not answer in it, has left it. A NOTIFY belongs to
      // a subscription, and says nothing of the call beside it (RFC 5057 §5.2).
      if (method !== 'NOTIFY' && (final.status === 481 || final.status === 408)) gone(`${final.status} to ${method}`)
      return final
    })
  }

  function gone(why: string): void {
    if (!up) return
    hangUp(undefined)
    ended(why)
  }

  let unreached = 0
  /** A connection that cannot be made is a 503 of our own engine (§8.1.3.1), or a phone's for once: twice in a row is gone. */
  async function check(): Promise<void> {
    const { status } = await ask('OPTIONS', '', '', {})
    unreached = status === 503 ? unreached + 1 : 0
    if (unreached > 1) gone('it cannot be reached any more')
  }

  return {
    callId: raw.sip.callId,
    localTag: raw.sip.localTag,
    remoteTag: raw.sip.remoteTag,
    remoteContact: raw.remote.uri,
    get up() {
      return up
    },
    bye(reason) {
      if (!up) return
      finish()
      hangUp(reason)
    },
    parted,
    modify(sdp, headers) {
      // One re-INVITE at a time (RFC 3261 §14.1); srf's own queue stops for good at the first refusal.
      const contact: Record<string, string> = raw.local.contact ? { Contact: raw.local.contact } : {}
      const mine = turn.then(() => ask('INVITE', 'application/sdp', sdp, { ...contact, ...headers }))
      turn = mine
      return mine.then(modified)
    },
    info: (contentType, body) => ask('INFO', contentType, body, {}).then((final) => final.status),
    say: (method, headers, body) => {
      const type = headers['Content-Type'] ?? ''
      return ask(method, type, body, headers).then((final) => final.status)
    },
    check: () => void check(),
    handle: (given) => handlers.resolve(given),
    release() {
      handlers = Promise.withResolvers()
    },
    onOver(act) {
      if (up) over.add(act)
      else act()
    },
  }
}

interface Final {
  readonly status: number
  readonly reason: string
  readonly body: string
}

function modified({ status, reason, body }: Final): Modified {
  return status >= 200 && status < 300 ? { kind: 'answered', sdp: body } : { kind: 'refused', status, reason }
}

function broken(): Modified {
  return { kind: 'refused', status: 500, reason: 'Server Internal Error' }
}

export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, REGISTER'
/** Of an INVITE and its 200 (RFC 3261 §13): phones that transfer calls look for REFER and Replaces there. */
export const ABLE = { Allow: ALLOW, Supported: 'replaces' } as const
export const NO_OFFER = '399 raftel "an INVITE needs an SDP offer here"'
