/** What ends a node that others say is no member. */
import test from 'ava'
import { PROTOCOL } from '../../cluster/hello.ts'
import type { DurableLog } from '../../cluster/log/log.ts'
import { Members } from '../../cluster/members.ts'
import type { RawNode } from '../../cluster/raft/rawnode.ts'
import { Roster } from '../../cluster/roster.ts'
import { after } from '../../cluster/tables/members.ts'
import { QUIET } from './nodes.ts'

const directory = (digit: string) => digit.repeat(32)
const NODES = [1, 2, 3].map((id) => ({ id, name: `n${id}`, address: `192.0.2.${id}:7070` }))
const FOUNDED = after(null, {
  kind: 'found',
  members: NODES.map((node) => ({ ...node, directory: directory(String(node.id)) })),
})

/** Node 1 with that directory. */
function node(own: string) {
  const self = { ...NODES[0]!, directory: own }
  const roster = new Roster({ self, founders: [1, 2, 3], acquainted: NODES, configured: NODES })
  const identity = { version: 2, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3], directory: own }
  const ends: string[] = []
  const world = { isLetIn: true }
  const members = new Members({
    roster,
    log: { identity, lineage: '', found: () => {} } as unknown as DurableLog,
    disk: {} as never,
    dataDir: '/data',
    say: QUIET,
    isInReach: () => world.isLetIn,
    reach: () => {},
    end: (error) => ends.push(error.message),
  })
  return { members, ends, world }
}

test('a refusal stands until the peer lets this node in, however often it says hello itself', (t) => {
  const { members, ends, world } = node(directory('1'))
  members.load(FOUNDED)
  const leaderless = { raft: { lead: 0, role: 'follower' } } as unknown as RawNode
  const pass = (): void => {
    for (let tick = 0; tick < 100; tick++) {
      const { name, address } = NODES[1]!
      const version = { protocol: PROTOCOL, newest: PROTOCOL }
      members.hear({ from: 2, name, ...version, address, directory: directory('2'), repairing: false })
      members.tick(leaderless)
    }
  }
  members.refused(2, 'node id 1 (this was n1) was removed from the cluster')
  pass()
  t.deepEqual(ends, [])
  world.isLetIn = false
  members.refused(2, 'node id 1 (this was n1) was removed from the cluster')
  pass()
  t.is(ends.length, 1)
  t.regex(ends[0]!, /this node was removed from the cluster/)
})
