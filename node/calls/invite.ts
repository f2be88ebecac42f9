/** What is sent to a phone that is rung: to it, or as an order to the node that holds its connection. */
import type { BindingRow } from '../../cluster/tables/rows.ts'
import { type Nodes, nodesOf } from '../routing/reach.ts'
import type { DialRequest } from '../sip/port.ts'
import type { Desk, Live } from './desk.ts'
import type { Look } from './look.ts'
import { orderedName, RELAY_HEADER, writeRelay } from './relay.ts'
import type { Group, Target } from './ring.ts'
import { type Contact, type ContactGroup, contactsOf } from './targets.ts'

export function reachable({ cluster }: Desk): Nodes {
  return nodesOf(cluster.tables.nodes.values(), cluster.node, cluster.status().connected)
}

/** Phones of one user, whatever the plan would have a call to him do. */
export function phonesOf(
  desk: Desk,
  live: Live,
  aor: string,
  seconds: number,
  look: Look,
  sdp: string,
): readonly Group[] {
  const { cluster } = desk
  const { groups } = contactsOf([{ aors: [aor], seconds }], cluster.tables.registrations, cluster.node, reachable(desk))
  return groupsOf(desk, live, groups, look, sdp)
}

export function groupsOf(
  desk: Desk,
  live: Live,
  groups: readonly ContactGroup[],
  look: Look,
  sdp: string,
): readonly Group[] {
  const invite = inviteOf(desk, live, look, sdp)
  return groups.map(({ contacts, seconds }) => ({ targets: contacts.map(invite), seconds }))
}

/** What is sent to one contact. */
function inviteOf(desk: Desk, live: Live, { from, to, headers: more }: Look, sdp: string) {
  const requestTo = ({ binding, way }: Contact): DialRequest => {
    if (way.kind === 'direct') {
      return { uri: way.uri, nextHop: way.nextHop, route: way.route, from, to, sdp, ...(more && { headers: more }) }
    }
    const callId = desk.newId()
    const order = { aor: binding.aor, contact: orderedName(binding), call: live.id, at: desk.cluster.now(), hop: 1 }
    const headers = { ...more, [RELAY_HEADER]: writeRelay(order, callId, desk.relayKey) }
    return { callId, uri: `sip:relay@${way.sip}`, nextHop: `sip:${way.sip};transport=udp`, from, to, sdp, headers }
  }
  const target = (contact: Contact): Target => {
    const { binding, others } = contact
    return {
      name: binding.aor,
      // An order is good for a minute only, and a hunt may take longer.
      get request() {
        return requestTo(contact)
      },
      ...flowOf(desk, binding),
      others: others.map(target),
    }
  }
  return target
}

/** Of a phone whose connection is here, and whose binding goes when that is gone. */
export function flowOf({ cluster, sip, flowLost }: Desk, binding: BindingRow): Pick<Target, 'flow'> {
  if (binding.regId === undefined) return {}
  const isHere = binding.node === cluster.node && binding.transport !== 'udp' && binding.path === undefined
  return { flow: { lost: () => isHere && sip.connected && flowLost?.(binding) } }
}
