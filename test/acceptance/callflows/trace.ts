/** What a side sent and heard, from what SIPp and baresip keep of their messages. */
import { existsSync, readFileSync } from 'node:fs'
import { CUE } from './script.ts'

export interface Message {
  readonly sent: boolean
  /** First line. */
  readonly start: string
  /** Of a request, and of the request that a response answers. */
  readonly method: string
  /** 0: a request. */
  readonly status: number
  readonly cseq: number
  readonly raw: string
  readonly body: string
  headers(name: string): readonly string[]
  /** The first of that name, or nothing. */
  header(name: string): string
}

const SIPP = /^-{20,} .*\n(?:UDP|TCP) message (sent|received) [[(](\d+)\]? bytes\)? ?:\n\n/gm
const BARESIP = /\x1b\[36;1m#\n\w+ (\S+) -> \S+\n([^\x1b]*)\x1b/g

/** The file of messages of a SIPp. What the test itself said to it is left out. */
export function readTrace(file: string): readonly Message[] {
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'latin1')
  const messages = [...text.matchAll(SIPP)].map((head) => {
    const from = head.index + head[0].length
    return parse(head[1] === 'sent', text.slice(from, from + Number(head[2])))
  })
  return once(messages.filter(({ raw }) => !raw.startsWith(`${CUE} `)))
}

/** What a baresip at `address` prints, from some point on. */
export function readBaresip(text: string, address: string): readonly Message[] {
  const messages = [...text.matchAll(BARESIP)].map(([, from = '', raw = '']) =>
    parse(from.startsWith(`${address}:`), raw),
  )
  return once(messages)
}

/** Repeated ones once: a busy machine makes phones and nodes say things again. */
function once(messages: readonly Message[]): readonly Message[] {
  return [...new Map(messages.map((message) => [`${message.sent} ${message.raw}`, message])).values()]
}

/** The dialog of a side as it would name it in a Replaces (RFC 3891): its peer's tag is `to-tag`. Empty while it has none. */
export function replacesOf(messages: readonly Message[]): string {
  const ok = messages.find(({ method, status }) => method === 'INVITE' && status === 200)
  if (ok === undefined) return ''
  const [from, to] = [tagOf(ok.header('from')), tagOf(ok.header('to'))]
  return `${ok.header('call-id')};to-tag=${ok.sent ? from : to};from-tag=${ok.sent ? to : from}`
}

export function rungOf({ sent, status, method }: Message): string {
  return `${sent ? '>' : '<'} ${status === 0 ? '' : `${status} `}${method}`
}

export function tagOf(address: string): string {
  return /;tag=([^;\s]+)/.exec(address)?.[1] ?? ''
}

export function branchOf(message: Message): string {
  return /;branch=([^;\s,]+)/.exec(message.header('via'))?.[1] ?? ''
}

export function parse(sent: boolean, raw: string): Message {
  const end = raw.indexOf('\r\n\r\n')
  const [start = '', ...lines] = raw.slice(0, end).split('\r\n')
  const headers = (name: string): string[] =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim())
  const [cseq = '', method = ''] = (headers('cseq')[0] ?? '').split(/\s+/)
  const status = /^SIP\/2\.0 (\d{3}) /.exec(start)?.[1] ?? '0'
  return {
    sent,
    start,
    method,
    status: Number(status),
    cseq: Number(cseq),
    raw,
    body: raw.slice(end + 4),
    headers,
    header: (name) => headers(name)[0] ?? '',
  }
}
