import { ChurnMap } from '../../../proto/churn-map.ts'
import { parameter, parseAddress, splitOutside, tagOf } from '../parser/headers.ts'
import { headerOf, headersOf, type SipMessage } from '../parser/message.ts'
import { parseUri, transportParameter } from '../parser/uri.ts'
import type { Timer } from '../transaction/wheel.ts'
import type { Endpoint, Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import type { Heard, Reliable } from './reliable.ts'
import { type Session, stopSession } from './session.ts'

/** A dialog (RFC 3261 §12) as both sides of the engine see it. Texts are whole header values. */
export interface Dialog {
  /** `<Call-ID>;from-tag=<tag of the From of the request that created it>`, for both roles. */
  readonly id: string
  readonly role: 'uas' | 'uac'
  readonly usage: string
  readonly callId: string
  readonly localTag: string
  local: string
  remoteTag: string
  remote: string
  localSeq: number
  remoteSeq: number | null
  target: string
  routes: readonly string[]
  /** The way to a peer that is its own next hop, when its Contact may not be reachable; else null. */
  way: { readonly flow: Flow } | null
  confirmed: boolean
  app: App
  /** Our Contact value in this dialog. */
  contact: string
  /** What the app takes for that, if its INVITE had to go another way than the one that it was told of; an app repeats it. */
  told: string | null
  /** The INVITE that the peer sent and nobody has answered yet: its transaction id. */
  incoming: string | null
  /** The UPDATE of the peer that came last: its transaction id (RFC 3311 §5.2). */
  updating: string | null
  /** Whose offer has no answer yet (RFC 3264 §4); only one may be open. */
  offer: 'ours' | 'theirs' | null
  /** An INVITE of ours that has no final response. */
  outgoing: boolean
  /** The 2xx that is repeated until its ACK comes (§13.3.1.4). */
  answer: { readonly seq: number; readonly stop: () => void } | null
  /** The ACK for the last 2xx we got, to be repeated (§13.2.2.4). */
  ack: { readonly seq: number; readonly text: string; readonly flow: Flow } | null
  /** Our provisional responses that want a PRACK (RFC 3262); null as long as there was none. */
  reliable: Reliable | null
  /** Those of the peer, to an INVITE of ours. */
  heard: Heard | null
  /** The session timer (RFC 4028), and what its refreshes need: what we described last, and whether the peer takes UPDATE. */
  session: Session | null
  described: { readonly type: string; readonly body: string } | null
  updates: boolean
  /** Early dialogs of other forks, by their tag; the newest to speak is the one in the fields above. */
  forks: Map<string, Fork> | null
  /** The sequence number of the INVITE of ours that was answered last. */
  answeredSeq: number
}

/** What nothing has happened to yet in a dialog that begins. */
export const UNTOUCHED = {
  told: null,
  confirmed: false,
  updating: null,
  answer: null,
  ack: null,
  reliable: null,
  heard: null,
  session: null,
  described: null,
  updates: false,
  forks: null,
  answeredSeq: 0,
} as const satisfies Partial<Dialog>

/** What an early dialog has of its own when an INVITE was forked (§12.1.2). */
export type Fork = Pick<Dialog, 'remoteTag' | 'remote' | 'remoteSeq' | 'target' | 'routes' | 'way'>

/** Nobody makes us keep more of one call. */
export const FORKS_MAX = 32

/** Moves a dialog to the fork that speaks now; the others keep what is theirs. */
export function moveTo(dialog: Dialog, tag: string, seen?: Omit<Fork, 'remoteSeq'>): void {
  if (tag === dialog.remoteTag) {
    if (seen) Object.assign(dialog, forkOf({ ...seen, remoteSeq: dialog.remoteSeq }))
    return
  }
  const forks = dialog.forks ?? new Map<string, Fork>()
  const known = forks.get(tag)
  if (!known && !seen) return
  dialog.forks = forks
  forks.delete(tag)
  forks.set(dialog.remoteTag, forkOf(dialog))
  if (forks.size > FORKS_MAX) forks.delete(forks.keys().next().value!)
  if (seen) Object.assign(dialog, forkOf({ ...seen, remoteSeq: known?.remoteSeq ?? null }))
  else if (known) Object.assign(dialog, known)
}

function forkOf({ remoteTag, remote, remoteSeq, target, routes, way }: Fork): Fork {
  return { remoteTag, remote, remoteSeq, target, routes, way }
}

export function dialogId(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`
}

/** A copy that does not keep the whole message alive of which the text was a part. */
export function own(text: string): string {
  return Buffer.from(text).toString()
}

/** The URI of the first Contact, or null. */
export function contactOf(message: SipMessage): string | null {
  const value = headerOf(message, 'contact')
  if (value === null) return null
  const address = parseAddress(splitOutside(value, ',')[0]!)
  return address && parseUri(address.uri) ? own(address.uri) : null
}

/** The Record-Route values, one each, in their order. */
export function recordRoutes(message: SipMessage): string[] {
  return headersOf(message, 'record-route').flatMap((value) => splitOutside(value, ','))
}

/** Where a request in the dialog goes (§12.2.1.1): its Request-URI, its Route values and the URI of the next hop. */
export function routed(dialog: Dialog): { uri: string; routes: readonly string[]; hop: string } {
  const first = dialog.routes[0]
  if (first === undefined) return { uri: dialog.target, routes: [], hop: dialog.target }
  const uri = parseAddress(first)?.uri ?? dialog.target
  const loose = parameter(parseUri(uri)?.parameters ?? '', 'lr') !== null
  if (loose) return { uri: dialog.target, routes: dialog.routes, hop: uri }
  // A strict router is put into the Request-URI and the target at the end of the list.
  return { uri, routes: [...dialog.routes.slice(1), `<${dialog.target}>`], hop: uri }
}

/** Whether the address that a request came from, and not its Contact, is the way back; null Contact: it must be. */
export function sourceIsTheWay(contact: string | null, routes: number, vias: number, source: Flow): boolean {
  if (routes > 0 || vias > 1) return false
  const uri = contact === null ? null : parseUri(contact)
  if (!uri) return true
  return source.transport !== 'udp' || uri.host !== source.remote.host || (uri.port ?? 5060) !== source.remote.port
}

/**
 * The same for an answer, whose path is not to be seen: an unreachable Contact is distrusted, and any Contact when the app
 * named the way (`named`) and the answer came back by it.
 */
export function answerComesFromTheWay(contact: string, routes: number, source: Flow, named: Flow | null): boolean {
  if (routes > 0) return false
  if (named && sameEnd(named.remote, source.remote)) return true
  const uri = parseUri(contact)
  if (!uri) return true
  if (uri.host === source.remote.host) return source.transport !== 'udp'
  return isPrivate(uri.host) && !isPrivate(source.remote.host)
}

function sameEnd(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port
}

/** RFC 1918 and RFC 6598 addresses. */
export function isPrivate(host: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(host)
}

/** All dialogs, early and confirmed. */
export class Dialogs {
  readonly #byId = new ChurnMap<string, Dialog>()
  readonly #over: (dialog: Dialog) => void

  /** `over`: told of each that ends. */
  constructor(over: (dialog: Dialog) => void) {
    this.#over = over
  }

  get size(): number {
    return this.#byId.size
  }

  get(id: string): Dialog | null {
    return this.#byId.get(id) ?? null
  }

  add(dialog: Dialog): void {
    const before = this.#byId.get(dialog.id)
    if (before) stopTimers(before)
    this.#byId.set(dialog.id, dialog)
  }

  remove(dialog: Dialog): void {
    stopTimers(dialog)
    dialog.answer = null
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id)
    this.#over(dialog)
  }

  /** The dialog that a request from the network belongs to (§12.2.2): both tags must fit. */
  match(callId: string, fromTag: string, toTag: string): Dialog | null {
    for (const creator of [fromTag, toTag]) {
      const dialog = this.get(dialogId(callId, creator))
      if (!dialog || dialog.localTag !== toTag) continue
      if (dialog.remoteTag === fromTag || dialog.forks?.has(fromTag)) return dialog
    }
    return null
  }

  all(): Iterable<Dialog> {
    return this.#byId.values()
  }

  close(): void {
    for (const dialog of this.#byId.values()) stopTimers(dialog)
    this.#byId.clear()
  }
}

function stopTimers(dialog: Dialog): void {
  dialog.answer?.stop()
  dialog.reliable?.waiting?.stop()
  stopSession(dialog.session)
}

/** Repeats `send` at T1, doubling up to T2, and gives up after 64 T1 (§13.3.1.4). Returns how to stop it. */
export function repeatUntilStopped(
  after: (ms: number, run: () => void) => Timer,
  { t1, t2 }: { t1: number; t2: number },
  send: () => void,
  giveUp: () => void,
): () => void {
  let interval = t1
  const again = (): void => {
    send()
    interval = Math.min(2 * interval, t2)
    timer = after(interval, again)
  }
  let timer = after(interval, again)
  const end = after(64 * t1, () => {
    timer.cancel()
    giveUp()
  })
  return () => {
    timer.cancel()
    end.cancel()
  }
}

/** The Contact and Via name of ourselves on a flow. */
export function contactUri(local: Endpoint, transport: string, user = ''): string {
  const host = local.host.includes(':') ? `[${local.host}]` : local.host
  return `sip:${user === '' ? '' : `${user}@`}${host}:${local.port}${transportParameter(transport)}`
}

/** The tag of a response's To. */
export function toTagOf(message: SipMessage): string {
  return tagOf(headerOf(message, 'to') ?? '')
}
