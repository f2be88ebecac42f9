import test from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { CdrRow } from '../../../cluster/tables/cdr-rows.ts'
import { queueOf } from '../../../cluster/tables/cdrs.ts'
import { endOf } from '../../../node/calls/ended.ts'
import { agreed, until } from '../../cluster/nodes.ts'
import { port, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone, rings } from './rig.ts'

/** Records are made once all know that nobody is of before. */
const founded = (cluster: Cluster) => until(cluster, 'there are founders', () => cluster.tables.members !== null)

function record(cluster: Cluster, seq: number): Promise<CdrRow> {
  return until(cluster, `record ${seq}`, () => queueOf(cluster.tables).next > seq).then(
    () => cluster.tables.cdrOrder.at(seq)!,
  )
}

test.serial('who hears that he is answered is known to be answered by then', async (t) => {
  const [n1] = await nodes(t, 2)
  const bob = listener()
  await phone(t, n1!, 'bob', answers(bob))
  await founded(n1!.cluster)
  const alice = await port(t)
  for (let i = 0; i < 5; i++) {
    const known = call(alice, n1!, '1002').outcome.then((outcome) => {
      const rows = [...n1!.cluster.tables.calls.values()]
      if (outcome.kind === 'answered') outcome.dialog.bye()
      return rows.map(({ state }) => state)
    })
    t.deepEqual(await soon('an answer', known), ['answered'])
    await record(n1!.cluster, i + 1)
  }
  t.is(n1!.calls.counters().unagreed, 0)
})

test.serial('a call leaves a record of how it ended and who ended it, the same on every node', async (t) => {
  const [n1, n2] = await nodes(t, 2, 'rules: [{name: closed, match: "66", reject: {status: 403, reason: Nobody}}]\n')
  const { cluster } = n1!
  const bob = listener()
  let bobs = answers(bob)
  await phone(t, n1!, 'bob', (invitation) => bobs(invitation))
  await founded(cluster)
  const alice = await port(t)
  const answered = async () => {
    const outcome = await soon('an answer', call(alice, n1!, '1002').outcome)
    if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
    return outcome.dialog
  }

  ;(await answered()).bye()
  const first = await record(cluster, 1)
  t.like(first, {
    ...{ from: 'alice@pbx.test', to: '1002', dialled: '1002', target: 'bob@pbx.test', node: 'n1', rule: 'directory' },
    ...{ disposition: 'answered', status: 200, cause: 16, by: 'caller', relay: 'direct', planVersion: 1 },
  })
  t.deepEqual(
    first.legs.map(({ role }) => role),
    ['caller', 'called'],
  )
  t.true(first.decision.length > 0)

  const dialogs: import('../../../node/sip/port.ts').Dialog[] = []
  bobs = answers(bob, (dialog) => dialogs.push(dialog))
  await answered()
  dialogs[0]?.bye()
  t.like(await record(cluster, 2), { disposition: 'answered', by: 'called' })

  await answered()
  n1!.calls.hangUp(n1!.calls.live()[0]!.id)
  t.like(await record(cluster, 3), { by: 'operator', reason: 'hung up by the operator' })

  bobs = async (invitation) => invitation.reply(486)
  await soon('busy', call(alice, n1!, '1002').outcome)
  t.like(await record(cluster, 4), {
    disposition: 'busy',
    status: 486,
    cause: 17,
    by: 'called',
    answeredAt: null,
    billable: 0,
  })

  const silent = rings()
  bobs = async (invitation) => silent.invited(invitation)
  const dialing = call(alice, n1!, '1002')
  await soon('ringing', silent.called)
  dialing.cancel()
  t.like(await record(cluster, 5), {
    disposition: 'cancelled',
    status: 487,
    by: 'caller',
    reason: 'the caller gave up',
  })

  await soon('a refusal', call(alice, n1!, '66').outcome)
  t.like(await record(cluster, 6), {
    disposition: 'refused',
    status: 403,
    cause: 21,
    by: 'node',
    ringingAt: null,
    rule: 'closed',
  })

  await record(n2!.cluster, 6)
  const told = (at: Cluster) => [1, 2, 3, 4, 5, 6].map((seq) => at.tables.cdrOrder.at(seq))
  t.deepEqual(told(n2!.cluster), told(cluster))
  t.is(cluster.tables.calls.size, 0)
})

test.serial('a flood of refused calls leaves some records, and is counted', async (t) => {
  const [n1] = await nodes(t, 1)
  await founded(n1!.cluster)
  const alice = await port(t)
  const refused = Array.from({ length: 130 }, () => call(alice, n1!, '4711').outcome)
  await soon('refusals', Promise.all(refused), 20_000)
  await record(n1!.cluster, 100)
  // The clock of this rig stands still.
  await until(n1!.cluster, 'all is told', () => n1!.calls.counters().unpublished === 0)
  t.deepEqual([n1!.cluster.tables.cdrs.size, n1!.calls.counters().unrecorded], [100, 30])
})

test.serial(
  'a call that was recorded while its node was taken for gone goes on, is shown, and is recorded no second time',
  async (t) => {
    const [n1] = await nodes(t, 1, '', 100, { sweepMs: 20 })
    const { cluster } = n1!
    await phone(t, n1!, 'bob', answers(listener()))
    await founded(cluster)
    const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
    if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
    const row = cluster.tables.nodes.get('n1')!
    await agreed(cluster, { type: 'node-down', node: 'n1', incarnation: row.incarnation })
    t.like(await record(cluster, 1), { by: 'lost', disposition: 'answered' })
    await agreed(cluster, { type: 'node-up', node: row })
    await until(cluster, 'the call is shown again', () => cluster.tables.calls.size === 1)
    outcome.dialog.bye()
    await until(cluster, 'it is over', () => cluster.tables.calls.size === 0)
    t.is(cluster.tables.cdrs.size, 1)
  },
)

test.serial('without a majority nobody waits to be answered', async (t) => {
  const [n1, n2] = await nodes(t, 2)
  await phone(t, n1!, 'bob', answers(listener()))
  await founded(n1!.cluster)
  await n2!.cluster.close()
  await until(n1!.cluster, 'there is no quorum', () => !n1!.cluster.status().quorum)
  const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
  t.is(outcome.kind, 'answered')
  t.is(n1!.calls.counters().unagreed, 1)
})

test.serial('of a call that nobody ended by a BYE the cause says what it was, and a phone may say it itself', (t) => {
  const row = { legs: [] } as never
  const end = (why: string, answeredAt: number | null, stopped: string | null = null) => {
    const about = { ringingAt: 1 } as never
    const { cause, by, status } = endOf({
      call: { answeredAt, about } as never,
      why,
      stopped,
      at: 9,
      row,
      seconds: null,
      streams: null,
    })
    return [cause, by, status]
  }
  t.deepEqual(end('no media', 5, 'no media'), [41, 'node', 200])
  t.deepEqual(end('the other side is gone', 5), [27, 'node', 200])
  t.deepEqual(end('called hung up: Q.850;cause=38;text="out of order"', 5), [38, 'called', 200])
  t.deepEqual(end('480 No answer', null), [18, 'node', 480])
  t.deepEqual(end('603 Decline', null), [21, 'called', 603])
  t.deepEqual(end('487 Request Terminated', null, 'the node is stopping'), [16, 'node', 487])
})

test.serial('a record has of each stream what was counted, and what who sent it says that he heard', (t) => {
  const heard = { mos: 4.3, jitterMs: 10, lost: 2, roundTripMs: 39 }
  const sent = { codec: 'PCMU/8000', packets: 9, bytes: 99, errors: 0 }
  const endpoint = '127.0.0.1:9'
  const { media } = endOf({
    call: { answeredAt: 5, about: { ringingAt: 1 } as never } as never,
    ...{ why: 'caller hung up', stopped: null, at: 9, row: { legs: [] } as never, seconds: 4 },
    streams: [
      { side: 'caller', ...sent, endpoint, heard },
      { side: 'called', ...sent, codec: 'PC\u001bMU', endpoint },
    ],
  })
  t.deepEqual(media, [
    { side: 'caller', ...sent, heard },
    { side: 'called', ...sent, codec: 'PC\\x1bMU' },
  ])
})
