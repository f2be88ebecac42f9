import test from 'ava'
import { PROTOCOL, type Said } from '../../cluster/hello.ts'
import { Roster } from '../../cluster/roster.ts'

const DIRECTORY = '0'.repeat(31)
const NODES = [1, 2, 3].map((id) => ({ id, name: `n${id}`, address: `192.0.2.${id}:7070` }))

function roster(): Roster {
  const self = { ...NODES[0]!, directory: `${DIRECTORY}1` }
  return new Roster({ self, founders: [1, 2, 3], acquainted: NODES, configured: NODES })
}

function said(id: number, newest = PROTOCOL): Said {
  const { name, address } = NODES[id - 1]!
  return newest < PROTOCOL
    ? { from: id, name, protocol: newest, newest: 0, address: '', directory: '' }
    : { from: id, name, protocol: 2, newest, address, directory: `${DIRECTORY}${id}` }
}

const all = () => true

test('founders are those that were configured, when all of them are there and know what that means', (t) => {
  const one = roster()
  t.is(one.founding(all), 'n2 and n3 must be running when the members change for the first time')
  one.hear(said(2))
  one.hear(said(3, 2))
  t.is(one.founding(all), 'n3 runs an older version: upgrade all nodes first')
  one.hear(said(3))
  const change = one.founding(all)
  t.true(typeof change !== 'string' && change.kind === 'found' && change.members.length === 3)
})

test('what a node said before it went out of reach founds nothing: it may come back with the older program', (t) => {
  const one = roster()
  one.hear(said(2))
  one.hear(said(3))
  t.is(
    one.founding((id) => id !== 3),
    'n3 must be running when the members change for the first time',
  )
})
