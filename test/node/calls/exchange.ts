/** One node with registrar and calls on a real engine: phones register with it, and are called through it. */
import { randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { startCalls } from '../../../node/calls/calls.ts'
import { relayKeyOf } from '../../../node/calls/relay.ts'
import { startMedia } from '../../../node/media/start.ts'
import { gruuKeyOf } from '../../../node/sip/gruu.ts'
import type { Dialing, DialOutcome } from '../../../node/sip/port.ts'
import { type Device, device } from '../sip/device.ts'
import { type Registrar, registrar } from '../sip/registrar.ts'
import { answering, port, quiet, SDP_A, soon } from '../sip/support.ts'
import { CLUSTER_KEY } from './rig.ts'

export const GRUU_KEY = gruuKeyOf(CLUSTER_KEY)

export interface Exchange extends Registrar {
  phone(transport?: 'udp' | 'tcp'): Promise<Device>
  /** Bob calls: the URI as he dialled it. */
  call(uri: string, progress?: (status: number) => void): Promise<Dialing>
}

export async function exchange(t: ExecutionContext): Promise<Exchange> {
  const all = await registrar(t, ['alice', 'bob'], { gruuKey: GRUU_KEY })
  const { cluster, sip } = all
  const media = await startMedia({ mode: { kind: 'direct' }, whenDown: 'direct', log: quiet })
  t.teardown(() => media.close())
  const calls = startCalls({
    cluster,
    sip,
    media,
    identify: ({ from: { user, host } }) => ({ kind: 'known', user: { aor: `${user}@${host}`, user, domain: host } }),
    here: () => false,
    gruuKey: GRUU_KEY,
    flowLost: all.registrar.flowLost,
    relayKey: relayKeyOf(CLUSTER_KEY),
    log: quiet,
    now: () => 1_000,
    newId: randomUUID,
    max: 100,
    maxSeconds: 60,
    checkSeconds: 60,
  })
  t.teardown(() => calls.close())
  return {
    ...all,
    phone: (transport) => device(t, sip, transport),
    async call(uri, progress = () => {}) {
      const bob = await port(t)
      const request = {
        uri,
        nextHop: `sip:${sip.address}`,
        from: { display: 'Bob', uri: 'sip:bob@pbx.test' },
        to: { uri: 'sip:alice@pbx.test' },
        sdp: SDP_A,
      }
      return bob.dial(request, progress)
    },
  }
}

/** The INVITE as it came to a phone, which is busy. */
export async function refuses(phone: Device, status = '486 Busy Here'): Promise<string> {
  const invite = await phone.next('INVITE')
  phone.send(`SIP/2.0 ${status}`, answering(invite))
  return invite
}

/** `486`, or what else came of it. */
export async function cameTo({ outcome }: { readonly outcome: Promise<DialOutcome> }): Promise<string> {
  const settled = await soon('an outcome', outcome)
  return settled.kind === 'refused' ? `${settled.status}` : settled.kind
}
