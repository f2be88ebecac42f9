/** One outgoing INVITE. Several run side by side when a call forks: each has its own Call-ID, by which srf knows them. */
import { randomUUID } from 'node:crypto'
import { formatNameAddr, URI_MAX } from './address.ts'
import { answersTo } from './challenged.ts'
import { ABLE, type IncomingDialog, wrapDialog } from './dialog.ts'
import type { Link } from './link.ts'
import type { Dialing, DialOutcome, DialRequest } from './port.ts'
import { safeHeaders, sizeOf } from './send.ts'
import type { SrfError, SrfRequest, SrfResponse } from './srf.ts'

type Refused = Extract<DialOutcome, { kind: 'refused' }>

export function dial(
  link: Link,
  request: DialRequest,
  onProgress: (status: number, sdp: string) => void,
  opened: (dialog: IncomingDialog) => void,
): Dialing {
  const callId = request.callId ?? randomUUID()
  const { promise: outcome, resolve } = Promise.withResolvers<DialOutcome>()
  const unlost = link.whenLost(() => settle(refused(503, 'engine lost')))
  let settled = false
  // The dialog holds its INVITE and what hears of it, and whoever rang is over before the dialog.
  let progress: typeof onProgress | null = onProgress
  let cancelled = false
  let sent: SrfRequest | null = null
  let final: SrfResponse | null = null

  function settle(result: DialOutcome): void {
    settled = true
    progress = null
    unlost()
    resolve(result)
  }

  function sendCancel(): void {
    try {
      // The engine holds it until a provisional response allows it (RFC 3261 §9.1).
      sent?.cancel(() => undefined)
    } catch {
      // The link is gone, and with it the transaction.
    }
  }

  let headers = headersOf(request, callId)
  const answering = answersTo(request.answers, { method: 'INVITE', uri: request.uri, body: request.sdp })
  const fault = faultOf(link, request, headers)
  if (fault) settle(fault)
  else start()

  function start(): void {
    const options = { headers, localSdp: request.sdp, ...(request.nextHop ? { proxy: request.nextHop } : {}) }
    try {
      link.srf.createUAC(
        request.uri,
        options,
        {
          cbRequest(_error, req) {
            sent = req ?? null
            req?.on('response', (response) => {
              if (response.status >= 200) final = response
            })
            if (cancelled) sendCancel()
          },
          cbProvisional(response) {
            if (!settled && response.status > 100) {
              link.guard('a provisional response', () => progress?.(response.status, response.body ?? ''))
            }
          },
        },
        (error, raw) => {
          if (raw) {
            const dialog = wrapDialog(raw, link, { answers: request.answers })
            opened(dialog)
            // The answer crossed our CANCEL, or the link came back: nobody waits for it.
            if (settled) return dialog.bye('Cancelled')
            return settle({ kind: 'answered', dialog, sdp: raw.remote.sdp ?? '' })
          }
          closeUnclaimed()
          if (settled) return
          const again = error === null ? null : answered(error)
          if (again) {
            headers = again
            return start()
          }
          settle(error ? refusedBy(error) : refused(500, 'no answer to read'))
        },
      )
    } catch (error) {
      if (!settled) settle(refused(503, (error as Error).message))
    }
  }

  /** The same INVITE with an answer to the challenge: in the same call, as the next of its sender (RFC 3261 §8.1.3.5). */
  function answered(error: SrfError): Record<string, string> | null {
    const more = error.res ? answering(error.res) : null
    if (more === null) return null
    const seq = Number.parseInt(sent?.get('cseq') ?? '', 10)
    const next = {
      ...headers,
      ...more,
      CSeq: `${Number.isSafeInteger(seq) ? seq + 1 : 2} INVITE`,
      From: sent?.get('from') ?? headers.From!,
    }
    return sizeOf(next, request.sdp) > link.messageMax ? null : next
  }

  /** A 2xx that srf makes no dialog of (not 200, or no Contact that reads) is up at the other end all the same. */
  function closeUnclaimed(): void {
    if (!final || final.status > 299) return
    try {
      const stackDialogId = final.stackDialogId ?? ''
      link.srf.request('sip:placeholder', { method: 'BYE', headers: {}, stackDialogId }, () => undefined)
    } catch {
      // The link is gone.
    }
  }

  return {
    callId,
    outcome,
    cancel() {
      if (settled) return
      cancelled = true
      settle({ kind: 'cancelled' })
      sendCancel()
    },
  }
}

function headersOf(request: DialRequest, callId: string): Record<string, string> {
  return safeHeaders({
    ...ABLE,
    ...request.headers,
    ...(request.route?.length ? { Route: request.route.join(', ') } : {}),
    'Call-ID': callId,
    From: formatNameAddr(request.from.display, request.from.uri),
    To: `<${request.to.uri}>`,
    'Content-Type': 'application/sdp',
  })
}

function faultOf(link: Link, request: DialRequest, headers: Record<string, string>): Refused | null {
  const uris = [request.uri, request.from.uri, request.to.uri]
  if (!uris.every((uri) => plainUri(uri))) return refused(400, 'an address of the call does not read')
  if (request.nextHop !== null && !plainUri(request.nextHop)) return refused(400, 'the next hop does not read')
  // Without an offer srf would begin a call in which the called side offers, and this is none.
  if (request.sdp === '') return refused(488, 'a call needs an offer')
  if (sizeOf(headers, request.sdp) > link.messageMax) return refused(513, 'Message Too Large')
  return link.up ? null : refused(503, 'no link to the SIP engine')
}

/** No `|` (it separates fields on the way to the engine), no spaces, no angle brackets. */
export function plainUri(uri: string): boolean {
  return uri.length <= URI_MAX && PLAIN.test(uri)
}
const PLAIN = /^(?:sips?|tel):[\x21\x23-\x3b\x3d\x3f-\x7b\x7d\x7e]+$/

function refusedBy(error: SrfError): Refused {
  const { status, reason, res } = error
  // Not an answer of the network: the engine would not send it.
  if (status === undefined || !res) return refused(status ?? 503, reason ?? error.message)
  return { kind: 'refused', status, reason: reason ?? '', headers: new Map(Object.entries(res.headers)) }
}

function refused(status: number, reason: string): Refused {
  return { kind: 'refused', status, reason, headers: new Map() }
}
