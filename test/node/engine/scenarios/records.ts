/** Records of calls (CDRs). */
import { until } from '../../../nemesis/until.ts'
import { header, reply, sdp, udpPeer } from '../stack.ts'
import { answered, final, hangUp, invite, type Scenarios, sibling, uriOf } from './play.ts'
import type { Stage } from './stage.ts'

/** Records of a call, when as many are there. */
async function recorded({ records }: Stage, callId: string, count: number): Promise<string[]> {
  await until(`${count} records of the call`, () => (records.get(callId)?.length ?? 0) >= count, 20_000)
  return records.get(callId)!
}

export const RECORDS: Scenarios = {
  'records of a call to the app': {
    async play(t, stage) {
      stage.parts.set('cdr', (req, res) => void stage.srf.createUAS(req, res, { localSdp: sdp(4000) }))
      const caller = await udpPeer(t, stage.port)
      const call = await answered(caller, 'cdr')
      await hangUp(caller, call)
      return recorded(stage, header(call.asked, 'Call-ID'), 3)
    },
    seen: ['attempt network', 'start application uas', 'stop network normal-release'],
  },
  'records of a call that the app refuses': {
    async play(t, stage) {
      stage.parts.set('refuse', (_req, res) => res.send(486))
      const caller = await udpPeer(t, stage.port)
      const asked = invite(caller, 'refuse')
      caller.send(asked)
      await caller.next(final('INVITE'))
      caller.send(sibling(asked, 'ACK'))
      return recorded(stage, header(asked, 'Call-ID'), 2)
    },
    seen: ['attempt network', 'stop application call-rejected'],
  },
  'records of a proxied call': {
    async play(t, stage) {
      const [caller, callee] = [await udpPeer(t, stage.port), await udpPeer(t, stage.port)]
      stage.parts.set('cdrproxy', (req) => void stage.srf.proxyRequest(req, uriOf(callee)))
      const asked = invite(caller, 'cdrproxy')
      caller.send(asked)
      const onward = await callee.next('INVITE')
      callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
      await caller.next(final('INVITE'))
      return recorded(stage, header(asked, 'Call-ID'), 4)
    },
    seen: ['attempt network', 'attempt application', 'start network proxy-uac', 'start application proxy-uas'],
  },
}
