/** Registrations over time: refreshes, what runs out, a node that is full, and a cluster that cannot agree. */
import test from 'ava'
import { realWorld } from '../../../cluster/world.ts'
import { until } from '../../cluster/nodes.ts'
import { Phone, phone } from './phone.ts'
import { registrar } from './registrar.ts'
import { headersOf, udpPeer } from './support.ts'

const DAY_MS = 86_400_000

test('a refresh costs no log entry, and the phone hears its whole time; what changes something costs one', async (t) => {
  const { phone: alice, cluster, registrar } = await phone(t)
  const callId = 'economy'
  let cseq = 0
  const register = async (extra: readonly string[]): Promise<string> => {
    cseq += 2
    return alice.registered(extra, { callId, cseq })
  }
  const entriesOf = async (extra: readonly string[], expected = /^SIP\/2.0 200/): Promise<number> => {
    const before = cluster.status().applied
    t.regex(await register(extra), expected)
    return cluster.status().applied - before
  }
  t.is(await entriesOf([alice.contact(';expires=600')]), 1)
  const row = cluster.tables.registrations.get('alice@pbx.test')
  t.is(registrar.secondsLeft(row!.bindings[0]!), 600)
  t.true(row!.bindings[0]!.expiresAt - cluster.now() > 1_800_000, 'the lease is longer')
  for (const expires of [600, 300, 900]) {
    const ok = await register([alice.contact(`;expires=${expires}`)])
    t.regex(headersOf(ok, 'Contact')[0]!, new RegExp(`;expires=${expires};`))
    t.is(registrar.secondsLeft(row!.bindings[0]!), expires)
  }
  t.is(await entriesOf([alice.contact(';expires=600')]), 0)
  t.deepEqual(cluster.tables.registrations.get('alice@pbx.test'), row, 'nothing was agreed on')
  t.is(await entriesOf([alice.contact(';expires=3600')]), 1, 'longer than the lease')
  t.is(await entriesOf([alice.contact(';expires=600;q=0.5')]), 1, 'q')
  t.is(await entriesOf([alice.contact(';expires=600;q=0.5'), alice.contact('', 'second')]), 1, 'one more')

  cseq -= 3
  t.is(await entriesOf([alice.contact(';expires=0')], /^SIP\/2.0 500/), 0, 'one that was overtaken')
  cseq += 3
  t.is(await entriesOf([alice.contact(';expires=0')]), 1)
  t.is(cluster.tables.bindings, 1)
})

test('a phone that lets its time run out is gone everywhere; one that comes in time is not', async (t) => {
  let now = 1_000
  const { sip, cluster, registrar: own } = await registrar(t, ['alice', 'bob'], { now: () => now })
  const alice = new Phone(await udpPeer(t, sip))
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/)
  now += 59_999
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 1)
  const before = cluster.status().applied
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/)
  t.is(cluster.status().applied, before)
  now += 59_999
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 1)
  now += 1
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 0)
  t.is(cluster.status().applied, before + 1)
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/, 'it comes back')
})

test('a node that is full sends away whoever is new, later than who is known, and still serves refreshes', async (t) => {
  const room = { known: 100, fresh: 100 }
  const { sip, cluster } = await registrar(t, ['alice', 'bob'], { room })
  const alice = new Phone(await udpPeer(t, sip))
  t.regex(await alice.registered([alice.contact(';expires=600')]), /^SIP\/2.0 200/)
  room.fresh = 0
  const away = new Phone(await udpPeer(t, sip))
  const refused = await away.register([away.contact()], { user: 'bob', to: 'sip:bob@pbx.test' })
  t.regex(refused, /^SIP\/2.0 503 Overloaded/)
  const wait = Number(headersOf(refused, 'Retry-After')[0])
  t.true(wait >= 10 && wait <= 40, `${wait}`)
  const before = cluster.status().applied
  t.regex(await alice.registered([alice.contact(';expires=600')]), /^SIP\/2.0 200/)
  t.is(cluster.status().applied, before)
  room.known = 0
  const later = await alice.register([alice.contact(';expires=600')])
  t.regex(later, /^SIP\/2.0 503 Overloaded/)
  t.true(Number(headersOf(later, 'Retry-After')[0]) <= 10)
})

test('without a majority a REGISTER is told to come back', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  await alice.registered([])
  await cluster.close()
  const answer = await alice.registered([alice.contact()])
  t.regex(answer, /^SIP\/2.0 503/)
  t.regex(headersOf(answer, 'Retry-After')[0] ?? '', /^\d+$/)
})

test('without a leader a phone hears 503 in time to ask elsewhere, and at once when no election will bring one', async (t) => {
  let now = 0
  const { sip, cluster, others } = await registrar(t, ['alice'], { nodes: 2, now: () => now })
  const phone = new Phone(await udpPeer(t, sip))
  t.regex(await phone.registered([phone.contact()]), /^SIP\/2.0 200/)
  const propose = cluster.propose.bind(cluster)
  const bounds: (number | undefined)[] = []
  cluster.propose = (command, timeoutMs) => {
    bounds.push(timeoutMs)
    return propose(command, timeoutMs)
  }
  await others[0]!.close()
  await until(cluster, 'the leader is missed', () => !cluster.status().quorum)
  const tried = await phone.registered([phone.contact()])
  t.regex(tried, /^SIP\/2.0 503/)
  t.deepEqual(bounds, [2_000], 'it may have been a moment between two leaders')

  now += 2_001
  const refused = await phone.registered([phone.contact()])
  t.regex(refused, /^SIP\/2.0 503/)
  t.regex(headersOf(refused, 'Retry-After')[0] ?? '', /^\d+$/)
  t.is(bounds.length, 1, 'nothing was proposed')
})

test('a day without a quorum takes no phone away: each has the time that it had left, once the quorum is back', async (t) => {
  let now = 0
  // The clock of cluster and registrar goes on by leaps, which are no silence of a node.
  const options = { world: { ...realWorld, now: () => performance.now() + now }, nodeDownMs: 10 * DAY_MS }
  const {
    sip,
    cluster,
    others,
    again,
    registrar: own,
  } = await registrar(t, ['alice', 'bob'], {
    ...{ nodes: 2, now: () => now, options },
  })
  const alice = new Phone(await udpPeer(t, sip))
  const bob = new Phone(await udpPeer(t, sip))
  const asBob = { user: 'bob', to: 'sip:bob@pbx.test' }
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 200/)
  t.regex(await bob.registered([bob.contact(';expires=120', 'bob')], asBob), /^SIP\/2.0 200/)
  now += 30_000
  const rows = () => [...cluster.tables.registrations.values()]
  const left = () => rows().flatMap((row) => row.bindings.map((one) => `${row.aor} ${own.secondsLeft(one)}`))
  const before = rows()
  t.deepEqual(left().sort(), ['alice@pbx.test 30', 'bob@pbx.test 90'])
  const changed: string[] = []
  cluster.watch((changes) => {
    for (const { table, key } of changes) if (table === 'registrations') changed.push(`${key}`)
  })

  // The registrar hears of it when everybody does, which may be after the status says it.
  const told: boolean[] = []
  cluster.onStatus(({ quorum }) => void told.push(quorum))
  await others[0]!.close()
  await until(cluster, 'the leader is missed', () => told.at(-1) === false)
  for (const end = now + DAY_MS; now < end; now += 60_000) {
    void own.lookForLapsed()
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.regex(await alice.registered([alice.contact(';expires=60')]), /^SIP\/2.0 503/, 'it cannot refresh')
  t.deepEqual(rows(), before)

  await again(2)
  await until(cluster, 'the quorum is back', () => told.at(-1) === true)
  await own.lookForLapsed()
  // Whatever was proposed before this is done when this is.
  t.is((await cluster.propose({ type: 'user-remove', aor: 'nobody@pbx.test' })).kind, 'agreed')
  t.deepEqual(rows(), before)
  t.deepEqual(left().sort(), ['alice@pbx.test 30', 'bob@pbx.test 90'])

  now += 29_999
  await own.lookForLapsed()
  t.deepEqual(changed, [], 'nothing went')
  t.regex(await alice.registered([alice.contact(';expires=600')]), /^SIP\/2.0 200/)
  now += 60_001
  await own.lookForLapsed()
  t.deepEqual(left(), ['alice@pbx.test 540'], 'bob did not come')
})
