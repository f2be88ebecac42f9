/** An app that proxies, on the real drachtio-srf, and what phones of bytes say to it. */
import type { ExecutionContext } from 'ava'
import { type Peer, type ProxyOptions, type ProxyResult, request, type Stack, sdp, startStack } from './stack.ts'

export const FAST = { t1: 20, t2: 80, t4: 100 }

export interface Proxied extends Stack {
  /** What drachtio-srf told the app in the end. */
  readonly result: Promise<ProxyResult>
}

/** An app that proxies everything to the targets that are named when the request comes. */
export async function proxying(
  t: ExecutionContext,
  targets: () => string[],
  options: ProxyOptions & { times?: typeof FAST; limits?: Parameters<typeof startStack>[1] } = {},
): Promise<Proxied> {
  const { times, limits, ...how } = options
  let tell: (result: ProxyResult) => void = () => {}
  const result = new Promise<ProxyResult>((resolve) => {
    tell = resolve
  })
  const stack = await startStack(t, {
    ...limits,
    ...(times && { times }),
    routes: (srf) => {
      for (const verb of ['invite', 'options', 'message', 'register'] as const)
        srf[verb]((req) => {
          // drachtio-srf normalizes the list in place.
          srf.proxyRequest(req, targets(), { ...how }).then(tell, (error) => tell(error))
        })
    },
  })
  return { ...stack, result }
}

export const uriOf = (peer: Peer, user = 'bob'): string =>
  `sip:${user}@127.0.0.1:${peer.port}${peer.transport === 'TCP' ? ';transport=tcp' : ''}`
export const invite = (peer: Peer, extra: Record<string, string> = {}): string =>
  request(peer, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp', ...extra }, sdp(5000))
/** The CANCEL of a request, or the ACK for its refusal. */
export const same = (asked: string, method: string): string =>
  asked
    .replace(/^INVITE/, method)
    .replace('1 INVITE', `1 ${method}`)
    .replace(/Content-Type: .*\r\n/, '')
    .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n')

/** A later request of a call, with its route set; `sets` are the Record-Route values as this side walks them. */
export function routed(text: string, sets: readonly string[]): string {
  return sets.length === 0 ? text : text.replace('\r\nFrom:', `\r\nRoute: ${sets.join(', ')}\r\nFrom:`)
}
