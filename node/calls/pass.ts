/** A REFER of a phone whose call another node has: that node does what it asks for, and tells the phone through us. */
import type { Side } from '../media/media.ts'
import type { Referral } from '../sip/port.ts'
import { type Bridge, type BridgeOptions, opposite } from './bridge.ts'
import { eventOf } from './refer.ts'

/** `ends` of the call, once there is one. */
export function passing(ends: () => Bridge | undefined): Required<Pick<BridgeOptions, 'referred' | 'notified'>> {
  let asked = 0
  const other = (side: Side) => ends()?.leg(opposite(side))?.dialog

  async function refer(side: Side, referral: Referral): Promise<void> {
    asked = referral.cseq
    const headers = pick(referral, ['Refer-To', 'Refer-Sub'])
    referral.reply((await other(side)?.say('REFER', headers, '')) ?? 491)
  }

  return {
    referred: (side, referral) => void refer(side, referral),
    async notified(side, notice) {
      const headers = pick(notice, ['Event', 'Subscription-State', 'Content-Type'])
      if (headers.Event) headers.Event = eventOf(headers.Event, asked)
      return (await other(side)?.say('NOTIFY', headers, notice.body)) ?? 481
    },
  }
}

function pick({ header }: Pick<Referral, 'header'>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (header(name) === null ? [] : [[name, header(name)!]])))
}
