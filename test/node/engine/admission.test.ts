import test from 'ava'
import { Admission } from '../../../node/engine/core/admission.ts'
import { PROBE_BYTES, Probe } from '../../../node/engine/transport/probe.ts'

/** A server that can do `capacity` a second and is offered `offered`, looked at forty times a second; the queue after each look. */
function serve(admission: Admission, capacity: number, offered: number, looks: number): number[] {
  const queues: number[] = []
  let queue = 0
  for (let i = 0; i < looks; i++) {
    for (let n = 0; n < offered / 40; n++) if (admission.admits()) queue++
    queue = Math.max(queue - capacity / 40, 0)
    queues.push(queue)
    admission.look((queue / capacity) * 1000, queue > 0 ? 1 : offered / capacity)
  }
  return queues
}

test('below the knee nothing is refused', (t) => {
  const admission = new Admission()
  serve(admission, 10_000, 8_500, 400)
  t.is(admission.refused, 0)
  t.is(admission.share, 1)
})

for (const over of [1.2, 2, 5, 20])
  test(`at ${over} times what it can do the queue of what was let in drains, and most of what it can do is done`, (t) => {
    const admission = new Admission()
    const queues = serve(admission, 10_000, 10_000 * over, 800)
    const late = queues.slice(400)
    const waits = late.map((queue) => queue / 10).sort((a, b) => a - b)
    t.true(waits[Math.floor(waits.length * 0.9)]! < 20, `a wait of ${waits[Math.floor(waits.length * 0.9)]} ms`)
    const offered = (10_000 * over * 800) / 40
    t.true(offered - admission.refused > 0.75 * 10_000 * 20, `${offered - admission.refused} were let in`)
  })

test('when the rush is over all is let in again within two seconds', (t) => {
  const admission = new Admission()
  serve(admission, 10_000, 50_000, 200)
  t.true(admission.share < 0.3)
  serve(admission, 10_000, 3_000, 80)
  t.is(admission.share, 1)
})

test('waits that come and go refuse nobody, however long', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 100; i++) admission.look(i % 4 === 0 ? 2 : 80, 1)
  t.is(admission.share, 1)
})

test('a processor that serves others first is no overload while packets wait for less than peers do', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 100; i++) admission.look(150, 0.5)
  t.is(admission.share, 1)
  for (let i = 0; i < 100; i++) admission.look(400, 0.5)
  t.true(admission.share < 0.1)
})

test('an app that does not keep up counts as a busy thread', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 6; i++) admission.look(0, 0.1, true)
  t.true(admission.share < 1)
})

test('what is let in is spread evenly', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 7; i++) admission.look(100, 1)
  const share = admission.share
  const asked = Array.from({ length: 1000 }, () => admission.admits())
  t.true(Math.abs(asked.filter(Boolean).length - 1000 * share) <= 1)
  const longest = Math.max(
    ...asked
      .map(String)
      .join(' ')
      .split('true')
      .map((part) => part.split('false').length - 1),
  )
  t.true(longest <= Math.ceil(1 / share))
})

test('a datagram of our own tells how long those of the phones wait, and what a peer sends in its place tells nothing', (t) => {
  let now = 0
  const sent: Buffer[] = []
  const probe = new Probe(
    (bytes) => sent.push(bytes),
    () => now,
  )
  t.is(probe.look(), 0)
  now = 30
  t.is(probe.look(), 30, 'it waits already')
  t.false(probe.received(Buffer.alloc(PROBE_BYTES, 1)))
  now = 40
  t.true(probe.received(Buffer.from(sent[0]!)))
  t.is(probe.look(), 40)
  now = 1_100
  t.is(probe.look(), 1_060, 'a full queue has lost it')
  t.is(sent.length, 3, 'and another one leaves')
})
