import test from 'ava'
import { encodeProposal } from '../../../cluster/codec.ts'
import { Machine } from '../../../cluster/machine.ts'
import { HashMarks } from '../../../cluster/marks.ts'
import { commonIndex, type Hashes, verdictAt } from '../../../node/control/verify.ts'
import { leaderOf, load, newLab, user } from '../../cluster/nodes.ts'

const said = (at: Record<number, string>): Hashes => ({
  applied: Math.max(...Object.keys(at).map(Number)),
  at: new Map(Object.entries(at).map(([index, hash]) => [Number(index), hash])),
})
const verdicts = (answers: Map<string, Hashes | null>, index: number | null) =>
  Object.fromEntries((verdictAt(answers, index).nodes ?? []).map(({ id, verdict }) => [id, verdict]))

test('the one that differs is named, by what most have', (t) => {
  const answers = new Map([
    ['n1', said({ 10: 'a', 11: 'b' })],
    ['n2', said({ 10: 'a', 11: 'b', 12: 'c' })],
    ['n3', said({ 10: 'a', 11: 'X' })],
  ])
  t.is(commonIndex(answers, 0, false), 11)
  t.deepEqual(verdicts(answers, 11), { n1: 'equal', n2: 'equal', n3: 'differs' })
  t.is(verdictAt(answers, 11).hash, 'b')
})

test('where no hash has the most, none is believed', (t) => {
  const answers = new Map([
    ['n1', said({ 5: 'a' })],
    ['n2', said({ 5: 'b' })],
  ])
  t.deepEqual(verdicts(answers, 5), { n1: 'differs', n2: 'differs' })
  t.is(verdictAt(answers, 5).hash, '')
})

test('who cannot be asked holds up nobody and is named; who is behind is named when time is up', (t) => {
  const answers = new Map([
    ['n1', said({ 7: 'a', 9: 'c' })],
    ['n2', said({ 9: 'c' })],
    ['n3', null],
    ['n4', said({ 3: 'z' })],
  ])
  t.is(commonIndex(answers, 0, false), null)
  t.is(commonIndex(answers, 0, true), 9)
  t.deepEqual(verdicts(answers, 9), { n1: 'equal', n2: 'equal', n3: 'unreachable', n4: 'behind' })
  t.is(commonIndex(new Map([['n1', null]]), 0, true), null)
})

test('an index from before the question does not count', (t) => {
  const answers = new Map([
    ['n1', said({ 256: 'a', 300: 'b' })],
    ['n2', said({ 256: 'a', 301: 'c' })],
  ])
  t.is(commonIndex(answers, 290, false), null)
  t.is(commonIndex(answers, 0, false), 256)
})

test('marks: every 256th, each one for a while after a question, and never more than are kept', (t) => {
  const marks = new HashMarks()
  let asked = 0
  const hash = (index: number) => () => {
    asked++
    return `h${index}`
  }
  for (let index = 1; index <= 600; index++) marks.at(index, hash(index))
  t.is(asked, 2)
  t.deepEqual(
    marks.take(600, 'h600').map(({ index }) => index),
    [256, 512, 600],
  )
  for (let index = 601; index <= 2000; index++) marks.at(index, hash(index))
  const rows = marks.take(2000, 'h2000')
  t.is(rows.filter(({ index }) => index > 600 && index <= 1624).length, 1024)
  t.true(rows.every(({ index, hash }) => hash === `h${index}`))
  for (let i = 1; i < 10; i++) {
    marks.take(2000 * i, 'x')
    for (let index = 2000 * i + 1; index <= 2000 * (i + 1); index++) marks.at(index, hash(index))
  }
  t.true(marks.take(20_000, 'x').length <= 2048)
})

test('nodes are compared at the newest index that all have, while entries go on', async (t) => {
  const lab = await newLab(3)
  t.teardown(() => lab.end())
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  await leaderOf(nodes)
  const running = load(lab)
  const ask = (): Map<string, Hashes> =>
    new Map(
      nodes.map((node) => [
        node.node,
        { applied: node.status().applied, at: new Map(node.hashes().map(({ index, hash }) => [index, hash])) },
      ]),
    )
  let floor = 0
  for (let i = 0; i < 5; i++) {
    let index: number | null = null
    let answers = ask()
    const from = Math.max(...nodes.map((node) => node.status().applied))
    for (; index === null; index = commonIndex(answers, from, false)) {
      await new Promise((resolve) => setImmediate(resolve))
      answers = ask()
    }
    t.true(index >= from && index >= floor)
    floor = index
    const verdict = verdictAt(answers, index)
    t.deepEqual(
      verdict.nodes?.map(({ verdict }) => verdict),
      ['equal', 'equal', 'equal'],
    )
  }
  t.true((await running.end()).every(({ kind }) => kind === 'agreed'))
})

test('what is noted at an index is the hash of the tables there', (t) => {
  const one = new Machine()
  const other = new Machine()
  one.hashes()
  const noted = new Map<number, string>()
  for (let index = 1; index <= 600; index++) {
    const proposer = { node: 'n1', incarnation: 'a', seq: index, floor: index }
    const data = encodeProposal(proposer, user(`user${index}`))
    const entry = { term: 1, index, type: 'normal' as const, data }
    one.apply(entry)
    other.apply(entry)
    noted.set(index, one.hash)
  }
  t.deepEqual(
    one.hashes().filter(({ index, hash }) => index > 0 && noted.get(index) !== hash),
    [],
  )
  t.is(one.hashes().length, 601)
  t.deepEqual(
    other.hashes().map(({ index, hash }) => [index, hash === noted.get(index)]),
    [256, 512, 600].map((index) => [index, true]),
  )
})
