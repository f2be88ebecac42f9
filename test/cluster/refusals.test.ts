/** What ends a node that is no member: what the others say of it, or what it learns from the log. */
import test from 'ava'
import type { DurableLog } from '../../cluster/log/log.ts'
import { Members } from '../../cluster/members.ts'
import { Roster } from '../../cluster/roster.ts'
import { after } from '../../cluster/tables/members.ts'
import { QUIET } from './nodes.ts'

const directory = (digit: string) => digit.repeat(32)
const NODES = [1, 2, 3].map((id) => ({ id, name: `n${id}`, address: `192.0.2.${id}:7070` }))
const FOUNDED = after(null, {
  kind: 'found',
  members: NODES.map((node) => ({ ...node, directory: directory(String(node.id)) })),
})
const REMOVED = 'node id 1 (this was n1) was removed from the cluster'

/** Node 1 with that directory, and the sentences it ends with. */
function node(own: string) {
  const self = { ...NODES[0]!, directory: own }
  const roster = new Roster({ self, founders: [1, 2, 3], acquainted: NODES, configured: NODES })
  const identity = { version: 2, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3], directory: own }
  const ends: string[] = []
  const members = new Members({
    roster,
    log: { identity, lineage: '', found: () => {} } as unknown as DurableLog,
    disk: {} as never,
    dataDir: '/data',
    say: QUIET,
    isInReach: () => true,
    reach: () => {},
    end: (error) => ends.push(error.message),
  })
  return { members, ends }
}

test('a node that has members of its own believes most of them, not one, nor a refusal for another reason', (t) => {
  const { members, ends } = node(directory('1'))
  members.load(FOUNDED)
  members.refused(2, REMOVED)
  members.refused(2, REMOVED)
  members.refused(3, 'it speaks protocol 9, this node speaks 3: run the same version on all nodes')
  t.deepEqual(ends, [])
  members.refused(3, REMOVED)
  t.is(ends.length, 1)
  t.regex(ends[0]!, /this node was removed from the cluster/)
})

test('a node that knows of no members believes the first that sends it away', (t) => {
  const { members, ends } = node(directory('f'))
  members.refused(2, REMOVED)
  t.is(ends.length, 1)
})

test('a node that learns from the log that another directory is the member ends, and says what to do', (t) => {
  const { members, ends } = node(directory('f'))
  members.load(FOUNDED)
  t.deepEqual(ends, [
    'the data directory of n1 is not the one that is a member of the cluster: if that one is lost, ' +
      'raftel cluster join --replace makes this one a member in its place',
  ])
})
