import { nextId } from '../ids.ts'
import type { SipResponse } from '../parser/message.ts'
import { proxyDonePayload, proxyFinalPayload } from '../wire/frames.ts'
import { type Core, stampOf } from './core.ts'
import type { Proxying } from './proxy.ts'
import type { Final } from './proxy-branch.ts'
import { textOf } from './shown.ts'

/** The app hears each final response of each target, if it wants to; the one that the caller got is the last. */
export function tellFinal(core: Core, p: Proxying, { response, flow, ours }: Final): void {
  if (!p.order.fullResponse) return
  const text = responseTextOf(response)
  const stamp = stampOf(core, flow, ours ? 'application' : 'network', text)
  p.app.send(proxyFinalPayload(nextId(), p.order.id, stamp, core.bodies.shown(text)))
}

/** A response as it came. */
export function responseTextOf(response: SipResponse): string {
  return textOf(response)
}

export function tellDone(p: Proxying): void {
  p.app.send(proxyDonePayload(nextId(), p.order.id))
}
