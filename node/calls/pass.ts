/** A REFER of a phone whose call another node has: that node does what it asks for, and tells the phone through us. */
import type { Side } from '../media/media.ts'
import type { Referral } from '../sip/port.ts'
import { opposite } from './bridge.ts'
import type { Bridge, BridgeOptions } from './ends.ts'
import { eventOf, QUIET, wantsNoNotice } from './refer.ts'

/** `ends` of the call, once there is one. */
export function passing(ends: () => Bridge | undefined): Required<Pick<BridgeOptions, 'referred' | 'notified'>> {
  let accepted = 0
  let turn: Promise<void> = Promise.resolve()
  const other = (side: Side) => ends()?.leg(opposite(side))?.dialog

  async function refer(side: Side, referral: Referral): Promise<void> {
    const headers = pick(referral, ['Refer-To', 'Refer-Sub'])
    const status = (await other(side)?.say('REFER', headers, '')) ?? 491
    if (status < 300) accepted = referral.cseq
    // A node of ours that accepts it does as it was asked (RFC 4488 §4).
    referral.reply(status, status < 300 && wantsNoNotice(referral.header) ? { headers: QUIET } : {})
  }

  return {
    referred(side, referral) {
      turn = refer(side, referral)
    },
    async notified(side, notice) {
      // It may have overtaken the answer to its REFER.
      await turn
      const headers = pick(notice, ['Event', 'Subscription-State', 'Content-Type'])
      if (headers.Event) headers.Event = eventOf(headers.Event, accepted)
      return (await other(side)?.say('NOTIFY', headers, notice.body)) ?? 481
    },
  }
}

export function pick(heard: Pick<Referral, 'header'>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = heard.header(name)
      return value === null ? [] : [[name, value]]
    }),
  )
}
