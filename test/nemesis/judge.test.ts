import test from 'ava'
import { type Evidence, judge } from './judge.ts'
import type { Exit } from './node.ts'
import type { PlanOperation, Registration } from './record.ts'
import { schedule } from './schedule.ts'

const CONTACT = 'sip:g0x0-1@192.0.2.1'
const NODES = ['n1', 'n2', 'n3']

let clock = 0
const registration = (input: Registration['input'], output: readonly string[]): Registration => {
  const called = clock++
  return { process: 'phone-0 at n1', key: 'g0x0', input, called, outcome: { at: clock++, output } }
}
const commit = (expect: number, text: string, output: number): PlanOperation => {
  const called = clock++
  const outcome = { at: clock++, output }
  return { process: 'operator-0 at n1', key: 'plan', input: { kind: 'commit', expect, text }, called, outcome }
}

/** A run in which all went well: bound, looked up, removed, bound again; two plans. */
function sound(): Evidence {
  const register = { kind: 'register', contact: CONTACT } as const
  const count = { ok: 100, refused: 0, unknown: 0 }
  const kinds = ['register', 'de-register', 'de-register-all', 'look-up', 'commit', 'show']
  return {
    registrations: [
      registration(register, [CONTACT]),
      registration({ kind: 'look-up' }, [CONTACT]),
      registration({ kind: 'de-register', contact: CONTACT }, []),
      registration(register, [CONTACT]),
    ],
    plans: [commit(1, 'a', 2), commit(2, 'b', 3)],
    firstPlan: { version: 1, text: '' },
    counts: new Map(kinds.map((kind) => [kind, { ...count }])),
    surprises: [],
    exits: [
      { node: 'n1', cause: 'killed', code: null, signal: 'SIGKILL', words: '' },
      {
        node: 'n2',
        cause: 'disk failed',
        code: 1,
        signal: null,
        words:
          'raftel: cannot write to /data (IO error): see to the disk and start the node again; nothing acknowledged is lost',
      },
    ],
    bound: new Map(NODES.map((node) => [node, new Map([['g0x0', [CONTACT]]])])),
    lastPlans: new Map(NODES.map((node) => [node, { version: 3, text: 'b' }])),
    settled: { applied: 10, hash: 'abc' },
  }
}

/** What the judge says against it. */
function against(evidence: Evidence): string[] {
  return judge(evidence)
    .filter(({ good }) => !good)
    .map(({ what }) => what)
}

const LOST = 'no acknowledged registration or de-registration is lost on any node'
const PLANS = 'acknowledged plan versions are in order, and none is lost'
const ENDS = 'no node ended but by our hand, or with the sentence that belongs to it'

test('a run in which all went well has nothing against it', (t) => {
  t.deepEqual(against(sound()), [])
})

test('a binding that was acknowledged and is missing at one node is lost', (t) => {
  const evidence = sound()
  const bound = new Map([...evidence.bound, ['n3', new Map<string, readonly string[]>()]])
  t.deepEqual(against({ ...evidence, bound }), [LOST])
})

test('of a contact that an operation of unknown outcome may have removed, nobody can say that it is lost', (t) => {
  const evidence = sound()
  const removal = { ...registration({ kind: 'de-register', contact: CONTACT }, []), outcome: 'unknown' as const }
  const other = registration({ kind: 'register', contact: 'sip:other@192.0.2.1' }, [CONTACT, 'sip:other@192.0.2.1'])
  const bound = new Map(NODES.map((node) => [node, new Map([['g0x0', ['sip:other@192.0.2.1']]])]))
  t.deepEqual(against({ ...evidence, registrations: [...evidence.registrations, removal, other], bound }), [])
})

test('a look-up that shows what was replaced is a history of no single copy', (t) => {
  const evidence = sound()
  const stale = registration({ kind: 'look-up' }, [])
  t.deepEqual(against({ ...evidence, registrations: [...evidence.registrations, stale] }), [
    'the history of registrations is linearizable',
  ])
})

test('a plan version that is given twice, or missing at a node, is found', (t) => {
  const evidence = sound()
  const twice = [...evidence.plans, commit(2, 'c', 3)]
  t.deepEqual(against({ ...evidence, plans: twice }), ['the history of plan commits is linearizable', PLANS])
  const lastPlans = new Map([...evidence.lastPlans, ['n2', { version: 2, text: 'a' }]])
  t.deepEqual(against({ ...evidence, lastPlans }), [PLANS])
})

test('hashes that differ, and nodes that never agree, are found', (t) => {
  const what = 'all state hashes agree at one index'
  t.deepEqual(against({ ...sound(), settled: { applied: 10, hash: 'abc and abd' } }), [what])
  t.deepEqual(against({ ...sound(), settled: null }), [what])
})

test('a node may end by our hand, or by a failed disk with its sentence, and not otherwise', (t) => {
  const evidence = sound()
  const [killed, failed] = evidence.exits
  t.deepEqual(against({ ...evidence, exits: [{ ...killed!, cause: 'by itself' }] }), [ENDS])
  t.deepEqual(against({ ...evidence, exits: [{ ...failed!, words: 'TypeError: undefined is not a function' }] }), [
    ENDS,
  ])
  t.deepEqual(against({ ...evidence, exits: [{ ...failed!, code: 134 }] }), [ENDS])
})

test('an older program, a removed member and a wiped directory each end with a sentence of their own', (t) => {
  const evidence = sound()
  const ended = (cause: Exit['cause'], words: string): string[] =>
    against({ ...evidence, exits: [{ node: 'n1', cause, code: 1, signal: null, words }] })
  const format = 'raftel: cluster: /data/n1 has format 2, this program reads format 1'
  t.deepEqual(ended('older program', format), [])
  t.deepEqual(ended('removed', format), [ENDS])
  t.deepEqual(ended('by itself', format), [ENDS])
})

test('a run in which hardly anything was acknowledged shows nothing', (t) => {
  const counts = new Map(sound().counts).set('look-up', { ok: 3, refused: 90, unknown: 0 })
  t.deepEqual(against({ ...sound(), counts }), ['at least 5 of every kind of operation were acknowledged'])
})

test('a seed draws the same faults again, and every kind strikes before any strikes twice', (t) => {
  const wish = {
    seed: 5,
    seconds: 120,
    nodes: 3,
    lanes: [{ kinds: ['a', 'b', 'c'] }, { kinds: ['d', 'e'], inOrder: true }],
  }
  const [lane = [], ordered = []] = schedule(wish)
  t.deepEqual(schedule(wish)[0], lane)
  t.notDeepEqual(schedule({ ...wish, seed: 6 })[0], lane)
  for (let i = 0; i + 3 <= lane.length; i += 3) {
    const kinds = lane.slice(i, i + 3).map(({ kind }) => kind)
    t.deepEqual(kinds.sort(), ['a', 'b', 'c'])
  }
  t.true(ordered.length > 3)
  t.true(ordered.every(({ kind }, i) => kind === (i % 2 === 0 ? 'd' : 'e')))
  t.true(lane.every(({ begins, ends }, i) => begins < ends && ends <= 120 && begins >= (lane[i - 1]?.ends ?? 0)))
})
