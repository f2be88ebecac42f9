import test from 'ava'
import { type Caught, Reads } from '../../cluster/reads.ts'

/** Reads with one reader that waits until 1000, and the answers it got. */
function reading() {
  const reads = new Reads('n1/a')
  const answers: Caught[] = []
  reads.add(1000, (caught) => answers.push(caught))
  return { reads, answers }
}

test('a read is answered when the tables have the index that the leader said (thesis §6.4)', (t) => {
  const { reads, answers } = reading()
  const round = reads.begin(0, 100)!
  reads.applied(9)
  t.deepEqual(answers, [], 'the leader has said nothing yet')
  reads.answered(round, 5)
  reads.applied(4)
  t.deepEqual(answers, [], 'entry 5 is not applied here')
  reads.applied(5)
  t.deepEqual(answers, ['caught up'])
})

test('an answer to another life of this node, or to an earlier round, answers nobody', (t) => {
  const { reads, answers } = reading()
  const first = reads.begin(0, 100)!
  // Nothing came: the reader is in the next round.
  reads.tick(200)
  const second = reads.begin(200, 100)!
  t.notDeepEqual(first, second)
  reads.answered(first, 1)
  reads.answered(new Reads('n1/b').begin(0, 100) ?? Buffer.from('n1/b/1'), 1)
  reads.applied(9)
  t.deepEqual(answers, [])
  reads.answered(second, 9)
  reads.applied(9)
  t.deepEqual(answers, ['caught up'])
})

test('a reader whose time is up is told that there is no quorum', (t) => {
  const { reads, answers } = reading()
  reads.begin(0, 5000)
  reads.tick(999)
  t.deepEqual(answers, [])
  reads.tick(1000)
  t.deepEqual(answers, ['no quorum'])
})
