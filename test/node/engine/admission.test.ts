import test from 'ava'
import { Admission } from '../../../node/engine/core/admission.ts'
import { PROBE_BYTES, Probe } from '../../../node/engine/transport/probe.ts'

const LOOKS = 100
/** All of the time was spent on the work. */
const computing = 1

/** A server that can do `capacity` a second and is offered `offered`, looked at a hundred times a second; the queue after each look. */
function serve(admission: Admission, capacity: number, offered: number, looks: number): number[] {
  const queues: number[] = []
  let queue = 0
  for (let i = 0; i < looks; i++) {
    for (let n = 0; n < offered / LOOKS; n++) if (admission.admits(() => (queue / capacity) * 1000)) queue++
    queue = Math.max(queue - capacity / LOOKS, 0)
    queues.push(queue)
    const computed = queue > 0 ? 1 : offered / capacity
    admission.look((queue / capacity) * 1000, computed)
  }
  return queues
}

/** The part that is let in of those that came at once. */
function letIn(admission: Admission): number {
  return Array.from({ length: 100 }, () => admission.admits(() => 0)).filter(Boolean).length / 100
}

test('below the knee nothing is refused', (t) => {
  const admission = new Admission()
  serve(admission, 10_000, 8_500, 1_000)
  t.is(admission.refused, 0)
  t.is(admission.share, 1)
})

for (const over of [1.2, 2, 5, 20])
  test(`at ${over} times what it can do the queue of what was let in drains, and most of what it can do is done`, (t) => {
    const admission = new Admission()
    const queues = serve(admission, 10_000, 10_000 * over, 2_000)
    const late = queues.slice(1_000)
    const waits = late.map((queue) => queue / 10).sort((a, b) => a - b)
    t.true(waits[Math.floor(waits.length * 0.9)]! < 20, `a wait of ${waits[Math.floor(waits.length * 0.9)]} ms`)
    const offered = (10_000 * over * 2_000) / LOOKS
    t.true(offered - admission.refused > 0.75 * 10_000 * 20, `${offered - admission.refused} were let in`)
  })

test('when the rush is over all is let in again, and after three seconds more nothing is left of it', (t) => {
  const admission = new Admission()
  serve(admission, 10_000, 50_000, 500)
  t.true(admission.share < 0.3)
  serve(admission, 10_000, 3_000, 150)
  const before = admission.refused
  serve(admission, 10_000, 3_000, 150)
  t.is(admission.refused, before, 'after a second and a half nobody is refused')
  serve(admission, 10_000, 3_000, 200)
  t.is(admission.share, 1)
})

test('waits that come and go refuse nobody, however long', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 100; i++) admission.look(i % 4 === 0 ? 2 : 80, computing)
  t.is(letIn(admission), 1)
})

test('pauses go on after a rush, and it ends all the same', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 20; i++) admission.look(20, computing)
  for (let second = 0; second < 8; second++) {
    for (const wait of [18, 14, 9, 5]) {
      admission.look(wait, computing)
      admission.admits(() => wait)
    }
    for (let i = 0; i < 96; i++) admission.look(0.1, computing)
    for (let i = 0; i < 10; i++) admission.admits(() => 0)
  }
  t.true(admission.isFree)
})

test('what comes too late in a rush and would cost as much to refuse is dropped, and outside of one never', (t) => {
  const admission = new Admission()
  t.false(admission.drops(() => 1_000))
  for (let i = 0; i < 20; i++) admission.look(20, computing)
  t.false(admission.drops(() => 5))
  t.true(admission.drops(() => 50))
  t.like(admission, { dropped: 1, refused: 0 })
})

test('nobody is shut out for ever by waits that refusing does not end', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 20; i++) admission.look(20, computing)
  t.true(Array.from({ length: 20_000 }, () => admission.admits(() => 50)).some(Boolean))
})

test('what a pause has left waiting drains, and refuses nobody', (t) => {
  const admission = new Admission()
  for (let pause = 0; pause < 5; pause++) {
    admission.look(0.1, computing)
    for (let wait = 90; wait > 1; wait -= 3) admission.look(wait, computing)
  }
  t.is(letIn(admission), 1)
})

test('while there is too much, what is known to have waited long is refused, also of those who would be let in', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 20; i++) admission.look(20 + i, computing)
  const before = admission.refused
  for (let i = 0; i < 100; i++) t.false(admission.admits(() => 15))
  t.is(admission.refused, before + 100)
  t.true(Array.from({ length: 10 }, () => admission.admits(() => 3)).some(Boolean), 'and others are let in after them')
})

test('a processor that serves others first is no overload while packets wait for less than peers do', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 100; i++) admission.look(150, 0.5)
  t.is(letIn(admission), 1)
  for (let i = 0; i < 100; i++) admission.look(400, 0.5)
  t.true(letIn(admission) < 0.1)
})

test('beside others, too, what has waited for longer than it may is refused in a rush', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 20; i++) admission.look(400, 0.5)
  for (let i = 0; i < 100; i++) t.false(admission.admits(() => 300))
  const patient = Array.from({ length: 1_000 }, () => admission.admits(() => 150))
  t.true(patient.some(Boolean))
})

test('an app that does not keep up counts as a busy thread', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 20; i++) admission.look(0, 0.1, true)
  t.true(letIn(admission) < 1)
})

test('what is let in is spread evenly', (t) => {
  const admission = new Admission()
  for (let i = 0; i < 20; i++) admission.look(1, computing)
  for (let i = 0; i < 8; i++) admission.look(10, computing)
  // What may be waited, 8 ms, by what is.
  const share = 0.8
  const asked = Array.from({ length: 1000 }, () => admission.admits(() => 0))
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
  t.is(probe.look(), null)
  now = 30
  t.is(probe.waits(), 30, 'it waits already')
  t.is(probe.look(), null, 'but has not come')
  t.false(probe.received(Buffer.alloc(PROBE_BYTES, 1)))
  now = 40
  t.true(probe.received(Buffer.from(sent[0]!)))
  t.is(probe.look(), 40)
  t.is(probe.look(), null, 'and is told once')
  now = 45
  t.true(probe.received(Buffer.from(sent[3]!)), 'those before it are lost')
  t.is(probe.look(), 5)
  t.is(probe.waits(), 0, 'the next one has just left')
  now = 200
  t.is(probe.look(), 155, 'what waits for long is told before it comes')
  now = 1_100
  for (let i = 0; i < 4; i++) probe.look()
  t.true(probe.waits() < 1_000, 'and is given up in the end')
})
