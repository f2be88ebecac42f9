/** Registrations at carriers, as the carrier sees them. */
import test, { type ExecutionContext } from 'ava'
import type { SipRequest } from '../../../node/sip/port.ts'
import { until as poll } from '../media/rig.ts'
import { addTrunk, agreed, carrier, nodes, sealed, until } from './rig.ts'

/** A registrar that says what a test has in mind, one answer a REGISTER; the last stays. */
async function registrar(t: ExecutionContext, ...answers: ((request: SipRequest) => void)[]) {
  const heard: { readonly request: SipRequest; readonly at: number }[] = []
  let wake = () => {}
  const made = await carrier(t, {
    registered(request) {
      const answer = answers[Math.min(heard.length, answers.length - 1)]!
      heard.push({ request, at: performance.now() })
      answer(request)
      wake()
    },
  })
  const upTo = async (count: number): Promise<void> => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve))
  }
  return { ...made, heard, upTo }
}

const ok = (expires: number) => (request: SipRequest) =>
  request.reply(200, { headers: { Contact: `${request.header('contact')};expires=${expires}` } })

test('who asks for longer gets it, who says when to come again is heard later, and then it is registered', async (t) => {
  t.timeout(60_000)
  const at = await registrar(
    t,
    (request) => request.reply(423, { headers: { 'Min-Expires': '1800' } }),
    (request) => request.reply(503, { headers: { 'Retry-After': '2' } }),
    ok(1800),
  )
  const { all } = await nodes(t, 3)
  await addTrunk(all, {
    name: 'a',
    targets: [at.target],
    register: { user: '4930123', expires: 600 },
    auth: { user: 'acme', password: sealed('a', 'p') },
  })
  const states = () => [...all[0]!.cluster.tables.trunkStates.values()]
  await until(all[0]!.cluster, 'it is registered', () => states().some((row) => row.registration === 'registered'))
  const asked = at.heard.map(({ request }) => request)
  t.deepEqual(
    asked.map((request) => request.header('expires')),
    ['600', '1800', '1800'],
  )
  t.is(new Set(asked.map((request) => request.callId)).size, 1)
  t.deepEqual(
    asked.map(({ cseq }) => cseq),
    [1, 2, 3],
  )
  t.is(asked[0]!.to.user, '4930123')
  // What the carrier asked for, less what a timer may be early.
  t.true(at.heard[2]!.at - at.heard[1]!.at > 1_990)
  t.is(states().filter((row) => row.registration !== undefined).length, 1)
})

test('a node that is cut off from the others stops to register before another begins', async (t) => {
  t.timeout(90_000)
  const at = await registrar(t, ok(1))
  const { all, lab } = await nodes(t, 3)
  await addTrunk(all, { name: 'a', targets: [at.target], register: { user: 'u' }, probe: 1 })
  const portOf = (node: (typeof all)[0]) => node.sip.address.split(':')[1]
  await at.upTo(3)
  const ports = () => at.heard.map(({ request }) => String(request.source.port))
  t.is(new Set(ports()).size, 1)
  const holder = all.find((node) => portOf(node) === ports()[0])!
  // Its SIP goes on as before, but nobody of the cluster hears it any more.
  await Promise.all(all.filter((node) => node !== holder).map(({ cluster }) => lab.stop(cluster.node)))
  await until(holder.cluster, 'it sees that it is alone', () => !holder.cluster.status().quorum)
  const last = at.heard.length
  // It still asks every second whether the carrier is there: in the time of four of these it would have come four times.
  const probes = () =>
    at.asked.filter(({ source, method }) => method === 'OPTIONS' && String(source.port) === ports()[0])
  const enough = probes().length + 4
  await poll(() => probes().length >= enough)
  t.true(at.heard.length <= last + 1, `${at.heard.length - last} more, after its lease and its quorum were gone`)
})

test('a node that stops in order takes its registration back, and another has it at once', async (t) => {
  t.timeout(60_000)
  const at = await registrar(t, ok(600))
  const { all } = await nodes(t, 3)
  await addTrunk(all, { name: 'a', targets: [at.target], register: { user: 'u' } })
  await at.upTo(1)
  await until(all[0]!.cluster, 'it is registered', () =>
    [...all[0]!.cluster.tables.trunkStates.values()].some((row) => row.registration === 'registered'),
  )
  const port = at.heard[0]!.request.source.port
  const holder = all.find((node) => node.sip.address.endsWith(`:${port}`))!
  await holder.trunks.close()
  await at.upTo(3)
  t.like(at.heard[1]!.request.source, { port })
  t.is(at.heard[1]!.request.header('expires'), '0')
  t.not(at.heard[2]!.request.source.port, port)
  // A new address there is another registration: the old one is taken back first.
  await agreed(all[0]!.cluster, {
    type: 'trunk-put',
    trunk: { name: 'a', targets: [at.target], register: { user: 'v' } },
    expect: null,
  })
  await at.upTo(5)
  t.deepEqual(
    at.heard.slice(3).map(({ request }) => [request.to.user, request.header('expires')]),
    [
      ['u', '0'],
      ['v', '600'],
    ],
  )
})
