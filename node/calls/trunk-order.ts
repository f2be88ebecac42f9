/**
 * The order by which a node has another send a call to a trunk that only that one reaches (relay.ts). The number takes the place of the AoR, and the
 * trunk, with how the caller is to be shown there, that of the contact.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { DialRequest } from '../sip/port.ts'
import type { Look } from '../trunks/trunks.ts'
import { sayDialled } from './dialled.ts'
import { RELAY_HEADER, writeRelay } from './relay.ts'

type Shown = Omit<Look, 'sdp' | 'headers'>

export interface TrunkNamed {
  readonly name: string
  readonly look: Shown
}

/** No URI and no flow begins so. */
const PREFIX = 'trunk '
/** Together they have to fit into an order. */
const DISPLAY_MAX = 64
const NUMBER_MAX = 128

function orderedTrunk(name: string, { number, display, private: isPrivate, emergency = false }: Shown): string {
  const shown = [number.slice(0, NUMBER_MAX), display.slice(0, DISPLAY_MAX), Number(isPrivate), Number(emergency)]
  return `${PREFIX}${name} ${JSON.stringify(shown)}`
}

/** Null: it names something else. What it says was written by a node of ours. */
export function trunkNamed(contact: string): TrunkNamed | null {
  if (!contact.startsWith(PREFIX)) return null
  const [, name = '', json = ''] = /^(\S+) (.+)$/.exec(contact.slice(PREFIX.length)) ?? []
  try {
    const [number, display, isPrivate, emergency] = JSON.parse(json) as [string, string, number, number]
    return { name, look: { number, display, private: isPrivate === 1, emergency: emergency === 1 } }
  } catch {
    return null
  }
}

export interface OrderNeeds {
  readonly cluster: Pick<Cluster, 'now'>
  /** `host:port` of this node's SIP. */
  readonly address: string
  readonly relayKey: Uint8Array
  newId(): string
}

/** The number goes as it is: the other node has the trunk's policies too. */
export function trunkOrders({ cluster, address, relayKey, newId }: OrderNeeds) {
  return (_node: string, sip: string, trunk: string, number: string, look: Look): DialRequest => {
    const callId = newId()
    const order = { aor: number, contact: orderedTrunk(trunk, look), call: newId(), at: cluster.now(), hop: 1 }
    return {
      callId,
      uri: `sip:relay@${sip}`,
      nextHop: `sip:${sip};transport=udp`,
      from: { display: '', uri: `sip:relay@${address}` },
      // By this the other node sees whether it is a call for help.
      to: { uri: sayDialled({ user: number, domain: address }) },
      sdp: look.sdp,
      headers: { ...look.headers, [RELAY_HEADER]: writeRelay(order, callId, relayKey) },
    }
  }
}
