import test from 'ava'
import { decodeProposal, encodeProposal, stamp } from '../../cluster/codec.ts'
import { Leading } from '../../cluster/leading.ts'

const proposal = encodeProposal({ node: 'n1', incarnation: 'a', seq: 1, floor: 1 }, { type: 'call-end', id: 'c' })

function leadingAt(monotonic: number, wall: number): Leading {
  return new Leading(() => [], { now: () => monotonic, wall: () => wall })
}

function timeOf([bytes]: readonly Uint8Array[]): number {
  return decodeProposal(bytes!)!.time
}

test('a leader that has applied nothing yet goes on from the stamps in its log, whatever the clock on its wall says', (t) => {
  for (const wall of [0, 9_000_000]) {
    const leading = leadingAt(77, wall)
    const data = stamp(proposal, 5000)!
    leading.begin([
      { term: 1, index: 1, type: 'normal', data: new Uint8Array() },
      { term: 1, index: 2, type: 'normal', data },
    ])
    t.is(timeOf(leading.stamped([proposal])), 5000)
  }
})

test('the first leader of all begins with the clock on its wall', (t) => {
  const leading = leadingAt(77, 1234)
  leading.begin([{ term: 1, index: 1, type: 'normal', data: new Uint8Array() }])
  t.is(timeOf(leading.stamped([proposal])), 1234)
})
