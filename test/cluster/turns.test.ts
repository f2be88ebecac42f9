/** When a half of a replica does things, and that nothing is done after its end. */
import test from 'ava'
import { Turns } from '../../cluster/turns.ts'

function turns() {
  const waiting: (() => void)[] = []
  const done: string[] = []
  const half = new Turns(
    { soon: (act) => waiting.push(act) },
    () => done.push('turn'),
    (error) => done.push(error.message),
  )
  const round = () => {
    for (const act of waiting.splice(0)) act()
  }
  return { half, done, round }
}

test('inputs are taken at once, their effects together in the next round, and what is for later after these', (t) => {
  const { half, done, round } = turns()
  half.input(() => done.push('a'))
  half.input(() => done.push('b'))
  half.later(() => done.push('later'))
  t.deepEqual(done, ['a', 'b'])
  round()
  t.deepEqual(done, ['a', 'b', 'turn', 'later'])
})

test('what is for later is not done when it has stopped by then', (t) => {
  const { half, done, round } = turns()
  half.later(() => done.push('later'))
  half.stop()
  round()
  t.deepEqual(done, [])
})

test('what throws later is the end too', (t) => {
  const { half, done, round } = turns()
  half.later(() => {
    throw new Error('no more')
  })
  round()
  t.deepEqual(done, ['no more'])
})
