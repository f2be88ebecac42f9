/** What a side sent and heard, from the file in which SIPp keeps every message. */
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

const HEAD = /^-{20,} .*\n(?:UDP|TCP) message (sent|received) [[(](\d+)\]? bytes\)? ?:\n\n/gm

/** Repeated ones once: a busy machine makes phones and nodes say things again. Those of the test itself are left out. */
export function readTrace(file: string): readonly Message[] {
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'latin1')
  const seen = new Set<string>()
  const messages: Message[] = []
  for (const head of text.matchAll(HEAD)) {
    const from = head.index + head[0].length
    const raw = text.slice(from, from + Number(head[2]))
    if (raw.startsWith(`${CUE} `) || seen.has(head[1] + raw)) continue
    seen.add(head[1] + raw)
    messages.push(parse(head[1] === 'sent', raw))
  }
  return messages
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

function parse(sent: boolean, raw: string): Message {
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
