import test from 'ava'
import { Joining, type JoiningNeeds } from '../../cluster/joining.ts'
import { from, replica } from './raft/fixtures.ts'

/** A node with three entries that may vote, and what it says of its directory. */
function voting() {
  const { raft } = replica(1, { log: [1, 1, 2] }).raw
  const said: string[] = []
  const needs = {
    log: { joined: true, last: 3, repair: null, distrust: async (what: string) => void said.push(what) },
    dataDir: '/data',
    id: 1,
    founders: [1, 2, 3],
    roster: { voters: [1, 2, 3], view: [], nameOf: (id: number) => `n${id}` },
  }
  return { joining: new Joining(needs as unknown as JoiningNeeds), raft, said }
}

test('a heartbeat with this node’s word for more than it holds is not stepped: its directory is an older copy', (t) => {
  const { joining, raft, said } = voting()
  for (const [term, commit] of [
    [2, 3],
    [1, 7],
  ] as const) {
    const beat = from(2, 'heartbeat', { term, commit })
    t.is(joining.filter(raft, beat), beat)
  }
  const append = from(2, 'app', { term: 2, commit: 7 })
  t.is(joining.filter(raft, append), append, 'of what it appends the leader has nobody’s word yet')
  t.deepEqual(said, [])
  t.is(joining.filter(raft, from(2, 'heartbeat', { term: 2, commit: 7 })), null)
  t.is(said.length, 1)
  t.regex(
    said[0]!,
    /ends at entry 3, but n2, which leads in term 2, has this node’s word for entry 7: .* an older copy$/,
  )
})
