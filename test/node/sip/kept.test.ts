import test from 'ava'
import type { BindingRow, RegistrationRow } from '../../../cluster/tables/rows.ts'
import { Kept } from '../../../node/sip/kept.ts'
import { Lines } from '../../../node/sip/line.ts'

const AOR = 'alice@pbx.test'
const A = 'sip:a@192.0.2.1'
const B = 'sip:b@192.0.2.2'

const row = (...bindings: Partial<BindingRow>[]): RegistrationRow => ({
  aor: AOR,
  bindings: bindings.map((more) => ({
    ...{ aor: AOR, contact: A, transport: 'udp', node: 'n1', received: '192.0.2.1:5060', q: 1, expiresAt: 1 },
    ...{ registeredAt: 1, callId: 'c', cseq: 1, userAgent: '' },
    ...more,
  })),
})

test('a node keeps the time of a phone until its row says that it is another’s, or of another REGISTER', (t) => {
  const after = (before: RegistrationRow | null, now: RegistrationRow | null): number => {
    const kept = new Kept('n1')
    kept.keep(AOR, [{ key: A, until: 1000, cseq: 5 }])
    kept.changed(AOR, before, now)
    return kept.of(AOR).length
  }
  t.is(after(row({}), row({}, { contact: B })), 1, 'another contact came')
  t.is(after(row({}), row({ cseq: 5 })), 1, 'its own renewal')
  t.is(after(row({}), null), 0)
  t.is(after(row({}), row({ contact: B })), 0)
  t.is(after(row({}), row({ node: 'n2' })), 0)
  t.is(after(row({}), row({ cseq: 6 })), 0)
  t.is(after(row({}), row({ callId: 'd' })), 0)
})

test('who lets his time run out is told once, and again later; a refresh in time is not told', (t) => {
  const kept = new Kept('n1')
  kept.keep(AOR, [{ key: A, until: 1000, cseq: 1 }])
  kept.keep('bob@pbx.test', [{ key: B, until: 1500, cseq: 1 }])
  t.is(kept.takeDue(999, 5999), null)
  kept.keep(AOR, [{ key: A, until: 2000, cseq: 2 }])
  t.is(kept.takeDue(1000, 6000), null, 'it was refreshed')
  t.is(kept.takeDue(1500, 6500), 'bob@pbx.test')
  t.is(kept.takeDue(1500, 6500), null)
  t.is(kept.takeDue(2000, 7000), AOR)
  t.is(kept.takeDue(6500, 9000), 'bob@pbx.test', 'again')
  kept.changed('bob@pbx.test', null, null)
  t.is(kept.takeDue(7000, 9000), AOR)
  t.is(kept.takeDue(9000, 10_000), AOR)
  t.is(kept.takeDue(9999, 10_000), null)
  t.is(kept.size, 1)
})

test('times and CSeqs come back as they were, also one that no phone should send', (t) => {
  const kept = new Kept('n1')
  const contacts = [
    { key: A, until: 123_456_789, cseq: 2 ** 31 - 1 },
    { key: 'sip:ü@192.0.2.1', until: 1, cseq: 1e30 },
  ]
  kept.keep(AOR, contacts)
  t.deepEqual(kept.of(AOR), contacts)
})

test('those of one AoR are served in order, one at a time; who comes to the same as the next is served with it', async (t) => {
  const served: string[] = []
  const doors: (() => void)[] = []
  const lines = new Lines<number>(
    (later, earlier) => later === earlier + 1,
    (key, together) => {
      served.push(`${key} ${together.join()}`)
      return new Promise((resolve) => doors.push(resolve))
    },
  )
  const open = async (): Promise<void> => {
    doors.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const waiter of [1, 2, 3, 5, 4]) void lines.join('a', waiter)
  void lines.join('b', 1)
  t.deepEqual(served, ['a 1', 'b 1'], 'nobody waits for company')
  t.is(lines.size, 6)
  await open()
  t.deepEqual(served.slice(2), ['a 2,3'])
  await open()
  await open()
  t.deepEqual(served.slice(3), ['a 5'])
  await open()
  await open()
  t.deepEqual(served.slice(4), ['a 4'])
  t.is(lines.size, 0)

  for (let i = 0; i < 17; i++) t.not(lines.join('a', 1), null)
  t.is(lines.join('a', 1), null, 'a line is bounded')
  t.not(lines.join('b', 1), null)
})
