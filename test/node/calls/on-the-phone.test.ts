import test from 'ava'
import type { Desk, Live } from '../../../node/calls/desk.ts'
import { isTalking } from '../../../node/calls/on-the-phone.ts'

const BOB = 'bob@pbx.test'

interface About {
  readonly node: string
  readonly id?: string
  readonly state: string
  readonly from?: string
  readonly target?: string
}

/** Calls of node n1 are under way there; what the table says of them counts for nothing. */
function asked(waiting: boolean | undefined, calls: readonly About[]): boolean {
  const rows = calls.map(({ id = 'other', from = 'x', target = 'y', ...row }) => ({ id, from, target, ...row }))
  const profiles = new Map([[BOB, { aor: BOB, ...(waiting !== undefined && { waiting }) }]])
  const tables = { profiles, calls: new Map(rows.map((row, i) => [`${i}`, row])) }
  const lives = rows.filter(({ node }) => node === 'n1').map((call) => ({ id: call.id, call }))
  const desk = { cluster: { node: 'n1', tables }, all: () => lives } as unknown as Desk
  return isTalking(desk, { id: 'this' } as Live, BOB)
}

test('who wants no second call is busy while he is in one, here or at another node; this very call, and one that only rings him, are none', (t) => {
  for (const node of ['n1', 'n2']) {
    t.true(asked(false, [{ node, state: 'answered', target: BOB }]), node)
    t.true(asked(false, [{ node, state: 'answered', from: BOB }]), node)
    t.true(asked(false, [{ node, state: 'ringing', from: BOB }]), 'he is calling somebody')
    t.false(asked(false, [{ node, state: 'ringing', target: BOB }]), node)
    t.false(asked(undefined, [{ node, state: 'answered', target: BOB }]), 'who has set nothing')
    t.false(asked(true, [{ node, state: 'answered', target: BOB }]))
  }
  t.false(asked(false, [{ node: 'n1', id: 'this', state: 'answered', target: BOB }]))
  t.false(asked(false, [{ node: 'n1', state: 'ended', from: BOB }]))
})
