/** What one call can make a dialog keep, and which reliable response is which (RFC 3262). */
import test from 'ava'
import { type Dialog, moveTo } from '../../../../node/engine/dialog/dialog.ts'
import {
  acknowledged,
  advanceLine,
  forkOwed,
  isNext,
  nextRseq,
  noMore,
  queued,
  remember,
} from '../../../../node/engine/dialog/reliable.ts'

const fork = (tag: string) => ({
  remoteTag: tag,
  remote: `<sip:b>;tag=${tag}`,
  target: `sip:${tag}@b`,
  routes: [],
  way: null,
})
const dialog = (tag = 'one'): Dialog =>
  ({ ...fork(tag), remoteSeq: null, forks: null, heard: null, reliable: null }) as unknown as Dialog

test('a callee with a thousand tags is remembered by the last few, and each keeps its own numbers', (t) => {
  const call = dialog()
  call.remoteSeq = 7
  for (let i = 0; i < 1_000; i++) moveTo(call, `t${i}`, fork(`t${i}`))
  t.true(call.forks!.size <= 32)
  t.is(call.target, 'sip:t999@b')
  call.remoteSeq = 3
  moveTo(call, 't998')
  t.deepEqual([call.target, call.remoteSeq], ['sip:t998@b', null])
  moveTo(call, 't999')
  t.deepEqual([call.target, call.remoteSeq], ['sip:t999@b', 3])
  moveTo(call, 'stranger')
  t.is(call.remoteTag, 't999', 'who was never seen moves nothing')
})

test('rings beyond number are remembered by the last few, and the oldest PRACK is owed first', (t) => {
  const call = dialog()
  for (let i = 0; i < 1_000; i++) {
    moveTo(call, `t${i}`, fork(`t${i}`))
    remember(call, 1, 5)
  }
  t.true(call.heard!.last.size <= 32 && call.heard!.owed.length <= 32)
  t.is(forkOwed(call, '5 1 INVITE').remoteTag, 't968')
  t.is(forkOwed(call, '5 1 INVITE').remoteTag, 't969')
  t.is(forkOwed(call, '6 1 INVITE').remoteTag, 't999', 'nobody is owed this one: it goes where the dialog goes')
})

test('the next ring is the next number of its fork and INVITE; the first may have any', (t) => {
  const call = dialog()
  t.true(isNext(null, 1, 'one', 4_294_967_295))
  remember(call, 1, 10)
  const next = (seq: number, tag: string, rseq: number): boolean => isNext(call.heard, seq, tag, rseq)
  t.deepEqual(
    [next(1, 'one', 10), next(1, 'one', 11), next(1, 'one', 12), next(1, 'one', 9)],
    [false, true, false, false],
  )
  t.true(next(1, 'two', 99))
  t.true(next(2, 'one', 99))
})

test('a PRACK acknowledges by all three of its numbers, once', (t) => {
  const call = dialog()
  let stopped = 0
  const wait = (described: boolean): void => {
    const rseq = nextRseq(call, 1, () => 100)
    call.reliable!.waiting = { rseq, described, ours: false, stop: () => void stopped++ }
  }
  wait(true)
  for (const wrong of [
    '',
    '100',
    '100 1',
    '100 1 UPDATE',
    '101 1 INVITE',
    '100 2 INVITE',
    '100 1 INVITE x',
    '-100 1 INVITE',
    `${'1'.repeat(5_000)} 1 INVITE`,
  ]) {
    t.is(acknowledged(call, wrong), null, wrong.slice(0, 20))
  }
  const sent: string[] = []
  const say = (what: string) => () => void sent.push(what)
  t.true(queued(call, { status: 180, reliable: true, send: say('180') }))
  t.true(queued(call, { status: 200, reliable: false, send: say('200') }))
  t.is(queued(call, { status: 486, reliable: false, send: say('486') }), null, 'a refusal waits for nothing')
  for (let i = 0; i < 40; i++) queued(call, { status: 183, reliable: true, send: say('more') })
  t.is(call.reliable!.line.length, 32)
  t.truthy(acknowledged(call, '100 1 INVITE'))
  t.is(acknowledged(call, '100 1 INVITE'), null)
  t.is(stopped, 1)
  call.reliable!.line.length = 2
  advanceLine(call)
  t.deepEqual(sent, ['180', '200'])
  wait(false)
  t.is(call.reliable!.waiting!.rseq, 101)
  queued(call, { status: 180, reliable: true, send: say('late') })
  t.is(noMore(call).length, 1)
  t.is(stopped, 2)
  t.truthy(acknowledged(call, '101 1 INVITE'), 'a late PRACK still finds what it is for')
})
