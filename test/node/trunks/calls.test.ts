/** Calls to trunks: SIPp as the carrier, and a node that reaches it for one that does not. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { startCalls } from '../../../node/calls/calls.ts'
import { RELAY_HEADER, relayKeyOf } from '../../../node/calls/relay.ts'
import { trunkNamed, trunkOrders } from '../../../node/calls/trunk-order.ts'
import { startMedia } from '../../../node/media/start.ts'
import { gruuKeyOf } from '../../../node/sip/gruu.ts'
import type { Invitation } from '../../../node/sip/port.ts'
import { freePort } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { quiet, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { addTrunk, carrier, KEY, nodes, sealed, type TestNode, until } from './rig.ts'

const run = promisify(execFile)
const LOOK = { number: '+493012345', display: 'Älice "A"', private: false, sdp: SDP_A }

needing(test, 'sipp')(
  'SIPp as a carrier that asks for a password answers a call, and ends it as it began',
  async (t) => {
    const sip = await freePort()
    const scenario = path.join(import.meta.dirname, 'carrier.xml')
    const place = ['-i', '127.0.0.1', '-p', String(sip), '-mp', String(await freePort())]
    const sipp = run('sipp', ['-sf', scenario, '-m', '1', '-timeout', '30s', '-timeout_error', '-nostdin', ...place])
    const { all } = await nodes(t, 1)
    await addTrunk(all, {
      name: 'a',
      targets: [`sip:127.0.0.1:${sip}`],
      probe: 0,
      auth: { user: 'acme', realm: 'carrier.test', password: sealed('a', 'open-sesame') },
      out: { format: 'national', country: '49', prefix: '9' },
    })
    const out = all[0]!.trunks.out('a', '+4930777', LOOK)
    if (out.kind !== 'request') return t.fail(out.why)
    const outcome = await soon('an answer', all[0]!.sip.dial(out.request, () => {}).outcome)
    if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
    outcome.dialog.bye()
    await t.notThrowsAsync(sipp)
  },
)

/** Takes calls that other nodes ask for. */
async function takesOrders(t: ExecutionContext, { cluster, sip, trunks }: TestNode): Promise<void> {
  const media = await startMedia({ mode: { kind: 'direct' }, whenDown: 'direct', log: quiet })
  t.teardown(() => media.close())
  const calls = startCalls({
    cluster,
    sip,
    media,
    trunks,
    identify: () => ({ kind: 'refused', status: 403, reason: 'nobody' }),
    here: () => false,
    relayKey: relayKeyOf(KEY),
    gruuKey: gruuKeyOf(KEY),
    log: quiet,
    now: () => 1_000,
    newId: randomUUID,
    max: 10,
    maxSeconds: 60,
    checkSeconds: 60,
  })
  t.teardown(() => calls.close())
  await sip.settled()
}

test('a call to a trunk that only another node reaches leaves through that one, and looks the same there', async (t) => {
  const seen: Invitation[] = []
  const gateway = await carrier(t, {
    invited: async (invitation) => {
      seen.push(invitation)
      await invitation.answer(SDP_B)
    },
  })
  const { all } = await nodes(t, 2)
  const [n1, n2] = all as [TestNode, TestNode]
  await takesOrders(t, n2)
  const identity = { trusted: true }
  await addTrunk(all, { name: 'a', targets: [gateway.target], probe: 0, identity, out: { prefix: '9' } })
  for (let i = 0; i < 3; i++) n1.trunks.outcome('a', 503)
  await until(n1.cluster, 'it is said', () => n1.trunks.standing('a')?.state === 'partly')
  const out = n1.trunks.out('a', '+4930777', { ...LOOK, private: true })
  if (out.kind !== 'request') return t.fail(out.why)
  t.is(out.via, 'n2')
  t.false(JSON.stringify(out.request.from).includes('493012345'))
  const outcome = await soon('an answer', n1.sip.dial(out.request, () => {}).outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const [invite] = seen as [Invitation]
  t.is(invite.uri, `sip:9+4930777@${gateway.host}`)
  t.is(invite.from.host, 'anonymous.invalid')
  t.regex(invite.header('p-asserted-identity') ?? '', /\+493012345@/)
  t.is(invite.header('privacy'), 'id')
  t.is(invite.header(RELAY_HEADER), null)
  outcome.dialog.bye()

  // A phone that has seen an order cannot use it: it was used.
  const again = await soon('a refusal', n1.sip.dial(out.request, () => {}).outcome)
  t.like(again, { kind: 'refused', status: 403 })
})

test('what a trunk says to a node that calls there for another counts at that one', async (t) => {
  const gateway = await carrier(t, { invited: async (invitation) => invitation.reply(503) })
  const { all } = await nodes(t, 2)
  const [n1, n2] = all as [TestNode, TestNode]
  await takesOrders(t, n2)
  await addTrunk(all, { name: 'a', targets: [gateway.target], probe: 0 })
  for (let i = 0; i < 3; i++) n1.trunks.outcome('a', 503)
  await until(n1.cluster, 'it is said', () => n1.trunks.standing('a')?.state === 'partly')
  for (let i = 0; i < 3; i++) {
    const out = n1.trunks.out('a', '+4930777', LOOK)
    if (out.kind !== 'request') return t.fail(out.why)
    t.like(await soon('a refusal', n1.sip.dial(out.request, () => {}).outcome), { kind: 'refused' })
  }
  await until(n1.cluster, 'it is down', () => n1.trunks.standing('a')?.state === 'down')
  t.deepEqual(n1.trunks.standing('a')?.unreachableFrom, ['n1', 'n2'])
})

test('an order has all that is shown of the caller, whatever he is called', (t) => {
  const order = trunkOrders({ cluster: { now: () => 0 }, address: '127.0.0.1:5060', relayKey: KEY, newId: randomUUID })
  for (const display of ['', 'Älice "A" {}', 'x'.repeat(64), '日'.repeat(64)]) {
    const { headers = {} } = order('n2', '127.0.0.1:5062', 'carrier-a', '+4930', { ...LOOK, display })
    const [, contact = ''] = /;to=([^;]+);/.exec(headers[RELAY_HEADER] ?? '') ?? []
    t.true(contact.length <= 900)
    t.deepEqual(trunkNamed(decodeURIComponent(contact)), {
      name: 'carrier-a',
      look: { number: LOOK.number, display, private: false, emergency: false },
    })
  }
  t.is(trunkNamed('sip:bob@192.0.2.1'), null)
  t.is(trunkNamed('trunk carrier-a'), null)
})
