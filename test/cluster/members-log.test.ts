import test from 'ava'
import type { DurableLog } from '../../cluster/log/log.ts'
import { Members } from '../../cluster/members.ts'
import { Roster } from '../../cluster/roster.ts'
import { after } from '../../cluster/tables/members.ts'
import { QUIET } from './nodes.ts'

const directory = (digit: string) => digit.repeat(32)
const NODES = [1, 2, 3].map((id) => ({ id, name: `n${id}`, address: `192.0.2.${id}:7070` }))

test('a node that learns from the log that another directory is the member ends, and says what to do', (t) => {
  const self = { ...NODES[0]!, directory: directory('f') }
  const roster = new Roster({ self, founders: [1, 2, 3], acquainted: NODES, configured: NODES })
  const identity = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3], directory: directory('f') }
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
  const founders = NODES.map((node) => ({ ...node, directory: directory(String(node.id)) }))
  members.load(after(null, { kind: 'found', members: founders }))
  t.deepEqual(ends, [
    'the data directory of n1 is not the one that is a member of the cluster: if that one is lost, ' +
      'raftel cluster join --replace makes this one a member in its place',
  ])
})
